package glide

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide/internal/abi"
)

var _ = table(scriptingSendings)

func scriptingSendings() []sending {
	two := []string{"{k}a", "{k}b"}
	return []sending{
		sendsForAny(eval("return", nil), "EVAL return 0"),
		sendsForAny(eval("return", nil, "x", "y"), "EVAL return 0 x y"),
		sendsForAny(eval("return", two, "x"), "EVAL return 2 {k}a {k}b x"),
		sendsForAny(evalRO("return", []string{"k"}), "EVAL_RO return 1 k"),
		sendsForAny(evalSHA("e0e1", two, "x", ""), "EVALSHA e0e1 2 {k}a {k}b x "),
		sendsForAny(evalSHARO("e0e1", nil, "x"), "EVALSHA_RO e0e1 0 x"),
		sends(scriptExists("a"), "SCRIPT EXISTS a"),
		sends(scriptExists("a", "b"), "SCRIPT EXISTS a b"),
		sends(scriptFlush(), "SCRIPT FLUSH"),
		sends(scriptFlush(FlushAsync), "SCRIPT FLUSH ASYNC"),
		sends(scriptFlush(FlushSync), "SCRIPT FLUSH SYNC"),
		sends(scriptKill(), "SCRIPT KILL"),
		sends(scriptLoad("return"), "SCRIPT LOAD return"),
		sends(scriptShow("e0e1"), "SCRIPT SHOW e0e1"),
		sendsForAny(fCall("f", nil), "FCALL f 0"),
		sendsForAny(fCall("f", two, "x"), "FCALL f 2 {k}a {k}b x"),
		sendsForAny(fCallRO("f", []string{"k"}, "x", "y"), "FCALL_RO f 1 k x y"),
		sends(functionDelete("l"), "FUNCTION DELETE l"),
		sends(functionDump(), "FUNCTION DUMP"),
		sends(functionFlush(), "FUNCTION FLUSH"),
		sends(functionFlush(FlushAsync), "FUNCTION FLUSH ASYNC"),
		sends(functionFlush(FlushSync), "FUNCTION FLUSH SYNC"),
		sends(functionKill(), "FUNCTION KILL"),
		sends(functionList(), "FUNCTION LIST"),
		sends(functionList(LibrariesMatching("l*")), "FUNCTION LIST LIBRARYNAME l*"),
		sends(functionList(WithCode, LibrariesMatching("l")), "FUNCTION LIST WITHCODE LIBRARYNAME l"),
		sends(functionLoad("code"), "FUNCTION LOAD code"),
		sends(functionLoad("code", Replace), "FUNCTION LOAD REPLACE code"),
		sends(functionRestore("dump"), "FUNCTION RESTORE dump"),
		sends(functionRestore("dump", AppendLibraries), "FUNCTION RESTORE dump APPEND"),
		sends(functionRestore("dump", ReplaceLibraries), "FUNCTION RESTORE dump REPLACE"),
		sends(functionRestore("dump", FlushLibraries), "FUNCTION RESTORE dump FLUSH"),
		sends(functionStats(), "FUNCTION STATS"),
	}
}

func TestScriptingSendsExactWords(t *testing.T) { testSendings(t, scriptingSendings()) }

func TestScriptingRefusesWhatCannotBeMeant(t *testing.T) {
	const unmade = "a script that NewScript did not make"
	testRefusals(t, []refusal{
		refuses(scriptExists(), "no scripts"),
		refuses(scriptFlush(FlushAsync, FlushSync), "more than one mode"),
		refuses(scriptFlush(nil), "nil option"),
		refuses(functionFlush(FlushSync, FlushSync), "more than one mode"),
		refuses(functionList(WithCode, WithCode), "more than one WithCode"),
		refuses(functionList(LibrariesMatching("a"), LibrariesMatching("b")), "more than one LibrariesMatching"),
		refuses(functionLoad("code", Replace, Replace), "more than one Replace"),
		refuses(functionRestore("dump", AppendLibraries, FlushLibraries), "more than one policy"),
		refuses((*Script)(nil).bySHA1(nil, nil), unmade),
		refuses(new(Script).bySHA1(nil, nil), unmade),
		refuses(new(Script).bySource(nil, nil), unmade),
	})
	_, err := commands{}.RunScript(context.Background(), nil, nil)
	require.ErrorIs(t, err, ErrInvalidArgument)
	for _, b := range []*batch{
		&NewTransaction().RunScript(nil, nil).batch,
		&NewPipeline().RunScript(nil, nil).batch,
	} {
		require.ErrorIs(t, b.err, ErrInvalidArgument)
	}
}

func TestAScriptIsKnownByItsSHA1(t *testing.T) {
	const sha1 = "e0e1f9fabfc9d4800c877a703b823ac0578ff8db"
	script := NewScript("return 1")
	require.Equal(t, sha1, script.SHA1())
	require.Equal(t, "return 1", script.Source())
	require.Equal(t, []string{"EVALSHA", sha1, "1", "k", "x"}, define(script.bySHA1([]string{"k"}, []string{"x"})).words)
	require.Equal(t, []string{"EVAL", "return 1", "0", "x"}, define(script.bySource(nil, []string{"x"})).words)
	script = NewScriptRO("return 1")
	require.Equal(t, sha1, script.SHA1())
	require.Equal(t, []string{"EVALSHA_RO", sha1, "0"}, define(script.bySHA1(nil, nil)).words)
	require.Equal(t, []string{"EVAL_RO", "return 1", "1", "k"}, define(script.bySource([]string{"k"}, nil)).words)
	require.Equal(t, "da39a3ee5e6b4b0d3255bfef95601890afd80709", NewScript("").SHA1())
}

func TestScriptingReadsReplies(t *testing.T) {
	script := eval("return", nil)
	text := stringReply
	fields := func(kind abi.Tag) []byte {
		function := func(name string, description, flags []byte) []byte {
			return sequence(kind, text("name"), text(name), text("description"), description, text("new"), arrayReply(nilReply), text("flags"), flags)
		}
		return arrayReply(sequence(kind,
			text("library_name"), text("l"), text("engine"), text("LUA"),
			text("functions"), arrayReply(function("f", nilReply, setReply()), function("g", text("d"), arrayReply(text("no-writes")))),
			text("new"), mapReply(), text("library_code"), text("code")))
	}
	libraries := []FunctionLibrary{{"l", "LUA", []Function{{"f", None[string](), []string{}}, {"g", Some("d"), []string{"no-writes"}}}, "code"}}
	stats := func(kind abi.Tag, running []byte) []byte {
		engine := sequence(kind, text("libraries_count"), intReply(1), text("new"), nilReply, text("functions_count"), intReply(2))
		return sequence(kind, text("running_script"), running, text("new"), mapReply(text("a"), text("b")), text("engines"), sequence(kind, text("LUA"), engine))
	}
	running := func(kind abi.Tag) []byte {
		return sequence(kind, text("name"), text("f"), text("command"), arrayReply(text("fcall"), text("f")),
			text("new"), arrayReply(), text("duration_ms"), intReply(1500))
	}
	engines := map[string]FunctionEngine{"LUA": {1, 2}}
	idle := FunctionStats{None[RunningFunction](), engines}
	busy := FunctionStats{Some(RunningFunction{"f", []string{"fcall", "f"}, 1500 * time.Millisecond}), engines}
	testReadings(t, []reading{
		reads[any]("nil", script, nilReply, nil),
		reads[any]("status", script, okReply, "OK"),
		reads[any]("double", script, doubleReply(2.5), 2.5),
		reads[any]("array", script, arrayReply(intReply(1), nilReply, text("\x00")), []any{int64(1), nil, "\x00"}),
		reads[any]("map", script, mapReply(text("a"), intReply(1)), map[string]any{"a": int64(1)}),
		reads("known as booleans", scriptExists("a", "b"), arrayReply([]byte{3}, []byte{2}), []bool{true, false}),
		reads("known as integers", scriptExists("a", "b"), arrayReply(intReply(1), intReply(0)), []bool{true, false}),
		reads("libraries of RESP3", functionList(), fields(abi.TagMap), libraries),
		reads("libraries of RESP2", functionList(), fields(abi.TagArray), libraries),
		reads("no libraries", functionList(), arrayReply(), []FunctionLibrary{}),
		reads("idle, RESP3", functionStats(), stats(abi.TagMap, nilReply), idle),
		reads("idle, RESP2", functionStats(), stats(abi.TagArray, nilReply), idle),
		reads("busy, RESP3", functionStats(), stats(abi.TagMap, running(abi.TagMap)), busy),
		reads("busy, RESP2", functionStats(), stats(abi.TagArray, running(abi.TagArray)), busy),
		reads("one server's", functionStats(), mapReply(text("a:1"), stats(abi.TagMap, running(abi.TagArray))), busy),
		reads("one of several is busy", functionStats(),
			mapReply(text("a:1"), stats(abi.TagMap, nilReply), text("b:2"), stats(abi.TagMap, running(abi.TagMap)), text("[::1]:3"), stats(abi.TagArray, nilReply)), busy),
	})
	_, err := define(script).reply(arrayReply(arrayReply(errorReply("CODE", "within"))))
	require.Equal(t, &ServerError{"EVAL", "CODE", "within"}, err)
}
