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
	return command.New(operand(at(command.Named("JSON.NUMINCRBY").Key(key), path), by), readNumbers)
}

// NumIncrByLegacy is [NumIncrBy] of a legacy path, and returns the one number.
// If there is none it is an error.
//
// https://valkey.io/commands/json.numincrby/
func numIncrByLegacy(key, path string, by float64) command.Command[float64] {
	return command.New(operand(atLegacy(command.Named("JSON.NUMINCRBY").Key(key), path), by), readNumber)
}

// NumMultBy multiplies every number that a JSONPath matches and returns the
// new values, as [NumIncrBy] does.
//
// https://valkey.io/commands/json.nummultby/
func numMultBy(key, path string, by float64) command.Command[[]glide.Optional[float64]] {
	return command.New(operand(at(command.Named("JSON.NUMMULTBY").Key(key), path), by), readNumbers)
}

// NumMultByLegacy is [NumMultBy] of a legacy path, and returns the one number.
// If there is none it is an error.
//
// https://valkey.io/commands/json.nummultby/
func numMultByLegacy(key, path string, by float64) command.Command[float64] {
	return command.New(operand(atLegacy(command.Named("JSON.NUMMULTBY").Key(key), path), by), readNumber)
}

// operand appends a number; JSON has no others than these.
func operand(cmd command.Arguments, number float64) command.Arguments {
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
	return command.New(appendValue(at(command.Named("JSON.STRAPPEND").Key(key), path), text), readIntMatches)
}

// StrAppendLegacy is [StrAppend] of a legacy path, and returns the one length.
// If there is no string it is an error.
//
// https://valkey.io/commands/json.strappend/
func strAppendLegacy(key, path, text string) command.Command[int64] {
	return command.New(appendValue(atLegacy(command.Named("JSON.STRAPPEND").Key(key), path), text), decode.Int)
}

// StrLen returns the length of every string that a JSONPath matches, nil for
// what is no string. If the key does not exist there are none, or it is an
// error with RedisJSON.
//
// https://valkey.io/commands/json.strlen/
func strLen(key, path string) command.Command[[]glide.Optional[int64]] {
	return command.New(at(command.Named("JSON.STRLEN").Key(key), path), readIntMatches)
}

// StrLenLegacy returns the length of the string that a legacy path leads to,
// or nil if the key does not exist. A path that leads to no string is an
// error.
//
// https://valkey.io/commands/json.strlen/
func strLenLegacy(key, path string) command.Command[glide.Optional[int64]] {
	return command.New(atLegacy(command.Named("JSON.STRLEN").Key(key), path), readOptionalInt)
}

// Toggle turns every boolean that a JSONPath matches to the other and returns
// what they are then, nil for what is no boolean. A key that does not exist is
// an error.
//
// https://valkey.io/commands/json.toggle/
func toggle(key, path string) command.Command[[]glide.Optional[bool]] {
	return command.New(at(command.Named("JSON.TOGGLE").Key(key), path), readToggled)
}

// ToggleLegacy is [Toggle] of a legacy path, and returns the one boolean. If
// there is none it is an error.
//
// https://valkey.io/commands/json.toggle/
func toggleLegacy(key, path string) command.Command[bool] {
	return command.New(atLegacy(command.Named("JSON.TOGGLE").Key(key), path), decode.Bool)
}
