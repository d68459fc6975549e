package glide

import (
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide/internal/abi"
	"github.com/valkey-glide/go/glide/internal/command/commandtest"
	"github.com/valkey-glide/go/glide/internal/decode"
	"github.com/valkey-glide/go/glide/internal/wire"
)

// A defined is a definition whose type is forgotten.
type defined struct {
	name     string
	words    []string
	keys     []string
	blocking bool
	refusal  string
	// reply reads a reply as the command does, errors included.
	reply func(data []byte) (any, error)
}

func define[T any](cmd command[T]) defined {
	read, name := cmd.Read, cmd.Request.Name()
	cmd.Read = func(r *wire.Reader) (T, error) {
		value, err := read(r)
		if err != nil {
			err = operationError(name, err)
		}
		return value, err
	}
	d := commandtest.Define(cmd)
	return defined{d.Name, d.Words, d.Keys, cmd.Blocks, d.Refusal, d.Reply}
}

// A sending is a definition and the words it must send, between blanks.
type sending struct {
	definition defined
	words      string
	// anyReply: there is no reply that the command does not return.
	anyReply bool
}

// sends makes a row of a table.
func sends[T any](cmd command[T], words string) sending { return sending{define(cmd), words, false} }

// sendsForAny makes a row of a table, for a command that returns any reply.
func sendsForAny(cmd command[any], words string) sending { return sending{define(cmd), words, true} }

// tables are those of all groups.
var tables []func() []sending

// table adds a group's table to those of which allSendings tells.
func table(sendings func() []sending) bool {
	tables = append(tables, sendings)
	return true
}

// allSendings are the rows of all tables.
func allSendings() (rows []sending) {
	for _, sendings := range tables {
		rows = append(rows, sendings()...)
	}
	return rows
}

// testSendings checks what every row sends, and that it returns errors for
// replies that the command does not return.
func testSendings(t *testing.T, sendings []sending) {
	t.Helper()
	for _, row := range sendings {
		t.Run(row.words, func(t *testing.T) {
			require.Empty(t, row.definition.refusal)
			require.Equal(t, strings.Split(row.words, " "), row.definition.words)
			require.True(t, strings.HasPrefix(row.words, row.definition.name), "errors name the command")

			_, err := row.definition.reply(nil)
			require.ErrorIs(t, err, ErrInternal, "a reply that is not there")
			_, err = row.definition.reply(errorReply("WRONGTYPE", "no"))
			require.Equal(t, &ServerError{row.definition.name, "WRONGTYPE", "no"}, err)
			if row.anyReply {
				return
			}
			// A boolean is read as a boolean only, and no boolean is read from
			// a text.
			_, asBool := row.definition.reply([]byte{byte(abi.TagFalse)})
			_, asText := row.definition.reply(stringReply("x"))
			if asBool == nil {
				asBool = asText
			}
			require.ErrorIs(t, asBool, ErrUnexpectedReply)
		})
	}
}

func TestOnlyCommandsThatWaitAreUnbounded(t *testing.T) {
	for _, row := range allSendings() {
		require.Equal(t, blocks(row.definition.words), row.definition.blocking, row.words)
	}
}

// The rows of tables of what is not sent, and of what is read.
type (
	refusal = commandtest.Refusal
	reading = commandtest.Reading
)

func refuses[T any](cmd command[T], why string) refusal { return commandtest.Refuses(cmd, why) }

func reads[T any](what string, cmd command[T], data []byte, want T) reading {
	return commandtest.Reads(what, cmd, data, want)
}

var (
	testRefusals = commandtest.TestRefusals
	testReadings = commandtest.TestReadings
)

// The replies as they cross the boundary.
var (
	nilReply    = commandtest.Nil
	okReply     = commandtest.OK
	intReply    = commandtest.Int
	doubleReply = commandtest.Double
	stringReply = commandtest.String
	errorReply  = commandtest.Error
	sequence    = commandtest.Sequence
	arrayReply  = commandtest.Array
	mapReply    = commandtest.Map
	setReply    = commandtest.SetOf
)

func TestARefusedCommandIsNotSent(t *testing.T) {
	// There is nothing to send it to.
	err := runOK(context.Background(), commands{}, newCommand(named("GET").Refuse("no sense").Refuse("nor this"), decode.OK))
	require.EqualError(t, err, "glide: GET: invalid argument: no sense")
	require.ErrorIs(t, err, ErrInvalidArgument)
	require.True(t, SafeToRetry(err))
}

func TestACommandWithoutAContextIsNotSent(t *testing.T) {
	var none context.Context
	require.ErrorIs(t, (&Client{}).Set(none, "key", "value"), ErrInvalidArgument)
}

func TestAClientThatNobodyMadeIsClosed(t *testing.T) {
	_, err := (&Client{}).Get(context.Background(), "key")
	require.ErrorIs(t, err, ErrClosed)
}

// hostile are keys and values that break what is not binary-safe.
var hostile = []string{"", "\x00", "a\x00b", "a\r\nb", "$3\r\nfoo\r\n", "\xff\xfe", " ", "\n", strings.Repeat("x", 70_000)}

func TestAnyBytesAreAWord(t *testing.T) {
	for _, word := range hostile {
		require.Equal(t, []string{"SET", word, word}, define(set(word, word)).words)
		require.Equal(t, []string{"MGET", word, word}, define(mGet(word, word)).words)
		require.Equal(t, []string{"DEL", word}, define(del(word)).words)
		require.Equal(t, []string{"X", word}, define(do("X", word)).words)
	}
}

func TestViewCopiesNothing(t *testing.T) {
	data := []byte("data")
	view := View(data)
	require.Equal(t, "data", view)
	data[0] = 'D'
	require.Equal(t, "Data", view)
	require.Empty(t, View(nil))
}
