package glidejson

import (
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/internal/command"
)

// ObjKeys returns the names in every object that a JSONPath matches, nil for
// what is no object. If the key does not exist there are none, or it is an
// error with RedisJSON.
//
// https://valkey.io/commands/json.objkeys/
func objKeys(key, path string) command.Command[[]glide.Optional[[]string]] {
	return command.New(at(command.Named("JSON.OBJKEYS").Key(key), path), readStringsMatches)
}

// ObjKeysLegacy returns the names in the object that a legacy path leads to,
// or nil if the key does not exist. What is no object is an error.
//
// https://valkey.io/commands/json.objkeys/
func objKeysLegacy(key, path string) command.Command[glide.Optional[[]string]] {
	return command.New(atLegacy(command.Named("JSON.OBJKEYS").Key(key), path), readOptionalStrings)
}

// ObjLen returns how many names are in every object that a JSONPath matches,
// nil for what is no object. If the key does not exist there are none, or it
// is an error with RedisJSON.
//
// https://valkey.io/commands/json.objlen/
func objLen(key, path string) command.Command[[]glide.Optional[int64]] {
	return command.New(at(command.Named("JSON.OBJLEN").Key(key), path), readIntMatches)
}

// ObjLenLegacy returns how many names are in the object that a legacy path
// leads to, or nil if the key does not exist. What is no object is an error.
//
// https://valkey.io/commands/json.objlen/
func objLenLegacy(key, path string) command.Command[glide.Optional[int64]] {
	return command.New(atLegacy(command.Named("JSON.OBJLEN").Key(key), path), readOptionalInt)
}
