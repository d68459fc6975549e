package command

import "github.com/valkey-glide/go/glide/internal/wire"

// Options appends options with appendTo, and refuses those that exclude each
// other. Options with the same conflict key do; "" is the key of those that can
// be given several times.
//
// The options of a package have appendTo and conflictKey as methods, which are
// not exported and so need not be documented.
func Options[O any](to Arguments, options []O, appendTo func(O, *wire.Request), conflictKey func(O) string) Arguments {
	for i, o := range options {
		if any(o) == nil {
			return to.Refuse("nil option")
		}
		appendTo(o, to.Request)
		for _, earlier := range options[:i] {
			if what := conflictKey(o); what != "" && what == conflictKey(earlier) {
				to = to.Refuse("more than one " + what)
			}
		}
	}
	return to
}

// An Option appends itself to a command. The options of a package of module
// commands are types that have these methods and one more, which is
// not exported and marks the commands that take the option. So options that a
// command does not have do not compile.
type Option interface {
	AppendTo(*wire.Request)

	// ConflictKey names what the option sets. Options with the same key exclude
	// each other; "" is the key of those that can be given several times.
	ConflictKey() string
}

// AppendOptions appends options, and refuses those that exclude each other.
func AppendOptions[O Option](to Arguments, options []O) Arguments {
	return Options(to, options, O.AppendTo, O.ConflictKey)
}

// Words is an option that is a few words and can be given once. Options embed it
// in a type that has the marker of their commands.
type Words struct {
	key   string
	words []string
}

// Once returns the words of an option. Options with the same key exclude each
// other.
func Once(key string, words ...string) Words { return Words{key, words} }

// AppendTo appends the words.
func (w Words) AppendTo(to *wire.Request) {
	for _, word := range w.words {
		to.String(word)
	}
}

// ConflictKey returns the key.
func (w Words) ConflictKey() string { return w.key }
