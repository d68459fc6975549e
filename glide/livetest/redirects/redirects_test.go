package redirects_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/internal/testkit"
	"github.com/valkey-glide/go/glide/livetest/internal/fakeserver"
	"github.com/valkey-glide/go/glide/livetest/internal/harness"
)

// few is how often one call may ask the same node.
const few = 6

const key = "a"

var slot = harness.SlotOfKey(key)

// keyed are the commands that the tests redirect.
var keyed = []string{"GET", "SET", "INCR", "EVAL"}

// refuse makes a server refuse commands that have a key, or none of them if
// there is no refusal.
func refuse(server *fakeserver.Server, refusal fakeserver.Handler) {
	for _, command := range keyed {
		server.Refuse(command, refusal)
	}
}

// redirect makes a server answer all commands for the key with an error.
func redirect(server *fakeserver.Server, format string, args ...any) {
	refuse(server, func(*fakeserver.Conn, []string) string { return fakeserver.Error(fmt.Sprintf(format, args...)) })
}

// asked is how many commands with a key a server got.
func asked(server *fakeserver.Server) (n int) {
	for _, command := range keyed {
		n += server.Count(command)
	}
	return n
}

// calls are the ways in which a command of one key is sent.
var calls = map[string]func(ctx context.Context, client *glide.ClusterClient) error{
	"read": func(ctx context.Context, client *glide.ClusterClient) error {
		_, err := client.Get(ctx, key)
		return err
	},
	"write": func(ctx context.Context, client *glide.ClusterClient) error { return client.Set(ctx, key, "value") },
	"script": func(ctx context.Context, client *glide.ClusterClient) error {
		_, err := client.Eval(ctx, "return redis.call('INCR', KEYS[1])", []string{key})
		return err
	},
	"pipeline": func(ctx context.Context, client *glide.ClusterClient) error {
		_, err := client.Exec(ctx, glide.NewPipeline().Incr(key).Get(key), glide.FailOnError)
		return err
	},
}

// transaction is one more way. It is not tried with ASK, see
// https://valkey.io/topics/cluster-spec/.
func transaction(ctx context.Context, client *glide.ClusterClient) error {
	_, err := client.Exec(ctx, glide.NewTransaction().Incr(key).Get(key), glide.FailOnError)
	return err
}

func connect(t *testing.T, servers ...*fakeserver.Server) *glide.ClusterClient {
	t.Helper()
	return harness.ConnectCluster(t, glide.ClusterConfig{Addresses: harness.AddressesOf(servers...), RequestTimeout: 2 * time.Second})
}

// ranges returns the slot to one server and all others to another one.
func ranges(owner, others fakeserver.Node) []fakeserver.Range {
	return []fakeserver.Range{
		{First: 0, Last: slot - 1, Nodes: []fakeserver.Node{others}},
		{First: slot, Last: slot, Nodes: []fakeserver.Node{owner}},
		{First: slot + 1, Last: harness.Slots - 1, Nodes: []fakeserver.Node{others}},
	}
}

func TestMovedIsFollowedWhateverTheFormOfItsHost(t *testing.T) {
	for name, form := range map[string]struct{ host, inSlots string }{
		"an address":                     {"127.0.0.1", fakeserver.Bulk("127.0.0.1")},
		"no host":                        {"", fakeserver.Bulk("127.0.0.1")},
		"no host, null in CLUSTER SLOTS": {"", fakeserver.Null},
		"no host, null of RESP2 in CLUSTER SLOTS":   {"", fakeserver.NullBulk},
		"no host, nothing in CLUSTER SLOTS":         {"", fakeserver.Bulk("")},
		"no host, a question mark in CLUSTER SLOTS": {"", fakeserver.Bulk("?")},
		"an address, null in CLUSTER SLOTS":         {"127.0.0.1", fakeserver.Null},
	} {
		ways := map[string]func(context.Context, *glide.ClusterClient) error{"transaction": transaction}
		for way, call := range calls {
			ways[way] = call
		}
		for way, call := range ways {
			t.Run(name+", "+way, func(t *testing.T) {
				t.Parallel()
				cluster := fakeserver.StartCluster(t, 2)
				from, to := cluster.Servers[0], cluster.Servers[1]
				node := func(server *fakeserver.Server) fakeserver.Node {
					return fakeserver.Node{Host: form.inSlots, Port: server.Port()}
				}
				cluster.SetSlots(ranges(node(from), node(to))...)
				client := connect(t, from)
				require.NoError(t, call(ctx, client))
				require.NotZero(t, asked(from))

				before := asked(from)
				cluster.SetSlots(ranges(node(to), node(from))...)
				redirect(from, "MOVED %d %s:%d", slot, form.host, to.Port())
				for range 5 {
					require.NoError(t, call(ctx, client))
				}
				require.LessOrEqual(t, asked(from)-before, 2*few, "the move is not learnt")
				require.NotZero(t, asked(to))
				before = asked(from)
				require.NoError(t, call(ctx, client))
				require.Equal(t, before, asked(from), "the move is not learnt")
			})
		}
	}
}

func TestAskIsFollowedWhateverTheFormOfItsHost(t *testing.T) {
	for name, host := range map[string]string{"an address": "127.0.0.1", "no host": ""} {
		for way, call := range calls {
			t.Run(name+", "+way, func(t *testing.T) {
				t.Parallel()
				cluster := fakeserver.StartCluster(t, 2)
				from, to := cluster.Servers[0], cluster.Servers[1]
				cluster.SetSlots(ranges(from.Node(), to.Node())...)
				client := connect(t, from)
				require.NoError(t, call(ctx, client))
				redirect(from, "ASK %d %s:%d", slot, host, to.Port())
				refuse(to, func(c *fakeserver.Conn, args []string) string {
					if !c.Asking() {
						return fakeserver.Error(fmt.Sprintf("MOVED %d %s:%d", slot, host, from.Port()))
					}
					return fakeserver.Default
				})
				before := asked(from)
				const times = 3
				for range times {
					require.NoError(t, call(ctx, client))
				}
				require.NotZero(t, to.Count("ASKING"))
				// It is the owner that is asked first each time: nothing has moved.
				require.GreaterOrEqual(t, asked(from)-before, times)
				require.LessOrEqual(t, asked(from)-before, times*few)
			})
		}
	}
}

func TestRedirectToANodeThatIsNotInTheSlotMapIsFollowed(t *testing.T) {
	for _, code := range []string{"MOVED", "ASK"} {
		for way, call := range calls {
			t.Run(code+", "+way, func(t *testing.T) {
				t.Parallel()
				cluster := fakeserver.StartCluster(t, 2)
				from := cluster.Servers[0]
				cluster.SetSlots(ranges(from.Node(), cluster.Servers[1].Node())...)
				unknown := fakeserver.Start(t) // which no node lists
				unknown.Handle("CLUSTER SLOTS", func(*fakeserver.Conn, []string) string { return cluster.Slots() })
				client := connect(t, from)
				require.NoError(t, call(ctx, client))
				redirect(from, "%s %d 127.0.0.1:%d", code, slot, unknown.Port())
				before := asked(from)
				for range 3 {
					require.NoError(t, call(ctx, client))
				}
				require.NotZero(t, asked(unknown))
				require.LessOrEqual(t, asked(from)-before, 3*few)
			})
		}
	}
}

func TestNodeThatIsReplacedBehindItsNameIsConnectedToAgain(t *testing.T) {
	for way, call := range calls {
		t.Run(way, func(t *testing.T) {
			t.Parallel()
			// The name leads to the old node and then to the new one. Connections
			// to the old one stay, and it answers MOVED to that very name.
			name, err := net.Listen("tcp", "127.0.0.1:0")
			require.NoError(t, err)
			t.Cleanup(func() { _ = name.Close() })
			port := name.Addr().(*net.TCPAddr).Port
			former, fresh := fakeserver.Start(t), fakeserver.Start(t)
			var replaced atomic.Bool
			for _, server := range []*fakeserver.Server{former, fresh} {
				server.Handle("CLUSTER SLOTS", func(*fakeserver.Conn, []string) string {
					return fakeserver.Slots(fakeserver.Range{First: 0, Last: harness.Slots - 1, Nodes: []fakeserver.Node{{Host: fakeserver.Bulk("127.0.0.1"), Port: port}}})
				})
			}
			go func() {
				for {
					connection, err := name.Accept()
					if err != nil {
						return
					}
					if replaced.Load() {
						fresh.Adopt(connection)
					} else {
						former.Adopt(connection)
					}
				}
			}()
			client := harness.ConnectCluster(t, glide.ClusterConfig{Addresses: []glide.Address{{Host: "127.0.0.1", Port: port}}, RequestTimeout: 2 * time.Second})
			require.NoError(t, call(ctx, client))
			replaced.Store(true)
			redirect(former, "MOVED %d 127.0.0.1:%d", slot, port)
			before := asked(former)
			for range 3 {
				require.NoError(t, call(ctx, client))
			}
			require.LessOrEqual(t, asked(former)-before, few)
			require.NotZero(t, asked(fresh))
		})
	}
}

func TestHostsThatClusterSlotsLeavesOutAreThatOfTheNodeAsked(t *testing.T) {
	t.Parallel()
	for name, host := range map[string]string{
		"null": fakeserver.Null, "null of RESP2": fakeserver.NullBulk, "nothing": fakeserver.Bulk(""), "a question mark": fakeserver.Bulk("?"),
	} {
		for _, protocol := range []glide.Protocol{glide.RESP3, glide.RESP2} {
			if protocol == glide.RESP2 && host == fakeserver.Null {
				continue // is of RESP3 only
			}
			t.Run(fmt.Sprintf("%s, RESP%d", name, 3-protocol), func(t *testing.T) {
				cluster := fakeserver.StartCluster(t, 3)
				var all []fakeserver.Range
				for i, server := range cluster.Servers {
					all = append(all, fakeserver.Range{First: harness.Slots * i / 3, Last: harness.Slots*(i+1)/3 - 1, Nodes: []fakeserver.Node{{Host: host, Port: server.Port()}}})
				}
				cluster.SetSlots(all...)
				client := harness.ConnectCluster(t, glide.ClusterConfig{
					Addresses: harness.AddressesOf(cluster.Servers[1]), Protocol: protocol, RequestTimeout: 2 * time.Second,
				})
				for i, server := range cluster.Servers {
					require.NoError(t, client.Set(ctx, harness.KeyOfSlot(harness.Slots*i/3+1), "value"))
					require.Equal(t, 1, server.Count("SET"), "server %d", i)
				}
				_, err := client.DBSize(ctx)
				require.NoError(t, err)
			})
		}
	}
	// One node without a host among others that have hosts.
	t.Run("a host of one node only", func(t *testing.T) {
		cluster := fakeserver.StartCluster(t, 2)
		cluster.SetSlots(ranges(fakeserver.Node{Host: fakeserver.Bulk("?"), Port: cluster.Servers[0].Port()}, cluster.Servers[1].Node())...)
		client := connect(t, cluster.Servers[0])
		require.NoError(t, client.Set(ctx, key, "value"))
		require.NoError(t, client.Set(ctx, harness.KeyOfSlot(slot+1), "value"))
		require.Equal(t, 1, cluster.Servers[1].Count("SET"))
	})
}

func TestNodesWithIPv6AddressesAreReached(t *testing.T) {
	t.Parallel()
	probe, err := net.Listen("tcp", "[::1]:0")
	if err != nil {
		t.Skip("THIS TEST DID NOT RUN: this machine has no IPv6 loopback: ", err)
	}
	_ = probe.Close()
	for name, hosts := range map[string]struct{ inSlots, inMoved string }{
		"without brackets": {"::1", "::1"},
		"with brackets":    {"[::1]", "[::1]"},
		"in full":          {"0:0:0:0:0:0:0:1", "0:0:0:0:0:0:0:1"},
	} {
		for _, seed := range []string{"::1", "[::1]"} {
			t.Run(name+", seed "+seed, func(t *testing.T) {
				cluster := fakeserver.StartCluster(t, 2, fakeserver.On("::1"))
				from, to := cluster.Servers[0], cluster.Servers[1]
				node := func(server *fakeserver.Server) fakeserver.Node {
					return fakeserver.Node{Host: fakeserver.Bulk(hosts.inSlots), Port: server.Port()}
				}
				cluster.SetSlots(ranges(node(from), node(to))...)
				client, err := glide.NewClusterClient(ctx, glide.ClusterConfig{Addresses: []glide.Address{{Host: seed, Port: from.Port()}}, RequestTimeout: 2 * time.Second})
				if err != nil && seed == "[::1]" {
					require.ErrorIs(t, err, glide.ErrConfiguration, "it either works or is refused for what it is")
					return
				}
				require.NoError(t, err)
				t.Cleanup(func() { _ = client.Close() })
				require.NoError(t, client.Set(ctx, key, "value"))
				require.NoError(t, client.Set(ctx, harness.KeyOfSlot(slot+1), "value"))
				require.NotZero(t, asked(to))

				cluster.SetSlots(ranges(node(to), node(from))...)
				redirect(from, "MOVED %d %s:%d", slot, hosts.inMoved, to.Port())
				for way, call := range calls {
					require.NoError(t, call(ctx, client), way)
				}
				redirect(to, "ASK %d %s:%d", slot, hosts.inMoved, from.Port())
				refuse(from, nil)
				for way, call := range calls {
					require.NoError(t, call(ctx, client), way)
				}
				// Names of nodes in results are addresses in Go's form.
				sizes, err := client.Nodes(glide.AllPrimaries).DBSize(ctx)
				require.NoError(t, err)
				require.Len(t, sizes, 2)
				for name := range sizes {
					host, port, err := net.SplitHostPort(name)
					require.NoError(t, err, name)
					require.True(t, net.ParseIP(host).IsLoopback(), name)
					require.Contains(t, []string{strconv.Itoa(from.Port()), strconv.Itoa(to.Port())}, port)
				}
			})
		}
	}
}

// forever are replies with which no call can succeed.
var forever = map[string]func(cluster *fakeserver.Cluster){
	"MOVED to itself": func(cluster *fakeserver.Cluster) {
		for _, server := range cluster.Servers {
			redirect(server, "MOVED %d 127.0.0.1:%d", slot, server.Port())
		}
	},
	"MOVED to each other": func(cluster *fakeserver.Cluster) {
		for i, server := range cluster.Servers {
			redirect(server, "MOVED %d 127.0.0.1:%d", slot, cluster.Servers[1-i].Port())
		}
	},
	"MOVED to each other without a host": func(cluster *fakeserver.Cluster) {
		for i, server := range cluster.Servers {
			redirect(server, "MOVED %d :%d", slot, cluster.Servers[1-i].Port())
		}
	},
	"ASK to each other": func(cluster *fakeserver.Cluster) {
		for i, server := range cluster.Servers {
			redirect(server, "ASK %d 127.0.0.1:%d", slot, cluster.Servers[1-i].Port())
		}
	},
	"ASK and MOVED back": func(cluster *fakeserver.Cluster) {
		redirect(cluster.Servers[0], "ASK %d 127.0.0.1:%d", slot, cluster.Servers[1].Port())
		redirect(cluster.Servers[1], "MOVED %d 127.0.0.1:%d", slot, cluster.Servers[0].Port())
	},
	"MOVED to nobody": func(cluster *fakeserver.Cluster) {
		for _, server := range cluster.Servers {
			redirect(server, "MOVED %d 127.0.0.1:1", slot)
		}
	},
	"ASK to nobody": func(cluster *fakeserver.Cluster) {
		for _, server := range cluster.Servers {
			redirect(server, "ASK %d 127.0.0.1:1", slot)
		}
	},
	"MOVED that cannot be understood": func(cluster *fakeserver.Cluster) {
		for _, server := range cluster.Servers {
			redirect(server, "MOVED somewhere else")
		}
	},
	"TRYAGAIN":    func(cluster *fakeserver.Cluster) { redirectAll(cluster, "TRYAGAIN later") },
	"CLUSTERDOWN": func(cluster *fakeserver.Cluster) { redirectAll(cluster, "CLUSTERDOWN the cluster is down") },
	"LOADING":     func(cluster *fakeserver.Cluster) { redirectAll(cluster, "LOADING the dataset") },
	"MASTERDOWN":  func(cluster *fakeserver.Cluster) { redirectAll(cluster, "MASTERDOWN the link is down") },
	"READONLY":    func(cluster *fakeserver.Cluster) { redirectAll(cluster, "READONLY a replica") },
}

func redirectAll(cluster *fakeserver.Cluster, text string) {
	for _, server := range cluster.Servers {
		redirect(server, "%s", text)
	}
}

func TestCallThatCannotSucceedAsksEachNodeAFewTimesAndEndsWithAClearError(t *testing.T) {
	for name, begin := range forever {
		for way, call := range calls {
			t.Run(name+", "+way, func(t *testing.T) {
				t.Parallel()
				cluster := fakeserver.StartCluster(t, 2)
				cluster.SetSlots(ranges(cluster.Servers[0].Node(), cluster.Servers[1].Node())...)
				client := connect(t, cluster.Servers...)
				require.NoError(t, call(ctx, client))
				begin(cluster)
				commands := 1
				if way == "pipeline" {
					commands = 2 // each counts
				}
				before := []int{asked(cluster.Servers[0]), asked(cluster.Servers[1])}
				slots := cluster.Count("CLUSTER SLOTS")
				begun := time.Now()
				err := call(ctx, client)
				took := time.Since(begun)
				require.Error(t, err)
				for i, server := range cluster.Servers {
					require.LessOrEqual(t, asked(server)-before[i], few*commands, "node %d was asked too often within %v: %v", i, took, err)
				}
				require.LessOrEqual(t, cluster.Count("CLUSTER SLOTS")-slots, 4*few, "the slots were asked for too often")
				require.NotErrorIs(t, err, glide.ErrInternal)
				require.NotContains(t, err.Error(), "ExtensionError")
				require.NotContains(t, err.Error(), "ClientError")
				// The server's own word reaches the caller.
				var refused *glide.ServerError
				code, _, _ := strings.Cut(name, " ")
				if errors.As(err, &refused) {
					require.Contains(t, []string{code, "MOVED", "ASK"}, refused.Code)
				} else {
					require.True(t, harness.IsLost(err), "%v", err)
					if !strings.HasSuffix(name, "to nobody") {
						// On a busy machine the call's time may be over before the
						// library says so, and why.
						for tries := 1; tries < 5 && !strings.Contains(err.Error(), code); tries++ {
							err = call(ctx, client)
						}
						require.ErrorContains(t, err, code, "the error hides the server's")
					}
				}
				t.Logf("after %v: %v", took, err)

				// And it works again as soon as it can.
				for _, server := range cluster.Servers {
					refuse(server, nil)
				}
				require.Eventually(t, func() bool { return call(ctx, client) == nil }, 5*time.Second, 20*time.Millisecond)
			})
		}
	}
}

func TestManyCallersOfANodeThatRedirectsForEverMakeNoStorm(t *testing.T) {
	for name, begin := range forever {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			const callers = 100
			cluster := fakeserver.StartCluster(t, 2)
			cluster.SetSlots(ranges(cluster.Servers[0].Node(), cluster.Servers[1].Node())...)
			client := connect(t, cluster.Servers...)
			require.NoError(t, calls["read"](ctx, client))
			begin(cluster)
			before := []int{asked(cluster.Servers[0]), asked(cluster.Servers[1])}
			slots, accepted := cluster.Count("CLUSTER SLOTS"), cluster.Servers[0].Accepted()+cluster.Servers[1].Accepted()
			for _, err := range testkit.Concurrently(callers, func(int) error { return calls["read"](ctx, client) }) {
				require.Error(t, err)
			}
			for i, server := range cluster.Servers {
				require.LessOrEqual(t, asked(server)-before[i], few*callers, "node %d was asked too often", i)
			}
			// Callers share what is asked for the map, and connections.
			require.LessOrEqual(t, cluster.Count("CLUSTER SLOTS")-slots, callers/2)
			require.LessOrEqual(t, cluster.Servers[0].Accepted()+cluster.Servers[1].Accepted()-accepted, callers/2)
		})
	}
}
