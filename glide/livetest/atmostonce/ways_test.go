package atmostonce_test

import (
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/livetest/internal/fakeserver"
	"github.com/valkey-glide/go/glide/livetest/internal/harness"
)

// writes are the other ways in which writes are sent in a cluster of two: to one
// node, and over both.
var writes = map[string]struct {
	command string
	words   []string // of which each may arrive at a server once
	write   func(client *glide.ClusterClient) error
}{
	"untyped": {"INCR", []string{"k1"}, func(c *glide.ClusterClient) error { _, err := c.Do(ctx, "INCR", "k1"); return err }},
	"INCRBYFLOAT": {"INCRBYFLOAT", []string{"k1"}, func(c *glide.ClusterClient) error {
		_, err := c.IncrByFloat(ctx, "k1", 1)
		return err
	}},
	"function": {"FCALL", []string{"k1"}, func(c *glide.ClusterClient) error { _, err := c.FCall(ctx, "f", []string{"k1"}); return err }},
	"to a node": {"INCR", []string{"k1"}, func(c *glide.ClusterClient) error {
		_, err := c.Node(glide.PrimaryOfKey("k1")).Incr(ctx, "k1")
		return err
	}},
	"on a dedicated connection": {"INCR", []string{"k1"}, func(c *glide.ClusterClient) error {
		return c.Node(glide.PrimaryOfKey("k1")).Dedicated(ctx, func(d *glide.DedicatedClient) error {
			_, err := d.Incr(ctx, "k1")
			return err
		})
	}},
	"PUBLISH": {"PUBLISH", []string{"channel"}, func(c *glide.ClusterClient) error { _, err := c.Publish(ctx, "channel", "message"); return err }},
	"large": {"SET", []string{"k1"}, func(c *glide.ClusterClient) error {
		return c.Set(ctx, "k1", strings.Repeat("x", 1<<20))
	}},
	"MSET over nodes": {"MSET", bothNodes, func(c *glide.ClusterClient) error {
		values := map[string]string{}
		for _, key := range bothNodes {
			values[key] = "value"
		}
		return c.MSet(ctx, values)
	}},
	"DEL over nodes": {"DEL", bothNodes, func(c *glide.ClusterClient) error { _, err := c.Del(ctx, bothNodes...); return err }},
	"pipeline over nodes": {"INCR", bothNodes, func(c *glide.ClusterClient) error {
		pipeline := glide.NewPipeline()
		for _, key := range bothNodes {
			pipeline.Incr(key)
		}
		_, err := c.Exec(ctx, pipeline, glide.FailOnError)
		return err
	}},
	"FLUSHALL": {"FLUSHALL", []string{"FLUSHALL"}, func(c *glide.ClusterClient) error { return c.FlushAll(ctx) }},
}

// bothNodes are keys of both of two nodes.
var bothNodes = []string{harness.KeyOfSlot(100), harness.KeyOfSlot(200), harness.KeyOfSlot(16100), harness.KeyOfSlot(16200)}

// arrivals counts how often a word arrived in commands of a name.
func arrivals(server *fakeserver.Server, command, word string) (n int) {
	for _, request := range server.Requests(command) {
		for _, arg := range request.Args {
			if arg == word {
				n++
			}
		}
	}
	return n
}

func TestWriteOfAnyOtherKindWhoseReplyIsLostIsSentOnce(t *testing.T) {
	onKinds(t, []harness.Kind{harness.Cluster}, func(t *testing.T, kind harness.Kind, authority *fakeserver.Authority) {
		for _, fault := range faults {
			if fault.onlyTLS && authority == nil || strings.Contains(fault.name, "no listener") {
				continue
			}
			for name, w := range writes {
				t.Run(name+", "+fault.name, func(t *testing.T) {
					t.Parallel()
					config := glide.ClusterConfig{RequestTimeout: time.Second}
					cluster := fakeserver.StartCluster(t, 2, encrypted(authority, &config)...)
					config.Addresses = harness.AddressesOf(cluster.Servers...)
					// The node that breaks is the one that is asked, or one of both.
					var broken atomic.Bool
					for _, server := range cluster.Servers {
						server.Handle(w.command, func(c *fakeserver.Conn, args []string) string {
							reply := c.Run(args)
							if broken.Swap(true) {
								return reply
							}
							fault.happens(c)
							return fakeserver.NoReply
						})
					}
					client := kind.Connect(t, config)
					err := w.write(client.(*glide.ClusterClient))
					watch(client, 300*time.Millisecond)
					for i, server := range cluster.Servers {
						for _, word := range w.words {
							require.LessOrEqual(t, arrivals(server, w.command, word), 1, "node %d got %s %s: %v", i, w.command, word, err)
						}
					}
					require.NotZero(t, cluster.Count(w.command))
					require.Error(t, err)
					require.False(t, glide.SafeToRetry(err), "%v", err)
				})
			}
		}
	})
}

func TestWriteThatWasRedirectedAndRunIsNotSentAgain(t *testing.T) {
	onKinds(t, []harness.Kind{harness.Cluster}, func(t *testing.T, kind harness.Kind, authority *fakeserver.Authority) {
		for _, code := range []string{"MOVED", "ASK"} {
			for _, fault := range faults {
				if fault.onlyTLS && authority == nil {
					continue
				}
				for name, increment := range harness.Increments {
					if code == "ASK" && name == "transaction" {
						continue // cannot be asked for
					}
					t.Run(code+", "+name+", "+fault.name, func(t *testing.T) {
						t.Parallel()
						config := glide.ClusterConfig{RequestTimeout: time.Second}
						data := &fakeserver.Data{}
						cluster := fakeserver.StartCluster(t, 2, encrypted(authority, &config, fakeserver.WithData(data))...)
						from, to := cluster.Servers[0], cluster.Servers[1]
						config.Addresses = harness.AddressesOf(cluster.Servers...)
						slot := 100
						for _, command := range []string{"INCR", "EVAL"} {
							from.Refuse(command, func(*fakeserver.Conn, []string) string {
								return fakeserver.Error(fmt.Sprintf("%s %d 127.0.0.1:%d", code, slot, to.Port()))
							})
						}
						breakAfterFirst(to, fault.happens)
						client := kind.Connect(t, config)
						n, err := increment(ctx, client, harness.KeyOfSlot(slot))
						watch(client, 300*time.Millisecond)
						require.Equal(t, 1, data.Runs(harness.KeyOfSlot(slot)), "the call returned %d, %v", n, err)
						require.Error(t, err)
						require.False(t, glide.SafeToRetry(err), "%v", err)
					})
				}
			}
		}
	})
}

// A server closes connections that are idle. The next call must not pay for it.
func TestWriteAfterAnIdleConnectionWasClosedSucceeds(t *testing.T) {
	onEachKind(t, func(t *testing.T, kind harness.Kind, authority *fakeserver.Authority) {
		for name, closes := range map[string]func(*fakeserver.Conn){"close": (*fakeserver.Conn).Close, "reset": (*fakeserver.Conn).Reset} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				config := glide.ClusterConfig{RequestTimeout: 2 * time.Second}
				server := fakeserver.Start(t, encrypted(authority, &config)...)
				config.Addresses = harness.AddressesOf(server)
				client := kind.Connect(t, config)
				for i := range 5 {
					_, err := client.Incr(ctx, "counter")
					require.NoError(t, err)
					require.Equal(t, i+1, server.Data().Runs("counter"))
					time.Sleep(50 * time.Millisecond)
					server.Break(closes)
					time.Sleep(200 * time.Millisecond)
				}
			})
		}
	})
}
