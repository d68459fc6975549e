package glide

import "github.com/valkey-glide/go/glide/internal/decode"

// PFAdd adds elements to a HyperLogLog, a string of up to 12 KB that counts
// distinct elements with an error of about 0.8 %. It reports whether the
// HyperLogLog changed: whether an element is probably new, or, without
// elements, whether key was created. A string that is not a HyperLogLog is an
// error with the code WRONGTYPE.
//
// https://valkey.io/commands/pfadd/
func pfAdd(key string, elements ...string) command[bool] {
	return newCommand(named("PFADD").Key(key).Args(elements), decode.Bool)
}

// PFCount returns the approximate number of distinct elements of a HyperLogLog,
// or of the union of several, or 0 if no key exists. The server caches the
// count of one, but recomputes that of several. In a cluster the keys must
// belong to one slot.
//
// https://valkey.io/commands/pfcount/
func pfCount(keys ...string) command[int64] {
	return newCommand(named("PFCOUNT").Keys(keys), decode.Int)
}

// PFMerge merges the HyperLogLogs sources into destination, whose own elements
// are kept and which is created if it does not exist. Sources that do not exist
// count as empty. In a cluster all keys must belong to one slot.
//
// https://valkey.io/commands/pfmerge/
func pfMerge(destination string, sources ...string) command[struct{}] {
	cmd := named("PFMERGE").Key(destination)
	if len(sources) == 0 {
		return newCommand(cmd, decode.OK)
	}
	return newCommand(cmd.Keys(sources), decode.OK)
}
