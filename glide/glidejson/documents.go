package glidejson

import (
	"encoding/json"

	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/internal/command"
	"github.com/valkey-glide/go/glide/internal/decode"
	"github.com/valkey-glide/go/glide/internal/wire"
)

// condition is the option NX or XX.
type condition string

const (
	// IfAbsent (NX) is the condition that there is no value at the path.
	IfAbsent condition = "NX"
	// IfPresent (XX) is the condition that there is a value at the path.
	IfPresent condition = "XX"
)

func (c condition) AppendTo(to *wire.Request) { to.String(string(c)) }
func (condition) ConflictKey() string         { return "condition" }
func (condition) setOption()                  {}

// SetOption is an option of [Set], a condition on which the value is set:
// [IfAbsent] or [IfPresent].
type SetOption interface {
	command.Option
	setOption()
}

// Set sets the value at a path of either kind to a Go value, encoded by
// encoding/json (JSON.SET): a Go string is a JSON string, and a
// [json.RawMessage] is JSON. It reports whether it did. It returns false if the
// condition does not hold, or if the path leads to no object or array that
// could contain the value. A missing field of an object is added. The path of a
// key that does not exist must be the root, $. A value that cannot be encoded
// is refused before it is sent.
//
// https://valkey.io/commands/json.set/
func set(key, path string, value any, options ...SetOption) command.Command[bool] {
	return command.New(command.AppendOptions(appendValue(atAny(command.Named("JSON.SET").Key(key), path), value), options), decode.Done)
}

// Get returns the whole document of key, decoded into a T by encoding/json
// (JSON.GET), or a nil Optional if key does not exist. A document that does not
// fit a T is an [glide.ErrUnexpectedReply]. A [json.RawMessage] receives any
// document.
//
// https://valkey.io/commands/json.get/
func get[T any](key string) command.Command[glide.Optional[T]] {
	return command.New(command.Named("JSON.GET").Key(key), readOptional(readJSON[T]))
}

// GetAt returns all values that a JSONPath matches, like [Get], or a nil
// Optional if key does not exist. If nothing matches, the slice is empty.
//
// https://valkey.io/commands/json.get/
func getAt[T any](key, path string) command.Command[glide.Optional[[]T]] {
	return command.New(at(command.Named("JSON.GET").Key(key), path), readOptional(readJSON[[]T]))
}

// GetLegacy returns the first value that a legacy path leads to, like [Get], or
// a nil Optional if key does not exist. A path that leads to no value is an
// error.
//
// https://valkey.io/commands/json.get/
func getLegacy[T any](key, path string) command.Command[glide.Optional[T]] {
	return command.New(atLegacy(command.Named("JSON.GET").Key(key), path), readOptional(readJSON[T]))
}

// GetPaths returns for each of several JSONPaths all values that it matches, as
// JSON, or a nil Optional if key does not exist.
//
// https://valkey.io/commands/json.get/
func getPaths(key string, paths ...string) command.Command[glide.Optional[map[string][]json.RawMessage]] {
	cmd := command.Named("JSON.GET").Key(key)
	if len(paths) == 0 {
		cmd = cmd.Refuse("no paths")
	}
	for _, path := range paths {
		cmd = at(cmd, path)
	}
	return command.New(cmd, readOptional(readPaths[[]json.RawMessage](paths)))
}

// GetPathsLegacy returns for each of several legacy paths the first value that
// it leads to, as JSON, or a nil Optional if key does not exist. A path that
// leads to no value is an error.
//
// https://valkey.io/commands/json.get/
func getPathsLegacy(key string, paths ...string) command.Command[glide.Optional[map[string]json.RawMessage]] {
	cmd := command.Named("JSON.GET").Key(key)
	if len(paths) == 0 {
		cmd = cmd.Refuse("no paths")
	}
	for _, path := range paths {
		cmd = atLegacy(cmd, path)
	}
	return command.New(cmd, readOptional(readPaths[json.RawMessage](paths)))
}

// readPaths reads an object of paths and their values. For one path the server
// returns only its value.
func readPaths[T any](paths []string) func(*wire.Reader) (map[string]T, error) {
	if len(paths) != 1 {
		return readJSON[map[string]T]
	}
	path := paths[0]
	return func(r *wire.Reader) (map[string]T, error) {
		value, err := readJSON[T](r)
		if err != nil {
			return nil, err
		}
		return map[string]T{path: value}, nil
	}
}

// GetTextOption is an option of [GetText] that sets the layout of the JSON
// text: [Indent], [NewLine], [Space] or [NoEscape].
type GetTextOption interface {
	command.Option
	getTextOption()
}

// layout is an option of a name and a text.
type layout struct{ name, text string }

// Indent (INDENT) puts a text before each line, once for each level.
func Indent(text string) GetTextOption { return layout{"INDENT", text} }

// NewLine (NEWLINE) puts a text at the end of each line.
func NewLine(text string) GetTextOption { return layout{"NEWLINE", text} }

// Space (SPACE) puts a text between a name and its value.
func Space(text string) GetTextOption { return layout{"SPACE", text} }

func (l layout) AppendTo(to *wire.Request) {
	to.String(l.name)
	to.String(l.text)
}

func (l layout) ConflictKey() string { return l.name }
func (layout) getTextOption()        {}

type noEscape string

// NoEscape (NOESCAPE) is accepted by servers and has no effect.
const NoEscape noEscape = "NOESCAPE"

func (n noEscape) AppendTo(to *wire.Request) { to.String(string(n)) }
func (noEscape) ConflictKey() string         { return "NOESCAPE" }
func (noEscape) getTextOption()              {}

// GetText returns JSON as text with a layout that the options set, or a nil
// Optional if key does not exist. Without paths it is the document, with one
// path the result of [GetAt] or [GetLegacy], and with several an object of
// these results by their paths. If one of several paths is a JSONPath, all are
// treated as JSONPaths.
//
// https://valkey.io/commands/json.get/
func getText(key string, paths []string, options ...GetTextOption) command.Command[glide.Optional[string]] {
	cmd := command.AppendOptions(command.Named("JSON.GET").Key(key), options)
	for _, path := range paths {
		cmd = atAny(cmd, path)
	}
	return command.New(cmd, readOptional(decode.String))
}

// MGet returns the documents of several keys, in order, like [Get] (JSON.MGET).
// In a cluster the keys may belong to several slots: then several commands read
// them.
//
// https://valkey.io/commands/json.mget/
func mGet[T any](keys ...string) command.Command[[]glide.Optional[T]] {
	return command.New(command.Named("JSON.MGET").Keys(keys).Arg("."), decode.Slice(readOptional(readJSON[T])))
}

// MGetAt returns the values that a JSONPath matches in several keys, in order,
// like [GetAt]. In a cluster the keys may belong to several slots: then several
// commands read them.
//
// https://valkey.io/commands/json.mget/
func mGetAt[T any](path string, keys ...string) command.Command[[]glide.Optional[[]T]] {
	return command.New(at(command.Named("JSON.MGET").Keys(keys), path), decode.Slice(readOptional(readJSON[[]T])))
}

// MGetLegacy returns the values that a legacy path leads to in several keys, in
// order, like [GetLegacy], but with a nil Optional if the path leads to no
// value. In a cluster the keys may belong to several slots: then several
// commands read them.
//
// https://valkey.io/commands/json.mget/
func mGetLegacy[T any](path string, keys ...string) command.Command[[]glide.Optional[T]] {
	return command.New(atLegacy(command.Named("JSON.MGET").Keys(keys), path), decode.Slice(readOptional(readJSON[T])))
}

// Item is a value that [MSet] sets.
type Item struct {
	Key, Path string
	Value     any
}

// MSet sets several values like [Set] (JSON.MSET). It sets all or none: if one
// of them cannot be set, none is. In a cluster the keys may belong to several
// slots; then this applies to the keys of each slot.
//
// https://valkey.io/commands/json.mset/
func mSet(items ...Item) command.Command[struct{}] {
	cmd := command.Named("JSON.MSET")
	if len(items) == 0 {
		cmd = cmd.Refuse("no items")
	}
	for _, item := range items {
		cmd = appendValue(atAny(cmd.Key(item.Key), item.Path), item.Value)
	}
	return command.New(cmd, decode.OK)
}

// Merge merges a Go value into the value at a path of either kind, like a JSON
// merge patch (JSON.MERGE): it sets the fields of an object one by one, null
// deletes a field, and other values replace. It reports whether it did, like
// [Set]. Only RedisJSON supports it, since version 2.6.0.
//
// https://redis.io/docs/latest/commands/json.merge/
func merge(key, path string, value any) command.Command[bool] {
	return command.New(appendValue(atAny(command.Named("JSON.MERGE").Key(key), path), value), decode.Done)
}

// Del deletes the values at a path of either kind (JSON.DEL) and returns their
// number, which is 0 if key does not exist. The path $ is the whole document:
// then key is deleted.
//
// https://valkey.io/commands/json.del/
func del(key, path string) command.Command[int64] {
	return command.New(atAny(command.Named("JSON.DEL").Key(key), path), decode.Int)
}

// Forget is another name of [Del] (JSON.FORGET).
//
// https://valkey.io/commands/json.forget/
func forget(key, path string) command.Command[int64] {
	return command.New(atAny(command.Named("JSON.FORGET").Key(key), path), decode.Int)
}

// Clear empties the arrays and objects at a path of either kind and sets
// numbers to 0 (JSON.CLEAR); valkey-json also empties strings and sets booleans
// to false. It returns the number of values that changed. A key that does not
// exist is an error.
//
// https://valkey.io/commands/json.clear/
func clearValues(key, path string) command.Command[int64] {
	return command.New(atAny(command.Named("JSON.CLEAR").Key(key), path), decode.Int)
}

// Type returns the type of every value that a JSONPath matches (JSON.TYPE):
// object, array, string, integer, number, boolean or null. If key does not
// exist, it returns a nil Optional, or with valkey-json an empty slice.
//
// https://valkey.io/commands/json.type/
func typeOf(key, path string) command.Command[glide.Optional[[]string]] {
	return command.New(at(command.Named("JSON.TYPE").Key(key), path), readTypes)
}

// TypeLegacy returns the type of the first value that a legacy path leads to,
// like [Type], or a nil Optional if there is none.
//
// https://valkey.io/commands/json.type/
func typeOfLegacy(key, path string) command.Command[glide.Optional[string]] {
	return command.New(atLegacy(command.Named("JSON.TYPE").Key(key), path), readType)
}
