package definition

import "github.com/valkey-glide/go/glide/internal/engine"

// Options appends options, and refuses those that exclude each other. Each
// appends itself with appendTo; decides names what it decides, and only one of
// a command's options may decide the same thing: "" is for those that can be
// repeated.
//
// The options of a package have these two as their own methods, which are not
// exported and so need not be documented.
func Options[T any, O any](cmd Command[T], options []O, appendTo func(O, *engine.Words), decides func(O) string) Command[T] {
	for i, o := range options {
		if any(o) == nil {
			return cmd.Refuse("nil option")
		}
		appendTo(o, cmd.Words)
		for _, earlier := range options[:i] {
			if what := decides(o); what != "" && what == decides(earlier) {
				cmd = cmd.Refuse("more than one " + what)
			}
		}
	}
	return cmd
}
