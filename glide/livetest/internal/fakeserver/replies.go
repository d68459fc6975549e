package fakeserver

import (
	"fmt"
	"strings"
)

// OK is the reply OK.
const OK = "+OK\r\n"

// Null is the reply nil, of RESP3.
const Null = "_\r\n"

// NullBulk is the reply nil, of RESP2.
const NullBulk = "$-1\r\n"

// Bulk returns the reply of a string.
func Bulk(s string) string { return fmt.Sprintf("$%d\r\n%s\r\n", len(s), s) }

// Integer returns the reply of a number.
func Integer(n int) string { return fmt.Sprintf(":%d\r\n", n) }

// Error returns the reply of an error: "MOVED 1 :7000".
func Error(text string) string { return "-" + text + "\r\n" }

// Array returns the reply of an array of replies.
func Array(replies ...string) string {
	return fmt.Sprintf("*%d\r\n%s", len(replies), strings.Join(replies, ""))
}

// Range is one row of CLUSTER SLOTS: the primary first.
type Range struct {
	First, Last int
	Nodes       []Node
}

// Node is a node in CLUSTER SLOTS. Its host is a reply, as it may be null.
type Node struct {
	Host string
	Port int
}

// Slots returns the reply to CLUSTER SLOTS.
func Slots(ranges ...Range) string {
	var rows []string
	for _, r := range ranges {
		row := []string{Integer(r.First), Integer(r.Last)}
		for _, node := range r.Nodes {
			row = append(row, Array(node.Host, Integer(node.Port), Bulk(fmt.Sprintf("%040d", node.Port)), Array()))
		}
		rows = append(rows, Array(row...))
	}
	return Array(rows...)
}
