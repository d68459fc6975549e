package glidesearch

import (
	"time"

	"github.com/valkey-glide/go/glide/internal/command"
	"github.com/valkey-glide/go/glide/internal/decode"
)

// CreateOption is an option of [Create]: it sets which keys are indexed,
// [OnHash], [OnJSON], [Prefixes], [Where], [SkipInitialScan] and [Temporary],
// how texts are, [Language], [LanguageField], [StopWords] and [Punctuation],
// how documents are weighted, [Score], [ScoreField] and [PayloadField], or what
// the index stores, [MaxTextFields], [NoOffsets], [WithOffsets], [NoHighlight],
// [NoFields] and [NoFrequencies].
type CreateOption interface {
	clausal
	createOption()
}

type createOption struct{ clause }

func (createOption) createOption() {}

var (
	// OnHash (ON HASH) indexes hashes. It is the default.
	OnHash CreateOption = createOption{clause{words: []string{"ON", "HASH"}, decision: "ON"}}
	// OnJSON (ON JSON) indexes JSON documents. The names of fields are then
	// paths.
	OnJSON CreateOption = createOption{clause{words: []string{"ON", "JSON"}, decision: "ON"}}
	// MaxTextFields (MAXTEXTFIELDS) allows for more than 32 text fields to
	// be added.
	MaxTextFields CreateOption = createOption{once("MAXTEXTFIELDS")}
	// NoOffsets (NOOFFSETS) does not store the positions of words. Exact
	// phrases and [Highlight] then do not work.
	NoOffsets CreateOption = createOption{once("NOOFFSETS")}
	// WithOffsets (WITHOFFSETS) stores the positions of words
	// (valkey-search).
	WithOffsets CreateOption = createOption{once("WITHOFFSETS")}
	// NoHighlight (NOHL) does not store the data that [Highlight] needs.
	NoHighlight CreateOption = createOption{once("NOHL")}
	// NoFields (NOFIELDS) does not store to which field a word belongs.
	// Queries for words in a field then do not work.
	NoFields CreateOption = createOption{once("NOFIELDS")}
	// NoFrequencies (NOFREQS) does not store how often a word occurs in a
	// document.
	NoFrequencies CreateOption = createOption{once("NOFREQS")}
	// SkipInitialScan (SKIPINITIALSCAN) does not index existing keys.
	SkipInitialScan CreateOption = createOption{once("SKIPINITIALSCAN")}
)

// Prefixes (PREFIX) indexes keys that begin with one of the prefixes. The
// default is all keys.
func Prefixes(prefixes ...string) CreateOption { return createOption{some("PREFIX", prefixes)} }

// Where (FILTER) indexes only documents for which an expression holds, such as
// "@age>16".
func Where(expression string) CreateOption { return createOption{once("FILTER", expression)} }

// Language (LANGUAGE) is the language of the texts, such as german. The default
// is english.
func Language(language string) LanguageName { return LanguageName{once("LANGUAGE", language)} }

// LanguageName is an option of [Create], [Search] and [ProfileSearch]: the
// result of [Language].
type LanguageName struct{ clause }

func (LanguageName) createOption() {}
func (LanguageName) searchOption() {}

// LanguageField (LANGUAGE_FIELD) names the field with the language of a
// document.
func LanguageField(name string) CreateOption { return createOption{once("LANGUAGE_FIELD", name)} }

// Score (SCORE) is the weight of a document, from 0 to 1. The default is 1.
func Score(score float64) CreateOption {
	option := createOption{once("SCORE", number(score))}
	if !(score >= 0 && score <= 1) {
		option.refusal = "a score that is not between 0 and 1"
	}
	return option
}

// ScoreField (SCORE_FIELD) names the field with the weight of a document.
func ScoreField(name string) CreateOption { return createOption{once("SCORE_FIELD", name)} }

// PayloadField (PAYLOAD_FIELD) names the field that [WithPayloads] returns.
func PayloadField(name string) CreateOption { return createOption{once("PAYLOAD_FIELD", name)} }

// Temporary (TEMPORARY) deletes the index after it was not used for a duration,
// rounded up to whole seconds.
func Temporary(d time.Duration) CreateOption {
	option := createOption{once("TEMPORARY", integer(int64((d+time.Second-1)/time.Second)))}
	if d <= 0 {
		option.refusal = "a lifetime that is not positive"
	}
	return option
}

// StopWords (STOPWORDS) are words that are not indexed. Without words, all are
// indexed; the default is a list of common words.
func StopWords(words ...string) CreateOption {
	return createOption{clause{words: counted("STOPWORDS", words), decision: "STOPWORDS"}}
}

// Punctuation (PUNCTUATION) are the characters that separate words
// (valkey-search).
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

// Alter adds fields to an index (FT.ALTER) and indexes existing documents by
// them (RediSearch).
//
// https://redis.io/docs/latest/commands/ft.alter/
func alter(index string, fields ...Field) command.Command[struct{}] {
	cmd := command.Named("FT.ALTER").Arg(index).Arg("SCHEMA").Arg("ADD")
	if len(fields) == 0 {
		cmd = cmd.Refuse("no fields")
	}
	return command.New(appendFields(cmd, fields), decode.OK)
}

// DropIndexOption is an option of [DropIndex]: [DeleteDocuments].
type DropIndexOption interface {
	clausal
	dropIndexOption()
}

type dropIndexOption struct{ clause }

func (dropIndexOption) dropIndexOption() {}

// DeleteDocuments (DD) also deletes the keys that are indexed (RediSearch).
var DeleteDocuments DropIndexOption = dropIndexOption{once("DD")}

// DropIndex deletes an index (FT.DROPINDEX), and keeps the indexed keys unless
// [DeleteDocuments] is given. An index that does not exist is an error.
//
// https://valkey.io/commands/ft.dropindex/
func dropIndex(index string, options ...DropIndexOption) command.Command[struct{}] {
	return command.New(appendClauses(command.Named("FT.DROPINDEX").Arg(index), options), decode.OK)
}

// List returns the names of all indexes (FT._LIST), in no order.
//
// https://valkey.io/commands/ft._list/
func list() command.Command[[]string] { return command.New(command.Named("FT._LIST"), decode.Strings) }

// AliasAdd adds an alias, another name, to an index (FT.ALIASADD; RediSearch).
// An alias that is in use is an error.
//
// https://redis.io/docs/latest/commands/ft.aliasadd/
func aliasAdd(alias, index string) command.Command[struct{}] {
	return command.New(command.Named("FT.ALIASADD").Arg(alias).Arg(index), decode.OK)
}

// AliasUpdate adds an alias like [AliasAdd] (FT.ALIASUPDATE), and removes it
// from another index that has it.
//
// https://redis.io/docs/latest/commands/ft.aliasupdate/
func aliasUpdate(alias, index string) command.Command[struct{}] {
	return command.New(command.Named("FT.ALIASUPDATE").Arg(alias).Arg(index), decode.OK)
}

// AliasDel removes an alias from its index (FT.ALIASDEL; RediSearch). An alias
// that does not exist is an error.
//
// https://redis.io/docs/latest/commands/ft.aliasdel/
func aliasDel(alias string) command.Command[struct{}] {
	return command.New(command.Named("FT.ALIASDEL").Arg(alias), decode.OK)
}

// AliasList returns the names of the indexes of all aliases, by alias
// (FT.ALIASLIST; Amazon MemoryDB).
//
// https://docs.aws.amazon.com/memorydb/latest/devguide/vector-search-commands-ft.aliaslist.html
func aliasList() command.Command[map[string]string] {
	return command.New(command.Named("FT._ALIASLIST"), decode.Map(decode.String))
}
