package glide

import (
	"github.com/valkey-glide/go/glide/internal/decode"
	"github.com/valkey-glide/go/glide/internal/wire"
)

// CommandDoc is the documentation of a command. Fields that the server does not
// report are zero.
type CommandDoc struct {
	// Summary is a sentence, and Group is the group of the command, such as
	// string or server.
	Summary, Group string
	// Since is the version that introduced the command.
	Since string
	// Complexity is the time complexity, such as O(1).
	Complexity string
	// Module is the name of the module that defines the command.
	Module string
	// Flags are deprecated and syscmd, in alphabetical order.
	Flags []string
	// DeprecatedSince is a version, and ReplacedBy names the command to use
	// instead.
	DeprecatedSince, ReplacedBy string
	// History are the changes of the command.
	History []CommandChange
	// Arguments are the arguments of the command, in order.
	Arguments []CommandArgument
	// Subcommands are the subcommands of a container, such as CONFIG, by
	// their names, such as config|get.
	Subcommands map[string]CommandDoc
}

// CommandChange is a change of a command in a version.
type CommandChange struct{ Version, Description string }

// CommandArgument is an argument of a command, or a group of arguments.
type CommandArgument struct {
	// Name identifies the argument, and DisplayText is its name in
	// documentation.
	Name, DisplayText string
	// Type is string, integer, double, key, pattern, unix-time or
	// pure-token, or oneof or block, which consist of Arguments.
	Type      string
	Arguments []CommandArgument
	// Token is the word before the argument, or the whole argument if Type
	// is pure-token.
	Token string
	// KeySpec is the index in [CommandInfo.KeySpecs] of the entry that
	// finds a key.
	KeySpec Optional[int64]
	// Flags are optional, multiple (the argument can be repeated) and
	// multiple_token (it is repeated with its token), in alphabetical
	// order.
	Flags []string
	// Summary is a sentence.
	Summary string
	// Since and DeprecatedSince are versions.
	Since, DeprecatedSince string
}

// CommandDocs returns the documentation of commands by their names in lower
// case; a command of two words is client|list. Without names it returns all
// commands. Unknown commands are omitted. In a cluster any node answers. Since
// version 7.0.
//
// https://valkey.io/commands/command-docs/
func commandDocs(names ...string) command[map[string]CommandDoc] {
	return newCommand(named("COMMAND DOCS").Args(names), readCommandDocs)
}

func readCommandDocs(r *wire.Reader) (map[string]CommandDoc, error) {
	return decode.Map(readCommandDoc)(r)
}

func readCommandDoc(r *wire.Reader) (doc CommandDoc, err error) {
	err = commandDocFields.ReadInto(&doc, r)
	return doc, err
}

var commandDocFields = decode.Fields[CommandDoc]{
	"summary":          decode.Field(func(d *CommandDoc) *string { return &d.Summary }, decode.String),
	"group":            decode.Field(func(d *CommandDoc) *string { return &d.Group }, decode.String),
	"since":            decode.Field(func(d *CommandDoc) *string { return &d.Since }, decode.String),
	"complexity":       decode.Field(func(d *CommandDoc) *string { return &d.Complexity }, decode.String),
	"module":           decode.Field(func(d *CommandDoc) *string { return &d.Module }, decode.String),
	"deprecated_since": decode.Field(func(d *CommandDoc) *string { return &d.DeprecatedSince }, decode.String),
	"replaced_by":      decode.Field(func(d *CommandDoc) *string { return &d.ReplacedBy }, decode.String),
	"doc_flags":        decode.Field(func(d *CommandDoc) *[]string { return &d.Flags }, readFlags),
	"history":          decode.Field(func(d *CommandDoc) *[]CommandChange { return &d.History }, readCommandChanges),
	"arguments":        decode.Field(func(d *CommandDoc) *[]CommandArgument { return &d.Arguments }, readCommandArguments),
}

var readCommandChanges = decode.Slice(readCommandChange)

func readCommandChange(r *wire.Reader) (change CommandChange, err error) {
	err = decode.Row(r, 2, decode.To(&change.Version, decode.String), decode.To(&change.Description, decode.String))
	return change, err
}

func readCommandArguments(r *wire.Reader) ([]CommandArgument, error) {
	return decode.Slice(readCommandArgument)(r)
}

func readCommandArgument(r *wire.Reader) (argument CommandArgument, err error) {
	err = commandArgumentFields.ReadInto(&argument, r)
	return argument, err
}

var commandArgumentFields = decode.Fields[CommandArgument]{
	"name":             decode.Field(func(a *CommandArgument) *string { return &a.Name }, decode.String),
	"display_text":     decode.Field(func(a *CommandArgument) *string { return &a.DisplayText }, decode.String),
	"type":             decode.Field(func(a *CommandArgument) *string { return &a.Type }, decode.String),
	"token":            decode.Field(func(a *CommandArgument) *string { return &a.Token }, decode.String),
	"summary":          decode.Field(func(a *CommandArgument) *string { return &a.Summary }, decode.String),
	"since":            decode.Field(func(a *CommandArgument) *string { return &a.Since }, decode.String),
	"deprecated_since": decode.Field(func(a *CommandArgument) *string { return &a.DeprecatedSince }, decode.String),
	"key_spec_index":   decode.Field(func(a *CommandArgument) *Optional[int64] { return &a.KeySpec }, readOptionalInt),
	"flags":            decode.Field(func(a *CommandArgument) *[]string { return &a.Flags }, readFlags),
}

// These fields hold what they are fields of.
func init() {
	commandDocFields["subcommands"] = decode.Field(func(d *CommandDoc) *map[string]CommandDoc { return &d.Subcommands }, readCommandDocs)
	commandArgumentFields["arguments"] = decode.Field(func(a *CommandArgument) *[]CommandArgument { return &a.Arguments }, readCommandArguments)
}
