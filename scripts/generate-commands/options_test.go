package main

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// optional is a definition with an option A, a constant, and an option B, the
// result of a function. optionDoc is the comment of their type.
func withOptions(doc, optionDoc string) string {
	return doc + `
func get(options ...GetOption) command[string] { return newCommand("GET") }

` + optionDoc + `
type GetOption interface {
	option
	getOption()
}

type option interface{ appendTo() }

// A is one.
const A optionA = "A"

type optionA string

func (optionA) getOption() {}

// B returns another.
func B() BOption { return BOption{} }

// BOption is the result of [B].
type BOption struct{ marked }

type marked struct{}

func (marked) getOption() {}

// newCommand begins one.
func newCommand(name string) command[string] { return command[string]{} }
`
}

const getDoc = "// Get returns it.\n//\n// https://example.com/get"

func TestTheCommentOfAMethodNamesItsOptions(t *testing.T) {
	for doc, want := range map[string]string{
		getDoc: " Get returns it.\n\n The options are [B] and [A].\n\n https://example.com/get",
		"// Get returns it, with [A] or a [BOption].\n//\n// https://example.com/get": " Get returns it, with [A] or a [BOption].\n\n https://example.com/get",
	} {
		found, err := readText(t, "cmd_a.go", withOptions(doc, "// GetOption is an option of [Client.Get]: a [BOption], [B], or [A]."))
		require.NoError(t, err)
		require.Equal(t, want, strings.Join(found.All[0].Doc, "\n"))
	}
}

func TestTheCommentOfOptionsNamesThemAndTheirMethods(t *testing.T) {
	for doc, want := range map[string]string{
		"// GetOption is an option of [Client.Get]: [A].":        "the comment of GetOption does not name the option [B]",
		"// GetOption is an option of Get: [A] or [B].":          "the comment of GetOption does not name Get, which accepts it",
		"// GetOption is an option of [Client.Get]: a BOption.":  "the comment of GetOption does not name the option [A]",
		"// GetOption is an option of [Client.GetX], [A] or [B]": "the comment of GetOption does not name Get, which accepts it",
	} {
		_, err := readText(t, "cmd_a.go", withOptions(getDoc, doc))
		require.ErrorContains(t, err, want)
	}
}

func TestTheTypeOfManyOptionsListsThem(t *testing.T) {
	var links, values strings.Builder
	for i := range mostOptions + 1 {
		fmt.Fprintf(&links, " [C%d]", i)
		fmt.Fprintf(&values, "\n// C%d is one.\nconst C%d optionA = \"\"\n", i, i)
	}
	found, err := readText(t, "cmd_a.go", withOptions(getDoc, "// GetOption is an option of [Client.Get]: [A], [B],"+links.String())+values.String())
	require.NoError(t, err)
	require.Contains(t, found.All[0].Doc, " [GetOption] lists the options.")
}
