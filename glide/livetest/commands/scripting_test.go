package commands_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/glidetest"
	"github.com/valkey-glide/go/glide/internal/faces"
	"github.com/valkey-glide/go/glide/internal/testkit"
	"github.com/valkey-glide/go/glide/livetest/internal/harness"
)

// direct returns the client of a face: within a transaction, what is for all
// nodes of a cluster reaches but one.
func direct(c faces.Face) faces.Face {
	switch face := c.(type) {
	case faces.Transaction:
		return face.Client
	case faces.ClusterTransaction:
		return face.Client
	case faces.Pipeline:
		return face.Face
	default:
		return c
	}
}

// isCluster reports whether a face is that of a cluster.
func isCluster(c faces.Face) bool {
	_, ok := direct(c).(*glide.ClusterClient)
	return ok
}

// isTransaction reports whether a face runs commands in transactions.
func isTransaction(c faces.Face) bool {
	switch c.(type) {
	case faces.Transaction, faces.ClusterTransaction:
		return true
	default:
		return false
	}
}

func TestScriptsGiveWhatTheyReturn(t *testing.T) {
	harness.OnEveryFace(t, func(t *testing.T, c faces.Face) {
		for script, want := range map[string]any{
			"return nil":                      nil,
			"return false":                    nil,
			"return true":                     int64(1),
			"return 7":                        int64(7),
			"return -2.9":                     int64(-2), // the fraction is lost
			"return 9007199254740993":         int64(9007199254740992),
			"return -9007199254740991":        int64(-9007199254740991),
			"return tostring(2.5)":            "2.5",
			"return ''":                       "",
			"return 'OK'":                     "OK",
			"return redis.status_reply('OK')": "OK",
			"return redis.status_reply('FINE thanks')": "FINE thanks",
			"return {}": []any{},
			"return {1, 'two', {3, {false, 'x'}}, true}":                  []any{int64(1), "two", []any{int64(3), []any{nil, "x"}}, int64(1)},
			"return {1, nil, 3}":                                          []any{int64(1)},
			"return {a=1}":                                                []any{},
			"return redis.call('GET', KEYS[1])":                           nil,
			"return redis.call('TYPE', KEYS[1])":                          "none",
			"return redis.call('EXISTS', KEYS[1])":                        int64(0),
			"redis.setresp(3) return {set={a=true}}":                      []any{"a"},
			"redis.setresp(3) return {big_number='12345678901234567890'}": "12345678901234567890",
			"redis.setresp(3) return redis.call('GET', KEYS[1])":          nil,
		} {
			require.Equal(t, want, harness.Value(c.Eval(ctx, script, []string{"k"}))(t), script)
		}
	})
}

func TestScriptsThatAskForRESP3GiveMoreTypes(t *testing.T) {
	harness.OnEveryFace(t, func(t *testing.T, c faces.Face) {
		wants := map[string][2]any{
			"return {double=2.5}":                           {2.5, "2.5"},
			"redis.setresp(3) return {double=-0.5}":         {-0.5, "-0.5"},
			"redis.setresp(3) return {double=math.huge}":    {math.Inf(1), "inf"},
			"redis.setresp(3) return true":                  {true, int64(1)},
			"redis.setresp(3) return false":                 {false, int64(0)},
			"redis.setresp(3) return nil":                   {nil, nil},
			"redis.setresp(3) return {map={a=1}}":           {map[string]any{"a": int64(1)}, []any{"a", int64(1)}},
			"redis.setresp(3) return {map={a={map={b=1}}}}": {map[string]any{"a": map[string]any{"b": int64(1)}}, []any{"a", []any{"b", int64(1)}}},
			"redis.setresp(3) return {true, false, 1}":      {[]any{true, false, int64(1)}, []any{int64(1), int64(0), int64(1)}},
		}
		protocol := 0
		if strings.Contains(t.Name(), "RESP2") {
			protocol = 1
		}
		for script, want := range wants {
			require.Equal(t, want[protocol], harness.Value(c.Eval(ctx, script, []string{"k"}))(t), script)
		}
	})
}

func TestScriptsThatFail(t *testing.T) {
	harness.OnEveryFace(t, func(t *testing.T, c faces.Face) {
		for script, code := range map[string]string{
			"return redis.error_reply('MINE is bad')":      "MINE",
			"return {err='MINE is bad'}":                   "MINE",
			"return {1, {redis.error_reply('WITHIN it')}}": "WITHIN",
			"error('oops')":                                                     "ERR",
			"return redis.call('LPUSH', KEYS[1])":                               "ERR",
			"return redis.call('SUBSCRIBE', 'c')":                               "ERR",
			"redis.call('SET', KEYS[1], '') return redis.call('LLEN', KEYS[1])": "WRONGTYPE",
			"no Lua": "ERR",
		} {
			result, err := c.Eval(ctx, script, []string{"k"})
			harness.RequireCode(t, code, err)
			require.Nil(t, result)
		}
		require.Equal(t, "WRONGTYPE", harness.Value(c.Eval(ctx, "return string.sub(redis.pcall('LLEN', KEYS[1]).err, 1, 9)", []string{"k"}))(t), "it goes on after pcall")
		_, err := c.EvalSHA(ctx, "secret", []string{"k"})
		harness.RequireCode(t, "NOSCRIPT", err)
		require.NotContains(t, err.Error(), "secret")
	})
}

func TestScriptsGetAnyBytes(t *testing.T) {
	harness.OnEveryFace(t, func(t *testing.T, c faces.Face) {
		for _, text := range harness.Hostile {
			got := harness.Value(c.Eval(ctx, "redis.call('SET', KEYS[1], ARGV[2]) return {KEYS[1], ARGV[1], #KEYS, #ARGV}", []string{text}, text, text))(t)
			require.Equal(t, []any{text, text, int64(1), int64(2)}, got)
			require.Equal(t, glide.Some(text), harness.Value(c.Get(ctx, text))(t))
		}
		require.Equal(t, "\xff\xfe", harness.Value(c.Eval(ctx, "return '\xff\xfe'", []string{"k"}))(t))
	})
}

func TestScriptsRunWhereTheirKeysAre(t *testing.T) {
	harness.OnEveryFace(t, func(t *testing.T, c faces.Face) {
		const write = "redis.call('SET', KEYS[1], ARGV[1]) return redis.call('GET', KEYS[1])"
		sha := harness.Value(direct(c).ScriptLoad(ctx, write))(t)
		for _, key := range harness.Scattered() {
			require.Equal(t, "v", harness.Value(c.Eval(ctx, write, []string{key}, "v"))(t))
			require.Equal(t, "w", harness.Value(c.EvalSHA(ctx, sha, []string{key}, "w"))(t))
			require.Equal(t, glide.Some("w"), harness.Value(c.Get(ctx, key))(t))
		}
		require.Equal(t, []any{"{k}a", "{k}b"}, harness.Value(c.Eval(ctx, "return KEYS", []string{"{k}a", "{k}b"}))(t))
		require.Equal(t, "x", harness.Value(c.Eval(ctx, "return ARGV[1]", nil, "x"))(t))
		if isCluster(c) {
			_, err := c.Eval(ctx, "return 1", []string{"a", "b"})
			require.Error(t, err) // CROSSSLOT, or refused as a transaction
		}
	})
}

func TestScriptsThatOnlyRead(t *testing.T) {
	harness.Needs(t, "EVAL_RO", "7.0", "7.0")
	harness.OnEveryFace(t, func(t *testing.T, c faces.Face) {
		const read = "return redis.call('GET', KEYS[1])"
		sha := harness.Value(direct(c).ScriptLoad(ctx, read))(t)
		for _, key := range harness.Scattered() {
			require.NoError(t, c.Set(ctx, key, "v"))
			require.Equal(t, "v", harness.Value(c.EvalRO(ctx, read, []string{key}))(t))
			require.Equal(t, "v", harness.Value(c.EvalSHARO(ctx, sha, []string{key}))(t))
		}
		require.EqualValues(t, 1, harness.Value(c.EvalRO(ctx, "return 1", nil))(t))
		_, err := c.EvalRO(ctx, "return redis.call('SET', KEYS[1], 'w')", []string{"k"})
		harness.RequireCode(t, "ERR", err)
		require.EqualValues(t, 0, harness.Value(c.Exists(ctx, "k"))(t))
	})
}

func TestTheServerKnowsScriptsUntilTheyAreFlushed(t *testing.T) {
	harness.OnEveryFace(t, func(t *testing.T, c faces.Face) {
		for _, options := range [][]glide.ScriptFlushOption{nil, {glide.FlushAsync}, {glide.FlushSync}} {
			sha := harness.Value(direct(c).ScriptLoad(ctx, "return 'mine'"))(t)
			require.Equal(t, glide.NewScript("return 'mine'").SHA1(), sha)
			require.Equal(t, sha, harness.Value(c.ScriptLoad(ctx, "return 'mine'"))(t))
			require.Equal(t, []bool{false, true, true}, harness.Value(c.ScriptExists(ctx, "", sha, strings.ToUpper(sha)))(t))
			require.NoError(t, c.ScriptFlush(ctx, options...))
			require.NoError(t, direct(c).ScriptFlush(ctx, options...))
			require.Equal(t, []bool{false}, harness.Value(c.ScriptExists(ctx, sha))(t))
			_, err := c.EvalSHA(ctx, sha, []string{"k"})
			harness.RequireCode(t, "NOSCRIPT", err)
		}
		_, err := c.ScriptLoad(ctx, "no Lua")
		harness.RequireCode(t, "ERR", err)
		harness.RequireCode(t, "NOTBUSY", c.ScriptKill(ctx))
	})
}

func TestScriptShowGivesTheSource(t *testing.T) {
	harness.Needs(t, "SCRIPT SHOW", "8.0", "")
	harness.OnEveryFace(t, func(t *testing.T, c faces.Face) {
		sha := harness.Value(direct(c).ScriptLoad(ctx, "return '\xff'"))(t)
		require.Equal(t, "return '\xff'", harness.Value(c.ScriptShow(ctx, sha))(t))
		_, err := c.ScriptShow(ctx, strings.Repeat("0", 40))
		harness.RequireCode(t, "NOSCRIPT", err)
	})
}

func TestRunScriptRunsWhetherTheServerKnowsItOrNot(t *testing.T) {
	harness.OnEveryFace(t, func(t *testing.T, c faces.Face) {
		script := glide.NewScript("redis.call('INCR', KEYS[1]) return {KEYS[1], ARGV[1]}")
		run := c.(faces.Scripting).RunScript
		for range 2 {
			require.NoError(t, direct(c).ScriptFlush(ctx))
			for _, key := range harness.Scattered() {
				require.Equal(t, []any{key, "x"}, harness.Value(run(ctx, script, []string{key}, "x"))(t))
				require.Equal(t, []any{key, "\x00"}, harness.Value(run(ctx, script, []string{key}, "\x00"))(t))
			}
		}
		require.Equal(t, glide.Some("4"), harness.Value(c.Get(ctx, harness.Scattered()[0]))(t), "each has run once")
		for range 10 {
			require.EqualValues(t, 1, harness.Value(run(ctx, glide.NewScript("return 1"), nil))(t))
		}
		_, err := run(ctx, glide.NewScript("error('oops')"), []string{"k"})
		harness.RequireCode(t, "ERR", err)
		_, err = run(ctx, glide.NewScript("no Lua"), nil)
		harness.RequireCode(t, "ERR", err)
		_, err = run(ctx, nil, nil)
		require.ErrorIs(t, err, glide.ErrInvalidArgument)

		harness.Needs(t, "EVALSHA_RO", "7.0", "7.0")
		read := glide.NewScriptRO("return redis.call('GET', KEYS[1])")
		for _, key := range harness.Scattered() {
			require.Equal(t, "4", harness.Value(run(ctx, read, []string{key}))(t))
		}
		_, err = run(ctx, glide.NewScriptRO("return redis.call('DEL', KEYS[1])"), []string{"k"})
		harness.RequireCode(t, "ERR", err)
	})
}

func TestRunScriptSendsTheSourceOnce(t *testing.T) {
	harness.OnShared(t, func(t *testing.T, client *glide.Client) {
		script := glide.NewScript("return ARGV[1]")
		require.NoError(t, client.ScriptFlush(ctx))
		harness.Value(client.Do(ctx, "CONFIG", "RESETSTAT"))(t)
		for range 5 {
			require.Equal(t, "x", harness.Value(client.RunScript(ctx, script, nil, "x"))(t))
		}
		stats := fmt.Sprint(harness.Value(client.Do(ctx, "INFO", "commandstats"))(t))
		require.Contains(t, stats, "cmdstat_eval:calls=1,")
		require.Contains(t, stats, "cmdstat_evalsha:calls=5,")
		require.Equal(t, []bool{true}, harness.Value(client.ScriptExists(ctx, script.SHA1()))(t))
	})
}

func TestATransactionOfScriptsOutlivesAFlush(t *testing.T) {
	harness.OnShared(t, func(t *testing.T, client *glide.Client) {
		script := glide.NewScript("return redis.call('INCRBY', KEYS[1], ARGV[1])")
		count := glide.NewTransaction().RunScript(script, []string{"n"}, "2").Incr("n").RunScript(script, []string{"n"}, "3")
		for i := range int64(3) {
			require.NoError(t, client.ScriptFlush(ctx))
			results := harness.Value(client.Exec(ctx, count))(t)
			require.Equal(t, 6*i+2, harness.Value(glide.Result[any](results, 0))(t))
			require.Equal(t, 6*i+3, harness.Value(glide.Result[int64](results, 1))(t))
			require.Equal(t, 6*i+6, harness.Value(glide.Result[any](results, 2))(t))
		}
	})
}

// endless runs until it is killed, and working writes and then works for a
// while.
const (
	endless = "while true do end"
	working = "redis.call('SET', KEYS[1], 'begun') for _ = 1, 5e7 do end redis.call('SET', KEYS[1], 'done')"
)

// kill calls it until it finds something that runs.
func kill(t *testing.T, kill func(context.Context) error) error {
	t.Helper()
	for deadline := time.Now().Add(harness.Patience); ; time.Sleep(5 * time.Millisecond) {
		err := kill(ctx)
		var server *glide.ServerError
		if !errors.As(err, &server) || server.Code != "NOTBUSY" {
			return err
		}
		require.Less(t, time.Now(), deadline, "nothing runs")
	}
}

func TestAScriptThatRunsTooLongIsKilled(t *testing.T) {
	harness.OnOwn(t, func(t *testing.T, server *glidetest.Server, client *glide.Client) {
		other := harness.Connect(t, server, harness.Patient)
		harness.Value(other.Do(ctx, "CONFIG", "SET", "lua-time-limit", "10"))(t)
		ended := make(chan error)
		go func() {
			_, err := client.Eval(ctx, endless, []string{"k"})
			ended <- err
		}()
		time.Sleep(100 * time.Millisecond)
		_, err := other.Get(ctx, "k")
		harness.RequireCode(t, "BUSY", err)
		if server.Version().AtLeast("7.0", "7.0") {
			_, err = other.FunctionStats(ctx)
			harness.RequireCode(t, "BUSY", err)
		}
		require.NoError(t, kill(t, other.ScriptKill))
		err = <-ended
		harness.RequireCode(t, "ERR", err)
		require.ErrorContains(t, err, "killed")
		harness.RequireCode(t, "NOTBUSY", other.ScriptKill(ctx))

		go func() {
			_, err := client.RunScript(ctx, glide.NewScript(working), []string{"k"})
			ended <- err
		}()
		harness.RequireCode(t, "UNKILLABLE", kill(t, other.ScriptKill))
		require.NoError(t, <-ended)
		require.Equal(t, glide.Some("done"), harness.Value(other.Get(ctx, "k"))(t))

		go func() {
			_, err := client.Eval(ctx, working, []string{"k"})
			ended <- err
		}()
		time.Sleep(50 * time.Millisecond)
		harness.RequireCode(t, "NOTBUSY", client.ScriptKill(ctx)) // it waits behind the script
		require.NoError(t, <-ended)
	})
}

func TestAScriptRunsOnAfterItsCallerHasLeft(t *testing.T) {
	harness.OnShared(t, func(t *testing.T, client *glide.Client) {
		soon, cancel := context.WithTimeout(ctx, 20*time.Millisecond)
		defer cancel()
		_, err := client.Eval(soon, working, []string{"k"})
		require.ErrorIs(t, err, glide.ErrTimeout)
		require.Equal(t, glide.Some("done"), harness.Value(client.Get(ctx, "k"))(t))
	})
}

func TestAScriptIsKilledOnAnyNode(t *testing.T) {
	cluster, err := testkit.SharedCluster()
	require.NoError(t, err)
	patiently := func(config *glide.ClusterConfig) { config.RequestTimeout = harness.Patience }
	client, other := harness.ConnectToCluster(t, cluster, patiently), harness.ConnectToCluster(t, cluster, patiently)
	limit := func(ms string) { harness.Value(other.Do(ctx, "CONFIG", "SET", "lua-time-limit", ms))(t) }
	limit("10")
	defer limit("5000")
	for _, key := range harness.Scattered()[:6] {
		ended := make(chan error)
		go func() {
			_, err := client.Eval(ctx, endless, []string{key})
			ended <- err
		}()
		require.NoError(t, kill(t, other.ScriptKill))
		require.ErrorContains(t, <-ended, "killed")
	}
}
