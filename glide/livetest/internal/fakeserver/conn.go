package fakeserver

import (
	"fmt"
	"net"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

// Conn is a client's connection to a [Server].
type Conn struct {
	Server *Server
	Number int // from 1, in the order in which they were accepted

	raw    *net.TCPConn
	stream net.Conn // raw, or TLS on it
	silent atomic.Bool

	protocol int
	queue    [][]string // of a transaction
	inMulti  bool
	aborted  bool // the transaction: a command of it was refused
	asking   bool
}

// Reset closes the connection with RST: what was sent last may be lost.
func (c *Conn) Reset() {
	_ = c.raw.SetLinger(0)
	_ = c.raw.Close()
}

// Close closes the connection with FIN.
func (c *Conn) Close() { _ = c.raw.Close() }

// CloseWrite closes only the direction to the client. The server still reads
// and runs what arrives.
func (c *Conn) CloseWrite() { _ = c.raw.CloseWrite() }

// Corrupt sends a TLS record that cannot be decrypted, or bytes that are no
// reply if there is no TLS.
func (c *Conn) Corrupt() {
	_, _ = c.raw.Write([]byte("\x17\x03\x03\x00\x20" + strings.Repeat("x", 32)))
}

// Silence keeps the connection open, and neither reads commands nor replies on
// it any more.
func (c *Conn) Silence() { c.silent.Store(true) }

// SilenceThen is [Conn.Silence], and something else after a while.
func (c *Conn) SilenceThen(after time.Duration, how func(*Conn)) {
	c.Silence()
	time.AfterFunc(after, func() { how(c) })
}

// Asking reports whether the command before was ASKING. Only the serving of a
// command may call it.
func (c *Conn) Asking() bool { return c.asking }

// Run runs a command as the server does by default, and returns its reply.
func (c *Conn) Run(args []string) string { return c.builtin(args) }

// answer returns the reply to a command, or what a transaction does with it.
func (c *Conn) answer(args []string) string {
	name, _ := names(args)
	if name == "ASKING" {
		c.asking = true
		return c.dispatch(args)
	}
	defer func() { c.asking = false }()
	if refusal := c.Server.refusal(c, args); refusal != Default {
		c.aborted = c.aborted || c.inMulti
		c.inMulti = c.inMulti && name != "EXEC" // a refusal ends the transaction
		return refusal
	}
	switch name {
	case "MULTI":
		c.inMulti, c.aborted, c.queue = true, false, nil
		return OK
	case "DISCARD":
		c.inMulti = false
		return OK
	case "EXEC":
		if !c.inMulti {
			return Error("ERR EXEC without MULTI")
		}
		c.inMulti = false
		if c.aborted {
			return Error("EXECABORT Transaction discarded because of previous errors.")
		}
		var replies []string
		silent := false
		for _, queued := range c.queue {
			reply := c.dispatch(queued)
			silent = silent || reply == NoReply
			replies = append(replies, reply)
		}
		if silent {
			return NoReply
		}
		return Array(replies...)
	}
	if c.inMulti {
		c.queue = append(c.queue, args)
		return "+QUEUED\r\n"
	}
	return c.dispatch(args)
}

func (c *Conn) dispatch(args []string) string {
	if handler := c.Server.handler(args); handler != nil {
		if reply := handler(c, args); reply != Default {
			return reply
		}
	}
	return c.builtin(args)
}

func (c *Conn) builtin(args []string) string {
	one, two := names(args)
	data := c.Server.settings.data
	switch {
	case one == "HELLO":
		if len(args) > 1 {
			c.protocol, _ = strconv.Atoi(args[1])
		}
		fields := []string{
			Bulk("server"), Bulk("valkey"), Bulk("version"), Bulk("8.0.1"), Bulk("proto"), Integer(c.protocol),
			Bulk("id"), Integer(c.Number), Bulk("mode"), Bulk("standalone"), Bulk("role"), Bulk("master"), Bulk("modules"), Array(),
		}
		if c.protocol == 3 {
			return fmt.Sprintf("%%%d\r\n%s", len(fields)/2, strings.Join(fields, ""))
		}
		return Array(fields...)
	case one == "PING":
		return "+PONG\r\n"
	case one == "INFO":
		return Bulk("# Server\r\nredis_version:7.2.4\r\nvalkey_version:8.0.1\r\nrun_id:x\r\n# Replication\r\nrole:master\r\nconnected_slaves:0\r\n")
	case one == "ROLE":
		return Array(Bulk("master"), Integer(0), Array())
	case two == "CLUSTER SLOTS":
		return Slots(Range{0, 16383, []Node{{Host: Bulk(c.Server.Host()), Port: c.Server.Port()}}})
	case one == "CLUSTER":
		return Error("ERR unknown subcommand")
	case one == "INCR":
		return Integer(data.incr(args[1]))
	case (one == "EVAL" || one == "EVALSHA" || one == "FCALL") && len(args) > 3: // of scripts that increment their key
		return Integer(data.incr(args[3]))
	case one == "EVAL_RO":
		return data.get(args[3])
	case one == "INCRBYFLOAT":
		return Bulk(strconv.Itoa(data.incr(args[1])))
	case one == "PUBLISH" || one == "SPUBLISH" || one == "DEL":
		return Integer(1)
	case one == "BLMOVE":
		return Bulk(strconv.Itoa(data.incr(args[1])))
	case one == "GET":
		return data.get(args[1])
	case one == "MGET":
		var values []string
		for _, key := range args[1:] {
			values = append(values, data.get(key))
		}
		return Array(values...)
	case one == "SET":
		data.set(args[1], args[2])
	case one == "EXISTS":
		return Integer(data.Runs(args[1]))
	case one == "DBSIZE":
		return Integer(data.size())
	}
	return OK
}
