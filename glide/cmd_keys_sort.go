package glide

import (
	"github.com/valkey-glide/go/glide/internal/decode"
	"github.com/valkey-glide/go/glide/internal/wire"
)

// SortOption is an option of [Client.Sort], [Client.SortRO] and
// [Client.SortStore]: it sets the order of the elements, [SortBy], [Ascending],
// [Descending] or [Alphabetically], or what is returned of them, [SortGet] or
// [Limit].
type SortOption interface {
	option
	sortOption()
}

// SortBy (BY) sorts by the values of other keys. The name of each is the
// pattern with its first * replaced by the element; key->field names a field
// of a hash. A pattern without * leaves the elements unsorted. The default is
// to sort by the elements. In a cluster, older servers refuse it.
func SortBy(pattern string) SortOption { return sortOption{textArgument("SortBy", "BY", pattern)} }

type sortOption struct{ argument }

func (sortOption) sortOption() {}

// SortGet (GET) returns the value of another key instead of each element, or
// nil if that key does not exist. The key's name is made from the pattern as
// in [SortBy]; the pattern # is the element itself. If SortGet is given
// several times, each element yields as many values. In a cluster, older
// servers refuse it.
func SortGet(pattern string) SortOption { return sortOption{textArgument("", "GET", pattern)} }

// alpha is the option ALPHA.
type alpha string

// Alphabetically (ALPHA) sorts elements as text. The default is to sort them
// as numbers; then an element that is not a number is an error.
const Alphabetically alpha = "ALPHA"

func (a alpha) appendTo(to *wire.Request) { to.String(string(a)) }
func (alpha) conflictKey() string         { return "Alphabetically" }
func (alpha) sortOption()                 {}

// Sort returns the elements of a list, set or sorted set, by default sorted as
// numbers in ascending order. Only with [SortGet] can an element be nil. A key
// that does not exist counts as empty. SORT counts as a write; replicas also
// serve [Client.SortRO].
//
// https://valkey.io/commands/sort/
func sortElements(key string, options ...SortOption) command[[]Optional[string]] {
	return newCommand(appendOptions(named("SORT").Key(key), options), readOptionalStrings)
}

// SortRO returns sorted elements like [Client.Sort], with the read-only
// command SORT_RO, which replicas serve too. Since version 7.0.
//
// https://valkey.io/commands/sort_ro/
func sortRO(key string, options ...SortOption) command[[]Optional[string]] {
	return newCommand(appendOptions(named("SORT_RO").Key(key), options), readOptionalStrings)
}

// SortStore stores the result of [Client.Sort] as a list at destination (SORT
// with STORE), replacing its value, and returns the list's length. Values
// that [SortGet] does not find are empty strings. If there are no elements,
// destination is deleted. In a cluster both keys must belong to one slot.
//
// https://valkey.io/commands/sort/
func sortStore(key, destination string, options ...SortOption) command[int64] {
	cmd := appendOptions(named("SORT").Key(key), options)
	return newCommand(cmd.Arg("STORE").Key(destination), decode.Int)
}
