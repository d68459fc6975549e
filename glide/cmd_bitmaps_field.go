package glide

import (
	"strconv"

	"github.com/valkey-glide/go/glide/internal/decode"
	"github.com/valkey-glide/go/glide/internal/wire"
)

// BitInteger is a kind of integer within a string, of any number of bits:
// [Signed] or [Unsigned]. [BitInteger.At] and [BitInteger.Nth] say where.
type BitInteger struct {
	letter  string
	bits    int
	bitsMax int
}

// Signed are integers of so many bits, 1 to 64, in two's complement.
func Signed(bits int) BitInteger { return BitInteger{"i", bits, 64} }

// Unsigned are integers of so many bits, 1 to 63.
func Unsigned(bits int) BitInteger { return BitInteger{"u", bits, 63} }

// At is the integer that begins at a bit, the highest of the first byte being
// 0. It need not begin or end with a byte.
func (i BitInteger) At(offset int64) BitPlace { return BitPlace{i, "", offset} }

// Nth is the integer before which there are so many of its kind: the string
// counts as an array of them.
func (i BitInteger) Nth(index int64) BitPlace { return BitPlace{i, "#", index} }

// BitPlace is an integer at a place within a string; see [BitInteger].
type BitPlace struct {
	kind   BitInteger
	mark   string
	offset int64
}

func (p BitPlace) appendTo(to *wire.Request) {
	to.String(p.kind.letter + strconv.Itoa(p.kind.bits))
	to.String(p.mark + strconv.FormatInt(p.offset, 10))
}

// problem says what is wrong with it, if anything.
func (p BitPlace) problem() string {
	switch {
	case p.kind.bits < 1 || p.kind.bits > p.kind.bitsMax:
		return "integers have 1 to 64 bits, unsigned ones 63"
	case p.offset < 0:
		return "negative offset"
	default:
		return ""
	}
}

// Overflow says what happens to a result that an integer cannot hold.
type Overflow string

const (
	// OverflowWrap leaves the highest bits out. That is the default.
	OverflowWrap Overflow = "WRAP"
	// OverflowSaturate takes the nearest number that there is room for.
	OverflowSaturate Overflow = "SAT"
	// OverflowFail leaves the integer as it is, and the result is nil.
	OverflowFail Overflow = "FAIL"
)

// BitFieldOperation is done with one integer within a string: [BitFieldGet],
// [BitFieldSet] or [BitFieldIncrBy].
type BitFieldOperation interface {
	// appendOperation appends it after others that have left off with an
	// overflow, and returns the one it leaves off with.
	appendOperation(to *wire.Request, overflow Overflow) Overflow

	// problem says what is wrong with it, if anything.
	problem() string
}

// BitFieldRead is a [BitFieldOperation] that changes nothing.
type BitFieldRead struct{ place BitPlace }

// BitFieldGet returns an integer.
func BitFieldGet(place BitPlace) BitFieldRead { return BitFieldRead{place} }

func (o BitFieldRead) appendOperation(to *wire.Request, overflow Overflow) Overflow {
	to.String("GET")
	o.place.appendTo(to)
	return overflow
}

func (o BitFieldRead) problem() string { return o.place.problem() }

// bitFieldWrite is an operation that changes an integer.
type bitFieldWrite struct {
	name     string
	place    BitPlace
	number   int64
	overflow []Overflow
}

// BitFieldSet sets an integer and returns the one that was there before. The
// default for a value that it cannot hold is [OverflowWrap].
func BitFieldSet(place BitPlace, value int64, overflow ...Overflow) BitFieldOperation {
	return bitFieldWrite{"SET", place, value, overflow}
}

// BitFieldIncrBy adds to an integer and returns the result. The default for
// one that it cannot hold is [OverflowWrap].
func BitFieldIncrBy(place BitPlace, increment int64, overflow ...Overflow) BitFieldOperation {
	return bitFieldWrite{"INCRBY", place, increment, overflow}
}

func (o bitFieldWrite) appendOperation(to *wire.Request, overflow Overflow) Overflow {
	wanted := OverflowWrap
	if len(o.overflow) > 0 {
		wanted = o.overflow[0]
	}
	if wanted != overflow {
		to.String("OVERFLOW")
		to.String(string(wanted))
	}
	to.String(o.name)
	o.place.appendTo(to)
	to.Int(o.number)
	return wanted
}

func (o bitFieldWrite) problem() string {
	if len(o.overflow) > 1 {
		return "more than one overflow"
	}
	return o.place.problem()
}

// bitFieldOperations appends operations, of which there must be some.
func bitFieldOperations[T any, O BitFieldOperation](cmd command[T], operations []O) command[T] {
	if len(operations) == 0 {
		return cmd.Refuse("no operations")
	}
	overflow := OverflowWrap
	for _, o := range operations {
		if any(o) == nil {
			return cmd.Refuse("nil operation")
		}
		if problem := o.problem(); problem != "" {
			return cmd.Refuse(problem)
		}
		overflow = o.appendOperation(cmd.Request, overflow)
	}
	return cmd
}

// BitField does operations with integers within a string, one after the other,
// and returns the result of each; nil only where [OverflowFail] left an
// integer as it was. What is missing of the string, or does not exist, counts
// as zero bytes; it is made longer for what is written. It counts as a write:
// [Client.BitFieldRO] is answered by replicas too.
//
// https://valkey.io/commands/bitfield/
func bitField(key string, operations ...BitFieldOperation) command[[]Optional[int64]] {
	return bitFieldOperations(newCommand("BITFIELD", readOptionalInts).Key(key), operations)
}

var readOptionalInts = decode.Slice(readOptionalInt)

// BitFieldRO returns integers within a string, as [Client.BitField] does.
//
// https://valkey.io/commands/bitfield_ro/
func bitFieldRO(key string, operations ...BitFieldRead) command[[]int64] {
	return bitFieldOperations(newCommand("BITFIELD_RO", decode.Ints).Key(key), operations)
}
