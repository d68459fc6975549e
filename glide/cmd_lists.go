package glide

import (
	"github.com/valkey-glide/go/glide/internal/abi"
	"github.com/valkey-glide/go/glide/internal/decode"
	"github.com/valkey-glide/go/glide/internal/wire"
)

// ListEnd is an end of a list: [Left] or [Right].
type ListEnd int

const (
	// Left is the end at which a list begins: it has the element with index
	// 0.
	Left ListEnd = iota
	// Right is the end where a list ends.
	Right
)

// appendEnd appends an end.
func appendEnd(cmd arguments, end ListEnd) arguments {
	switch end {
	case Left:
		return cmd.Arg("LEFT")
	case Right:
		return cmd.Arg("RIGHT")
	default:
		return cmd.Refuse("no such end")
	}
}

// LIndex returns the element of a list at an index. Negative indexes count from
// the right end: -1 is the last element. It returns a nil Optional if the index
// is out of range or key does not exist.
//
// https://valkey.io/commands/lindex/
func lIndex(key string, index int64) command[Optional[string]] {
	return newCommand(named("LINDEX").Key(key).Integer(index), readOptionalString)
}

// ListPivot is a position in a list: [Before] or [After] an element.
type ListPivot struct{ where, pivot string }

// Before (BEFORE) is the position before the leftmost element that equals
// pivot.
func Before(pivot string) ListPivot { return ListPivot{"BEFORE", pivot} }

// After (AFTER) is the position after the leftmost element that equals pivot.
func After(pivot string) ListPivot { return ListPivot{"AFTER", pivot} }

// LInsert inserts an element into a list at a position, [Before] or [After]
// another element, and returns the new length. If the list does not contain the
// other element, it returns -1, and if key does not exist, 0; then it inserts
// nothing.
//
// https://valkey.io/commands/linsert/
func lInsert(key string, place ListPivot, element string) command[int64] {
	cmd := named("LINSERT").Key(key)
	if place.where == "" {
		cmd = cmd.Refuse("no place")
	}
	return newCommand(cmd.Arg(place.where).Arg(place.pivot).Arg(element), decode.Int)
}

// LLen returns the length of a list, or 0 if key does not exist.
//
// https://valkey.io/commands/llen/
func lLen(key string) command[int64] { return newCommand(named("LLEN").Key(key), decode.Int) }

// LMove removes the element at the end from of the list source, adds it at the
// end to of the list destination, and returns it, or a nil Optional if source
// does not exist. Both may be the same list. The move is atomic. In a cluster
// both keys must belong to one slot.
//
// https://valkey.io/commands/lmove/
func lMove(source, destination string, from, to ListEnd) command[Optional[string]] {
	cmd := named("LMOVE").Key(source).Key(destination)
	return newCommand(appendEnd(appendEnd(cmd, from), to), readOptionalString)
}

// LMPopOption is an option of [Client.LMPop] and [Client.BLMPop]: the number of
// elements, [Count], which is 1 by default and must be positive.
type LMPopOption interface {
	option
	lmPopOption()
}

func (PageSize) lmPopOption() {}

// ListElements are elements that were removed from a list, and the key of the
// list.
type ListElements struct {
	Key string
	// Elements are in the order in which they were removed: from the right
	// end, the last one first.
	Elements []string
}

// LMPop removes elements from one end of the first of several lists that
// exists, and returns them with the list's key, or a nil Optional if no list
// exists. It removes one element unless [Count] is given, and fewer if the list
// is shorter. In a cluster the keys must belong to one slot. Since version 7.0.
//
// https://valkey.io/commands/lmpop/
func lmPop(keys []string, from ListEnd, options ...LMPopOption) command[Optional[ListElements]] {
	cmd := named("LMPOP").CountedKeys(keys)
	return newCommand(appendOptions(appendEnd(cmd, from), options), readOptionalListElements)
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

// LPop removes the element at the left end of a list and returns it, or a nil
// Optional if key does not exist. A list without elements is deleted.
//
// https://valkey.io/commands/lpop/
func lPop(key string) command[Optional[string]] {
	return newCommand(named("LPOP").Key(key), readOptionalString)
}

// LPopCount removes at most count elements at the left end of a list and
// returns them, leftmost first. It returns none if key does not exist.
//
// https://valkey.io/commands/lpop/
func lPopCount(key string, count int64) command[[]string] {
	return newCommand(named("LPOP").Key(key).Count(count), readTaken)
}

// readTaken reads an array, or nil as one without elements.
var readTaken = decode.ZeroIfNil(decode.Strings)

// LPosOption is an option of [Client.LPos] and [Client.LPosCount]: it selects
// which equal element is returned, [LPosRank], or limits how many elements are
// examined, [LPosMaxLen].
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

// LPosMaxLen (MAXLEN) limits how many elements the server examines, from the
// end where the search begins. The default, 0, examines all.
func LPosMaxLen(elements int64) LPosOption {
	return lPosOption{intArgument("LPosMaxLen", "MAXLEN", elements)}
}

// LPos returns the index of the leftmost element of a list that equals element,
// or a nil Optional if there is none.
//
// https://valkey.io/commands/lpos/
func lPos(key, element string, options ...LPosOption) command[Optional[int64]] {
	return newCommand(appendOptions(named("LPOS").Key(key).Arg(element), options), readOptionalInt)
}

// LPosCount returns the indexes of at most count elements of a list that equal
// element, in the order in which they are found; a count of 0 returns all. It
// returns none if key does not exist.
//
// https://valkey.io/commands/lpos/
func lPosCount(key, element string, count int64, options ...LPosOption) command[[]int64] {
	cmd := named("LPOS").Key(key).Arg(element).Arg("COUNT")
	return newCommand(appendOptions(cmd.Count(count), options), decode.Ints)
}

// LPush adds elements at the left end of a list, one after the other, so the
// last one becomes the leftmost, and returns the new length. A list that does
// not exist is created.
//
// https://valkey.io/commands/lpush/
func lPush(key string, elements ...string) command[int64] {
	return newCommand(named("LPUSH").Key(key).NonEmpty("elements", elements), decode.Int)
}

// LPushX adds elements like [Client.LPush] if the list exists. Otherwise it
// adds none and returns 0.
//
// https://valkey.io/commands/lpushx/
func lPushX(key string, elements ...string) command[int64] {
	return newCommand(named("LPUSHX").Key(key).NonEmpty("elements", elements), decode.Int)
}

// LRange returns the elements of a list from start to stop, both included.
// Negative indexes count from the right end: -1 is the last element. Indexes
// out of range are limited to the list, and a key that does not exist counts as
// an empty list.
//
// https://valkey.io/commands/lrange/
func lRange(key string, start, stop int64) command[[]string] {
	return newCommand(named("LRANGE").Key(key).Integer(start).Integer(stop), decode.Strings)
}

// LRem removes elements of a list that equal element, and returns their number:
// at most count elements from the left end, at most -count from the right end
// if count is negative, or all if count is 0. It returns 0 if key does not
// exist.
//
// https://valkey.io/commands/lrem/
func lRem(key string, count int64, element string) command[int64] {
	return newCommand(named("LREM").Key(key).Integer(count).Arg(element), decode.Int)
}

// LSet replaces the element of a list at an index. Negative indexes count from
// the right end. An index out of range, and a key that does not exist, are
// errors.
//
// https://valkey.io/commands/lset/
func lSet(key string, index int64, element string) command[struct{}] {
	return newCommand(named("LSET").Key(key).Integer(index).Arg(element), decode.OK)
}

// LTrim removes all elements of a list except those that [Client.LRange] would
// return. A list without elements is deleted.
//
// https://valkey.io/commands/ltrim/
func lTrim(key string, start, stop int64) command[struct{}] {
	return newCommand(named("LTRIM").Key(key).Integer(start).Integer(stop), decode.OK)
}

// RPop removes the element at the right end of a list and returns it, or a nil
// Optional if key does not exist. A list without elements is deleted.
//
// https://valkey.io/commands/rpop/
func rPop(key string) command[Optional[string]] {
	return newCommand(named("RPOP").Key(key), readOptionalString)
}

// RPopCount removes at most count elements at the right end of a list and
// returns them, rightmost first. It returns none if key does not exist.
//
// https://valkey.io/commands/rpop/
func rPopCount(key string, count int64) command[[]string] {
	return newCommand(named("RPOP").Key(key).Count(count), readTaken)
}

// RPush adds elements at the right end of a list, in their order, and returns
// the new length. A list that does not exist is created.
//
// https://valkey.io/commands/rpush/
func rPush(key string, elements ...string) command[int64] {
	return newCommand(named("RPUSH").Key(key).NonEmpty("elements", elements), decode.Int)
}

// RPushX adds elements like [Client.RPush] if the list exists. Otherwise it
// adds none and returns 0.
//
// https://valkey.io/commands/rpushx/
func rPushX(key string, elements ...string) command[int64] {
	return newCommand(named("RPUSHX").Key(key).NonEmpty("elements", elements), decode.Int)
}
