package glide

import (
	"time"

	"github.com/valkey-glide/go/glide/internal/decode"
	"github.com/valkey-glide/go/glide/internal/wire"
)

// BLMove moves an element like [Client.LMove], and blocks until source has an
// element or the timeout passes (rounded up to a millisecond; 0 waits forever).
// It returns a nil Optional if there was no element in time. It waits like
// [Client.BLPop].
//
// https://valkey.io/commands/blmove/
//
//glide:unpipelined it would delay the rest; in a transaction it does not wait
func blMove(timeout time.Duration, source, destination string, from, to ListEnd) command[Optional[string]] {
	cmd := named("BLMOVE").Key(source).Key(destination)
	return newCommand(appendEnd(appendEnd(cmd, from), to).Seconds(timeout).Blocking(timeout), readOptionalString)
}

// BLMPop removes elements like [Client.LMPop], and blocks until one of the
// lists has an element or the timeout passes (rounded up to a millisecond; 0
// waits forever). It returns a nil Optional if there was no element in time. It
// waits like [Client.BLPop]. Since version 7.0.
//
// https://valkey.io/commands/blmpop/
//
//glide:unpipelined it would delay the rest; in a transaction it does not wait
func blmPop(timeout time.Duration, keys []string, from ListEnd, options ...LMPopOption) command[Optional[ListElements]] {
	cmd := named("BLMPOP").Seconds(timeout).CountedKeys(keys)
	return newCommand(appendOptions(appendEnd(cmd, from), options).Blocking(timeout), readOptionalListElements)
}

// ListElement is an element that was removed from a list, and the key of the
// list.
type ListElement struct{ Key, Element string }

// BLPop removes the element at the left end of the first of several lists that
// exists, and returns it and the list's key. If none exists it blocks until
// one does, or until the timeout (rounded up to a millisecond; 0 waits
// forever). It returns a nil Optional if there was no element in time. The
// server serves the caller that has waited longest first. In a cluster the
// keys must belong to one slot.
//
// BLPop does not delay other callers: it runs on a dedicated connection while
// it waits, which counts for [Config.DedicatedLimit]. Its context limits it,
// or else the timeout plus [Config.RequestTimeout]. When the context ends, the
// connection is closed before BLPop returns, so it takes no element that is
// pushed later. An element that the server took at that very moment may be
// lost; a timeout that ends before the context loses none. It is an error if
// the connection breaks, or if the server fails over meanwhile (code
// UNBLOCKED).
//
// https://valkey.io/commands/blpop/
//
//glide:unpipelined it would delay the rest; in a transaction it does not wait
func blPop(timeout time.Duration, keys ...string) command[Optional[ListElement]] {
	return newCommand(named("BLPOP").Keys(keys).Seconds(timeout).Blocking(timeout), readOptionalListElement)
}

// BRPop removes the element at the right end of the first of several lists that
// exists. Otherwise it is like [Client.BLPop].
//
// https://valkey.io/commands/brpop/
//
//glide:unpipelined it would delay the rest; in a transaction it does not wait
func brPop(timeout time.Duration, keys ...string) command[Optional[ListElement]] {
	return newCommand(named("BRPOP").Keys(keys).Seconds(timeout).Blocking(timeout), readOptionalListElement)
}

var readOptionalListElement = readOptional(readListElement)

func readListElement(r *wire.Reader) (taken ListElement, err error) {
	err = decode.Tuple(r, decode.To(&taken.Key, decode.String), decode.To(&taken.Element, decode.String))
	return taken, err
}
