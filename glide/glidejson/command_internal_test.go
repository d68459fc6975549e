package glidejson

import (
	"encoding/json"
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
	. "github.com/valkey-glide/go/glide/internal/command/commandtest"
	"github.com/valkey-glide/go/glide/internal/moduletest"
	"github.com/valkey-glide/go/glide/internal/wire"
)

type point struct {
	X int `json:"x"`
}

// anyReply is a row of a command that returns any reply.
func anyReply(row Sending) Sending {
	row.AnyReply = true
	return row
}

var sendings = []Sending{
	Sends(set("k", "$.a", "text"), `JSON.SET <k> $.a "text"`),
	Sends(set("k", ".a", point{1}, IfAbsent), `JSON.SET <k> .a {"x":1} NX`),
	Sends(set("k", "$", json.RawMessage(`[1, 2]`), IfPresent), `JSON.SET <k> $ [1,2] XX`),
	Sends(set("k", "$", nil), `JSON.SET <k> $ null`),
	Sends(get[point]("k"), "JSON.GET <k>"),
	Sends(getAt[point]("k", "$..a"), "JSON.GET <k> $..a"),
	Sends(getLegacy[point]("k", ".a"), "JSON.GET <k> .a"),
	Sends(getPaths("k", "$.a", "$.b"), "JSON.GET <k> $.a $.b"),
	Sends(getPathsLegacy("k", ".a", "b"), "JSON.GET <k> .a b"),
	Sends(getText("k", nil), "JSON.GET <k>"),
	Sends(getText("k", []string{"$.a", ".b"}, Indent("\t"), NewLine("\n"), Space("_"), NoEscape), "JSON.GET <k> INDENT \t NEWLINE \n SPACE _ NOESCAPE $.a .b"),
	Sends(mGet[point]("a", "b"), "JSON.MGET <a> <b> ."),
	Sends(mGetAt[point]("$.x", "a", "b"), "JSON.MGET <a> <b> $.x"),
	Sends(mGetLegacy[point](".x", "a"), "JSON.MGET <a> .x"),
	Sends(mSet(Item{"a", "$", 1}, Item{"b", "$.x", point{2}}), `JSON.MSET <a> $ 1 <b> $.x {"x":2}`),
	Sends(merge("k", "$", map[string]any{"a": nil}), `JSON.MERGE <k> $ {"a":null}`),
	Sends(del("k", "$.a"), "JSON.DEL <k> $.a"),
	Sends(forget("k", ".a"), "JSON.FORGET <k> .a"),
	Sends(clearValues("k", "$.a"), "JSON.CLEAR <k> $.a"),
	Sends(typeOf("k", "$.a"), "JSON.TYPE <k> $.a"),
	Sends(typeOfLegacy("k", ".a"), "JSON.TYPE <k> .a"),
	Sends(numIncrBy("k", "$.a", 1.5), "JSON.NUMINCRBY <k> $.a 1.5"),
	Sends(numIncrByLegacy("k", ".a", -2), "JSON.NUMINCRBY <k> .a -2"),
	Sends(numMultBy("k", "$.a", 1e300), "JSON.NUMMULTBY <k> $.a 1e+300"),
	Sends(numMultByLegacy("k", ".a", 3), "JSON.NUMMULTBY <k> .a 3"),
	Sends(strAppend("k", "$.a", `a"b`), `JSON.STRAPPEND <k> $.a "a\"b"`),
	Sends(strAppendLegacy("k", ".a", ""), `JSON.STRAPPEND <k> .a ""`),
	Sends(strLen("k", "$.a"), "JSON.STRLEN <k> $.a"),
	Sends(strLenLegacy("k", ".a"), "JSON.STRLEN <k> .a"),
	Sends(toggle("k", "$.a"), "JSON.TOGGLE <k> $.a"),
	Sends(toggleLegacy("k", ".a"), "JSON.TOGGLE <k> .a"),
	Sends(arrAppend("k", "$.a", 1, "x", nil), `JSON.ARRAPPEND <k> $.a 1 "x" null`),
	Sends(arrAppendLegacy("k", ".a", []int{1}), "JSON.ARRAPPEND <k> .a [1]"),
	Sends(arrInsert("k", "$.a", -1, 1, 2), "JSON.ARRINSERT <k> $.a -1 1 2"),
	Sends(arrInsertLegacy("k", ".a", 0, true), "JSON.ARRINSERT <k> .a 0 true"),
	Sends(arrIndex("k", "$.a", "x"), `JSON.ARRINDEX <k> $.a "x"`),
	Sends(arrIndex("k", "$.a", 1, Between(1, -1)), "JSON.ARRINDEX <k> $.a 1 1 -1"),
	Sends(arrIndexLegacy("k", ".a", 1.5, Between(2, 0)), "JSON.ARRINDEX <k> .a 1.5 2 0"),
	Sends(arrLen("k", "$.a"), "JSON.ARRLEN <k> $.a"),
	Sends(arrLenLegacy("k", ".a"), "JSON.ARRLEN <k> .a"),
	Sends(arrPop[int]("k", "$.a", -1), "JSON.ARRPOP <k> $.a -1"),
	Sends(arrPopLegacy[int]("k", ".a", 0), "JSON.ARRPOP <k> .a 0"),
	Sends(arrTrim("k", "$.a", 0, -2), "JSON.ARRTRIM <k> $.a 0 -2"),
	Sends(arrTrimLegacy("k", ".a", 1, 2), "JSON.ARRTRIM <k> .a 1 2"),
	Sends(objKeys("k", "$.a"), "JSON.OBJKEYS <k> $.a"),
	Sends(objKeysLegacy("k", ".a"), "JSON.OBJKEYS <k> .a"),
	Sends(objLen("k", "$.a"), "JSON.OBJLEN <k> $.a"),
	Sends(objLenLegacy("k", ".a"), "JSON.OBJLEN <k> .a"),
	Sends(respValues("k", "$.a"), "JSON.RESP <k> $.a"),
	anyReply(Sends(respValue("k", ".a"), "JSON.RESP <k> .a")),
	Sends(debugMemory("k", "$.a"), "JSON.DEBUG MEMORY <k> $.a"),
	Sends(debugMemoryLegacy("k", ".a"), "JSON.DEBUG MEMORY <k> .a"),
	Sends(debugFields("k", "$.a"), "JSON.DEBUG FIELDS <k> $.a"),
	Sends(debugFieldsLegacy("k", ".a"), "JSON.DEBUG FIELDS <k> .a"),
	Sends(debugDepth("k"), "JSON.DEBUG DEPTH <k>"),
	Sends(debugHelp(), "JSON.DEBUG HELP"),
}

func TestCommandsSend(t *testing.T) { TestSendings(t, sendings) }

func TestABatchQueuesWhatAFunctionRuns(t *testing.T) { moduletest.RequireFaces(t, faces, In, sendings) }

func TestBadInputIsRefused(t *testing.T) {
	const legacy = "a path that does not begin with $ is a legacy path"
	const noLegacy = "a path that begins with $ is no legacy path"
	const numbers = "JSON has nothing for NaN and infinities"
	const values = "a value that JSON has nothing for, as NaN, an infinity or a cycle"
	cycle := map[string]any{}
	cycle["self"] = cycle
	TestRefusals(t, []Refusal{
		Refuses(set("k", "$", json.RawMessage(`{"a":`)), "invalid JSON"),
		Refuses(set("k", "$", json.RawMessage("secret")), "invalid JSON"),
		Refuses(set("k", "$", math.NaN()), values),
		Refuses(set("k", "$", []float64{math.Inf(1)}), values),
		Refuses(set("k", "$", cycle), values),
		Refuses(set("k", "$", make(chan int)), "JSON has nothing for a chan int"),
		Refuses(set("k", "", 1), "no path"),
		Refuses(set("k", "$", 1, IfAbsent, IfPresent), "more than one condition"),
		Refuses(set("k", "$", 1, nil), "nil option"),
		Refuses(getAt[int]("k", ".a"), legacy),
		Refuses(getAt[int]("k", ""), legacy),
		Refuses(getLegacy[int]("k", "$.a"), noLegacy),
		Refuses(getLegacy[int]("k", ""), "no path"),
		Refuses(getPaths("k"), "no paths"),
		Refuses(getPaths("k", "$.a", ".b"), legacy),
		Refuses(getPathsLegacy("k"), "no paths"),
		Refuses(getPathsLegacy("k", ".a", "$.b"), noLegacy),
		Refuses(getText("k", []string{""}), "no path"),
		Refuses(getText("k", nil, Indent("a"), Indent("b")), "more than one INDENT"),
		Refuses(mGet[int](), "no keys"),
		Refuses(mGetAt[int]("$"), "no keys"),
		Refuses(mSet(), "no items"),
		Refuses(mSet(Item{"k", "$", func() {}}), "JSON has nothing for a func()"),
		Refuses(del("k", ""), "no path"),
		Refuses(typeOf("k", "a"), legacy),
		Refuses(typeOfLegacy("k", "$"), noLegacy),
		Refuses(numIncrBy("k", "$", math.NaN()), numbers),
		Refuses(numMultByLegacy("k", ".", math.Inf(-1)), numbers),
		Refuses(arrAppend("k", "$"), "no values"),
		Refuses(arrInsertLegacy("k", ".", 1), "no values"),
		Refuses(arrIndex("k", "$", 1, Between(1, 2), Between(1, 2)), "more than one range"),
	})
}

func TestRepliesOfBothFamiliesAreTheSame(t *testing.T) {
	numbers := []glide.Optional[float64]{glide.Some(3.0), glide.None[float64](), glide.Some(4.5)}
	types := glide.Some([]string{"integer", "number"})
	ints := []glide.Optional[int64]{glide.Some[int64](2), glide.None[int64]()}
	toggled := []glide.Optional[bool]{glide.Some(true), glide.None[bool]()}
	TestReadings(t, []Reading{
		Reads("JSON.NUMINCRBY, RedisJSON with RESP2 and valkey-json", numIncrBy("k", "$", 1), String("[3,null,4.5]"), numbers),
		Reads("JSON.NUMINCRBY, RedisJSON with RESP3", numIncrBy("k", "$", 1), Array(Int(3), Nil, Double(4.5)), numbers),
		Reads("JSON.NUMMULTBY, RedisJSON with RESP2", numMultBy("k", "$", 1), String("[]"), []glide.Optional[float64]{}),
		Reads("JSON.NUMMULTBY, RedisJSON with RESP3", numMultBy("k", "$", 1), Array(), []glide.Optional[float64]{}),
		Reads("JSON.NUMINCRBY legacy, RedisJSON with RESP2 and valkey-json", numIncrByLegacy("k", ".", 1), String("4.5"), 4.5),
		Reads("JSON.NUMINCRBY legacy, RedisJSON with RESP3", numIncrByLegacy("k", ".", 1), Array(Double(4.5)), 4.5),
		Reads("JSON.NUMMULTBY legacy, RedisJSON with RESP3", numMultByLegacy("k", ".", 1), Array(Int(4)), 4.0),

		Reads("JSON.TYPE, RedisJSON with RESP2 and valkey-json", typeOf("k", "$"), Strings("integer", "number"), types),
		Reads("JSON.TYPE, RedisJSON with RESP3", typeOf("k", "$"), Array(Strings("integer", "number")), types),
		Reads("JSON.TYPE of one, with RESP2", typeOf("k", "$"), Strings("integer"), glide.Some([]string{"integer"})),
		Reads("JSON.TYPE of one, with RESP3", typeOf("k", "$"), Array(Strings("integer")), glide.Some([]string{"integer"})),
		Reads("JSON.TYPE of nothing, with RESP2", typeOf("k", "$"), Array(), glide.Some([]string{})),
		Reads("JSON.TYPE of nothing, with RESP3", typeOf("k", "$"), Array(Array()), glide.Some([]string{})),
		Reads("JSON.TYPE of no key, with RESP2", typeOf("k", "$"), Nil, glide.None[[]string]()),
		Reads("JSON.TYPE of no key, with RESP3", typeOf("k", "$"), Array(Nil), glide.None[[]string]()),
		Reads("JSON.TYPE legacy, with RESP2 and valkey-json", typeOfLegacy("k", "."), String("integer"), glide.Some("integer")),
		Reads("JSON.TYPE legacy, with RESP3", typeOfLegacy("k", "."), Array(String("integer")), glide.Some("integer")),
		Reads("JSON.TYPE legacy of nothing, with RESP2", typeOfLegacy("k", "."), Nil, glide.None[string]()),
		Reads("JSON.TYPE legacy of nothing, with RESP3", typeOfLegacy("k", "."), Array(Nil), glide.None[string]()),

		Reads("JSON.TOGGLE as the core gives it", toggle("k", "$"), Array(True, Nil), toggled),
		Reads("JSON.TOGGLE as the server gives it", toggle("k", "$"), Array(Int(1), Nil), toggled),
		Reads("JSON.TOGGLE legacy", toggleLegacy("k", "."), False, false),
		Reads("JSON.ARRLEN", arrLen("k", "$"), Array(Int(2), Nil), ints),
		Reads("JSON.ARRLEN of no key, valkey-json", arrLen("k", "$"), Nil, []glide.Optional[int64](nil)),
		Reads("JSON.STRLEN of no key, legacy", strLenLegacy("k", "."), Nil, glide.None[int64]()),
		Reads("JSON.DEBUG MEMORY", debugMemory("k", "$"), Array(Int(2), Nil), ints),
		Reads("JSON.DEBUG FIELDS", debugFields("k", "$"), Array(Int(2), Nil), ints),
		Reads("JSON.DEBUG DEPTH", debugDepth("k"), Int(3), glide.Some[int64](3)),

		Reads("JSON.RESP, with RESP2 and valkey-json", respValues("k", "$"), Array(Array(String("["), String("2.5"), Int(1), Nil)), []any{[]any{"[", "2.5", int64(1), nil}}),
		Reads("JSON.RESP, with RESP3", respValues("k", "$"), Array(Array(String("["), Double(2.5), Int(1), Nil)), []any{[]any{"[", "2.5", int64(1), nil}}),
		Reads("JSON.RESP of no key", respValues("k", "$"), Nil, []any(nil)),
		Reads("JSON.RESP legacy", respValue("k", "."), Double(2.5), any("2.5")),
	})
}

func TestRepliesAreReadIntoGoValues(t *testing.T) {
	TestReadings(t, []Reading{
		Reads("JSON.SET done", set("k", "$", 1), OK, true),
		Reads("JSON.SET not done", set("k", "$", 1), Nil, false),
		Reads("JSON.GET", get[point]("k"), String(`{"x":1}`), glide.Some(point{1})),
		Reads("JSON.GET of no key", get[point]("k"), Nil, glide.None[point]()),
		Reads("JSON.GET of a JSONPath", getAt[int]("k", "$"), String("[1,2]"), glide.Some([]int{1, 2})),
		Reads("JSON.GET of a legacy path", getLegacy[string]("k", "."), String(`"x"`), glide.Some("x")),
		Reads("JSON.GET of paths", getPaths("k", "$.a", "$.b"), String(`{"$.a":[1],"$.b":[]}`), glide.Some(map[string][]json.RawMessage{"$.a": {json.RawMessage("1")}, "$.b": {}})),
		Reads("JSON.GET of one path", getPaths("k", "$.a"), String("[1]"), glide.Some(map[string][]json.RawMessage{"$.a": {json.RawMessage("1")}})),
		Reads("JSON.GET of legacy paths", getPathsLegacy("k", ".a", ".b"), String(`{".a":1,".b":[2]}`), glide.Some(map[string]json.RawMessage{".a": json.RawMessage("1"), ".b": json.RawMessage("[2]")})),
		Reads("JSON.GET of one legacy path", getPathsLegacy("k", ".a"), String("1"), glide.Some(map[string]json.RawMessage{".a": json.RawMessage("1")})),
		Reads("JSON.MGET", mGet[point]("a", "b"), Array(String(`{"x":1}`), Nil), []glide.Optional[point]{glide.Some(point{1}), glide.None[point]()}),
		Reads("JSON.MGET of a JSONPath", mGetAt[int]("$", "a", "b"), Array(String("[1]"), Nil), []glide.Optional[[]int]{glide.Some([]int{1}), glide.None[[]int]()}),
		Reads("JSON.ARRPOP", arrPop[string]("k", "$", 0), Array(String(`"x"`), Nil), []glide.Optional[string]{glide.Some("x"), glide.None[string]()}),
		Reads("JSON.OBJKEYS", objKeys("k", "$"), Array(Strings("a"), Nil), []glide.Optional[[]string]{glide.Some([]string{"a"}), glide.None[[]string]()}),
	})
}

func TestADocumentThatDoesNotFitSaysWhereButNotWhat(t *testing.T) {
	_, err := Define(get[point]("k")).Reply(String(`{"x":"secret"}`))
	var unexpected *wire.TypeError
	require.ErrorAs(t, err, &unexpected)
	require.Equal(t, "unexpected reply: string where JSON for a glidejson.point, whose field x is a int, was expected", err.Error())
	_, err = Define(get[point]("k")).Reply(String(`12345`))
	require.Equal(t, "unexpected reply: string where JSON for a glidejson.point was expected", err.Error())
}

func TestWhatIsNoNumberIsTheServersErrorWithBothProtocols(t *testing.T) {
	_, err := Define(numIncrByLegacy("k", ".", 1)).Reply(Array(Nil))
	require.Equal(t, &wire.ServerError{Code: "ERR", Message: "Path does not exist or does not contains a number"}, err)
}
