package glide

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide/internal/wire"
)

// manyReplies are pairs of a name and a value, 100 times.
func manyReplies(value func(i int) []byte) [][]byte {
	var replies [][]byte
	for i := range 100 {
		replies = append(replies, stringReply(fmt.Sprintf("name:%d", i)), value(i))
	}
	return replies
}

func someEntries() [][]byte {
	var entries [][]byte
	for i := range 100 {
		entries = append(entries, stringReply(fmt.Sprintf("%d-0", i)),
			arrayReply(stringReply("a"), stringReply("1"), stringReply("b"), stringReply("2")))
	}
	return entries
}

func aGroupInfo() []byte {
	return arrayReply(mapReply(stringReply("name"), stringReply("group"), stringReply("consumers"), intReply(2), stringReply("pending"), intReply(3),
		stringReply("last-delivered-id"), stringReply("1-0"), stringReply("entries-read"), intReply(4), stringReply("lag"), nilReply))
}

// A decoding is a command with a reply, and how many allocations decoding it
// takes at most: one for the reader here, and those that the result needs.
type decoding struct {
	name        string
	read        func(*wire.Reader) error
	reply       []byte
	allocations float64
}

func decodes[T any](name string, cmd command[T], reply []byte, allocations float64) decoding {
	return decoding{name, func(r *wire.Reader) error { _, err := cmd.Read(r); return err }, reply, allocations}
}

func decodings() []decoding {
	return []decoding{
		decodes("HGETALL", hGetAll("k"), mapReply(manyReplies(func(int) []byte { return stringReply("value") })...), 205),
		decodes("HSCAN", hScan("k", "0"), arrayReply(stringReply("0"), arrayReply(manyReplies(func(int) []byte { return stringReply("value") })...)), 202),
		decodes("ZRANGE WITHSCORES", zRangeWithScores("k", ByRank(0, -1)), mapReply(manyReplies(func(i int) []byte { return doubleReply(float64(i)) })...), 103),
		decodes("XRANGE", xRange("k", "-", "+"), mapReply(someEntries()...), 203),
		decodes("BLPOP", blPop(0, "k"), arrayReply(stringReply("key"), stringReply("element")), 3),
		decodes("XINFO GROUPS", xInfoGroups("k"), aGroupInfo(), 5),
	}
}

func TestDecodingAllocatesNoMoreThanTheResult(t *testing.T) {
	for _, d := range decodings() {
		require.LessOrEqual(t, testing.AllocsPerRun(100, func() {
			r := wire.NewReader(d.reply, nil)
			require.NoError(t, d.read(&r))
		}), d.allocations, d.name)
	}
}

func BenchmarkDecoding(b *testing.B) {
	for _, d := range decodings() {
		b.Run(d.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				r := wire.NewReader(d.reply, nil)
				if err := d.read(&r); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
