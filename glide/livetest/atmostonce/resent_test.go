package atmostonce_test

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/glidetest"
	"github.com/valkey-glide/go/glide/livetest/internal/fakeserver"
	"github.com/valkey-glide/go/glide/livetest/internal/harness"
)

// isNoticed reports whether the system tells the client of a fault. What is
// silent ends with the timeout instead.
func (f fault) isNoticed() bool {
	return f.name == "a reset" || f.name == "a close" || f.name == "a half-close" || f.name == "a broken TLS record"
}

func TestReadWhoseReplyIsLostIsSentAgain(t *testing.T) {
	reads := map[string]struct {
		command string
		read    func(client harness.Client) error
	}{
		"GET":     {"GET", func(client harness.Client) error { _, err := client.Get(ctx, "key"); return err }},
		"MGET":    {"MGET", func(client harness.Client) error { _, err := client.MGet(ctx, "{key}1", "{key}2"); return err }},
		"untyped": {"GET", func(client harness.Client) error { _, err := client.Do(ctx, "GET", "key"); return err }},
		"EVAL_RO": {"EVAL_RO", func(client harness.Client) error {
			_, err := client.EvalRO(ctx, "return redis.call('GET', KEYS[1])", []string{"key"})
			return err
		}},
	}
	onEachKind(t, func(t *testing.T, kind harness.Kind, authority *fakeserver.Authority) {
		for _, fault := range faults {
			if !fault.isNoticed() || fault.onlyTLS && authority == nil {
				continue
			}
			for name, read := range reads {
				t.Run(name+", "+fault.name, func(t *testing.T) {
					t.Parallel()
					config := glide.ClusterConfig{RequestTimeout: 2 * time.Second}
					server := fakeserver.Start(t, encrypted(authority, &config)...)
					config.Addresses = harness.AddressesOf(server)
					client := kind.Connect(t, config)
					require.NoError(t, client.Set(ctx, "key", "value"))
					server.Handle(read.command, func(c *fakeserver.Conn, args []string) string {
						if c.Server.Count(read.command) > 2 {
							return fakeserver.Default
						}
						fault.happens(c)
						return fakeserver.NoReply
					})
					require.NoError(t, read.read(client))
					require.LessOrEqual(t, server.Count(read.command), 4)
				})
			}
		}
	})
}

func TestPipelineIsSentAgainIfTheUserAskedForIt(t *testing.T) {
	onKinds(t, []harness.Kind{harness.Cluster}, func(t *testing.T, kind harness.Kind, authority *fakeserver.Authority) {
		for _, fault := range faults {
			if !fault.isNoticed() || fault.onlyTLS && authority == nil {
				continue
			}
			t.Run(fault.name, func(t *testing.T) {
				t.Parallel()
				config := glide.ClusterConfig{RequestTimeout: 2 * time.Second}
				server := fakeserver.Start(t, encrypted(authority, &config)...)
				config.Addresses = harness.AddressesOf(server)
				breakAfterFirst(server, fault.happens)
				client := kind.Connect(t, config).(*glide.ClusterClient)
				results, err := client.Exec(ctx, glide.NewPipeline().Incr("counter"), glide.RetryConnectionErrors)
				require.NoError(t, err)
				n, err := glide.Result[int64](results, 0)
				require.NoError(t, err)
				require.EqualValues(t, 2, n, "the user accepts that it runs twice")
				require.Equal(t, 2, server.Data().Runs("counter"))
			})
		}
	})
}

func TestBlockingCommandWhoseReplyIsLostRunsOnce(t *testing.T) {
	onEachKind(t, func(t *testing.T, kind harness.Kind, authority *fakeserver.Authority) {
		for _, fault := range faults {
			if !fault.isNoticed() || fault.onlyTLS && authority == nil {
				continue
			}
			t.Run(fault.name, func(t *testing.T) {
				t.Parallel()
				config := glide.ClusterConfig{RequestTimeout: time.Second}
				server := fakeserver.Start(t, encrypted(authority, &config)...)
				config.Addresses = harness.AddressesOf(server)
				server.Handle("BLMOVE", func(c *fakeserver.Conn, args []string) string {
					reply := c.Run(args)
					if c.Server.Data().Runs(args[1]) > 1 {
						return reply
					}
					fault.happens(c)
					return fakeserver.NoReply
				})
				client := kind.Connect(t, config)
				_, err := client.BLMove(ctx, time.Second, "{list}1", "{list}2", glide.Left, glide.Right)
				watch(client, 300*time.Millisecond)
				require.Equal(t, 1, server.Data().Runs("{list}1"))
				require.Error(t, err)
				require.False(t, glide.SafeToRetry(err), "%v", err)
			})
		}
	})
}

// A script may write and then return an error with which a node of a cluster
// would say that it has not run anything.
func TestScriptThatReturnsTheErrorOfABusyNodeRunsOnce(t *testing.T) {
	t.Parallel()
	server := glidetest.Start(t)
	cluster := glidetest.StartCluster(t, glidetest.WithReplicas(0))
	for _, client := range []harness.Client{
		harness.Standalone.Connect(t, glide.ClusterConfig{Addresses: harness.AddressesOf(server), RequestTimeout: time.Second}),
		harness.Cluster.Connect(t, glide.ClusterConfig{Addresses: harness.AddressesOf(cluster.Nodes()...), RequestTimeout: time.Second}),
	} {
		for _, code := range []string{"TRYAGAIN", "LOADING", "READONLY", "MASTERDOWN", "CLUSTERDOWN", "BUSY"} {
			script := "redis.call('INCR', KEYS[1]); return redis.error_reply('" + code + " the script says so')"
			for name, run := range map[string]func(key string) error{
				"EVAL": func(key string) error { _, err := client.Eval(ctx, script, []string{key}); return err },
				"pipeline": func(key string) error {
					results, err := client.Exec(ctx, glide.NewPipeline().Eval(script, []string{key}))
					if err == nil {
						err = results.Err(0)
					}
					return err
				},
				"untyped": func(key string) error { _, err := client.Do(ctx, "EVAL", script, "1", key); return err },
			} {
				key := code + name
				err := run(key)
				var refused *glide.ServerError
				require.True(t, errors.As(err, &refused), "%s, %s: %v", name, code, err)
				require.Equal(t, code, refused.Code)
				require.False(t, glide.SafeToRetry(err))
				n, err := client.Get(ctx, key)
				require.NoError(t, err)
				require.Equal(t, "1", n.Value(), "%s, %s: how often it ran", name, code)
			}
		}
	}
}
