package glidejson

import (
	"math"

	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/internal/command"
	"github.com/valkey-glide/go/glide/internal/decode"
)

// NumIncrBy adds to every number that a JSONPath matches and returns the new
// values, nil for what is no number. Whole numbers stay whole; those beyond
// 2^53 are given rounded. A key that does not exist is an error.
//
// https://valkey.io/commands/json.numincrby/
func numIncrBy(key, path string, by float64) command.Command[[]glide.Optional[float64]] {
	return operand(at(command.New("JSON.NUMINCRBY", readNumbers).Key(key), path), by)
}

// NumIncrByLegacy is [NumIncrBy] of a legacy path, and returns the one number.
// If there is none it is an error.
//
// https://valkey.io/commands/json.numincrby/
func numIncrByLegacy(key, path string, by float64) command.Command[float64] {
	return operand(atLegacy(command.New("JSON.NUMINCRBY", readNumber).Key(key), path), by)
}

// NumMultBy multiplies every number that a JSONPath matches and returns the
// new values, as [NumIncrBy] does.
//
// https://valkey.io/commands/json.nummultby/
func numMultBy(key, path string, by float64) command.Command[[]glide.Optional[float64]] {
	return operand(at(command.New("JSON.NUMMULTBY", readNumbers).Key(key), path), by)
}

// NumMultByLegacy is [NumMultBy] of a legacy path, and returns the one number.
// If there is none it is an error.
//
// https://valkey.io/commands/json.nummultby/
func numMultByLegacy(key, path string, by float64) command.Command[float64] {
	return operand(atLegacy(command.New("JSON.NUMMULTBY", readNumber).Key(key), path), by)
}

// operand appends a number; JSON has no others than these.
func operand[T any](cmd command.Command[T], number float64) command.Command[T] {
	if math.IsNaN(number) || math.IsInf(number, 0) {
		cmd = cmd.Refuse("JSON has nothing for NaN and infinities")
	}
	return cmd.Float(number)
}

// StrAppend appends a text to every string that a JSONPath matches and returns
// their new lengths, nil for what is no string. A key that does not exist is
// an error.
//
// https://valkey.io/commands/json.strappend/
func strAppend(key, path, text string) command.Command[[]glide.Optional[int64]] {
	return appendValue(at(command.New("JSON.STRAPPEND", readIntMatches).Key(key), path), text)
}

// StrAppendLegacy is [StrAppend] of a legacy path, and returns the one length.
// If there is no string it is an error.
//
// https://valkey.io/commands/json.strappend/
func strAppendLegacy(key, path, text string) command.Command[int64] {
	return appendValue(atLegacy(command.New("JSON.STRAPPEND", decode.Int).Key(key), path), text)
}

// StrLen returns the length of every string that a JSONPath matches, nil for
// what is no string. If the key does not exist there are none, or it is an
// error with RedisJSON.
//
// https://valkey.io/commands/json.strlen/
func strLen(key, path string) command.Command[[]glide.Optional[int64]] {
	return at(command.New("JSON.STRLEN", readIntMatches).Key(key), path)
}

// StrLenLegacy returns the length of the string that a legacy path leads to,
// or nil if the key does not exist. A path that leads to no string is an
// error.
//
// https://valkey.io/commands/json.strlen/
func strLenLegacy(key, path string) command.Command[glide.Optional[int64]] {
	return atLegacy(command.New("JSON.STRLEN", readOptionalInt).Key(key), path)
}

// Toggle turns every boolean that a JSONPath matches to the other and returns
// what they are then, nil for what is no boolean. A key that does not exist is
// an error.
//
// https://valkey.io/commands/json.toggle/
func toggle(key, path string) command.Command[[]glide.Optional[bool]] {
	return at(command.New("JSON.TOGGLE", readToggled).Key(key), path)
}

// ToggleLegacy is [Toggle] of a legacy path, and returns the one boolean. If
// there is none it is an error.
//
// https://valkey.io/commands/json.toggle/
func toggleLegacy(key, path string) command.Command[bool] {
	return atLegacy(command.New("JSON.TOGGLE", decode.Bool).Key(key), path)
}
