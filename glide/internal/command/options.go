package command

import "github.com/valkey-glide/go/glide/internal/wire"

// Options appends options with appendTo, and refuses those that exclude each
// other. Options with the same conflict key do; "" is the key of those that can
// be given several times.
//
// The options of a package have appendTo and conflictKey as methods, which are
// not exported and so need not be documented.
func Options[T any, O any](cmd Command[T], options []O, appendTo func(O, *wire.Request), conflictKey func(O) string) Command[T] {
	for i, o := range options {
		if any(o) == nil {
			return cmd.Refuse("nil option")
		}
		appendTo(o, cmd.Request)
		for _, earlier := range options[:i] {
			if what := conflictKey(o); what != "" && what == conflictKey(earlier) {
				cmd = cmd.Refuse("more than one " + what)
			}
		}
	}
	return cmd
}
