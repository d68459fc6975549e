package customcommands_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/glidetest"
	"github.com/valkey-glide/go/glide/livetest/internal/harness"
)

// optional are commands whose replies have another form with an option, and
// where a key or another name may be called as that option: in place of @. Each
// is sent without the option and with it. They are preceded by commands that
// make what they ask for.
var optional = []struct {
	option   string
	made     []string
	commands []string
}{
	{"WITHSCORES", []string{"ZADD @ 1 a 2.5 @"}, []string{
		"ZRANGE @ 0 -1", "ZRANGE @ 0 -1 WITHSCORES", "ZRANGE @ 0 -1 REV WITHSCORES",
		"ZUNION 1 @", "ZUNION 1 @ WITHSCORES", "ZUNION 1 @ WEIGHTS 2 WITHSCORES", "ZINTER 1 @", "ZINTER 2 @ @ WITHSCORES",
		"ZDIFF 1 @", "ZDIFF 1 @ WITHSCORES",
		"ZRANDMEMBER @ 2", "ZRANDMEMBER @ 2 WITHSCORES",
	}},
	{"WITHSCORES", []string{"ZADD @ 1 @"}, []string{"ZRANDMEMBER @"}},
	{"WITHSCORE", []string{"ZADD @ 1 a 2.5 @"}, []string{
		"ZRANK @ @", "ZRANK @ @ WITHSCORE", "ZREVRANK @ @", "ZREVRANK @ a WITHSCORE", "ZRANK @ none", "ZRANK @ none WITHSCORE",
	}},
	{"INCR", nil, []string{"ZADD @ 1 @", "ZADD @ NX 1 @ 2 a", "ZADD @ XX CH 2 @", "ZADD @ INCR 1.5 @", "ZADD @ NX INCR 1.5 @"}},
	{"WITHVALUES", []string{"HSET @ @ 1 a @"}, []string{"HRANDFIELD @ 2", "HRANDFIELD @ 2 WITHVALUES"}},
	{"WITHVALUES", []string{"HSET @ @ 1"}, []string{"HRANDFIELD @"}},
	{"IDX", []string{"SET @ one"}, []string{"LCS @ @", "LCS @ @ LEN", "LCS @ @ IDX", "LCS @ @ IDX WITHMATCHLEN"}},
	{"WITHDIST", []string{"GEOADD @ 13 38 @ 15 37 a"}, geosearches},
	{"WITHCOORD", []string{"GEOADD @ 13 38 @ 15 37 a"}, geosearches},
	{"WITHHASH", []string{"GEOADD @ 13 38 @ 15 37 a"}, geosearches},
	{"FROMMEMBER", []string{"GEOADD @ 13 38 @ 15 37 a"}, geosearches},
	{"JUSTID", []string{
		"XADD @ 1-1 @ 1", "XADD @ 1-2 f @", "XGROUP CREATE @ @ 0", "XREADGROUP GROUP @ @ STREAMS @ >",
	}, []string{
		"XCLAIM @ @ @ 0 1-1", "XCLAIM @ @ @ 0 1-1 1-2 JUSTID", "XAUTOCLAIM @ @ @ 0 0 COUNT 1", "XAUTOCLAIM @ @ @ 0 0 JUSTID",
	}},
	{"FULL", []string{"XADD @ 1-1 @ 1", "XGROUP CREATE @ @ 0"}, []string{"XINFO STREAM @", "XINFO STREAM @ FULL", "XINFO GROUPS @"}},
	{"STREAMS", []string{"XADD @ 1-1 @ 1", "XADD @ 1-2 f @", "XGROUP CREATE @ @ 0"}, []string{
		"XREAD STREAMS @ 0", "XREAD COUNT 1 STREAMS @ 0", "XREADGROUP GROUP @ @ STREAMS @ >", "XREADGROUP GROUP @ @ STREAMS @ 0",
	}},
	{"BLOCK", []string{"XADD @ 1-1 @ 1", "XGROUP CREATE @ @ 0"}, []string{"XREAD STREAMS @ 0", "XREADGROUP GROUP @ @ STREAMS @ >"}},
	{"STORE", []string{"RPUSH @ 2 1"}, []string{"SORT @", "SORT @ DESC", "SORT @ LIMIT 0 1", "SORT @ STORE @", "LRANGE @ 0 -1"}},
	{"MATCH", []string{"HSET @ @ 1"}, []string{"HSCAN @ 0", "HSCAN @ 0 MATCH @", "HGETALL @", "HMGET @ @ none"}},
	{"GET", []string{"SET @ 1"}, []string{"SET @ GET", "SET @ GET GET", "GET @", "GETEX @ PERSIST"}},
	{"COUNT", []string{"SADD @ @"}, []string{"SPOP @ 1", "SMEMBERS @"}},
}

var geosearches = []string{
	"GEOSEARCH @ FROMMEMBER @ BYRADIUS 500 km ASC", "GEOSEARCH @ FROMMEMBER @ BYRADIUS 500 km ASC WITHDIST",
	"GEOSEARCH @ BYRADIUS 500 km ASC WITHCOORD WITHHASH FROMMEMBER @", "GEOSEARCH @ FROMLONLAT 13 38 BYRADIUS 500 km ASC",
	"GEODIST @ @ a", "GEOPOS @ @ none",
}

// flat are the values of a reply, regardless of what holds them: the forms of RESP2 and
// RESP3 have the same. Names and values of maps have no order.
func flat(reply any) (values []string) {
	switch reply := reply.(type) {
	case []any:
		for _, item := range reply {
			values = append(values, flat(item)...)
		}
	case map[string]any:
		for name, item := range reply {
			values = append(append(values, number(name)), flat(item)...)
		}
	case float64:
		return []string{strconv.FormatFloat(reply, 'g', 15, 64)}
	case bool:
		return map[bool][]string{true: {"1"}, false: {"0"}}[reply]
	default:
		return []string{number(fmt.Sprint(reply))}
	}
	slices.Sort(values)
	return values
}

// number writes numbers in one way. Servers write them with 17 digits.
func number(text string) string {
	if value, err := strconv.ParseFloat(text, 64); err == nil {
		return strconv.FormatFloat(value, 'g', 15, 64)
	}
	return text
}

// ways are those in which a custom command is sent.
var ways = map[string]func(client *glide.ClusterClient, key string, words []string) (any, error){
	"client": func(client *glide.ClusterClient, _ string, words []string) (any, error) {
		return client.Do(ctx, words...)
	},
	"pipeline": func(client *glide.ClusterClient, _ string, words []string) (any, error) {
		results, err := client.Exec(ctx, glide.NewPipeline().Do(words...))
		if err != nil {
			return nil, err
		}
		return glide.Result[any](results, 0)
	},
	"transaction": func(client *glide.ClusterClient, _ string, words []string) (any, error) {
		results, err := client.Exec(ctx, glide.NewTransaction().Do(words...))
		if err != nil {
			return nil, err
		}
		return glide.Result[any](results, 0)
	},
	"dedicated": func(client *glide.ClusterClient, key string, words []string) (result any, err error) {
		failed := client.Node(glide.PrimaryOfKey(key)).Dedicated(ctx, func(c *glide.DedicatedClient) error {
			result, err = c.Do(ctx, words...)
			return nil
		})
		return result, errors.Join(err, failed)
	},
}

// A key, member, field, group or consumer may be called as an option: what the
// server replies arrives in every dispatch mode.
func TestNamesAreNotTakenForOptions(t *testing.T) {
	t.Parallel()
	cluster := glidetest.StartCluster(t)
	raws := map[*glidetest.Server]*harness.Raw{}
	for _, node := range cluster.Nodes() {
		raws[node] = harness.DialRaw(t, node)
	}
	for _, protocol := range []glide.Protocol{glide.RESP3, glide.RESP2} {
		client := harness.ConnectCluster(t, glide.ClusterConfig{
			Addresses: harness.AddressesOf(cluster.Nodes()...), RequestTimeout: harness.Patience, Protocol: protocol,
		})
		for way, run := range ways {
			t.Run(fmt.Sprint(protocol, " ", way), func(t *testing.T) {
				for _, o := range optional {
					for _, name := range []string{o.option, strings.ToLower(o.option)} {
						raw := raws[value(cluster.NodeForKey(name))(t)]
						namesAreNotTaken(t, raw, o.made, o.commands, name, func(words []string) (any, error) { return run(client, name, words) })
					}
				}
			})
		}
	}
}

func namesAreNotTaken(t *testing.T, raw *harness.Raw, made, commands []string, name string, run func(words []string) (any, error)) {
	t.Helper()
	for _, command := range commands {
		make := func() {
			value(raw.Do("FLUSHALL"))(t)
			for _, command := range made {
				value(raw.Do(wordsOf(command, name)...))(t)
			}
		}
		words := wordsOf(command, name)
		make()
		want, err := raw.Do(words...)
		require.NoError(t, err, "%q", words)
		make()
		got, err := run(words)
		require.NoError(t, err, "%q", words)
		if changing := strings.HasPrefix(command, "XINFO"); changing {
			require.Len(t, flat(got), len(flat(want)), "%q: %v is %v", words, want, got)
			continue
		}
		require.Equal(t, flat(want), flat(got), "%q", words)
	}
}

func value[T any](v T, err error) func(t *testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		require.NoError(t, err)
		return v
	}
}

func wordsOf(command, name string) []string {
	return strings.Fields(strings.ReplaceAll(command, "@", name))
}

// The methods of the client take any names, too.
func TestMethodsTakeNamesLikeOptions(t *testing.T) {
	t.Parallel()
	server := glidetest.Start(t)
	for _, protocol := range []glide.Protocol{glide.RESP3, glide.RESP2} {
		client := harness.Standalone.Connect(t, glide.ClusterConfig{
			Addresses: harness.AddressesOf(server), RequestTimeout: harness.Patience, Protocol: protocol,
		}).(*glide.Client)
		methodsTakeNames(t, client)
	}
}

func methodsTakeNames(t *testing.T, client *glide.Client) {
	t.Helper()
	ctx := context.Background()
	require.NoError(t, client.FlushAll(ctx))
	require.EqualValues(t, 2, value(client.ZAdd(ctx, "withscores", []glide.Scored{{Member: "withscores", Score: 1}, {Member: "withscore", Score: 2}}))(t))
	require.Equal(t, []string{"withscores", "withscore"}, value(client.ZRange(ctx, "withscores", glide.ByRank(0, -1)))(t))
	require.EqualValues(t, 1, value(client.ZRank(ctx, "withscores", "withscore"))(t).Or(-1))
	require.EqualValues(t, 1, value(client.ZAdd(ctx, "incr", []glide.Scored{{Member: "incr", Score: 1}}))(t))
	require.EqualValues(t, 3, value(client.ZIncrBy(ctx, "incr", 2, "incr"))(t))
	require.NoError(t, client.Set(ctx, "idx", "one"))
	require.Equal(t, "one", value(client.LCS(ctx, "idx", "idx"))(t))
	value(client.HSet(ctx, "withvalues", map[string]string{"withvalues": "v"}))(t)
	require.Equal(t, "withvalues", value(client.HRandField(ctx, "withvalues"))(t).Or(""))
}
