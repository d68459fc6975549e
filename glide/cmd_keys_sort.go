package glide

import (
	"github.com/valkey-glide/go/glide/internal/decode"
	"github.com/valkey-glide/go/glide/internal/engine"
)

// SortOption says how elements are sorted and what is given of them:
// [SortBy], [SortGet], [Limit], [Ascending], [Descending] or
// [Alphabetically].
type SortOption interface {
	option
	sortOption()
}

// sortBy is the option BY.
type sortBy string

// SortBy sorts by what other keys hold: their names are made from the pattern
// by putting the element in the place of its first *, and key->field names a
// field of a hash. A pattern without * leaves the elements unsorted. The
// default is to sort by the elements. In a cluster, older servers refuse it.
func SortBy(pattern string) SortOption { return sortBy(pattern) }

func (s sortBy) appendTo(w *engine.Words) {
	w.String("BY")
	w.String(string(s))
}

func (sortBy) decides() string { return "SortBy" }
func (sortBy) sortOption()     {}

// sortGet is the option GET.
type sortGet string

// SortGet gives, instead of each element, what the key holds that is made
// from the pattern as in [SortBy]; nil if it does not exist. The pattern # is
// the element itself. Given several times, each element becomes as many. In a
// cluster, older servers refuse it.
func SortGet(pattern string) SortOption { return sortGet(pattern) }

func (s sortGet) appendTo(w *engine.Words) {
	w.String("GET")
	w.String(string(s))
}

func (sortGet) decides() string { return "" }
func (sortGet) sortOption()     {}

// alpha is the option ALPHA.
type alpha string

// Alphabetically sorts elements as text. The default is as numbers, and an
// element that is none is an error.
const Alphabetically alpha = "ALPHA"

func (a alpha) appendTo(w *engine.Words) { w.String(string(a)) }
func (alpha) decides() string            { return "Alphabetically" }
func (alpha) sortOption()                {}

// Sort gives the elements of a list, set or sorted set, sorted as numbers,
// the smallest first, unless options say otherwise. An element is nil only
// where [SortGet] found nothing. A key that does not exist gives none. It
// counts as a write: [Client.SortRO] is answered by replicas too.
//
// https://valkey.io/commands/sort/
func sortElements(key string, options ...SortOption) command[[]Optional[string]] {
	return appendOptions(newCommand("SORT", readOptionalStrings).Key(key), options)
}

// SortRO is [Client.Sort] as a command that only reads. Since version 7.0.
//
// https://valkey.io/commands/sort_ro/
func sortRO(key string, options ...SortOption) command[[]Optional[string]] {
	return appendOptions(newCommand("SORT_RO", readOptionalStrings).Key(key), options)
}

// SortStore makes a list of what [Client.Sort] would give, in the place of
// whatever the destination held, and gives its length. What [SortGet] does
// not find is an empty string. If there are no elements the destination is
// deleted. In a cluster both keys must be of one slot.
//
// https://valkey.io/commands/sort/
func sortStore(key, destination string, options ...SortOption) command[int64] {
	cmd := appendOptions(newCommand("SORT", decode.Int).Key(key), options)
	return cmd.Arg("STORE").Key(destination)
}
