package glide

import (
	"github.com/valkey-glide/go/glide/internal/decode"
	"github.com/valkey-glide/go/glide/internal/wire"
)

// CommandDoc is what people want to know about a command. What a server does
// not tell is the zero value.
type CommandDoc struct {
	// Summary is a sentence, and Group what the command is about, such as
	// string or server.
	Summary, Group string
	// Since is the version that brought it.
	Since string
	// Complexity is how long it takes, as in O(1).
	Complexity string
	// Module is the name of the module that it is of.
	Module string
	// Flags are, in alphabetical order, deprecated and syscmd.
	Flags []string
	// DeprecatedSince is a version, and ReplacedBy the command to be used
	// instead.
	DeprecatedSince, ReplacedBy string
	// History is how it was changed.
	History []CommandChange
	// Arguments are what follows the name, in their order.
	Arguments []CommandArgument
	// Subcommands are those of a container, such as CONFIG, by their names,
	// such as config|get.
	Subcommands map[string]CommandDoc
}

// CommandChange is how a version changed a command.
type CommandChange struct{ Version, Description string }

// CommandArgument is an argument of a command, or several: one of them, or
// all one after the other.
type CommandArgument struct {
	// Name tells it from others, and DisplayText is how it is written.
	Name, DisplayText string
	// Type is string, integer, double, key, pattern, unix-time or pure-token;
	// or oneof or block, which are made of Arguments.
	Type      string
	Arguments []CommandArgument
	// Token is the word before it, or all of a pure-token.
	Token string
	// KeySpec is which of [CommandInfo.KeySpecs] finds a key.
	KeySpec Optional[int64]
	// Flags are, in alphabetical order, optional, multiple (it may be
	// repeated) and multiple_token (with its token).
	Flags []string
	// Summary is a sentence.
	Summary string
	// Since and DeprecatedSince are versions.
	Since, DeprecatedSince string
}

// CommandDocs documents commands, by their names in small letters, client|list
// for one of two words; all of them if none is named. Those that the server
// does not know are left out. In a cluster any node answers. Since version
// 7.0.
//
// https://valkey.io/commands/command-docs/
func commandDocs(names ...string) command[map[string]CommandDoc] {
	return newCommand("COMMAND DOCS", readCommandDocs).Args(names)
}

func readCommandDocs(r *wire.Reader) (map[string]CommandDoc, error) {
	docs := map[string]CommandDoc{}
	err := decode.Fields(r, func(name string) (err error) {
		docs[name], err = readCommandDoc(r)
		return err
	})
	if err != nil {
		return nil, err
	}
	return docs, nil
}

func readCommandDoc(r *wire.Reader) (doc CommandDoc, err error) {
	texts := map[string]*string{
		"summary": &doc.Summary, "group": &doc.Group, "since": &doc.Since, "complexity": &doc.Complexity,
		"module": &doc.Module, "deprecated_since": &doc.DeprecatedSince, "replaced_by": &doc.ReplacedBy,
	}
	err = decode.Fields(r, func(name string) error {
		if text := texts[name]; text != nil {
			return decode.Into(text, r, decode.String)
		}
		switch name {
		case "doc_flags":
			return decode.Into(&doc.Flags, r, readFlags)
		case "history":
			return decode.Into(&doc.History, r, readCommandChanges)
		case "arguments":
			return decode.Into(&doc.Arguments, r, readCommandArguments)
		case "subcommands":
			return decode.Into(&doc.Subcommands, r, readCommandDocs)
		default:
			return r.Skip()
		}
	})
	return doc, err
}

var readCommandChanges = decode.Slice(readCommandChange)

func readCommandChange(r *wire.Reader) (change CommandChange, err error) {
	err = decode.Row(r, 2, func(i int) error {
		switch i {
		case 0:
			return decode.Into(&change.Version, r, decode.String)
		case 1:
			return decode.Into(&change.Description, r, decode.String)
		default:
			return r.Skip()
		}
	})
	return change, err
}

func readCommandArguments(r *wire.Reader) ([]CommandArgument, error) {
	return decode.Slice(readCommandArgument)(r)
}

func readCommandArgument(r *wire.Reader) (argument CommandArgument, err error) {
	texts := map[string]*string{
		"name": &argument.Name, "display_text": &argument.DisplayText, "type": &argument.Type,
		"token": &argument.Token, "summary": &argument.Summary,
		"since": &argument.Since, "deprecated_since": &argument.DeprecatedSince,
	}
	err = decode.Fields(r, func(name string) error {
		if text := texts[name]; text != nil {
			return decode.Into(text, r, decode.String)
		}
		switch name {
		case "arguments":
			return decode.Into(&argument.Arguments, r, readCommandArguments)
		case "key_spec_index":
			return decode.Into(&argument.KeySpec, r, readOptionalInt)
		case "flags":
			return decode.Into(&argument.Flags, r, readFlags)
		default:
			return r.Skip()
		}
	})
	return argument, err
}
