package retries_test

import (
	"errors"
	"math"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/livetest/internal/fakeserver"
	"github.com/valkey-glide/go/glide/livetest/internal/harness"
)

var kinds = []harness.Kind{harness.Standalone, harness.Cluster}

// once are reads that a server gets once each.
var once = map[string]struct {
	command string
	read    func(client harness.Client) error
}{
	"GET":     {"GET", func(client harness.Client) error { _, err := client.Get(ctx, "key"); return err }},
	"MGET":    {"MGET", func(client harness.Client) error { _, err := client.MGet(ctx, "{key}1", "{key}2"); return err }},
	"untyped": {"GET", func(client harness.Client) error { _, err := client.Do(ctx, "GET", "key"); return err }},
	"pipeline": {"GET", func(client harness.Client) error {
		results, err := client.Exec(ctx, glide.NewPipeline().Get("key"))
		if err == nil {
			err = results.Err(0)
		}
		return err
	}},
}

// fault is what happens to the first commands of a server.
type fault struct {
	reply func(c *fakeserver.Conn) string
	code  string // of the error without retries; none is a lost connection
}

var faults = map[string]fault{
	"lost":        {func(c *fakeserver.Conn) string { c.Reset(); return fakeserver.NoReply }, ""},
	"LOADING":     {func(*fakeserver.Conn) string { return "-LOADING it is loading\r\n" }, "LOADING"},
	"MASTERDOWN":  {func(*fakeserver.Conn) string { return "-MASTERDOWN it is down\r\n" }, "MASTERDOWN"},
	"CLUSTERDOWN": {func(*fakeserver.Conn) string { return "-CLUSTERDOWN it is down\r\n" }, "CLUSTERDOWN"},
	"TRYAGAIN":    {func(*fakeserver.Conn) string { return "-TRYAGAIN later\r\n" }, "TRYAGAIN"},
}

// failing makes the first commands of a name fail.
func failing(server *fakeserver.Server, command string, times int, f fault) {
	var count atomic.Int64
	server.Handle(command, func(c *fakeserver.Conn, _ []string) string {
		if count.Add(1) > int64(times) {
			return fakeserver.Default
		}
		return f.reply(c)
	})
}

// onEachFault runs a test for each kind of client, read and fault.
func onEachFault(t *testing.T, config glide.ClusterConfig, test func(t *testing.T, server *fakeserver.Server, command string, f fault, read func() error)) {
	t.Helper()
	for _, kind := range kinds {
		for name, way := range once {
			for what, f := range faults {
				t.Run(string(kind)+", "+name+", "+what, func(t *testing.T) {
					t.Parallel()
					server := fakeserver.Start(t)
					config := config
					config.Addresses = harness.AddressesOf(server)
					client := kind.Connect(t, config)
					test(t, server, way.command, f, func() error { return way.read(client) })
				})
			}
		}
	}
}

func TestReadIsSentAgainAsOftenAsItTakes(t *testing.T) {
	t.Parallel()
	const times = 7
	onEachFault(t, glide.ClusterConfig{RequestTimeout: 30 * time.Second}, func(t *testing.T, server *fakeserver.Server, command string, f fault, read func() error) {
		failing(server, command, times, f)
		require.NoError(t, read())
		require.Equal(t, times+1, server.Count(command))
	})
}

// Others are on the connection, too.
func TestReadThatAlwaysBreaksItsConnectionIsGivenUp(t *testing.T) {
	t.Parallel()
	const times = 12 // ten times again, and once in a group with others
	for _, kind := range kinds {
		for name, way := range once {
			t.Run(string(kind)+", "+name, func(t *testing.T) {
				t.Parallel()
				server := fakeserver.Start(t)
				failing(server, way.command, math.MaxInt, faults["lost"])
				client := kind.Connect(t, glide.ClusterConfig{Addresses: harness.AddressesOf(server), RequestTimeout: 5 * time.Minute})
				err := way.read(client)
				require.ErrorIs(t, err, glide.ErrConnectionLost)
				require.NotErrorIs(t, err, glide.ErrTimeout)
				require.Greater(t, server.Count(way.command), 1)
				require.LessOrEqual(t, server.Count(way.command), times)
				require.NoError(t, client.Set(ctx, "key", "value"))
			})
		}
	}
}

func TestNothingIsSentTwiceWithoutRetries(t *testing.T) {
	t.Parallel()
	onEachFault(t, glide.ClusterConfig{RequestTimeout: 5 * time.Second, NoRetries: true}, func(t *testing.T, server *fakeserver.Server, command string, f fault, read func() error) {
		failing(server, command, 1, f)
		err := read()
		require.Error(t, err)
		var refused *glide.ServerError
		if f.code == "" {
			require.ErrorIs(t, err, glide.ErrConnectionLost)
		} else {
			require.ErrorAs(t, err, &refused)
			require.Equal(t, f.code, refused.Code)
		}
		require.NotErrorIs(t, err, glide.ErrTimeout)
		require.Equal(t, 1, server.Count(command))
		require.NoError(t, read(), "the client connects again")
		require.Equal(t, 2, server.Count(command))
	})
}

func TestRedirectsAreFollowedWithoutRetries(t *testing.T) {
	t.Parallel()
	cluster := fakeserver.StartCluster(t, 2)
	from, to := cluster.Servers[0], cluster.Servers[1]
	from.Refuse("GET", func(*fakeserver.Conn, []string) string {
		return fakeserver.Error("MOVED 100 " + harness.AddressOf(to).String())
	})
	config := glide.ClusterConfig{Addresses: harness.AddressesOf(cluster.Servers...), RequestTimeout: 5 * time.Second, NoRetries: true}
	client := harness.Cluster.Connect(t, config)
	_, err := client.Get(ctx, harness.KeyOfSlot(100))
	require.NoError(t, err)
	require.Equal(t, []int{1, 1}, []int{from.Count("GET"), to.Count("GET")})
}

// A write is sent again only if the server says that it has not run it.
func TestWriteIsSentAgainIfItWasRefused(t *testing.T) {
	t.Parallel()
	for _, kind := range kinds {
		for name, increment := range harness.Increments {
			if name == "script" {
				continue // it may say what it likes after it has run
			}
			for what, f := range faults {
				t.Run(string(kind)+", "+name+", "+what, func(t *testing.T) {
					t.Parallel()
					server := fakeserver.Start(t)
					client := kind.Connect(t, glide.ClusterConfig{Addresses: harness.AddressesOf(server), RequestTimeout: 10 * time.Second})
					var count atomic.Int64
					server.Refuse("INCR", func(c *fakeserver.Conn, _ []string) string {
						if count.Add(1) > 3 {
							return fakeserver.Default
						}
						return f.reply(c)
					})
					n, err := increment(ctx, client, "counter")
					if f.code == "" {
						require.ErrorIs(t, err, glide.ErrConnectionLost)
						require.EqualValues(t, 1, count.Load())
						return
					}
					require.NoError(t, err)
					require.EqualValues(t, 1, n)
					require.EqualValues(t, 4, count.Load())
				})
			}
		}
	}
}

// Commands of a pipeline that were refused are sent again in their order, with
// what was read after them; not if something was written after them.
func TestPipelineKeepsItsOrderWhenCommandsAreRefused(t *testing.T) {
	t.Parallel()
	for _, kind := range kinds {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			server := fakeserver.Start(t)
			client := kind.Connect(t, glide.ClusterConfig{Addresses: harness.AddressesOf(server), RequestTimeout: 10 * time.Second})
			failing(server, "SET", 1, faults["TRYAGAIN"])
			results, err := client.Exec(ctx, glide.NewPipeline().Incr("a").Set("b", "new").Get("b"))
			require.NoError(t, err)
			read, err := glide.Result[glide.Optional[string]](results, 2)
			require.NoError(t, err)
			require.Equal(t, "new", read.Value())
			require.Equal(t, 1, server.Data().Runs("a"))
			require.Equal(t, 2, server.Count("SET"))

			failing(server, "SET", 1, faults["TRYAGAIN"])
			results, err = client.Exec(ctx, glide.NewPipeline().Set("c", "new").Incr("d"))
			require.NoError(t, err)
			var refused *glide.ServerError
			require.True(t, errors.As(results.Err(0), &refused), "%v", results.Err(0))
			require.Equal(t, "TRYAGAIN", refused.Code)
			require.NoError(t, results.Err(1))
			require.Equal(t, 3, server.Count("SET"))
		})
	}
}
