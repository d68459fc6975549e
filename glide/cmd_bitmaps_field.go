package glide

import (
	"strconv"

	"github.com/valkey-glide/go/glide/internal/decode"
	"github.com/valkey-glide/go/glide/internal/wire"
)

// BitInteger is the type of an integer within a string, of any number of bits:
// [Signed] or [Unsigned]. [BitInteger.At] and [BitInteger.Nth] select its
// position.
type BitInteger struct {
	letter  string
	bits    int
	bitsMax int
}

// Signed is the type of integers of 1 to 64 bits in two's complement.
func Signed(bits int) BitInteger { return BitInteger{"i", bits, 64} }

// Unsigned is the type of integers of 1 to 63 bits without a sign.
func Unsigned(bits int) BitInteger { return BitInteger{"u", bits, 63} }

// At selects the integer that begins at a bit offset; the highest bit of the
// first byte has offset 0. It need not be aligned to bytes.
func (i BitInteger) At(offset int64) BitPlace { return BitPlace{i, "", offset} }

// Nth selects the integer at an index of the string, which is treated as an
// array of integers of this type.
func (i BitInteger) Nth(index int64) BitPlace { return BitPlace{i, "#", index} }

// BitPlace is the position of an integer within a string; see [BitInteger].
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

// Overflow selects what happens to a result that does not fit the integer.
type Overflow string

const (
	// OverflowWrap (WRAP) drops the highest bits. It is the default.
	OverflowWrap Overflow = "WRAP"
	// OverflowSaturate (SAT) stores the nearest number that fits.
	OverflowSaturate Overflow = "SAT"
	// OverflowFail (FAIL) leaves the integer unchanged; the result is a nil
	// Optional.
	OverflowFail Overflow = "FAIL"
)

// BitFieldOperation is an operation on one integer within a string:
// [BitFieldGet], [BitFieldSet] or [BitFieldIncrBy].
type BitFieldOperation interface {
	// appendOperation appends it after others that have left off with an
	// overflow, and returns the one it leaves off with.
	appendOperation(to *wire.Request, overflow Overflow) Overflow

	// problem says what is wrong with it, if anything.
	problem() string
}

// BitFieldRead is a [BitFieldOperation] that only reads.
type BitFieldRead struct{ place BitPlace }

// BitFieldGet (GET) returns an integer.
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

// BitFieldSet (SET) sets an integer and returns its previous value. The default
// for a value that does not fit is [OverflowWrap].
func BitFieldSet(place BitPlace, value int64, overflow ...Overflow) BitFieldOperation {
	return bitFieldWrite{"SET", place, value, overflow}
}

// BitFieldIncrBy (INCRBY) adds to an integer and returns the result. The
// default for a result that does not fit is [OverflowWrap].
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
func bitFieldOperations[O BitFieldOperation](cmd arguments, operations []O) arguments {
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

// BitField runs operations on integers within the value of key, in order, and
// returns the result of each. A result is a nil Optional only if [OverflowFail]
// left the integer unchanged. Missing bytes, and a key that does not exist,
// count as zero bytes, and writes extend the string. BITFIELD counts as a
// write; replicas also serve [Client.BitFieldRO].
//
// https://valkey.io/commands/bitfield/
func bitField(key string, operations ...BitFieldOperation) command[[]Optional[int64]] {
	return newCommand(bitFieldOperations(named("BITFIELD").Key(key), operations), readOptionalInts)
}

var readOptionalInts = decode.Slice(readOptionalInt)

// BitFieldRO returns integers within the value of key, like [Client.BitField],
// with the read-only command BITFIELD_RO, which replicas serve too.
//
// https://valkey.io/commands/bitfield_ro/
func bitFieldRO(key string, operations ...BitFieldRead) command[[]int64] {
	return newCommand(bitFieldOperations(named("BITFIELD_RO").Key(key), operations), decode.Ints)
}
