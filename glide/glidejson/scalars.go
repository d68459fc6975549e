package glidejson

import (
	"math"

	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/internal/command"
	"github.com/valkey-glide/go/glide/internal/decode"
)

// NumIncrBy adds a number to every number that a JSONPath matches
// (JSON.NUMINCRBY), and returns the results, with a nil Optional for a match
// that is not a number. The server keeps integers as integers; results beyond
// 2^53 are rounded when they are returned. A key that does not exist is an
// error.
//
// https://valkey.io/commands/json.numincrby/
func numIncrBy(key, path string, by float64) command.Command[[]glide.Optional[float64]] {
	return command.New(operand(at(command.Named("JSON.NUMINCRBY").Key(key), path), by), readNumbers)
}

// NumIncrByLegacy is like [NumIncrBy], for a legacy path, and returns one
// number. It is an error if the path leads to no number.
//
// https://valkey.io/commands/json.numincrby/
func numIncrByLegacy(key, path string, by float64) command.Command[float64] {
	return command.New(operand(atLegacy(command.Named("JSON.NUMINCRBY").Key(key), path), by), readNumber)
}

// NumMultBy multiplies every number that a JSONPath matches by a number
// (JSON.NUMMULTBY), and returns the results, like [NumIncrBy].
//
// https://valkey.io/commands/json.nummultby/
func numMultBy(key, path string, by float64) command.Command[[]glide.Optional[float64]] {
	return command.New(operand(at(command.Named("JSON.NUMMULTBY").Key(key), path), by), readNumbers)
}

// NumMultByLegacy is like [NumMultBy], for a legacy path, and returns one
// number. It is an error if the path leads to no number.
//
// https://valkey.io/commands/json.nummultby/
func numMultByLegacy(key, path string, by float64) command.Command[float64] {
	return command.New(operand(atLegacy(command.Named("JSON.NUMMULTBY").Key(key), path), by), readNumber)
}

// operand appends a number; JSON has neither infinities nor NaN.
func operand(cmd command.Arguments, number float64) command.Arguments {
	if math.IsNaN(number) || math.IsInf(number, 0) {
		cmd = cmd.Refuse("JSON has nothing for NaN and infinities")
	}
	return cmd.Float(number)
}

// StrAppend appends text to every string that a JSONPath matches
// (JSON.STRAPPEND), and returns the new length of each, or a nil Optional for a
// match that is not a string. A key that does not exist is an error.
//
// https://valkey.io/commands/json.strappend/
func strAppend(key, path, text string) command.Command[[]glide.Optional[int64]] {
	return command.New(appendValue(at(command.Named("JSON.STRAPPEND").Key(key), path), text), readIntMatches)
}

// StrAppendLegacy is like [StrAppend], for a legacy path, and returns one
// length. It is an error if the path leads to no string.
//
// https://valkey.io/commands/json.strappend/
func strAppendLegacy(key, path, text string) command.Command[int64] {
	return command.New(appendValue(atLegacy(command.Named("JSON.STRAPPEND").Key(key), path), text), decode.Int)
}

// StrLen returns the length of every string that a JSONPath matches
// (JSON.STRLEN), or a nil Optional for a match that is not a string. If key
// does not exist, it returns none, or an error with RedisJSON.
//
// https://valkey.io/commands/json.strlen/
func strLen(key, path string) command.Command[[]glide.Optional[int64]] {
	return command.New(at(command.Named("JSON.STRLEN").Key(key), path), readIntMatches)
}

// StrLenLegacy returns the length of the string that a legacy path leads to, or
// a nil Optional if key does not exist. It is an error if the path leads to no
// string.
//
// https://valkey.io/commands/json.strlen/
func strLenLegacy(key, path string) command.Command[glide.Optional[int64]] {
	return command.New(atLegacy(command.Named("JSON.STRLEN").Key(key), path), readOptionalInt)
}

// Toggle inverts every boolean that a JSONPath matches (JSON.TOGGLE), and
// returns the results, with a nil Optional for a match that is not a boolean. A
// key that does not exist is an error.
//
// https://valkey.io/commands/json.toggle/
func toggle(key, path string) command.Command[[]glide.Optional[bool]] {
	return command.New(at(command.Named("JSON.TOGGLE").Key(key), path), readToggled)
}

// ToggleLegacy is like [Toggle], for a legacy path, and returns one boolean. It
// is an error if the path leads to no boolean.
//
// https://valkey.io/commands/json.toggle/
func toggleLegacy(key, path string) command.Command[bool] {
	return command.New(atLegacy(command.Named("JSON.TOGGLE").Key(key), path), decode.Bool)
}
