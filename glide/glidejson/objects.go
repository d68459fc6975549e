package glidejson

import (
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/internal/command"
)

// ObjKeys returns the names of the fields of every object that a JSONPath
// matches (JSON.OBJKEYS), or a nil Optional for a match that is not an object.
// If key does not exist, it returns none, or an error with RedisJSON.
//
// https://valkey.io/commands/json.objkeys/
func objKeys(key, path string) command.Command[[]glide.Optional[[]string]] {
	return command.New(at(command.Named("JSON.OBJKEYS").Key(key), path), readStringsMatches)
}

// ObjKeysLegacy returns the names of the fields of the object that a legacy
// path leads to, or a nil Optional if key does not exist. A value that is not
// an object is an error.
//
// https://valkey.io/commands/json.objkeys/
func objKeysLegacy(key, path string) command.Command[glide.Optional[[]string]] {
	return command.New(atLegacy(command.Named("JSON.OBJKEYS").Key(key), path), readOptionalStrings)
}

// ObjLen returns the number of fields of every object that a JSONPath matches
// (JSON.OBJLEN), or a nil Optional for a match that is not an object. If key
// does not exist, it returns none, or an error with RedisJSON.
//
// https://valkey.io/commands/json.objlen/
func objLen(key, path string) command.Command[[]glide.Optional[int64]] {
	return command.New(at(command.Named("JSON.OBJLEN").Key(key), path), readIntMatches)
}

// ObjLenLegacy returns the number of fields of the object that a legacy path
// leads to, or a nil Optional if key does not exist. A value that is not an
// object is an error.
//
// https://valkey.io/commands/json.objlen/
func objLenLegacy(key, path string) command.Command[glide.Optional[int64]] {
	return command.New(atLegacy(command.Named("JSON.OBJLEN").Key(key), path), readOptionalInt)
}
