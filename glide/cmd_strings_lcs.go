package glide

import (
	"github.com/valkey-glide/go/glide/internal/abi"
	"github.com/valkey-glide/go/glide/internal/decode"
	"github.com/valkey-glide/go/glide/internal/wire"
)

// LCS returns a longest common subsequence of the values of two keys: bytes
// that both have in this order, not necessarily contiguous. A key that does
// not exist counts as empty. The server takes time and memory in proportion to
// the product of both lengths. In a cluster both keys must belong to one slot.
// Since version 7.0.
//
// https://valkey.io/commands/lcs/
func lcs(key1, key2 string) command[string] {
	return newCommand(named("LCS").Key(key1).Key(key2), decode.String)
}

// LCSLen returns the length in bytes of the longest common subsequence (LCS
// with LEN); see [Client.LCS].
//
// https://valkey.io/commands/lcs/
func lcsLen(key1, key2 string) command[int64] {
	return newCommand(named("LCS").Key(key1).Key(key2).Arg("LEN"), decode.Int)
}

// LCSIdxOption is an option of [Client.LCSIdx]: [MinMatchLen] or
// [WithMatchLen].
type LCSIdxOption interface {
	option
	lcsIdxOption()
}

// MinMatchLen (MINMATCHLEN) omits matches shorter than length bytes. The
// default is to return all.
func MinMatchLen(length int64) LCSIdxOption {
	return lcsIdxOption{intArgument("minimum length", "MINMATCHLEN", length)}
}

type lcsIdxOption struct{ argument }

func (lcsIdxOption) lcsIdxOption() {}

// withMatchLen is the option WITHMATCHLEN.
type withMatchLen string

// WithMatchLen (WITHMATCHLEN) returns the length of each match too.
const WithMatchLen withMatchLen = "WITHMATCHLEN"

func (o withMatchLen) appendTo(to *wire.Request) { to.String(string(o)) }
func (withMatchLen) conflictKey() string         { return "WithMatchLen" }
func (withMatchLen) lcsIdxOption()               {}

// LCSMatches are the positions of a common subsequence in two values.
type LCSMatches struct {
	// Matches are the contiguous parts of the subsequence, the last one first.
	Matches []LCSMatch
	// Length is the length of the whole subsequence in bytes, including
	// omitted matches.
	Length int64
}

// LCSMatch is a contiguous part that two values have in common.
type LCSMatch struct {
	// First and Second are the positions of the part in the value of each key.
	First, Second LCSRange
	// Length is its length in bytes, 0 without [WithMatchLen].
	Length int64
}

// LCSRange holds the indexes of the first and the last byte of a part.
type LCSRange struct{ Start, End int64 }

// LCSIdx returns the positions of the longest common subsequence in the values
// of two keys (LCS with IDX); see [Client.LCS].
//
// https://valkey.io/commands/lcs/
func lcsIdx(key1, key2 string, options ...LCSIdxOption) command[LCSMatches] {
	cmd := named("LCS").Key(key1).Key(key2).Arg("IDX")
	return newCommand(appendOptions(cmd, options), readLCSMatches)
}

var readLCSMatches = decode.Struct(decode.Fields[LCSMatches]{
	"matches": decode.Field(func(l *LCSMatches) *[]LCSMatch { return &l.Matches }, decode.Slice(readLCSMatch)),
	"len":     decode.Field(func(l *LCSMatches) *int64 { return &l.Length }, decode.Int),
})

func readLCSMatch(r *wire.Reader) (match LCSMatch, err error) {
	n, err := r.Array()
	if err == nil && n != 2 && n != 3 {
		err = &wire.TypeError{Want: "an array of 2 or 3", Got: abi.TagArray}
	}
	if err == nil {
		match.First, err = readLCSRange(r)
	}
	if err == nil {
		match.Second, err = readLCSRange(r)
	}
	if err == nil && n == 3 {
		match.Length, err = r.Int()
	}
	return match, err
}

func readLCSRange(r *wire.Reader) (where LCSRange, err error) {
	if err = decode.ArrayOf(r, 2); err == nil {
		where.Start, err = r.Int()
	}
	if err == nil {
		where.End, err = r.Int()
	}
	return where, err
}
