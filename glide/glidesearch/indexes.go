package glidesearch

import (
	"time"

	"github.com/valkey-glide/go/glide/internal/command"
	"github.com/valkey-glide/go/glide/internal/decode"
)

// CreateOption is what is indexed, [OnJSON], [Prefixes], [Where] and others,
// and how.
type CreateOption interface {
	clausal
	createOption()
}

type createOption struct{ clause }

func (createOption) createOption() {}

var (
	// OnHash indexes hashes. It is the default.
	OnHash CreateOption = createOption{clause{words: []string{"ON", "HASH"}, decision: "ON"}}
	// OnJSON indexes JSON documents; names of fields are paths then.
	OnJSON CreateOption = createOption{clause{words: []string{"ON", "JSON"}, decision: "ON"}}
	// MaxTextFields leaves room for more than 32 text fields to be added.
	MaxTextFields CreateOption = createOption{once("MAXTEXTFIELDS")}
	// NoOffsets does not keep where words are: neither exact phrases nor
	// [Highlight] work then.
	NoOffsets CreateOption = createOption{once("NOOFFSETS")}
	// WithOffsets keeps where words are (valkey-search).
	WithOffsets CreateOption = createOption{once("WITHOFFSETS")}
	// NoHighlight does not keep what [Highlight] needs.
	NoHighlight CreateOption = createOption{once("NOHL")}
	// NoFields does not keep in which field a word is: queries for words in a
	// field do not work then.
	NoFields CreateOption = createOption{once("NOFIELDS")}
	// NoFrequencies does not keep how often a word is in a document.
	NoFrequencies CreateOption = createOption{once("NOFREQS")}
	// SkipInitialScan does not index what is there already.
	SkipInitialScan CreateOption = createOption{once("SKIPINITIALSCAN")}
)

// Prefixes indexes keys that begin with one of these. The default is all keys.
func Prefixes(prefixes ...string) CreateOption { return createOption{some("PREFIX", prefixes)} }

// Where indexes but that for which an expression holds, such as "@age>16".
func Where(expression string) CreateOption { return createOption{once("FILTER", expression)} }

// Language is the language of the texts, such as german. The default is
// english.
func Language(language string) LanguageName { return LanguageName{once("LANGUAGE", language)} }

// LanguageName is what [Language] returns.
type LanguageName struct{ clause }

func (LanguageName) createOption() {}
func (LanguageName) searchOption() {}

// LanguageField names the field that says in which language a document is.
func LanguageField(name string) CreateOption { return createOption{once("LANGUAGE_FIELD", name)} }

// Score is what a document counts for, from 0 to 1. The default is 1.
func Score(score float64) CreateOption {
	option := createOption{once("SCORE", number(score))}
	if !(score >= 0 && score <= 1) {
		option.refusal = "a score that is not between 0 and 1"
	}
	return option
}

// ScoreField names the field that says what a document counts for.
func ScoreField(name string) CreateOption { return createOption{once("SCORE_FIELD", name)} }

// PayloadField names the field that [WithPayloads] returns.
func PayloadField(name string) CreateOption { return createOption{once("PAYLOAD_FIELD", name)} }

// Temporary lets the index be deleted once it was not used for so long, in
// seconds, rounded up.
func Temporary(d time.Duration) CreateOption {
	option := createOption{once("TEMPORARY", integer(int64((d+time.Second-1)/time.Second)))}
	if d <= 0 {
		option.refusal = "a lifetime that is not positive"
	}
	return option
}

// StopWords are words that are not indexed. None are all indexed; the default
// is a list of common words.
func StopWords(words ...string) CreateOption {
	return createOption{clause{words: counted("STOPWORDS", words), decision: "STOPWORDS"}}
}

// Punctuation are the characters between words (valkey-search).
func Punctuation(characters string) CreateOption {
	return createOption{once("PUNCTUATION", characters)}
}

// Create creates an index of existing and future keys (FT.CREATE). Existing
// keys are indexed after the call has returned: [Info] reports whether that is
// done. An index that exists is an error.
//
// In a cluster the command goes to one node. valkey-search informs the others;
// RediSearch does so if it is set up for clusters, and otherwise each primary
// has an index of only its keys: select it with
// [glide.ClusterClient.Node].
//
// https://valkey.io/commands/ft.create/
func create(index string, schema []Field, options ...CreateOption) command.Command[struct{}] {
	cmd := appendClauses(command.Named("FT.CREATE").Arg(index), options).Arg("SCHEMA")
	if len(schema) == 0 {
		cmd = cmd.Refuse("no fields")
	}
	return command.New(appendFields(cmd, schema), decode.OK)
}

func appendFields(cmd command.Arguments, schema []Field) command.Arguments {
	for _, field := range schema {
		if isNil(field) {
			cmd = cmd.Refuse("nil field")
			continue
		}
		words, refusal := field.field()
		if refusal != "" {
			cmd = cmd.Refuse(refusal)
		}
		cmd = cmd.Args(words)
	}
	return cmd
}

// Alter adds fields to an index, and indexes what is there already by them
// (RediSearch).
//
// https://redis.io/docs/latest/commands/ft.alter/
func alter(index string, fields ...Field) command.Command[struct{}] {
	cmd := command.Named("FT.ALTER").Arg(index).Arg("SCHEMA").Arg("ADD")
	if len(fields) == 0 {
		cmd = cmd.Refuse("no fields")
	}
	return command.New(appendFields(cmd, fields), decode.OK)
}

// DropIndexOption is [DeleteDocuments].
type DropIndexOption interface {
	clausal
	dropIndexOption()
}

type dropIndexOption struct{ clause }

func (dropIndexOption) dropIndexOption() {}

// DeleteDocuments deletes the keys that are indexed, too (RediSearch).
var DeleteDocuments DropIndexOption = dropIndexOption{once("DD")}

// DropIndex deletes an index, and leaves what was indexed unless it is told
// otherwise. An index that does not exist is an error.
//
// https://valkey.io/commands/ft.dropindex/
func dropIndex(index string, options ...DropIndexOption) command.Command[struct{}] {
	return command.New(appendClauses(command.Named("FT.DROPINDEX").Arg(index), options), decode.OK)
}

// List returns the names of all indexes, in no order.
//
// https://valkey.io/commands/ft._list/
func list() command.Command[[]string] { return command.New(command.Named("FT._LIST"), decode.Strings) }

// AliasAdd adds an alias to an index (RediSearch). An alias that is in use is
// an error.
//
// https://redis.io/docs/latest/commands/ft.aliasadd/
func aliasAdd(alias, index string) command.Command[struct{}] {
	return command.New(command.Named("FT.ALIASADD").Arg(alias).Arg(index), decode.OK)
}

// AliasUpdate is [AliasAdd], but takes the name away from an index that has
// it.
//
// https://redis.io/docs/latest/commands/ft.aliasupdate/
func aliasUpdate(alias, index string) command.Command[struct{}] {
	return command.New(command.Named("FT.ALIASUPDATE").Arg(alias).Arg(index), decode.OK)
}

// AliasDel takes another name of an index away (RediSearch). A name that no
// index has is an error.
//
// https://redis.io/docs/latest/commands/ft.aliasdel/
func aliasDel(alias string) command.Command[struct{}] {
	return command.New(command.Named("FT.ALIASDEL").Arg(alias), decode.OK)
}

// AliasList returns the indexes of all other names, by these (Amazon
// MemoryDB).
//
// https://docs.aws.amazon.com/memorydb/latest/devguide/vector-search-commands-ft.aliaslist.html
func aliasList() command.Command[map[string]string] {
	return command.New(command.Named("FT._ALIASLIST"), decode.Map(decode.String))
}
