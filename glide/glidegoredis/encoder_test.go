package glidegoredis

import (
	"encoding/binary"
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide/internal/abi"
	"github.com/valkey-glide/go/glide/internal/wire"
)

// What values look like where they cross the boundary.

func number32(n int) string {
	return string(binary.LittleEndian.AppendUint32(nil, uint32(n)))
}

func text(s string) string { return number32(len(s)) + s }

func tagged(tag abi.Tag, content ...string) string {
	return string([]byte{byte(tag)}) + strings.Join(content, "")
}

func str(s string) string    { return tagged(abi.TagString, text(s)) }
func simple(s string) string { return tagged(abi.TagSimple, text(s)) }
func integer(i int64) string {
	return tagged(abi.TagInteger, string(binary.LittleEndian.AppendUint64(nil, uint64(i))))
}
func double(f float64) string {
	return tagged(abi.TagDouble, string(binary.LittleEndian.AppendUint64(nil, math.Float64bits(f))))
}
func array(items ...string) string {
	return tagged(abi.TagArray, number32(len(items)), strings.Join(items, ""))
}
func set(items ...string) string {
	return tagged(abi.TagSet, number32(len(items)), strings.Join(items, ""))
}
func mapped(items ...string) string {
	return tagged(abi.TagMap, number32(len(items)/2), strings.Join(items, ""))
}

var null = tagged(abi.TagNil)

func encoded(t *testing.T, resp2 bool, shape shape, value string) string {
	t.Helper()
	e := encoder{resp2: resp2, shape: shape}
	r := wire.NewReader([]byte(value), nil)
	require.NoError(t, e.value(&r, 0))
	require.Empty(t, r.Rest())
	return string(e.out)
}

// A reply is what a server sends, byte for byte, in both versions of the protocol.
func TestRepliesAreEncodedAsServersSendThem(t *testing.T) {
	for name, c := range map[string]struct{ value, resp3, resp2 string }{
		"null":       {null, "_\r\n", "$-1\r\n"},
		"OK":         {tagged(abi.TagOK), "+OK\r\n", "+OK\r\n"},
		"status":     {simple("string"), "+string\r\n", "+string\r\n"},
		"string":     {str("a\r\nb"), "$4\r\na\r\nb\r\n", "$4\r\na\r\nb\r\n"},
		"empty":      {str(""), "$0\r\n\r\n", "$0\r\n\r\n"},
		"integer":    {integer(-12), ":-12\r\n", ":-12\r\n"},
		"true":       {tagged(abi.TagTrue), "#t\r\n", ":1\r\n"},
		"false":      {tagged(abi.TagFalse), "#f\r\n", ":0\r\n"},
		"double":     {double(1.5), ",1.5\r\n", "$3\r\n1.5\r\n"},
		"infinite":   {double(math.Inf(-1)), ",-inf\r\n", "$4\r\n-inf\r\n"},
		"big number": {tagged(abi.TagBigNumber, text("-123456789012345678901234567890")), "(-123456789012345678901234567890\r\n", "$31\r\n-123456789012345678901234567890\r\n"},
		"verbatim":   {tagged(abi.TagVerbatim, text("txt"), str("ab")), "=6\r\ntxt:ab\r\n", "$2\r\nab\r\n"},
		"array":      {array(integer(1), array(), null), "*3\r\n:1\r\n*0\r\n_\r\n", "*3\r\n:1\r\n*0\r\n$-1\r\n"},
		"set":        {set(str("a")), "~1\r\n$1\r\na\r\n", "*1\r\n$1\r\na\r\n"},
		"map":        {mapped(str("a"), mapped(integer(1), set())), "%1\r\n$1\r\na\r\n%1\r\n:1\r\n~0\r\n", "*2\r\n$1\r\na\r\n*2\r\n:1\r\n*0\r\n"},
		"push":       {tagged(abi.TagPush, number32(2), str("a"), integer(1)), ">2\r\n$1\r\na\r\n:1\r\n", "*2\r\n$1\r\na\r\n:1\r\n"},
		"error":      {array(tagged(abi.TagError, text("WRONGTYPE"), text("it is\r\na list"))), "*1\r\n-WRONGTYPE it is  a list\r\n", "*1\r\n-WRONGTYPE it is  a list\r\n"},
		"bare error": {tagged(abi.TagError, text("BAD"), text("")), "-BAD\r\n", "-BAD\r\n"},
		"attributes": {
			array(tagged(abi.TagAttribute, number32(1), simple("ttl"), integer(7), str("v"))),
			"*1\r\n|1\r\n+ttl\r\n:7\r\n$1\r\nv\r\n", "*1\r\n$1\r\nv\r\n",
		},
	} {
		require.Equal(t, c.resp3, encoded(t, false, shapeUsual, c.value), name)
		require.Equal(t, c.resp2, encoded(t, true, shapeUsual, c.value), name)
	}
}

// Some replies of version 3 have another shape in version 2.
func TestRepliesHaveTheShapeOfTheirVersion(t *testing.T) {
	pairs := array(array(str("a"), double(1)), array(str("b"), double(2.5)))
	streams := mapped(str("s"), array(array(str("1-0"), array(str("f"), str("v")))))
	for command, c := range map[string]struct{ value, resp2 string }{
		"ZRANGE z 0 -1 WITHSCORES":         {pairs, "*4\r\n$1\r\na\r\n$1\r\n1\r\n$1\r\nb\r\n$3\r\n2.5\r\n"},
		"ZRANGE z 0 -1":                    {array(str("a"), str("b")), "*2\r\n$1\r\na\r\n$1\r\nb\r\n"},
		"ZPOPMIN z":                        {array(str("a"), double(1)), "*2\r\n$1\r\na\r\n$1\r\n1\r\n"},
		"HRANDFIELD h 1 WITHVALUES":        {array(array(str("a"), str("b"))), "*2\r\n$1\r\na\r\n$1\r\nb\r\n"},
		"HRANDFIELD h":                     {null, "$-1\r\n"},
		"XREAD STREAMS s 0":                {streams, "*1\r\n*2\r\n$1\r\ns\r\n*1\r\n*2\r\n$3\r\n1-0\r\n*2\r\n$1\r\nf\r\n$1\r\nv\r\n"},
		"XREADGROUP GROUP g c STREAMS s >": {null, "*-1\r\n"},
		"BLPOP l 0":                        {null, "*-1\r\n"},
		"LPOP l":                           {null, "$-1\r\n"},
		"LPOP l 2":                         {null, "*-1\r\n"},
		"ZRANK z m":                        {null, "$-1\r\n"},
		"ZRANK z m WITHSCORE":              {null, "*-1\r\n"},
		"GEOPOS g a b":                     {array(array(double(1), double(2)), null), "*2\r\n*2\r\n$1\r\n1\r\n$1\r\n2\r\n*-1\r\n"},
		"GET k":                            {null, "$-1\r\n"},
	} {
		words := strings.Fields(command)
		r := newRequest(words[0], words[1:]...)
		require.Equal(t, c.resp2, encoded(t, true, r.shapeOf(), c.value), command)
		require.Equal(t, encoded(t, false, shapeUsual, c.value), encoded(t, false, r.shapeOf(), c.value), command)
		r.Release()
	}
}

func TestDoublesAreWrittenAsServersDo(t *testing.T) {
	for f, want := range map[float64]string{
		0: "0", math.Copysign(0, -1): "-0", 1: "1", -1: "-1", 3.5: "3.5", 0.1: "0.1", 1.0 / 3: "0.3333333333333333",
		100: "100", 123456789: "123456789", 1e15: "1e+15", 1e17: "1e+17", 1.5e300: "1.5e+300", 1e-5: "0.00001",
		1.25e-10: "1.25e-10", -2.5e-7: "-2.5e-7", 13.361389338970184: "13.361389338970184", math.NaN(): "nan", math.Inf(1): "inf",
	} {
		require.Equal(t, want, string(appendDouble(nil, f)), "%v", f)
	}
}
