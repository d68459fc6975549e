package glidejson

import (
	"github.com/valkey-glide/go/glide"
)

// ObjKeys returns the names in every object that a JSONPath matches, nil for
// what is no object. If the key does not exist there are none, or it is an
// error with RedisJSON.
//
// https://valkey.io/commands/json.objkeys/
func objKeys(key, path string) command[[]glide.Optional[[]string]] {
	return at(newCommand("JSON.OBJKEYS", readStringsMatches).Key(key), path)
}

// ObjKeysLegacy returns the names in the object that a legacy path leads to,
// or nil if the key does not exist. What is no object is an error.
//
// https://valkey.io/commands/json.objkeys/
func objKeysLegacy(key, path string) command[glide.Optional[[]string]] {
	return atLegacy(newCommand("JSON.OBJKEYS", readOptionalStrings).Key(key), path)
}

// ObjLen returns how many names are in every object that a JSONPath matches,
// nil for what is no object. If the key does not exist there are none, or it
// is an error with RedisJSON.
//
// https://valkey.io/commands/json.objlen/
func objLen(key, path string) command[[]glide.Optional[int64]] {
	return at(newCommand("JSON.OBJLEN", readIntMatches).Key(key), path)
}

// ObjLenLegacy returns how many names are in the object that a legacy path
// leads to, or nil if the key does not exist. What is no object is an error.
//
// https://valkey.io/commands/json.objlen/
func objLenLegacy(key, path string) command[glide.Optional[int64]] {
	return atLegacy(newCommand("JSON.OBJLEN", readOptionalInt).Key(key), path)
}
