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
	// IfAbsent is the condition that there is nothing at the path (NX).
	IfAbsent condition = "NX"
	// IfPresent is the condition that there is something at the path (XX).
	IfPresent condition = "XX"
)

func (c condition) AppendTo(to *wire.Request) { to.String(string(c)) }
func (condition) ConflictKey() string         { return "condition" }
func (condition) setOption()                  {}

// SetOption is [IfAbsent] or [IfPresent].
type SetOption interface {
	command.Option
	setOption()
}

// Set sets what a path leads to, of either kind, to a Go value, written by
// encoding/json; of a string that means a JSON string, and a
// [json.RawMessage] is JSON already. It reports whether it did: not if the
// condition does not hold, or if there is no object or array to set something
// in. What does not exist is made in an object that does. The path of a key
// that does not exist must be the root, $. A value that is no JSON is refused
// before it is sent.
//
// https://valkey.io/commands/json.set/
func set(key, path string, value any, options ...SetOption) command.Command[bool] {
	return command.New(command.AppendOptions(appendValue(atAny(command.Named("JSON.SET").Key(key), path), value), options), decode.Done)
}

// Get returns the whole document of a key, read into a T by encoding/json, or
// nil if the key does not exist. A document that does not fit a T is an
// [glide.ErrUnexpectedReply]. A [json.RawMessage] takes it as it is.
//
// https://valkey.io/commands/json.get/
func get[T any](key string) command.Command[glide.Optional[T]] {
	return command.New(command.Named("JSON.GET").Key(key), readOptional(readJSON[T]))
}

// GetAt returns everything that a JSONPath matches, as [Get] does, or nil if
// the key does not exist, and there is nothing in it if nothing matches.
//
// https://valkey.io/commands/json.get/
func getAt[T any](key, path string) command.Command[glide.Optional[[]T]] {
	return command.New(at(command.Named("JSON.GET").Key(key), path), readOptional(readJSON[[]T]))
}

// GetLegacy returns the first value that a legacy path leads to, as [Get]
// does, or nil if the key does not exist. A path that leads nowhere is an
// error.
//
// https://valkey.io/commands/json.get/
func getLegacy[T any](key, path string) command.Command[glide.Optional[T]] {
	return command.New(atLegacy(command.Named("JSON.GET").Key(key), path), readOptional(readJSON[T]))
}

// GetPaths returns for each of several JSONPaths everything that it matches,
// as JSON, or nil if the key does not exist.
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
// it leads to, as JSON, or nil if the key does not exist. A path that leads
// nowhere is an error.
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

// readPaths reads an object of what paths lead to. Of one path the server
// returns but what that leads to.
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

// GetTextOption is how JSON is laid out: [Indent], [NewLine], [Space],
// [NoEscape].
type GetTextOption interface {
	command.Option
	getTextOption()
}

// layout is an option of a name and a text.
type layout struct{ name, text string }

// Indent puts a text before each line, once for each level.
func Indent(text string) GetTextOption { return layout{"INDENT", text} }

// NewLine puts a text at the end of each line.
func NewLine(text string) GetTextOption { return layout{"NEWLINE", text} }

// Space puts a text between a name and its value.
func Space(text string) GetTextOption { return layout{"SPACE", text} }

func (l layout) AppendTo(to *wire.Request) {
	to.String(l.name)
	to.String(l.text)
}

func (l layout) ConflictKey() string { return l.name }
func (layout) getTextOption()        {}

type noEscape string

// NoEscape is understood by the servers and changes nothing: they do not
// escape what need not be.
const NoEscape noEscape = "NOESCAPE"

func (n noEscape) AppendTo(to *wire.Request) { to.String(string(n)) }
func (noEscape) ConflictKey() string         { return "NOESCAPE" }
func (noEscape) getTextOption()              {}

// GetText returns JSON as text, laid out as the options say: without paths the
// document, of one path what [GetAt] or [GetLegacy] would read, and of several
// an object of those by their paths. If one of them is a JSONPath all are
// taken for such. It is nil if the key does not exist.
//
// https://valkey.io/commands/json.get/
func getText(key string, paths []string, options ...GetTextOption) command.Command[glide.Optional[string]] {
	cmd := command.AppendOptions(command.Named("JSON.GET").Key(key), options)
	for _, path := range paths {
		cmd = atAny(cmd, path)
	}
	return command.New(cmd, readOptional(decode.String))
}

// MGet is [Get] of several keys. In a cluster they may be of any slots: each
// node is asked for its own.
//
// https://valkey.io/commands/json.mget/
func mGet[T any](keys ...string) command.Command[[]glide.Optional[T]] {
	return command.New(command.Named("JSON.MGET").Keys(keys).Arg("."), decode.Slice(readOptional(readJSON[T])))
}

// MGetAt is [GetAt] of several keys. In a cluster they may be of any slots:
// each node is asked for its own.
//
// https://valkey.io/commands/json.mget/
func mGetAt[T any](path string, keys ...string) command.Command[[]glide.Optional[[]T]] {
	return command.New(at(command.Named("JSON.MGET").Keys(keys), path), decode.Slice(readOptional(readJSON[[]T])))
}

// MGetLegacy is [GetLegacy] of several keys, but where the path leads nowhere
// it is nil. In a cluster they may be of any slots: each node is asked for its
// own.
//
// https://valkey.io/commands/json.mget/
func mGetLegacy[T any](path string, keys ...string) command.Command[[]glide.Optional[T]] {
	return command.New(atLegacy(command.Named("JSON.MGET").Keys(keys), path), decode.Slice(readOptional(readJSON[T])))
}

// Item is a value to be set: see [MSet].
type Item struct {
	Key, Path string
	Value     any
}

// MSet sets several values as [Set] does, all or none: if one of them cannot
// be set none is. In a cluster the keys may be of any slots; then that holds
// for those of each slot.
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

// Merge merges a Go value into what a path leads to, of either kind, as a
// JSON merge patch does: the fields of an object are set one by one, null
// deletes, anything else replaces. It reports whether it did, as [Set]. Of
// RedisJSON, since version 2.6.0, alone.
//
// https://redis.io/docs/latest/commands/json.merge/
func merge(key, path string, value any) command.Command[bool] {
	return command.New(appendValue(atAny(command.Named("JSON.MERGE").Key(key), path), value), decode.Done)
}

// Del deletes what a path leads to, of either kind, and returns how many
// values that were. The path $ is the whole document: then the key does not
// exist any more.
//
// https://valkey.io/commands/json.del/
func del(key, path string) command.Command[int64] {
	return command.New(atAny(command.Named("JSON.DEL").Key(key), path), decode.Int)
}

// Forget is [Del] by its other name.
//
// https://valkey.io/commands/json.forget/
func forget(key, path string) command.Command[int64] {
	return command.New(atAny(command.Named("JSON.FORGET").Key(key), path), decode.Int)
}

// Clear empties the arrays and objects that a path leads to, of either kind,
// and makes the numbers 0; valkey-json makes strings empty and booleans false,
// too. It returns how many values it changed. A key that does not exist is an
// error.
//
// https://valkey.io/commands/json.clear/
func clearValues(key, path string) command.Command[int64] {
	return command.New(atAny(command.Named("JSON.CLEAR").Key(key), path), decode.Int)
}

// Type returns the type of everything that a JSONPath matches: object, array,
// string, integer, number, boolean or null. It is nil if the key does not
// exist, but there is nothing in it then with valkey-json.
//
// https://valkey.io/commands/json.type/
func typeOf(key, path string) command.Command[glide.Optional[[]string]] {
	return command.New(at(command.Named("JSON.TYPE").Key(key), path), readTypes)
}

// TypeLegacy returns the type of the first value that a legacy path leads to,
// as [Type] does, or nil if there is none.
//
// https://valkey.io/commands/json.type/
func typeOfLegacy(key, path string) command.Command[glide.Optional[string]] {
	return command.New(atLegacy(command.Named("JSON.TYPE").Key(key), path), readType)
}
