package commands_test

import (
	"fmt"
	"slices"
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

// counting is a library of one function that writes and one that only reads.
const counting = `#!lua name=counting
redis.register_function('count', function(keys, args)
	return redis.call('INCRBY', keys[1], args[1])
end)
redis.register_function{
	function_name = 'counted',
	callback = function(keys, args) return {keys[1], redis.call('GET', keys[1]), args[1]} end,
	flags = {'no-writes', 'allow-stale'},
	description = 'what was counted',
}`

// library returns the code of a library with a function of the same name.
func library(name, function string) string {
	return fmt.Sprintf("#!lua name=%s\nredis.register_function{function_name='%s', callback=%s, flags={'no-writes'}}", name, name, function)
}

// withoutFunctions begins and ends a test with no libraries anywhere.
func withoutFunctions(t *testing.T, c faces.Face) {
	t.Helper()
	harness.Needs(t, "functions", "7.0", "7.0")
	require.NoError(t, direct(c).FunctionFlush(ctx))
	t.Cleanup(func() { require.NoError(t, direct(c).FunctionFlush(ctx)) })
}

// names returns those of libraries.
func names(libraries []glide.FunctionLibrary) []string {
	names := []string{}
	for _, library := range libraries {
		names = append(names, library.Name)
	}
	slices.Sort(names)
	return names
}

func TestFunctionsRunWhereTheirKeysAre(t *testing.T) {
	harness.OnEveryFace(t, func(t *testing.T, c faces.Face) {
		withoutFunctions(t, c)
		harness.Value(direct(c).FunctionLoad(ctx, counting))(t)
		for _, key := range harness.Scattered() {
			require.EqualValues(t, 2, harness.Value(c.FCall(ctx, "count", []string{key}, "2"))(t))
			require.EqualValues(t, 5, harness.Value(c.FCall(ctx, "count", []string{key}, "3"))(t))
			require.Equal(t, []any{key, "5", "\x00"}, harness.Value(c.FCall(ctx, "counted", []string{key}, "\x00"))(t))
			require.Equal(t, []any{key, "5", "\x00"}, harness.Value(c.FCallRO(ctx, "counted", []string{key}, "\x00"))(t))
		}
		for _, text := range harness.Hostile {
			require.Equal(t, []any{text, nil, text}, harness.Value(c.FCallRO(ctx, "counted", []string{text}, text))(t))
		}
	})
}

func TestFunctionsThatOnlyReadSaySo(t *testing.T) {
	harness.OnEveryFace(t, func(t *testing.T, c faces.Face) {
		withoutFunctions(t, c)
		harness.Value(direct(c).FunctionLoad(ctx, counting))(t)
		_, err := c.FCallRO(ctx, "count", []string{"k"}, "1")
		harness.RequireCode(t, "ERR", err)
		_, err = c.FCall(ctx, "count", []string{"k"}, "many")
		harness.RequireCode(t, "ERR", err)
		_, err = c.FCall(ctx, "absent", []string{"k"})
		harness.RequireRefused(t, err)

		harness.Value(direct(c).FunctionLoad(ctx, library("lies", "function(keys) return redis.call('SET', keys[1], '') end")))(t)
		_, err = c.FCall(ctx, "lies", []string{"k"})
		harness.RequireCode(t, "ERR", err) // it writes though it says that it does not
		require.EqualValues(t, 0, harness.Value(c.Exists(ctx, "k"))(t))

		harness.Value(direct(c).FunctionLoad(ctx, library("hello", "function(keys, args) return 'hello ' .. args[1] end")))(t)
		require.Equal(t, "hello you", harness.Value(c.FCallRO(ctx, "hello", nil, "you"))(t))
		require.Equal(t, "hello you", harness.Value(c.FCall(ctx, "hello", nil, "you"))(t))
	})
}

func TestFunctionListDescribesLibraries(t *testing.T) {
	harness.OnEveryFace(t, func(t *testing.T, c faces.Face) {
		withoutFunctions(t, c)
		require.Empty(t, harness.Value(c.FunctionList(ctx))(t))
		harness.Value(direct(c).FunctionLoad(ctx, counting))(t)
		harness.Value(direct(c).FunctionLoad(ctx, library("other", "function() end")))(t)
		replicasCatchUp(t, c)
		require.Equal(t, []string{"counting", "other"}, names(harness.Value(c.FunctionList(ctx))(t)))
		require.Equal(t, []string{"other"}, names(harness.Value(c.FunctionList(ctx, glide.LibrariesMatching("o?h*")))(t)))
		require.Empty(t, harness.Value(c.FunctionList(ctx, glide.LibrariesMatching("none")))(t))

		found := harness.Value(c.FunctionList(ctx, glide.LibrariesMatching("COUNTING"), glide.WithCode))(t)
		require.Len(t, found, 1)
		slices.SortFunc(found[0].Functions, func(a, b glide.Function) int { return strings.Compare(a.Name, b.Name) })
		slices.Sort(found[0].Functions[1].Flags)
		require.Equal(t, glide.FunctionLibrary{Name: "counting", Engine: "LUA", Code: counting, Functions: []glide.Function{
			{Name: "count", Description: glide.None[string](), Flags: []string{}},
			{Name: "counted", Description: glide.Some("what was counted"), Flags: []string{"allow-stale", "no-writes"}},
		}}, found[0])
	})
}

// replicasCatchUp waits until the replicas of a cluster have what their primaries
// have: functions without keys are asked of any node.
func replicasCatchUp(t *testing.T, c faces.Face) {
	t.Helper()
	if isCluster(c) {
		harness.AwaitReplicas(t, direct(c), 1)
	}
}

// skipTransactionsOfClusters skips what changes libraries where it would
// change those of any one node, and of a replica even, which refuses it.
func skipTransactionsOfClusters(t *testing.T, c faces.Face) {
	t.Helper()
	if isCluster(c) && isTransaction(c) {
		t.Skip("a transaction without keys reaches any one node of a cluster, replicas included")
	}
}

func TestLibrariesAreLoadedReplacedAndDeleted(t *testing.T) {
	harness.OnEveryFace(t, func(t *testing.T, c faces.Face) {
		withoutFunctions(t, c)
		skipTransactionsOfClusters(t, c)
		require.Equal(t, "counting", harness.Value(c.FunctionLoad(ctx, counting))(t))
		_, err := c.FunctionLoad(ctx, counting)
		harness.RequireCode(t, "ERR", err)
		require.Equal(t, "counting", harness.Value(c.FunctionLoad(ctx, counting, glide.Replace))(t))
		_, err = c.FunctionLoad(ctx, strings.Replace(counting, "name=counting", "name=another", 1), glide.Replace)
		harness.RequireCode(t, "ERR", err) // its functions are there already
		for _, code := range []string{"", "return 1", "#!lua\nreturn 1", "#!perl name=x\n", "#!lua name=x\nno Lua", "#!lua name=x\nreturn 1"} {
			_, err = c.FunctionLoad(ctx, code)
			harness.RequireCode(t, "ERR", err)
		}
		require.NoError(t, c.FunctionDelete(ctx, "counting"))
		harness.RequireCode(t, "ERR", c.FunctionDelete(ctx, "counting"))
		for _, options := range [][]glide.FunctionFlushOption{nil, {glide.FlushAsync}, {glide.FlushSync}} {
			require.Equal(t, "counting", harness.Value(c.FunctionLoad(ctx, counting))(t))
			require.NoError(t, c.FunctionFlush(ctx, options...))
			_, err = c.FCall(ctx, "counted", []string{"k"}, "x")
			harness.RequireRefused(t, err)
		}
		harness.RequireCode(t, "NOTBUSY", c.FunctionKill(ctx))
	})
}

func TestFunctionRestoreMakesWhatDumpGave(t *testing.T) {
	harness.OnEveryFace(t, func(t *testing.T, c faces.Face) {
		withoutFunctions(t, c)
		all := direct(c)
		harness.Value(all.FunctionLoad(ctx, counting))(t)
		dump := harness.Value(c.FunctionDump(ctx))(t)
		require.NoError(t, all.FunctionFlush(ctx))
		skipTransactionsOfClusters(t, c)
		works := func() {
			require.EqualValues(t, 1, harness.Value(c.FCall(ctx, "count", []string{"k"}, "1"))(t))
			require.EqualValues(t, 1, harness.Value(c.Del(ctx, "k"))(t))
		}
		listed := func() []string {
			replicasCatchUp(t, c)
			return names(harness.Value(c.FunctionList(ctx))(t))
		}
		require.NoError(t, c.FunctionRestore(ctx, dump))
		works()
		harness.RequireCode(t, "ERR", c.FunctionRestore(ctx, dump))
		harness.RequireCode(t, "ERR", c.FunctionRestore(ctx, dump, glide.AppendLibraries))
		harness.Value(all.FunctionLoad(ctx, library("other", "function() end")))(t)
		require.NoError(t, c.FunctionRestore(ctx, dump, glide.ReplaceLibraries))
		works()
		require.Equal(t, []string{"counting", "other"}, listed())
		require.NoError(t, c.FunctionRestore(ctx, dump, glide.FlushLibraries))
		works()
		require.Equal(t, []string{"counting"}, listed())
		for _, damaged := range []string{"", "x", dump[:len(dump)-1], dump + "\x00"} {
			harness.RequireCode(t, "ERR", c.FunctionRestore(ctx, damaged, glide.FlushLibraries))
		}
		require.Equal(t, []string{"counting"}, listed())
	})
}

func TestFunctionStatsTellsWhatRuns(t *testing.T) {
	harness.Needs(t, "functions", "7.0", "7.0")
	harness.OnOwn(t, func(t *testing.T, server *glidetest.Server, client *glide.Client) {
		other := harness.Connect(t, server, harness.Patient)
		harness.Value(other.Do(ctx, "CONFIG", "SET", "lua-time-limit", "10"))(t)
		engine := func(libraries, functions int64) map[string]glide.FunctionEngine {
			return map[string]glide.FunctionEngine{"LUA": {Libraries: libraries, Functions: functions}}
		}
		stats := harness.Value(client.FunctionStats(ctx))(t)
		require.Equal(t, glide.FunctionStats{Engines: engine(0, 0)}, stats)
		harness.Value(client.FunctionLoad(ctx, counting))(t)
		harness.Value(client.FunctionLoad(ctx, library("endless", "function() while true do end end")))(t)
		results := harness.Value(client.Exec(ctx, glide.NewTransaction().FunctionStats()))(t)
		require.Equal(t, glide.FunctionStats{Engines: engine(2, 3)}, harness.Value(glide.Result[glide.FunctionStats](results, 0))(t))
		results = harness.Value(client.Exec(ctx, glide.NewPipeline().FunctionStats()))(t)
		require.Equal(t, glide.FunctionStats{Engines: engine(2, 3)}, harness.Value(glide.Result[glide.FunctionStats](results, 0))(t))

		ended := make(chan error)
		go func() {
			_, err := client.FCall(ctx, "endless", []string{"k"}, "\x00")
			ended <- err
		}()
		time.Sleep(100 * time.Millisecond)
		running, ok := harness.Value(other.FunctionStats(ctx))(t).Running.Get()
		require.True(t, ok)
		require.Equal(t, "endless", running.Name)
		require.Equal(t, []string{"FCALL", "endless", "1", "k", "\x00"}, running.Command)
		require.Greater(t, running.Duration, 10*time.Millisecond)
		require.Less(t, running.Duration, time.Minute)
		_, err := other.Get(ctx, "k")
		harness.RequireCode(t, "BUSY", err)
		require.NoError(t, kill(t, other.FunctionKill))
		err = <-ended
		harness.RequireCode(t, "ERR", err)
		require.ErrorContains(t, err, "killed")
		require.True(t, harness.Value(other.FunctionStats(ctx))(t).Running.IsNil())
	})
}

func TestFunctionStatsAsksReplicasToo(t *testing.T) {
	harness.Needs(t, "functions", "7.0", "7.0")
	server := glidetest.Start(t, glidetest.WithReplicas(1))
	harness.OnEachProtocol(t, server, func(t *testing.T, client *glide.Client) {
		harness.Value(client.FunctionLoad(ctx, counting, glide.Replace))(t)
		harness.AwaitReplicas(t, client, 1)
		stats := harness.Value(client.FunctionStats(ctx))(t)
		require.Equal(t, map[string]glide.FunctionEngine{"LUA": {Libraries: 1, Functions: 2}}, stats.Engines)
	})
}

func TestAFunctionIsKilledOnAnyNode(t *testing.T) {
	harness.Needs(t, "functions", "7.0", "7.0")
	cluster, err := testkit.SharedCluster()
	require.NoError(t, err)
	patiently := func(config *glide.ClusterConfig) { config.RequestTimeout = harness.Patience }
	client, other := harness.ConnectToCluster(t, cluster, patiently), harness.ConnectToCluster(t, cluster, patiently)
	withoutFunctions(t, client)
	harness.Value(client.FunctionLoad(ctx, library("endless", "function() while true do end end")))(t)
	limit := func(ms string) { harness.Value(other.Do(ctx, "CONFIG", "SET", "lua-time-limit", ms))(t) }
	limit("10")
	defer limit("5000")
	for _, key := range harness.Scattered()[:6] {
		ended := make(chan error)
		go func() {
			_, err := client.FCall(ctx, "endless", []string{key})
			ended <- err
		}()
		require.NoError(t, kill(t, other.FunctionKill))
		require.ErrorContains(t, <-ended, "killed")
	}
}
