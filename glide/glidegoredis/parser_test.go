package glidegoredis

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// resp returns a request as it is written to a server.
func resp(words ...string) string {
	text := fmt.Sprintf("*%d\r\n", len(words))
	for _, word := range words {
		text += fmt.Sprintf("$%d\r\n%s\r\n", len(word), word)
	}
	return text
}

func wordsOf(r request) []string {
	words := []string{string(r.word(0))}
	return append(words, r.arguments()...)
}

// Requests are the same in all pieces in which they may be written.
func TestParserReadsRequestsInAnyPieces(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	requests := [][]string{
		{"get", "k"}, {"SET", "key", ""}, {"set", "k", strings.Repeat("x\r\n", 20_000)}, {"NOSUCHCOMMAND"},
		{"mset", "a", "1", "b", "\x00\xff"}, {""}, {"PING"}, {strings.Repeat("LONGNAME", 10), "a"},
	}
	text := ""
	for _, words := range requests {
		text += resp(words...)
	}
	text += "*0\r\n*-1\r\n" // nothing
	for range 200 {
		var p parser
		var all []request
		for rest := []byte(text); len(rest) > 0; {
			most := []int{1, 3, 100, 5000, len(text)}[random.IntN(5)]
			n := min(1+random.IntN(most), len(rest))
			piece := bytes.Clone(rest[:n])
			var err error
			all, err = p.parse(piece, all)
			require.NoError(t, err)
			clear(piece) // it is the caller's
			rest = rest[n:]
		}
		require.Len(t, all, len(requests))
		for i, words := range requests {
			got := wordsOf(all[i])
			if all[i].spec.name != "" {
				require.Equal(t, strings.ToUpper(words[0]), got[0])
				got[0] = words[0]
			}
			require.Equal(t, words, got)
			require.Equal(t, len(words), all[i].words)
			all[i].Release()
		}
		require.Empty(t, p.kept)
	}
}

func TestParserRefusesWhatIsNoRequest(t *testing.T) {
	for text, want := range map[string]string{
		"PING\r\n":                     "expected '*'",
		"*1\r\n:1\r\n":                 "expected '$'",
		"*x\r\n":                       "invalid multibulk length",
		"*1048577\r\n":                 "invalid multibulk length",
		"*1\r\n$-1\r\n":                "invalid bulk length",
		"*1\r\n$536870913\r\n":         "invalid bulk length",
		"*1\r\n$\r\n":                  "invalid bulk length",
		"*" + strings.Repeat("1", 100): "invalid multibulk length",
	} {
		var p parser
		_, err := p.parse([]byte(resp("GET", "k")+text), nil)
		require.EqualError(t, err, "Protocol error: "+want, "%q", text)
	}
}

func FuzzParser(f *testing.F) {
	f.Add([]byte(resp("GET", "k")+resp("MSET", "a", "b")), 3)
	f.Add([]byte("*1\r\n$-1\r\n"), 1)
	f.Fuzz(func(t *testing.T, data []byte, size int) {
		var whole, pieces parser
		all, err := whole.parse(bytes.Clone(data), nil)
		var some []request
		var failed error
		if size = max(1, size%1000); size < 1 {
			size = 1
		}
		for rest := data; len(rest) > 0 && failed == nil; {
			n := min(size, len(rest))
			some, failed = pieces.parse(bytes.Clone(rest[:n]), some)
			rest = rest[n:]
		}
		require.Equal(t, err == nil, failed == nil)
		require.Len(t, some, len(all))
		for i := range all {
			require.Equal(t, wordsOf(all[i]), wordsOf(some[i]))
		}
	})
}

func TestKeysOfCommandsAreFound(t *testing.T) {
	for text, want := range map[string]string{
		"GET k":                                  "k",
		"NOSUCH k x":                             "k",
		"PING x":                                 "",
		"PUBLISH c m":                            "",
		"OBJECT ENCODING k":                      "k",
		"EVAL script 2 a b c":                    "a b",
		"EVALSHA sha 0 a":                        "",
		"FCALL f 1 k v":                          "k",
		"ZINTER 2 a b WEIGHTS 1 2":               "a b",
		"ZUNIONSTORE d 2 a b":                    "d a b",
		"BLMPOP 0 2 a b LEFT":                    "a b",
		"XREAD COUNT 1 STREAMS a b 0 0":          "a b",
		"XREADGROUP GROUP g streams STREAMS a >": "a",
		"WATCH a b c":                            "a b c",
	} {
		words := strings.Fields(text)
		r := newRequest(words[0], words[1:]...)
		var keys []string
		r.keysOf(func(key []byte) bool {
			keys = append(keys, string(key))
			return true
		})
		require.Equal(t, want, strings.Join(keys, " "), text)
		r.Release()
	}
}

func TestBlockingCommandsAreKnown(t *testing.T) {
	for text, want := range map[string]bool{
		"BLPOP k 0":                 true,
		"blmove a b LEFT LEFT 1":    true,
		"LPOP k":                    false,
		"XREAD BLOCK 0 STREAMS s $": true,
		"XREAD STREAMS BLOCK 0":     false,
		"XREADGROUP GROUP BLOCK block STREAMS s >": false,
		"XREADGROUP GROUP g c BLOCK 5 STREAMS s >": true,
	} {
		words := strings.Fields(text)
		r := newRequest(words[0], words[1:]...)
		require.Equal(t, want, r.blocks(), text)
		r.Release()
	}
}
