package glide

import (
	"github.com/valkey-glide/go/glide/internal/abi"
	"github.com/valkey-glide/go/glide/internal/decode"
	"github.com/valkey-glide/go/glide/internal/wire"
)

// ListEnd is an end of a list: [Left] or [Right].
type ListEnd int

const (
	// Left is the end where a list begins, which index 0 counts from.
	Left ListEnd = iota
	// Right is the end where a list ends.
	Right
)

// appendEnd appends an end.
func appendEnd[T any](cmd command[T], end ListEnd) command[T] {
	switch end {
	case Left:
		return cmd.Arg("LEFT")
	case Right:
		return cmd.Arg("RIGHT")
	default:
		return cmd.Refuse("no such end")
	}
}

// LIndex returns the element of a list at an index; negative ones count from
// the right end, -1 being the last element. It is nil if the list has no such
// index or does not exist.
//
// https://valkey.io/commands/lindex/
func lIndex(key string, index int64) command[Optional[string]] {
	return newCommand("LINDEX", readOptionalString).Key(key).Integer(index)
}

// ListPivot is a place in a list: [Before] or [After] an element.
type ListPivot struct{ where, pivot string }

// Before is the place before the leftmost element that equals this one.
func Before(pivot string) ListPivot { return ListPivot{"BEFORE", pivot} }

// After is the place after the leftmost element that equals this one.
func After(pivot string) ListPivot { return ListPivot{"AFTER", pivot} }

// LInsert inserts an element into a list at a place, [Before] or [After]
// another element, and returns the new length. It is -1 if there is no such
// other element and 0 if the list does not exist; nothing is inserted then.
//
// https://valkey.io/commands/linsert/
func lInsert(key string, place ListPivot, element string) command[int64] {
	cmd := newCommand("LINSERT", decode.Int).Key(key)
	if place.where == "" {
		cmd = cmd.Refuse("no place")
	}
	return cmd.Arg(place.where).Arg(place.pivot).Arg(element)
}

// LLen returns the length of a list, 0 if it does not exist.
//
// https://valkey.io/commands/llen/
func lLen(key string) command[int64] { return newCommand("LLEN", decode.Int).Key(key) }

// LMove takes the element at one end of a list, puts it at one end of another
// list, or of the same, and returns it, or nil if the source does not exist.
// Both happen at one moment: an element is never in neither list. In a cluster
// both keys must belong to one slot.
//
// https://valkey.io/commands/lmove/
func lMove(source, destination string, from, to ListEnd) command[Optional[string]] {
	cmd := newCommand("LMOVE", readOptionalString).Key(source).Key(destination)
	return appendEnd(appendEnd(cmd, from), to)
}

// LMPopOption is [Count], which is 1 by default and must be positive.
type LMPopOption interface {
	option
	lmPopOption()
}

func (PageSize) lmPopOption() {}

// ListElements are elements and the key of the list that they were taken
// from.
type ListElements struct {
	Key string
	// Elements are in the order in which they were taken: from the right end,
	// the last one first.
	Elements []string
}

// LMPop takes elements from one end of the first of several lists that exists,
// and returns them and its key, or nil if none of the lists exists. It takes
// one element unless [Count] says otherwise, and fewer if there are no more.
// In a cluster the keys must belong to one slot. Since version 7.0.
//
// https://valkey.io/commands/lmpop/
func lmPop(keys []string, from ListEnd, options ...LMPopOption) command[Optional[ListElements]] {
	cmd := newCommand("LMPOP", readOptionalListElements).CountedKeys(keys)
	return appendOptions(appendEnd(cmd, from), options)
}

var readOptionalListElements = readOptional(readListElements)

// readListElements reads a key and an array of elements; the core makes a map
// of the two.
func readListElements(r *wire.Reader) (taken ListElements, err error) {
	n, err := r.Map()
	if err == nil && n != 1 {
		err = &wire.TypeError{Want: "one key", Got: abi.TagMap}
	}
	if err == nil {
		err = decode.Sequence(r, decode.To(&taken.Key, decode.String), decode.To(&taken.Elements, decode.Strings))
	}
	return taken, err
}

// LPop takes the element at the left end of a list and returns it, or nil if
// the list does not exist. A list that becomes empty is deleted.
//
// https://valkey.io/commands/lpop/
func lPop(key string) command[Optional[string]] {
	return newCommand("LPOP", readOptionalString).Key(key)
}

// LPopCount is [Client.LPop] of up to so many elements, the leftmost first.
// There are none if the list does not exist.
//
// https://valkey.io/commands/lpop/
func lPopCount(key string, count int64) command[[]string] {
	return newCommand("LPOP", readTaken).Key(key).Count(count)
}

// readTaken reads an array, or nil as one without elements.
var readTaken = decode.ZeroIfNil(decode.Strings)

// LPosOption says which of the elements that are equal count, [LPosRank], or
// how many are looked at, [LPosMaxLen].
type LPosOption interface {
	option
	lPosOption()
}

// LPosRank (RANK) skips equal elements before the rank-th. The default, 1, is
// the leftmost. A negative rank searches from the right end, where -1 is the
// rightmost, and returns further elements from there to the left. 0 is an
// error.
func LPosRank(rank int64) LPosOption { return lPosOption{intArgument("LPosRank", "RANK", rank)} }

type lPosOption struct{ argument }

func (lPosOption) lPosOption() {}

// LPosMaxLen has the server look at no more than so many elements, from the
// end where it begins. The default, 0, is to look at all.
func LPosMaxLen(elements int64) LPosOption {
	return lPosOption{intArgument("LPosMaxLen", "MAXLEN", elements)}
}

// LPos returns the index of the leftmost element of a list that equals this
// one, counted from the left end, or nil if there is none.
//
// https://valkey.io/commands/lpos/
func lPos(key, element string, options ...LPosOption) command[Optional[int64]] {
	return appendOptions(newCommand("LPOS", readOptionalInt).Key(key).Arg(element), options)
}

// LPosCount is [Client.LPos] for up to so many equal elements; 0 is for all.
// The indexes are in the order in which the elements are found. There are
// none if there is no such element.
//
// https://valkey.io/commands/lpos/
func lPosCount(key, element string, count int64, options ...LPosOption) command[[]int64] {
	cmd := newCommand("LPOS", decode.Ints).Key(key).Arg(element).Arg("COUNT")
	return appendOptions(cmd.Count(count), options)
}

// LPush puts elements at the left end of a list, one after the other: the last
// one becomes the leftmost. It returns the new length. A list that does not
// exist is made.
//
// https://valkey.io/commands/lpush/
func lPush(key string, elements ...string) command[int64] {
	return newCommand("LPUSH", decode.Int).Key(key).NonEmpty("elements", elements)
}

// LPushX is [Client.LPush] if the list exists. Otherwise it returns 0.
//
// https://valkey.io/commands/lpushx/
func lPushX(key string, elements ...string) command[int64] {
	return newCommand("LPUSHX", decode.Int).Key(key).NonEmpty("elements", elements)
}

// LRange returns the elements of a list from start to stop, both included;
// negative indexes count from the right end, -1 being the last element. What
// lies outside is left out, and a list that does not exist has none.
//
// https://valkey.io/commands/lrange/
func lRange(key string, start, stop int64) command[[]string] {
	return newCommand("LRANGE", decode.Strings).Key(key).Integer(start).Integer(stop)
}

// LRem removes elements that equal this one and returns how many there were:
// up to count from the left end, up to -count from the right end if it is
// negative, all if it is 0.
//
// https://valkey.io/commands/lrem/
func lRem(key string, count int64, element string) command[int64] {
	return newCommand("LREM", decode.Int).Key(key).Integer(count).Arg(element)
}

// LSet replaces the element of a list at an index; negative ones count from
// the right end. A list that does not exist, and an index that it does not
// have, are errors.
//
// https://valkey.io/commands/lset/
func lSet(key string, index int64, element string) command[struct{}] {
	return newCommand("LSET", decode.OK).Key(key).Integer(index).Arg(element)
}

// LTrim removes all elements of a list but those that [Client.LRange] would
// return. If that leaves none, the list is deleted.
//
// https://valkey.io/commands/ltrim/
func lTrim(key string, start, stop int64) command[struct{}] {
	return newCommand("LTRIM", decode.OK).Key(key).Integer(start).Integer(stop)
}

// RPop takes the element at the right end of a list and returns it, or nil if
// the list does not exist. A list that becomes empty is deleted.
//
// https://valkey.io/commands/rpop/
func rPop(key string) command[Optional[string]] {
	return newCommand("RPOP", readOptionalString).Key(key)
}

// RPopCount is [Client.RPop] of up to so many elements, the rightmost first.
// There are none if the list does not exist.
//
// https://valkey.io/commands/rpop/
func rPopCount(key string, count int64) command[[]string] {
	return newCommand("RPOP", readTaken).Key(key).Count(count)
}

// RPush puts elements at the right end of a list, in their order, and returns
// the new length. A list that does not exist is made.
//
// https://valkey.io/commands/rpush/
func rPush(key string, elements ...string) command[int64] {
	return newCommand("RPUSH", decode.Int).Key(key).NonEmpty("elements", elements)
}

// RPushX is [Client.RPush] if the list exists. Otherwise it returns 0.
//
// https://valkey.io/commands/rpushx/
func rPushX(key string, elements ...string) command[int64] {
	return newCommand("RPUSHX", decode.Int).Key(key).NonEmpty("elements", elements)
}
