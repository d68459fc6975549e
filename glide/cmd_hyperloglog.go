package glide

import "github.com/valkey-glide/go/glide/internal/decode"

// PFAdd adds elements to a HyperLogLog, a string of up to 12 KB in which many
// elements can be counted with an error of about 0.8 %. It reports whether that
// changed it: whether there is likely a new element among them, or, without
// elements, whether the key did not exist and was made. A string that is no
// HyperLogLog is an error with the code WRONGTYPE.
//
// https://valkey.io/commands/pfadd/
func pfAdd(key string, elements ...string) command[bool] {
	return newCommand("PFADD", decode.Bool).Key(key).Args(elements)
}

// PFCount returns about how many different elements were added to a
// HyperLogLog, or to any of several; 0 if none of the keys exists. The server
// remembers the count of one, but goes over several anew each time. In a
// cluster the keys must belong to one slot.
//
// https://valkey.io/commands/pfcount/
func pfCount(keys ...string) command[int64] { return newCommand("PFCOUNT", decode.Int).Keys(keys) }

// PFMerge adds all that was added to other HyperLogLogs to one, which is made
// if it does not exist. In a cluster all keys must belong to one slot.
//
// https://valkey.io/commands/pfmerge/
func pfMerge(destination string, sources ...string) command[struct{}] {
	cmd := newCommand("PFMERGE", decode.OK).Key(destination)
	if len(sources) == 0 {
		return cmd
	}
	return cmd.Keys(sources)
}
