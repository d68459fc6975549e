package atmostonce_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/glidetest"
	"github.com/valkey-glide/go/glide/livetest/internal/harness"
)

// refusing are the codes with which servers refuse what they have not run.
var refusing = []string{"TRYAGAIN", "LOADING", "CLUSTERDOWN", "MASTERDOWN", "READONLY", "NOSCRIPT", "BUSY", "NOREPLICAS"}

// A script or function may return any error after it has written: it is run once
// regardless of its result, in every dispatch mode.
func TestScriptsThatReturnRefusalsRunOnce(t *testing.T) {
	t.Parallel()
	server, cluster := glidetest.Start(t), glidetest.StartCluster(t, glidetest.WithReplicas(0))
	for _, code := range refusing {
		script := fmt.Sprintf("redis.call('INCR', KEYS[1]) return redis.error_reply('%s just so')", code)
		library := fmt.Sprintf("#!lua name=refusing\nredis.register_function('refuse', function(keys) redis.call('INCR', keys[1]) return redis.error_reply('%s just so') end)", code)
		t.Run("standalone "+code, func(t *testing.T) {
			client := harness.Standalone.Connect(t, glide.ClusterConfig{Addresses: harness.AddressesOf(server), RequestTimeout: harness.Patience}).(*glide.Client)
			_, err := client.Do(ctx, "FUNCTION", "LOAD", "REPLACE", library)
			require.NoError(t, err)
			runsOnce(t, client, code, script, map[string]func(words ...string) error{
				"transaction": func(words ...string) error {
					results, err := client.Exec(ctx, glide.NewTransaction().Do(words...))
					return firstError(t, results, err)
				},
				"pipeline": func(words ...string) error {
					results, err := client.Exec(ctx, glide.NewPipeline().Do(words...))
					return firstError(t, results, err)
				},
				"dedicated": func(words ...string) (result error) {
					require.NoError(t, client.Dedicated(ctx, func(c *glide.DedicatedClient) error {
						_, result = c.Do(ctx, words...)
						return nil
					}))
					return result
				},
			})
		})
		t.Run("cluster "+code, func(t *testing.T) {
			client := harness.ConnectCluster(t, glide.ClusterConfig{Addresses: harness.AddressesOf(cluster.Nodes()...), RequestTimeout: harness.Patience})
			_, err := client.Do(ctx, "FUNCTION", "LOAD", "REPLACE", library)
			require.NoError(t, err)
			runsOnce(t, client, code, script, map[string]func(words ...string) error{
				"transaction": func(words ...string) error {
					results, err := client.Exec(ctx, glide.NewTransaction().Do(words...))
					return firstError(t, results, err)
				},
				"pipeline": func(words ...string) error {
					results, err := client.Exec(ctx, glide.NewPipeline().Do(words...), glide.RetryServerErrors)
					return firstError(t, results, err)
				},
				"dedicated": func(words ...string) (result error) {
					require.NoError(t, client.Node(glide.PrimaryOfKey("key")).Dedicated(ctx, func(c *glide.DedicatedClient) error {
						_, result = c.Do(ctx, words...)
						return nil
					}))
					return result
				},
			})
		})
	}
}

func firstError(t *testing.T, results glide.Results, err error) error {
	t.Helper()
	require.NoError(t, err)
	require.Equal(t, 1, results.Len())
	return results.Err(0)
}

type scripting interface {
	harness.Client
	RunScript(ctx context.Context, script *glide.Script, keys []string, args ...string) (any, error)
	Del(ctx context.Context, keys ...string) (int64, error)
	ScriptLoad(ctx context.Context, script string) (string, error)
}

func runsOnce(t *testing.T, client scripting, code, script string, ways map[string]func(words ...string) error) {
	t.Helper()
	made := glide.NewScript(script)
	_, err := client.ScriptLoad(ctx, script)
	require.NoError(t, err)
	ways["call"] = func(words ...string) error {
		_, err := client.Do(ctx, words...)
		return err
	}
	commands := [][]string{{"EVAL", script, "1", "key"}, {"EVALSHA", made.SHA1(), "1", "key"}, {"FCALL", "refuse", "1", "key"}}
	check := func(what string, run func() error) {
		t.Helper()
		_, err := client.Del(ctx, "key")
		require.NoError(t, err)
		var refused *glide.ServerError
		require.ErrorAs(t, run(), &refused, what)
		require.Equal(t, code, refused.Code, what)
		runs, err := client.Get(ctx, "key")
		require.NoError(t, err)
		require.Equal(t, "1", runs.Or("none"), what)
	}
	for way, run := range ways {
		for _, words := range commands {
			check(way+" "+words[0], func() error { return run(words...) })
		}
	}
	check("RunScript", func() error {
		_, err := client.RunScript(ctx, made, []string{"key"})
		return err
	})
}
