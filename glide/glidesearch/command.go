package glidesearch

import (
	"iter"
	"reflect"
	"strconv"
	"time"

	"github.com/valkey-glide/go/glide/internal/command"
	"github.com/valkey-glide/go/glide/internal/wire"
)

// A clause is an option or a clause of any command here: some words. The types
// that embed it determine which commands accept it.
type clause struct {
	words []string
	// decision names what it decides, if it can be given only once.
	decision string
	// refusal is what is wrong with it.
	refusal string
	place   place
}

// place is the position of the words of a clause.
type place uint8

const (
	inOrder place = iota
	// atTheStart is before the other clauses.
	atTheStart
	// amongParameters is after the other clauses, all parameters in one
	// clause.
	amongParameters
	// atTheEnd is after the parameters.
	atTheEnd
)

func (c clause) part() clause { return c }

// clausal is implemented by types that embed a clause.
type clausal interface{ part() clause }

// appendClauses appends clauses, and refuses those that exclude each other.
func appendClauses[C clausal](cmd command.Arguments, clauses []C) command.Arguments {
	var parameters, last []string
	for _, c := range clauses {
		if isNil(c) {
			return cmd.Refuse("nil option")
		}
		part := c.part()
		if len(part.words) == 0 {
			return cmd.Refuse("an option that is none")
		}
		if part.refusal != "" {
			cmd = cmd.Refuse(part.refusal)
		}
		switch part.place {
		case atTheStart:
			cmd = cmd.Args(part.words)
		case amongParameters:
			parameters = append(parameters, part.words...)
		case atTheEnd:
			last = append(last, part.words...)
		}
	}
	appendTo := func(c C, to *wire.Request) {
		if part := c.part(); part.place == inOrder {
			for _, word := range part.words {
				to.String(word)
			}
		}
	}
	cmd = command.Options(cmd, clauses, appendTo, func(c C) string { return c.part().decision })
	if len(parameters) > 0 {
		cmd = cmd.Args(counted("PARAMS", parameters))
	}
	return cmd.Args(last)
}

// isNil reports whether there is nothing in an interface, or a nil pointer.
func isNil(v any) bool {
	value := reflect.ValueOf(v)
	return v == nil || value.Kind() == reflect.Pointer && value.IsNil()
}

// wordsOf returns the words of clauses that have some.
func wordsOf[C clausal](clauses []C) iter.Seq[[]string] {
	return func(yield func([]string) bool) {
		for _, c := range clauses {
			if !isNil(c) && len(c.part().words) > 0 && !yield(c.part().words) {
				return
			}
		}
	}
}

// once is a clause that can be given only once.
func once(words ...string) clause { return clause{words: words, decision: words[0]} }

// first is a clause that can be given only once, before others.
func first(words ...string) clause {
	c := once(words...)
	c.place = atTheStart
	return c
}

// counted returns a name, the number of words, and the words.
func counted(name string, words []string) []string {
	return append([]string{name, strconv.Itoa(len(words))}, words...)
}

// some is a counted clause that needs at least one word.
func some(name string, words []string) clause {
	c := once(counted(name, words)...)
	if len(words) == 0 {
		c.refusal = "nothing for " + name
	}
	return c
}

func integer(i int64) string { return strconv.FormatInt(i, 10) }

func number(f float64) string { return strconv.FormatFloat(f, 'g', -1, 64) }

// milliseconds is a clause with a timeout of the server.
func milliseconds(name string, d time.Duration) clause {
	c := once(name, integer(command.Milliseconds(d)))
	if d < 0 {
		c.refusal = "negative timeout"
	}
	return c
}
