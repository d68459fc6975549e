package glide

import (
	"github.com/valkey-glide/go/glide/internal/decode"
	"github.com/valkey-glide/go/glide/internal/wire"
)

// Command returns descriptions of all commands of the server, in no order. In a
// cluster any node answers.
//
// https://valkey.io/commands/command/
func allCommands() command[[]CommandInfo] { return newCommand(named("COMMAND"), readCommandInfos) }

// CommandCount returns the number of commands of the server. Commands of two
// words with the same first word count once.
//
// https://valkey.io/commands/command-count/
func commandCount() command[int64] { return newCommand(named("COMMAND COUNT"), decode.Int) }

// CommandGetKeys returns the keys of a command with its arguments, without
// running it. It is an error if the command is incomplete, unknown or has no
// keys.
//
// https://valkey.io/commands/command-getkeys/
func commandGetKeys(name string, args ...string) command[[]string] {
	return newCommand(named("COMMAND GETKEYS").Arg(name).Args(args), decode.Strings)
}

// KeyAccess is a key of a command and how the command accesses it.
type KeyAccess struct {
	Key string
	// Flags are, in alphabetical order, one of RO, RW, OW and RM (it reads,
	// changes, overwrites or removes) and some of access, update, insert,
	// delete, not_key, incomplete and variable_flags.
	Flags []string
}

// CommandGetKeysAndFlags returns the keys of a command, like
// [Client.CommandGetKeys], and how it accesses each. Since version 7.0.
//
// https://valkey.io/commands/command-getkeysandflags/
func commandGetKeysAndFlags(name string, args ...string) command[[]KeyAccess] {
	return newCommand(named("COMMAND GETKEYSANDFLAGS").Arg(name).Args(args), readKeyAccesses)
}

var readKeyAccesses = decode.Slice(readKeyAccess)

func readKeyAccess(r *wire.Reader) (access KeyAccess, err error) {
	err = decode.Row(r, 2, decode.To(&access.Key, decode.String), decode.To(&access.Flags, readFlags))
	return access, err
}

// CommandInfo returns descriptions of commands, in the order of the names, with
// a nil Optional for an unknown command. Since version 7.0, client|list is the
// name of a command of two words. In a cluster any node answers.
//
// https://valkey.io/commands/command-info/
func commandInfo(names ...string) command[[]Optional[CommandInfo]] {
	return newCommand(named("COMMAND INFO").NonEmpty("names", names), readOptionalCommandInfos)
}

// CommandListFilter is an argument of [Client.CommandList] that selects
// commands: [CommandsOfModule], [CommandsOfCategory] or [CommandsMatching]. At
// most one may be given.
type CommandListFilter interface {
	option
	commandListFilter()
}

// commandFilter is the option FILTERBY.
type commandFilter struct{ by, value string }

// CommandsOfModule (MODULE) returns only the commands of a module.
func CommandsOfModule(name string) CommandListFilter { return commandFilter{"MODULE", name} }

// CommandsOfCategory (ACLCAT) returns only the commands of a category; see
// [Client.ACLCat].
func CommandsOfCategory(category string) CommandListFilter {
	return commandFilter{"ACLCAT", category}
}

// CommandsMatching (PATTERN) returns only the commands whose names match a
// pattern, as described at [Client.Keys].
func CommandsMatching(pattern string) CommandListFilter { return commandFilter{"PATTERN", pattern} }

func (f commandFilter) appendTo(to *wire.Request) {
	to.String("FILTERBY")
	to.String(f.by)
	to.String(f.value)
}

func (commandFilter) conflictKey() string { return "filter" }
func (commandFilter) commandListFilter()  {}

// CommandList returns the names of the commands of the server, in lower case
// and in no order; a command of two words is client|list. A filter selects the
// commands of a module, [CommandsOfModule], of a category,
// [CommandsOfCategory], or with certain names, [CommandsMatching]. Since
// version 7.0.
//
// https://valkey.io/commands/command-list/
func commandList(filter ...CommandListFilter) command[[]string] {
	return newCommand(appendOptions(named("COMMAND LIST"), filter), decode.Strings)
}

// CommandInfo is the description of a command: how to send it.
type CommandInfo struct {
	// Name is in lower case, such as get or client|list.
	Name string
	// Arity is the number of arguments including the name. If it is
	// negative, -Arity is the minimum.
	Arity int64
	// Flags are such as readonly, write, blocking or movablekeys, in
	// alphabetical order.
	Flags []string
	// FirstKey and LastKey are the positions of the first and the last key,
	// and KeyStep is the distance between keys. A negative LastKey counts
	// from the end: -1 is the last argument. All are 0 if there are no
	// keys. They may not cover all keys; KeySpecs does.
	FirstKey, LastKey, KeyStep int64
	// Categories are such as @read, in alphabetical order.
	Categories []string
	// Tips are hints for clients, such as request_policy:all_shards. Since
	// version 7.0.
	Tips []string
	// KeySpecs describe how to find the keys. Since version 7.0.
	KeySpecs []KeySpec
	// Subcommands are the subcommands of a container, such as CONFIG. Since
	// version 7.0.
	Subcommands []CommandInfo
}

// KeySpec describes how to find some of a command's keys: where they begin, and
// which of the following arguments are keys.
type KeySpec struct {
	// Notes are for readers.
	Notes string
	// Flags are as in [KeyAccess].
	Flags []string
	Begin KeyBegin
	Find  KeyFind
}

// KeyBegin describes where keys begin.
type KeyBegin struct {
	// Type is index, keyword or unknown.
	Type string
	// Index is the position of the argument at which keys begin, for index.
	Index int64
	// Keyword is the argument after which keys begin, for keyword. The
	// search begins at the position StartFrom; if that is negative, from
	// the end backwards.
	Keyword   string
	StartFrom int64
}

// KeyFind describes how to find the keys from where they begin.
type KeyFind struct {
	// Type is range, keynum or unknown.
	Type string
	// LastKey is the distance from the first to the last key; if it is
	// negative, it counts from the end. If LastKey is -1 and Limit is at
	// least 2, only the first 1/Limit of the remaining arguments are keys.
	LastKey, Limit int64
	// KeyStep is the distance between keys.
	KeyStep int64
	// KeyNumIndex is the distance from where keys begin to the argument
	// with the number of keys, and FirstKey the distance to the first key.
	KeyNumIndex, FirstKey int64
}

var (
	readOptionalCommandInfos = decode.Slice(readOptional(readCommandInfo))
	readKeySpecs             = decode.Slice(readKeySpec)
)

func readCommandInfos(r *wire.Reader) ([]CommandInfo, error) { return decode.Slice(readCommandInfo)(r) }

func readCommandInfo(r *wire.Reader) (info CommandInfo, err error) {
	err = decode.Row(r, 6,
		decode.To(&info.Name, decode.String),
		decode.To(&info.Arity, decode.Int),
		decode.To(&info.Flags, readFlags),
		decode.To(&info.FirstKey, decode.Int),
		decode.To(&info.LastKey, decode.Int),
		decode.To(&info.KeyStep, decode.Int),
		decode.To(&info.Categories, readFlags),
		decode.To(&info.Tips, readFlags),
		decode.To(&info.KeySpecs, readKeySpecs),
		decode.To(&info.Subcommands, readCommandInfos))
	return info, err
}

var readKeySpec = decode.Struct(decode.Fields[KeySpec]{
	"notes":        decode.Field(func(s *KeySpec) *string { return &s.Notes }, decode.String),
	"flags":        decode.Field(func(s *KeySpec) *[]string { return &s.Flags }, readFlags),
	"begin_search": decode.Field(func(s *KeySpec) *KeyBegin { return &s.Begin }, readKeyBegin),
	"find_keys":    decode.Field(func(s *KeySpec) *KeyFind { return &s.Find }, readKeyFind),
})

var readKeyBegin = decode.Struct(decode.Fields[KeyBegin]{
	"type": decode.Field(func(b *KeyBegin) *string { return &b.Type }, decode.String),
	"spec": decode.Fields[KeyBegin]{
		"index":     decode.Field(func(b *KeyBegin) *int64 { return &b.Index }, decode.Int),
		"keyword":   decode.Field(func(b *KeyBegin) *string { return &b.Keyword }, decode.String),
		"startfrom": decode.Field(func(b *KeyBegin) *int64 { return &b.StartFrom }, decode.Int),
	}.ReadInto,
})

var readKeyFind = decode.Struct(decode.Fields[KeyFind]{
	"type": decode.Field(func(f *KeyFind) *string { return &f.Type }, decode.String),
	"spec": decode.Fields[KeyFind]{
		"lastkey":   decode.Field(func(f *KeyFind) *int64 { return &f.LastKey }, decode.Int),
		"limit":     decode.Field(func(f *KeyFind) *int64 { return &f.Limit }, decode.Int),
		"keystep":   decode.Field(func(f *KeyFind) *int64 { return &f.KeyStep }, decode.Int),
		"keynumidx": decode.Field(func(f *KeyFind) *int64 { return &f.KeyNumIndex }, decode.Int),
		"firstkey":  decode.Field(func(f *KeyFind) *int64 { return &f.FirstKey }, decode.Int),
	}.ReadInto,
})
