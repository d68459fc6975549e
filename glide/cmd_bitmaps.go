package glide

import (
	"github.com/valkey-glide/go/glide/internal/decode"
	"github.com/valkey-glide/go/glide/internal/wire"
)

// Span is a part of a string whose bits are looked at: [FromByte], [ByteRange]
// or [BitRange].
type Span struct {
	start, end int64
	open       bool
	unit       string
}

// FromByte is what begins with a byte and goes to the end; negative ones count
// from the end, -1 being the last byte. [Client.BitCount] knows it since
// Valkey 8.0.
func FromByte(start int64) Span { return Span{start: start, open: true} }

// ByteRange are the bytes from start to end, both included; negative ones
// count from the end.
func ByteRange(start, end int64) Span { return Span{start: start, end: end} }

// BitRange are the bits from start to end, both included; negative ones count
// from the end. Since version 7.0.
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

// BitCountOption is [FromByte], [ByteRange] or [BitRange].
type BitCountOption interface {
	option
	bitCountOption()
}

// BitCount returns how many bits of a string are set, or of a part of it; 0 if
// the key does not exist.
//
// https://valkey.io/commands/bitcount/
func bitCount(key string, options ...BitCountOption) command[int64] {
	return appendOptions(newCommand("BITCOUNT", decode.Int).Key(key), options)
}

// BitOperation is what is done with bits: [BitAnd], [BitOr], [BitXor] or
// [BitNot].
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
)

// BitOp combines strings bit by bit (BITOP), stores the result at destination
// and returns its length in bytes, which is that of the longest string.
// Shorter strings, and keys that do not exist, are filled with zero bytes. If
// the result is empty, destination is deleted. In a cluster all keys must
// belong to one slot.
//
// https://valkey.io/commands/bitop/
func bitOp(operation BitOperation, destination string, keys ...string) command[int64] {
	cmd := newCommand("BITOP", decode.Int).Arg(string(operation)).Key(destination).Keys(keys)
	if operation == BitNot && len(keys) > 1 {
		cmd = cmd.Refuse("BitNot of more than one key")
	}
	return cmd
}

// BitPosOption is [FromByte], [ByteRange] or [BitRange].
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
	cmd := newCommand("BITPOS", readBitPos).Key(key).EitherOr(set, "1", "0")
	return appendOptions(cmd, options)
}

// readBitPos reads an offset, -1 for none.
var readBitPos = readOptionalUnless(decode.Int, func(n int64) bool { return n == -1 })

// GetBit reports whether the bit at an offset of a string is set. After the
// end none is, nor if the key does not exist. The highest bit of the first
// byte is at 0; offsets go up to 2³²-1.
//
// https://valkey.io/commands/getbit/
func getBit(key string, offset int64) command[bool] {
	return offsetBit(newCommand("GETBIT", decode.Bool).Key(key), offset)
}

// offsetBit appends the offset of a bit.
func offsetBit[T any](cmd command[T], offset int64) command[T] {
	if offset < 0 {
		return cmd.Refuse("negative offset")
	}
	return cmd.Integer(offset)
}

// SetBit sets the bit at an offset of a string, or makes it zero, and reports
// whether it was set before. What is missing before the offset is filled with
// zero bytes: a large offset, which may be up to 2³²-1, makes the server
// allocate as much. A key that does not exist counts as empty.
//
// https://valkey.io/commands/setbit/
func setBit(key string, offset int64, set bool) command[bool] {
	return offsetBit(newCommand("SETBIT", decode.Bool).Key(key), offset).EitherOr(set, "1", "0")
}
