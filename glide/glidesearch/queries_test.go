package glidesearch_test

import (
	"context"
	"fmt"
	"regexp"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/glidesearch"
	"github.com/valkey-glide/go/glide/glidetest"
	"github.com/valkey-glide/go/glide/internal/moduletest"
)

// calls returns how often a server has run a command, by its own count.
func calls(t *testing.T, server *glidetest.Server, command string) int {
	t.Helper()
	info, _ := server.MustCommand(t, "INFO", "commandstats").(string)
	match := regexp.MustCompile(`(?i)cmdstat_` + regexp.QuoteMeta(command) + `:calls=(\d+)`).FindStringSubmatch(info)
	if match == nil {
		return 0
	}
	count, err := strconv.Atoi(match[1])
	require.NoError(t, err)
	return count
}

// A query is sent once, for every form of its reply, and not in a script, where a
// module would ask one node only.
func TestQueriesAreSentOnceAndAsTheyAre(t *testing.T) {
	const index = "{k}index"
	server, cluster := suite.Server(t), suite.Cluster(t)
	all := append([]*glidetest.Server{server}, cluster.Nodes()...)
	for _, protocol := range []glide.Protocol{glide.RESP2, glide.RESP3} {
		client, clusterClient := suite.Client(t, protocol), suite.ClusterClient(t, protocol)
		for _, on := range []glide.Commander{client, clusterClient} {
			require.NoError(t, glidesearch.Create(ctx, on, index, schema, glidesearch.Prefixes("{k}:")))
			moduletest.HSet(t, on, "{k}:book", map[string]string{"title": "sea"})
		}
		scored := []glidesearch.SearchOption{glidesearch.WithScores}
		for _, way := range []struct {
			name   string
			search func(options ...glidesearch.SearchOption) (glidesearch.SearchResult, error)
		}{
			{"client", func(options ...glidesearch.SearchOption) (glidesearch.SearchResult, error) {
				return glidesearch.Search(ctx, client, index, "sea", options...)
			}},
			{"cluster client", func(options ...glidesearch.SearchOption) (glidesearch.SearchResult, error) {
				return glidesearch.Search(ctx, clusterClient, index, "sea", options...)
			}},
			{"node", func(options ...glidesearch.SearchOption) (glidesearch.SearchResult, error) {
				return glidesearch.Search(ctx, clusterClient.Node(glide.PrimaryOfKey(index)), index, "sea", options...)
			}},
			{"cluster pipeline", func(options ...glidesearch.SearchOption) (glidesearch.SearchResult, error) {
				pipeline := glide.NewPipeline()
				glidesearch.In(pipeline).Search(index, "sea", options...)
				return only(clusterClient.Exec(ctx, pipeline))
			}},
			{"cluster transaction", func(options ...glidesearch.SearchOption) (glidesearch.SearchResult, error) {
				transaction := glide.NewTransaction()
				glidesearch.In(transaction).Search(index, "sea", options...)
				return only(clusterClient.Exec(ctx, transaction))
			}},
			{"connection of its own", func(options ...glidesearch.SearchOption) (found glidesearch.SearchResult, err error) {
				route := glide.PrimaryOfKey(index)
				err = clusterClient.Node(route).Dedicated(ctx, func(own *glide.DedicatedClient) (err error) {
					found, err = glidesearch.Search(ctx, own, index, "sea", options...)
					return err
				})
				return found, err
			}},
		} {
			t.Run(fmt.Sprintf("RESP%d %s", protocol, way.name), func(t *testing.T) {
				for _, server := range all {
					server.MustCommand(t, "CONFIG", "RESETSTAT")
				}
				for i := range 10 {
					options := scored[:i%2]
					require.Len(t, moduletest.Value(way.search(options...))(t).Documents, 1)
				}
				searches, scripts := 0, 0
				for _, server := range all {
					searches += calls(t, server, "FT.SEARCH")
					scripts += calls(t, server, "eval_ro") + calls(t, server, "eval")
				}
				require.Equal(t, 10, searches)
				require.Zero(t, scripts)
			})
		}
	}
}

// only returns the only result of a batch.
func only(results glide.Results, err error) (glidesearch.SearchResult, error) {
	if err != nil {
		return glidesearch.SearchResult{}, err
	}
	return glide.Result[glidesearch.SearchResult](results, 0)
}

// In a transaction one node would answer for all, without saying so.
func TestTransactionsOfClustersRefuseQueriesOfSeveralNodes(t *testing.T) {
	client := suite.ClusterClient(t, glide.RESP3)
	queries := map[string]func(in glidesearch.Batch, index string){
		"FT.SEARCH":    func(in glidesearch.Batch, index string) { in.Search(index, "*") },
		"FT.AGGREGATE": func(in glidesearch.Batch, index string) { in.Aggregate(index, "*") },
		"FT.PROFILE":   func(in glidesearch.Batch, index string) { in.ProfileSearch(index, "*") },
	}
	for name, query := range queries {
		transaction := glide.NewTransaction()
		transaction.Set("k", "v")
		query(glidesearch.In(transaction), "index")
		exec := map[string]func() (glide.Results, error){
			"client": func() (glide.Results, error) { return client.Exec(ctx, transaction) },
			"connection of its own": func() (results glide.Results, err error) {
				err = client.Node(glide.PrimaryOfKey("k")).Dedicated(ctx, func(own *glide.DedicatedClient) (err error) {
					results, err = own.Exec(ctx, transaction)
					return err
				})
				return results, err
			},
		}
		for way, exec := range exec {
			_, err := exec()
			require.ErrorContains(t, err, "at 1: "+name, way)
			require.ErrorContains(t, err, "use a pipeline, or an index whose name has a hash tag", way)
			require.ErrorIs(t, err, glide.ErrInvalidArgument, way)
		}
	}
	got := moduletest.Value(client.Get(ctx, "k"))(t)
	require.True(t, got.IsNil(), "a transaction that was refused has run")

	const index = "{k}index"
	require.NoError(t, glidesearch.Create(ctx, client, index, schema, glidesearch.Prefixes("{k}:")))
	for _, query := range queries {
		transaction := glide.NewTransaction()
		transaction.Set("{k}", "v")
		query(glidesearch.In(transaction), index)
		results := moduletest.Value(client.Exec(ctx, transaction))(t)
		require.NoError(t, results.Err(1))
	}
}

// cursors returns how many cursors a server has for an index; none if it has no
// such index.
func cursors(t *testing.T, server *glidetest.Server, index string) int {
	t.Helper()
	reply, err := server.Command("FT.INFO", index)
	if err != nil {
		return 0
	}
	var find func(tree any) (int, bool)
	find = func(tree any) (int, bool) {
		parts, _ := tree.([]any)
		for i, part := range parts {
			if part == "index_total" && i+1 < len(parts) {
				count, err := strconv.Atoi(fmt.Sprint(parts[i+1]))
				require.NoError(t, err)
				return count, true
			}
			if count, ok := find(part); ok {
				return count, true
			}
		}
		return 0, false
	}
	count, ok := find(reply)
	require.True(t, ok, "no count of cursors in %v", reply)
	return count
}

// cursorOf returns a cursor's id, and the rows that came with it.
func cursorOf(t *testing.T, reply any) (rows any, id int64) {
	t.Helper()
	parts, _ := reply.([]any)
	require.Len(t, parts, 2, "%v", reply)
	id, ok := parts[1].(int64)
	require.True(t, ok, "%v", reply)
	return parts[0], id
}

// A cursor is made once, on the primary of the slot of its index, where FT.CURSOR
// goes too, though reads go to replicas.
func TestCursorsAreReadAndDeletedWhereTheyAre(t *testing.T) {
	const index = "{k}index"
	cluster := suite.ClusterWithReplicas(t)
	for _, protocol := range []glide.Protocol{glide.RESP2, glide.RESP3} {
		t.Run(fmt.Sprintf("RESP%d", protocol), func(t *testing.T) {
			node := cluster.Nodes()[0]
			client, err := glide.NewClusterClient(ctx, glide.ClusterConfig{
				Addresses: []glide.Address{{Host: node.Host(), Port: node.Port()}},
				Protocol:  protocol, ReadFrom: glide.PreferReplica, RequestTimeout: 30 * time.Second,
			})
			require.NoError(t, err)
			t.Cleanup(func() { _ = client.Close() })
			moduletest.Value(client.Do(ctx, "FLUSHALL"))(t)
			require.NoError(t, glidesearch.Create(ctx, client, index, schema, glidesearch.Prefixes("{k}:")))
			for i := range 10 {
				moduletest.Value(client.HSet(ctx, fmt.Sprintf("{k}:%d", i), map[string]string{"title": "sea"}))(t)
			}
			testCursors(t, client, cluster, index)
		})
	}
}

func testCursors(t *testing.T, client *glide.ClusterClient, cluster *glidetest.Cluster, index string) {
	total := func() (sum int) {
		for _, server := range cluster.Nodes() {
			sum += cursors(t, server, index)
		}
		return sum
	}
	query := []string{"FT.AGGREGATE", index, "*", "LOAD", "1", "@title", "WITHCURSOR", "COUNT", "2"}
	single := func(words ...string) any { return moduletest.Value(client.Do(ctx, words...))(t) }
	inPipeline := func(words ...string) any {
		pipeline := glide.NewPipeline()
		pipeline.Set("{other}", "v")
		pipeline.Do(words...)
		pipeline.Set("{k}", "v")
		results := moduletest.Value(client.Exec(ctx, pipeline))(t)
		return moduletest.Value(glide.Result[any](results, 1))(t)
	}
	for name, do := range map[string]func(words ...string) any{"single": single, "in a pipeline": inPipeline} {
		// Read to its end it is gone, and so it is when it is deleted.
		_, id := cursorOf(t, do(query...))
		require.NotZero(t, id)
		require.Equal(t, 1, total(), "%s: the query left more than its cursor", name)
		reads := 0
		for ; id != 0; reads++ {
			_, id = cursorOf(t, do("FT.CURSOR", "READ", index, strconv.FormatInt(id, 10)))
		}
		require.GreaterOrEqual(t, reads, 4, name)
		require.Zero(t, total(), name)

		_, id = cursorOf(t, do(query...))
		require.Equal(t, 1, total(), name)
		do("FT.CURSOR", "DEL", index, strconv.FormatInt(id, 10))
		require.Zero(t, total(), name)
	}
	require.NoError(t, client.Node(glide.PrimaryOfKey(index)).Dedicated(context.Background(), func(own *glide.DedicatedClient) error {
		_, id := cursorOf(t, moduletest.Value(own.Do(ctx, query...))(t))
		require.Equal(t, 1, total())
		moduletest.Value(own.Do(ctx, "FT.CURSOR", "DEL", index, strconv.FormatInt(id, 10)))(t)
		return nil
	}))
	require.Zero(t, total())
}
