package atmostonce_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/internal/testkit"
	"github.com/valkey-glide/go/glide/livetest/internal/fakeserver"
	"github.com/valkey-glide/go/glide/livetest/internal/harness"
)

var ctx = context.Background()

// A fault happens to a connection after the server has run a command, instead
// of its reply.
type fault struct {
	name    string
	onlyTLS bool
	happens func(c *fakeserver.Conn)
	// timeout is that of calls: longer where a client might try to reconnect
	// for a while before it reports a wrong cause. The default is a second.
	timeout time.Duration
}

// long is a timeout within which reconnecting is given up.
const long = 6 * time.Second

func (f fault) requestTimeout() time.Duration {
	if f.timeout == 0 {
		return time.Second
	}
	return f.timeout
}

var faults = []fault{
	{"a broken TLS record", true, func(c *fakeserver.Conn) { c.Corrupt() }, 0},
	{"a broken TLS record and no listener", true, func(c *fakeserver.Conn) {
		c.Server.StopListening()
		c.Corrupt()
		time.Sleep(20 * time.Millisecond)
		c.Close()
	}, long},
	{"a reset", false, (*fakeserver.Conn).Reset, 0},
	{"a reset and no listener", false, func(c *fakeserver.Conn) { c.Server.StopListening(); c.Reset() }, long},
	{"a close", false, (*fakeserver.Conn).Close, 0},
	{"a close and no listener", false, func(c *fakeserver.Conn) { c.Server.StopListening(); c.Close() }, long},
	{"a half-close", false, (*fakeserver.Conn).CloseWrite, 0},
	{"silence", false, (*fakeserver.Conn).Silence, 0},
	{"silence, then a close", false, func(c *fakeserver.Conn) { c.SilenceThen(200*time.Millisecond, (*fakeserver.Conn).Close) }, 0},
	{"silence, then a reset", false, func(c *fakeserver.Conn) { c.SilenceThen(200*time.Millisecond, (*fakeserver.Conn).Reset) }, 0},
	{"silence, then a half-close", false, func(c *fakeserver.Conn) { c.SilenceThen(200*time.Millisecond, (*fakeserver.Conn).CloseWrite) }, 0},
}

// onEachKind runs a test with both kinds of client, plain and with TLS.
func onEachKind(t *testing.T, test func(t *testing.T, kind harness.Kind, authority *fakeserver.Authority)) {
	t.Helper()
	onKinds(t, []harness.Kind{harness.Standalone, harness.Cluster}, test)
}

func onKinds(t *testing.T, kinds []harness.Kind, test func(t *testing.T, kind harness.Kind, authority *fakeserver.Authority)) {
	t.Helper()
	authority := fakeserver.NewAuthority(t)
	for _, kind := range kinds {
		t.Run(string(kind)+", plain", func(t *testing.T) { test(t, kind, nil) })
		t.Run(string(kind)+", TLS", func(t *testing.T) { test(t, kind, authority) })
	}
}

// encrypted are the options of servers and the configuration of clients with an
// authority, or without TLS if it is nil.
func encrypted(authority *fakeserver.Authority, config *glide.ClusterConfig, options ...fakeserver.Option) []fakeserver.Option {
	if authority == nil {
		return options
	}
	config.TLS = &glide.TLS{RootCertificates: authority.CA}
	return append(options, fakeserver.WithTLS(authority))
}

// breakAfterFirst makes a server run the first increment and then break its
// connection. Later ones are served.
func breakAfterFirst(server *fakeserver.Server, happens func(c *fakeserver.Conn)) (happened *atomic.Bool) {
	happened = &atomic.Bool{}
	for _, command := range []string{"INCR", "EVAL", "EVALSHA"} {
		server.Handle(command, func(c *fakeserver.Conn, args []string) string {
			reply := c.Run(args)
			if happened.Swap(true) {
				return reply
			}
			happens(c)
			return fakeserver.NoReply
		})
	}
	return happened
}

// watch reads for a while, as other callers of the client would, while a write
// that is sent again would arrive.
func watch(client harness.Client, howLong time.Duration) {
	for begun := time.Now(); time.Since(begun) < howLong; time.Sleep(20 * time.Millisecond) {
		short, cancel := context.WithTimeout(ctx, 100*time.Millisecond)
		_, _ = client.Get(short, "other")
		cancel()
	}
}

func TestWriteWhoseReplyIsLostRunsOnceAndFails(t *testing.T) {
	onEachKind(t, func(t *testing.T, kind harness.Kind, authority *fakeserver.Authority) {
		for _, fault := range faults {
			if fault.onlyTLS && authority == nil {
				continue
			}
			for name, increment := range harness.Increments {
				t.Run(name+", "+fault.name, func(t *testing.T) {
					t.Parallel()
					config := glide.ClusterConfig{RequestTimeout: fault.requestTimeout()}
					server := fakeserver.Start(t, encrypted(authority, &config)...)
					config.Addresses = harness.AddressesOf(server)
					breakAfterFirst(server, fault.happens)
					client := kind.Connect(t, config)
					n, err := increment(ctx, client, "counter")
					watch(client, 500*time.Millisecond)
					require.Equal(t, 1, server.Data().Runs("counter"), "the call returned %d, %v", n, err)
					require.Error(t, err, "the call returned %d", n)
					require.False(t, glide.SafeToRetry(err), "%v", err)
					require.True(t, harness.IsLost(err), "%v", err)
				})
			}
		}
	})
}

func TestWritesInFlightWithOneWhoseReplyIsLostRunAtMostOnce(t *testing.T) {
	const callers = 20
	onEachKind(t, func(t *testing.T, kind harness.Kind, authority *fakeserver.Authority) {
		for _, fault := range faults {
			if fault.onlyTLS && authority == nil {
				continue
			}
			t.Run(fault.name, func(t *testing.T) {
				t.Parallel()
				config := glide.ClusterConfig{RequestTimeout: time.Second}
				server := fakeserver.Start(t, encrypted(authority, &config)...)
				config.Addresses = harness.AddressesOf(server)
				client := kind.Connect(t, config)
				// The connection breaks in the middle of what is in flight.
				var ran atomic.Int64
				for _, command := range []string{"INCR", "EVAL"} {
					server.Handle(command, func(c *fakeserver.Conn, args []string) string {
						reply := c.Run(args)
						if ran.Add(1) == callers/2 {
							fault.happens(c)
							return fakeserver.NoReply
						}
						return reply
					})
				}
				names := []string{"single command", "pipeline", "script", "transaction"}
				key := func(i int) string { return fmt.Sprintf("counter%d", i) }
				errs := testkit.Concurrently(callers, func(i int) error {
					_, err := harness.Increments[names[i%len(names)]](ctx, client, key(i))
					return err
				})
				watch(client, 500*time.Millisecond)
				failed := 0
				for i, err := range errs {
					runs := server.Data().Runs(key(i))
					switch {
					case err == nil:
						require.Equal(t, 1, runs, "%s succeeded", names[i%len(names)])
					case glide.SafeToRetry(err):
						require.Zero(t, runs, "%s: %v", names[i%len(names)], err)
						failed++
					default:
						require.LessOrEqual(t, runs, 1, "%s: %v", names[i%len(names)], err)
						failed++
					}
				}
				require.NotZero(t, failed)
			})
		}
	})
}

func TestWriteThatAPrimaryRanBeforeItDiedIsNotSentToTheReplicaThatTakesOver(t *testing.T) {
	onKinds(t, []harness.Kind{harness.Cluster}, func(t *testing.T, kind harness.Kind, authority *fakeserver.Authority) {
		for name, increment := range harness.Increments {
			for how, dies := range map[string]func(*fakeserver.Conn){"reset": (*fakeserver.Conn).Reset, "close": (*fakeserver.Conn).Close} {
				t.Run(name+", "+how, func(t *testing.T) {
					t.Parallel()
					config := glide.ClusterConfig{RequestTimeout: 2 * time.Second}
					data := &fakeserver.Data{}
					options := encrypted(authority, &config, fakeserver.WithData(data))
					cluster := fakeserver.StartCluster(t, 1, options...)
					primary := cluster.Servers[0]
					replica := fakeserver.Start(t, options...)
					replica.Handle("CLUSTER SLOTS", func(*fakeserver.Conn, []string) string { return cluster.Slots() })
					cluster.SetSlots(fakeserver.Range{First: 0, Last: 16383, Nodes: []fakeserver.Node{primary.Node(), replica.Node()}})
					config.Addresses = harness.AddressesOf(primary, replica)
					breakAfterFirst(primary, func(c *fakeserver.Conn) {
						primary.StopListening()
						cluster.SetSlots(fakeserver.Range{First: 0, Last: 16383, Nodes: []fakeserver.Node{replica.Node()}})
						primary.Break(dies)
					})
					client := kind.Connect(t, config)
					n, err := increment(ctx, client, "counter")
					watch(client, 500*time.Millisecond)
					require.Equal(t, 1, data.Runs("counter"), "the call returned %d, %v", n, err)
					require.Error(t, err)
					require.False(t, glide.SafeToRetry(err), "%v", err)
					// The client serves the slot again.
					require.Eventually(t, func() bool { _, err := client.Get(ctx, "counter"); return err == nil }, harness.Patience, 10*time.Millisecond)
				})
			}
		}
	})
}
