package customcommands_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/livetest/internal/fakeserver"
	"github.com/valkey-glide/go/glide/livetest/internal/harness"
)

// A search module of a cluster answers for all of it to a query that comes as it
// is. So each is sent once, for every form of its reply, and never in a script.
// These replies are in the forms of valkey-search, of RediSearch with RESP3, and of
// a query with a cursor, which the core cannot all convert.
func TestQueriesOfClustersAreSentOnceAndRepliesStayAsTheyAre(t *testing.T) {
	for _, form := range []struct {
		name, reply string
		expected    any
	}{
		{
			"valkey-search",
			fakeserver.Array(fakeserver.Integer(2), fakeserver.Bulk("b"), fakeserver.Array(fakeserver.Bulk("f"), fakeserver.Bulk("1")), fakeserver.Bulk("a"), fakeserver.Array()),
			[]any{int64(2), "b", []any{"f", "1"}, "a", []any{}},
		},
		{
			"RediSearch",
			"%2\r\n+total_results\r\n:1\r\n+results\r\n*1\r\n%1\r\n+id\r\n$1\r\na\r\n",
			map[string]any{"total_results": int64(1), "results": []any{map[string]any{"id": "a"}}},
		},
		{
			"with a cursor",
			fakeserver.Array(fakeserver.Array(fakeserver.Integer(1), fakeserver.Array(fakeserver.Bulk("f"), fakeserver.Bulk("1"))), fakeserver.Integer(7)),
			[]any{[]any{int64(1), []any{"f", "1"}}, int64(7)},
		},
	} {
		t.Run(form.name, func(t *testing.T) {
			cluster := fakeserver.StartCluster(t, 3)
			for _, server := range cluster.Servers {
				server.Handle("FT.SEARCH", func(*fakeserver.Conn, []string) string { return form.reply })
				server.Handle("COMMAND GETKEYS", func(*fakeserver.Conn, []string) string {
					return fakeserver.Error("ERR The command has no key arguments")
				})
			}
			client := harness.ConnectCluster(t, glide.ClusterConfig{Addresses: harness.AddressesOf(cluster.Servers[0]), RequestTimeout: harness.Patience})
			query := []string{"FT.SEARCH", "index", "*"}
			sent := 0
			check := func(queries int, reply any, err error) {
				t.Helper()
				require.NoError(t, err)
				require.Equal(t, form.expected, reply)
				sent += queries
				require.Equal(t, sent, cluster.Count("FT.SEARCH"))
				require.Zero(t, cluster.Count("EVAL_RO")+cluster.Count("EVAL"))
			}
			reply, err := client.Do(ctx, query...)
			check(1, reply, err)

			pipeline := glide.NewPipeline()
			pipeline.Do("SET", "a", "1")
			pipeline.Do(query...)
			pipeline.Do("SET", "b", "1")
			results, err := client.Exec(ctx, pipeline)
			require.NoError(t, err)
			reply, err = glide.Result[any](results, 1)
			check(1, reply, err)

			reply, err = client.Node(glide.RandomNode).Do(ctx, query...)
			check(1, reply, err)

			err = client.Node(glide.PrimaryOfKey("index")).Dedicated(ctx, func(own *glide.DedicatedClient) (err error) {
				reply, err = own.Do(ctx, query...)
				return err
			})
			check(1, reply, err)

			byNode, err := client.Nodes(glide.AllPrimaries).Do(ctx, query...)
			require.NoError(t, err)
			require.Len(t, byNode, 3)
			for _, each := range byNode {
				reply = each
				require.Equal(t, form.expected, each)
			}
			check(3, reply, err)
		})
	}
}
