package glide

import (
	"github.com/valkey-glide/go/glide/internal/decode"
	"github.com/valkey-glide/go/glide/internal/wire"
)

// Span is a part of a string whose bits are examined: the result of [FromByte],
// [ByteRange] or [BitRange]. It is an option of [Client.BitCount] and
// [Client.BitPos].
type Span struct {
	start, end int64
	open       bool
	unit       string
}

// FromByte selects the bytes from start to the end of the string. Negative
// indexes count from the end: -1 is the last byte. [Client.BitCount] supports
// it since Valkey 8.0.
func FromByte(start int64) Span { return Span{start: start, open: true} }

// ByteRange (BYTE) selects the bytes from start to end, both included. Negative
// indexes count from the end: -1 is the last byte.
func ByteRange(start, end int64) Span { return Span{start: start, end: end} }

// BitRange (BIT) selects the bits from start to end, both included. Negative
// indexes count from the end. Since version 7.0.
func BitRange(start, end int64) Span { return Span{start: start, end: end, unit: "BIT"} }

func (s Span) appendTo(to *wire.Request) {
	to.Int(s.start)
	if !s.open {
		to.Int(s.end)
	}
	if s.unit != "" {
		to.String(s.unit)
	}
}

func (Span) conflictKey() string { return "span" }
func (Span) bitCountOption()     {}
func (Span) bitPosOption()       {}

// BitCountOption is an option of [Client.BitCount]: the part of the string that
// is examined, [FromByte], [ByteRange] or [BitRange].
type BitCountOption interface {
	option
	bitCountOption()
}

// BitCount returns the number of bits that are set in the value of key, or in a
// part of it. It returns 0 if key does not exist.
//
// https://valkey.io/commands/bitcount/
func bitCount(key string, options ...BitCountOption) command[int64] {
	return newCommand(appendOptions(named("BITCOUNT").Key(key), options), decode.Int)
}

// BitOperation is an operation of [Client.BitOp]: [BitAnd], [BitOr], [BitXor],
// [BitNot], or since Redis 8.2 [BitDiff], [BitDiff1], [BitAndOr] or [BitOne].
type BitOperation string

const (
	// BitAnd sets the bits that are set in all strings.
	BitAnd BitOperation = "AND"
	// BitOr sets the bits that are set in any of the strings.
	BitOr BitOperation = "OR"
	// BitXor sets the bits that are set in an odd number of strings.
	BitXor BitOperation = "XOR"
	// BitNot sets the bits that are not set in a string, which must be the
	// only one.
	BitNot BitOperation = "NOT"
	// BitDiff sets the bits that are set in the first string and in none of the
	// others.
	BitDiff BitOperation = "DIFF"
	// BitDiff1 sets the bits that are set in any of the others and not in the
	// first string.
	BitDiff1 BitOperation = "DIFF1"
	// BitAndOr sets the bits that are set in the first string and in any of the
	// others.
	BitAndOr BitOperation = "ANDOR"
	// BitOne sets the bits that are set in exactly one string.
	BitOne BitOperation = "ONE"
)

// BitOp combines strings bit by bit (BITOP), stores the result at destination
// and returns its length in bytes, which is that of the longest string.
// Shorter strings, and keys that do not exist, are filled with zero bytes. If
// the result is empty, destination is deleted. In a cluster all keys must
// belong to one slot.
//
// https://valkey.io/commands/bitop/
func bitOp(operation BitOperation, destination string, keys ...string) command[int64] {
	cmd := named("BITOP").Arg(string(operation)).Key(destination).Keys(keys)
	if operation == BitNot && len(keys) > 1 {
		cmd = cmd.Refuse("BitNot of more than one key")
	}
	return newCommand(cmd, decode.Int)
}

// BitPosOption is an option of [Client.BitPos]: the part of the string that is
// examined, [FromByte], [ByteRange] or [BitRange].
type BitPosOption interface {
	option
	bitPosOption()
}

// BitPos returns the offset of the first bit of the value of key, or of a part
// of it, that is set (or clear, if set is false), or a nil Optional if there
// is none. Offsets count from the highest bit of the first byte, which is 0.
// Bits after the end count as clear unless the range has an end: in a string
// of ones the first clear bit is at the string's length. A key that does not
// exist has its first clear bit at 0, for any range.
//
// https://valkey.io/commands/bitpos/
func bitPos(key string, set bool, options ...BitPosOption) command[Optional[int64]] {
	cmd := named("BITPOS").Key(key).EitherOr(set, "1", "0")
	return newCommand(appendOptions(cmd, options), readBitPos)
}

// readBitPos reads an offset, -1 for none.
var readBitPos = readOptionalUnless(decode.Int, func(n int64) bool { return n == -1 })

// GetBit reports whether the bit at offset is set in the value of key. The
// highest bit of the first byte has offset 0; offsets go up to 2³²-1. Bits
// after the end of the value, and of a key that does not exist, are not set.
//
// https://valkey.io/commands/getbit/
func getBit(key string, offset int64) command[bool] {
	return newCommand(offsetBit(named("GETBIT").Key(key), offset), decode.Bool)
}

// offsetBit appends the offset of a bit.
func offsetBit(cmd arguments, offset int64) arguments {
	if offset < 0 {
		return cmd.Refuse("negative offset")
	}
	return cmd.Integer(offset)
}

// SetBit sets or clears the bit at offset in the value of key, and reports
// whether it was set before. A gap before offset is filled with zero bytes, so
// a large offset, up to 2³²-1, makes the server allocate as much memory. A key
// that does not exist counts as empty.
//
// https://valkey.io/commands/setbit/
func setBit(key string, offset int64, set bool) command[bool] {
	return newCommand(offsetBit(named("SETBIT").Key(key), offset).EitherOr(set, "1", "0"), decode.Bool)
}
