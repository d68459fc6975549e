package errors_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/glidetest"
	"github.com/valkey-glide/go/glide/livetest/internal/fakeserver"
	"github.com/valkey-glide/go/glide/livetest/internal/harness"
)

// ways are the ways in which requests reach a server.
var ways = map[string]func(client harness.Client) error{
	"read":    func(client harness.Client) error { _, err := client.Get(ctx, "key"); return err },
	"write":   func(client harness.Client) error { return client.Set(ctx, "key", "value") },
	"untyped": func(client harness.Client) error { _, err := client.Do(ctx, "GET", "key"); return err },
	"MGET":    func(client harness.Client) error { _, err := client.MGet(ctx, "{key}1", "{key}2"); return err },
	"pipeline": func(client harness.Client) error {
		results, err := client.Exec(ctx, glide.NewPipeline().Set("key", "value").Get("key"))
		if err == nil {
			err = results.Err(0)
		}
		return err
	},
	"transaction": func(client harness.Client) error {
		_, err := client.Exec(ctx, glide.NewTransaction().Set("key", "value"))
		return err
	},
	"blocking": func(client harness.Client) error {
		_, err := client.BLMove(ctx, 10*time.Millisecond, "{key}1", "{key}2", glide.Left, glide.Right)
		return err
	},
	"dedicated": func(client harness.Client) error {
		return client.Dedicated(ctx, func(d *glide.DedicatedClient) error { return d.Set(ctx, "key", "value") })
	},
	"scan": func(client harness.Client) error {
		if cluster, ok := client.(*glide.ClusterClient); ok {
			_, err := cluster.ScanPrimaries(ctx, glide.ClusterScanCursor{})
			return err
		}
		_, err := client.(*glide.Client).Scan(ctx, "0")
		return err
	},
	"all nodes": func(client harness.Client) error {
		if cluster, ok := client.(*glide.ClusterClient); ok {
			_, err := cluster.Nodes(glide.AllPrimaries).DBSize(ctx)
			return err
		}
		_, err := client.DBSize(ctx)
		return err
	},
}

// outcome is what an error must be.
type outcome struct {
	kinds []error
	code  string // of the server, if it says why
	text  string
	safe  bool
}

func (o outcome) check(t *testing.T, err error) {
	t.Helper()
	require.Error(t, err)
	for _, kind := range o.kinds {
		require.ErrorIs(t, err, kind)
	}
	require.ErrorContains(t, err, o.text)
	require.Equal(t, o.safe, glide.SafeToRetry(err), "%v", err)
	var server *glide.ServerError
	require.Equal(t, o.code != "", errors.As(err, &server), "%v", err)
	if o.code != "" {
		require.Equal(t, o.code, server.Code)
		require.Contains(t, server.Error(), o.text)
		require.NotContains(t, server.Message, o.code+" ")
	}
}

// attempt returns the error of a call. On a busy machine the caller's time may be
// over before it hears why: then it calls again.
func attempt(call func() error) (err error) {
	for range 10 {
		var cause *glide.ServerError
		err = call()
		bare := errors.Is(err, glide.ErrTimeout) && !errors.Is(err, glide.ErrUnreachable) && !errors.Is(err, glide.ErrAuthentication)
		if !bare || errors.As(err, &cause) {
			break
		}
	}
	return err
}

// onEachWay checks the error of each way, at a client that is cut off.
func onEachWay(t *testing.T, kind harness.Kind, config glide.ClusterConfig, cut func(t *testing.T, client harness.Client), expected outcome) {
	t.Helper()
	client := kind.Connect(t, config)
	require.NoError(t, client.Set(ctx, "key", "value"))
	cut(t, client)
	_, _ = client.Get(ctx, "key") // it is sent again: then all know that the connection is lost
	for name, way := range ways {
		t.Run(fmt.Sprint(kind, ", ", name), func(t *testing.T) { expected.check(t, attempt(func() error { return way(client) })) })
	}
}

func TestSameFailureIsTheSameErrorOnEachWay(t *testing.T) {
	t.Parallel()
	for _, kind := range []harness.Kind{harness.Standalone, harness.Cluster} {
		start := func(t *testing.T, options ...glidetest.Option) (*glidetest.Server, glide.ClusterConfig) {
			if kind == harness.Cluster {
				options = append(options, glidetest.WithConfig("cluster-enabled", "yes"))
			}
			server := glidetest.Start(t, options...)
			if kind == harness.Cluster {
				server.MustCommand(t, "CLUSTER", "ADDSLOTSRANGE", "0", "16383")
				require.Eventually(t, func() bool {
					_, err := server.Command("GET", "key")
					return err == nil
				}, 10*time.Second, 10*time.Millisecond)
			}
			return server, glide.ClusterConfig{Addresses: harness.AddressesOf(server), RequestTimeout: 300 * time.Millisecond}
		}
		t.Run("refused", func(t *testing.T) {
			t.Parallel()
			server, config := start(t)
			onEachWay(t, kind, config, func(t *testing.T, _ harness.Client) {
				require.NoError(t, server.Kill())
			}, outcome{[]error{glide.ErrUnreachable, glide.ErrTimeout}, "", server.Addr() + ": Connection refused", true})
		})
		t.Run("password", func(t *testing.T) {
			t.Parallel()
			server, config := start(t, glidetest.WithUser("app", "on", ">old", "~*", "&*", "+@all"))
			config.Credentials = glide.Credentials{Username: "app", Password: "old"}
			onEachWay(t, kind, config, func(t *testing.T, _ harness.Client) {
				server.MustCommand(t, "ACL", "SETUSER", "app", "resetpass", ">new")
				server.MustCommand(t, "CLIENT", "KILL", "USER", "app")
			}, outcome{[]error{glide.ErrAuthentication, glide.ErrTimeout}, "WRONGPASS", "invalid username-password pair", true})
		})
		t.Run("too many clients", func(t *testing.T) {
			t.Parallel()
			server, config := start(t)
			raw := harness.DialRaw(t, server)
			t.Cleanup(raw.Close)
			onEachWay(t, kind, config, func(t *testing.T, _ harness.Client) {
				for _, command := range [][]string{{"CONFIG", "SET", "maxclients", "1"}, {"CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"}} {
					_, err := raw.Do(command...)
					require.NoError(t, err)
				}
			}, outcome{[]error{glide.ErrUnreachable, glide.ErrTimeout}, "ERR", "max number of clients", true})
		})
	}
}

// What a server says that cannot run commands now, is what all say.
func TestServerThatCannotRunCommandsNowIsWhatEachWayTells(t *testing.T) {
	t.Parallel()
	for code, text := range map[string]string{
		"LOADING":     "Valkey is loading the dataset in memory",
		"MASTERDOWN":  "Link with MASTER is down and replica-serve-stale-data is set to 'no'.",
		"CLUSTERDOWN": "The cluster is down",
		"TRYAGAIN":    "Multiple keys request during rehashing of slot",
	} {
		for _, kind := range []harness.Kind{harness.Standalone, harness.Cluster} {
			t.Run(code, func(t *testing.T) {
				t.Parallel()
				server := fakeserver.Start(t)
				config := glide.ClusterConfig{Addresses: harness.AddressesOf(server), RequestTimeout: 300 * time.Millisecond}
				client := kind.Connect(t, config)
				for _, command := range []string{"GET", "SET", "MGET", "BLMOVE", "SCAN", "DBSIZE", "CLUSTER NODES"} {
					server.Refuse(command, func(*fakeserver.Conn, []string) string { return fakeserver.Error(code + " " + text) })
				}
				for name, way := range ways {
					if name == "dedicated" {
						continue // its errors are the caller's to judge
					}
					t.Run(fmt.Sprint(kind, ", ", name), func(t *testing.T) {
						outcome{[]error{glide.ErrTimeout}, code, text, false}.check(t, attempt(func() error { return way(client) }))
					})
				}
			})
		}
	}
}

func TestClusterThatIsDownSaysSo(t *testing.T) {
	t.Parallel()
	cluster := glidetest.StartCluster(t, glidetest.WithReplicas(0))
	client := harness.Cluster.Connect(t, glide.ClusterConfig{Addresses: harness.AddressesOf(cluster.Nodes()...), RequestTimeout: 300 * time.Millisecond})
	for _, node := range cluster.Nodes() {
		node.MustCommand(t, "CLUSTER", "FLUSHSLOTS")
	}
	for name, way := range ways {
		switch name {
		case "scan", "all nodes", "dedicated":
			continue // they ask for no key of a slot, or are the caller's
		}
		t.Run(name, func(t *testing.T) {
			err := attempt(func() error { return way(client) })
			outcome{[]error{glide.ErrTimeout}, "CLUSTERDOWN", "", false}.check(t, err)
		})
	}
}
