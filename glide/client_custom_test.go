package glide

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestCustomCommandsSendWhatTheyAreGiven(t *testing.T) {
	words := []string{"config GET", "", "\x00", "config GET"}
	require.Equal(t, words, define(do(words...)).words)
	require.Equal(t, words, define(doBytes([]byte(words[0]), nil, []byte(words[2]), []byte(words[3]))).words)
}

func TestCustomCommandsRefuseNoName(t *testing.T) {
	testRefusals(t, []refusal{
		refuses(do(), "no name"),
		refuses(do("", "GET"), "no name"),
		refuses(doBytes(), "no name"),
		refuses(doBytes([]byte{}), "no name"),
	})
}

func TestCustomCommandsThatBlockAreUnbounded(t *testing.T) {
	for words, want := range map[string]bool{
		"BLPOP k 0":                         true,
		"brpop k 0":                         true,
		"BLMOVE a b LEFT RIGHT 0":           true,
		"BRPOPLPUSH a b 0":                  true,
		"BLMPOP 0 1 k LEFT":                 true,
		"BZPOPMIN k 0":                      true,
		"BZPOPMAX k 0":                      true,
		"BZMPOP 0 1 k MIN":                  true,
		"WAIT 0 0":                          true,
		"WAITAOF 0 0 0":                     true,
		"XREAD BLOCK 0 STREAMS k $":         true,
		"xread count 1 block 0 streams k $": true,
		"XREAD STREAMS BLOCK 0":             false,
		"XREAD":                             false,
		"XREADGROUP GROUP g c BLOCK 0 STREAMS k >":       true,
		"XREADGROUP GROUP BLOCK BLOCK STREAMS k >":       false,
		"XREADGROUP GROUP STREAMS c BLOCK 0 STREAMS k >": true,
		"XREADGROUP GROUP":                               false,
		"LPOP k":                                         false,
		"GET BLOCK":                                      false,
	} {
		require.Equal(t, want, define(do(strings.Split(words, " ")...)).blocking, words)
	}
}

func TestCustomCommandsReadAnyReply(t *testing.T) {
	words := []string{"X"}
	text, bytes := do(words...), doBytes([]byte("X"))
	nested := mapReply(stringReply("k"), arrayReply(stringReply("v"), intReply(1), doubleReply(0.5), []byte{2}, nilReply), intReply(2), okReply)
	wrong := &ServerError{"X", "ERR", "no"}
	testReadings(t, []reading{
		reads[any]("text", text, stringReply("v"), "v"),
		reads[any]("bytes", bytes, stringReply("v"), []byte("v")),
		reads[any]("no bytes", bytes, stringReply(""), []byte{}),
		reads[any]("status", text, okReply, "OK"),
		reads[any]("status in bytes", bytes, okReply, []byte("OK")),
		reads[any]("map", text, nested, map[string]any{"k": []any{"v", int64(1), 0.5, false, nil}, "2": "OK"}),
		reads[any]("map of bytes", bytes, nested, map[string]any{"k": []any{[]byte("v"), int64(1), 0.5, false, nil}, "2": []byte("OK")}),
	})
	value, err := define(text).reply(nilReply)
	require.NoError(t, err)
	require.Nil(t, value)
	for _, data := range [][]byte{
		errorReply("ERR", "no"),
		arrayReply(intReply(1), arrayReply(errorReply("ERR", "no"))),
		mapReply(stringReply("k"), errorReply("ERR", "no")),
	} {
		_, err = define(text).reply(data)
		require.Equal(t, wrong, err)
	}
}

func TestTheNameInAnErrorIsNotTheCallersMemory(t *testing.T) {
	name := []byte("NOSUCH")
	definition := define(doBytes(name))
	copy(name, "secret")
	_, err := definition.reply(errorReply("ERR", "no"))
	require.EqualError(t, err, "glide: NOSUCH: ERR no")
	require.NotContains(t, fmt.Sprint(err), "secret")
}
