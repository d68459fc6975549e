package glidejson

import (
	"github.com/valkey-glide/go/glide"
)

// ObjKeys gives the names in every object that a JSONPath matches, nil for
// what is no object. If the key does not exist there are none, or it is an
// error with RedisJSON.
//
// https://valkey.io/commands/json.objkeys/
func objKeys(key, path string) command[[]glide.Optional[[]string]] {
	return at(newCommand("JSON.OBJKEYS", readStringsMatches).Key(key), path)
}

// ObjKeysLegacy gives the names in the object that a legacy path leads to; it
// is nil if the key does not exist. What is no object is an error.
//
// https://valkey.io/commands/json.objkeys/
func objKeysLegacy(key, path string) command[glide.Optional[[]string]] {
	return atLegacy(newCommand("JSON.OBJKEYS", readOptionalStrings).Key(key), path)
}

// ObjLen gives how many names are in every object that a JSONPath matches, nil
// for what is no object. If the key does not exist there are none, or it is an
// error with RedisJSON.
//
// https://valkey.io/commands/json.objlen/
func objLen(key, path string) command[[]glide.Optional[int64]] {
	return at(newCommand("JSON.OBJLEN", readIntMatches).Key(key), path)
}

// ObjLenLegacy gives how many names are in the object that a legacy path leads
// to; it is nil if the key does not exist. What is no object is an error.
//
// https://valkey.io/commands/json.objlen/
func objLenLegacy(key, path string) command[glide.Optional[int64]] {
	return atLegacy(newCommand("JSON.OBJLEN", readOptionalInt).Key(key), path)
}
