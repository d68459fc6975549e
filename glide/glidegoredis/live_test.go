package glidegoredis_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/glidegoredis"
	"github.com/valkey-glide/go/glide/glidetest"
)

// servers are a server and a cluster, which all tests share.
var servers struct {
	once    sync.Once
	server  *glidetest.Server
	cluster *glidetest.Cluster
	err     error
}

func TestMain(m *testing.M) {
	code := m.Run()
	if servers.server != nil {
		_ = servers.server.Close()
	}
	if servers.cluster != nil {
		_ = servers.cluster.Close()
	}
	os.Exit(code)
}

func start(t *testing.T) (*glidetest.Server, *glidetest.Cluster) {
	t.Helper()
	servers.once.Do(func() {
		servers.server, servers.err = glidetest.StartServer(context.Background())
		if servers.err == nil {
			servers.cluster, servers.err = glidetest.StartServerCluster(context.Background())
		}
	})
	require.NoError(t, servers.err)
	return servers.server, servers.cluster
}

func configOf(server *glidetest.Server) glide.Config {
	return glide.Config{Addresses: []glide.Address{{Host: server.Host(), Port: server.Port()}}}
}

func standaloneClient(t *testing.T, config glide.Config) *glide.Client {
	t.Helper()
	client, err := glide.NewClient(t.Context(), config)
	require.NoError(t, err)
	t.Cleanup(func() { _ = client.Close() })
	return client
}

func clusterClient(t *testing.T) *glide.ClusterClient {
	t.Helper()
	_, cluster := start(t)
	client, err := glide.NewClusterClient(t.Context(), glide.ClusterConfig{Addresses: configOf(cluster.Nodes()[0]).Addresses})
	require.NoError(t, err)
	t.Cleanup(func() { _ = client.Close() })
	return client
}

func over(t *testing.T, client glidegoredis.Client, change ...func(*redis.Options)) *redis.Client {
	t.Helper()
	options := glidegoredis.Options(client)
	for _, change := range change {
		change(options)
	}
	rdb := redis.NewClient(options)
	t.Cleanup(func() { _ = rdb.Close() })
	return rdb
}

func withProtocol(version int) func(*redis.Options) {
	return func(options *redis.Options) { options.Protocol = version }
}

// each runs a test on a server and on a cluster, in both versions of the protocol.
func each(t *testing.T, test func(t *testing.T, rdb *redis.Client)) {
	server, _ := start(t)
	for _, version := range []int{2, 3} {
		t.Run(fmt.Sprintf("standalone/RESP%d", version), func(t *testing.T) {
			test(t, over(t, standaloneClient(t, configOf(server)), withProtocol(version)))
		})
		t.Run(fmt.Sprintf("cluster/RESP%d", version), func(t *testing.T) {
			test(t, over(t, clusterClient(t), withProtocol(version)))
		})
	}
}

// key returns a key that only this test uses, with a hash tag.
func key(t *testing.T, name string) string { return "{" + t.Name() + "}" + name }

func TestCommandsAndPipelines(t *testing.T) {
	each(t, func(t *testing.T, rdb *redis.Client) {
		ctx, k := t.Context(), key(t, "k")
		require.NoError(t, rdb.Set(ctx, k, "v", 0).Err())
		require.Equal(t, "v", rdb.Get(ctx, k).Val())
		require.ErrorIs(t, rdb.Get(ctx, k+"none").Err(), redis.Nil)
		require.ErrorContains(t, rdb.LPush(ctx, k, "x").Err(), "WRONGTYPE Operation against a key")
		large := strings.Repeat("x\r\n\x00", 300_000)
		require.NoError(t, rdb.Set(ctx, k, large, 0).Err())
		require.Equal(t, large, rdb.Get(ctx, k).Val())
		commands, err := rdb.Pipelined(ctx, func(p redis.Pipeliner) error {
			for i := range 300 { // keys of all slots
				p.Set(ctx, fmt.Sprint(k[1:], i), i, time.Minute)
			}
			p.ZAdd(ctx, k+"z", redis.Z{Score: 1.5, Member: "a"}, redis.Z{Score: 2, Member: "b"})
			p.ZRangeWithScores(ctx, k+"z", 0, -1)
			p.Incr(ctx, k)
			p.Ping(ctx)
			return nil
		})
		require.ErrorContains(t, err, "ERR value is not an integer")
		require.Equal(t, []redis.Z{{Score: 1.5, Member: "a"}, {Score: 2, Member: "b"}}, commands[301].(*redis.ZSliceCmd).Val())
		require.Equal(t, "PONG", commands[303].(*redis.StatusCmd).Val())
		require.NoError(t, rdb.Del(ctx, k, k[1:]+"0", k[1:]+"1").Err(), "keys of several slots")
	})
}

// Replies come as the server sends them to a connection of that version.
func TestRepliesAreAsTheServerSendsThem(t *testing.T) {
	server, _ := start(t)
	client := standaloneClient(t, configOf(server))
	for _, version := range []int{2, 3} {
		options := &redis.Options{Addr: server.Addr(), Protocol: version, DisableIdentity: true}
		own := redis.NewClient(options)
		defer own.Close()
		rdb := over(t, client, withProtocol(version))
		ctx, k := t.Context(), key(t, "k")
		for _, setup := range [][]any{
			{"SET", k + "s", "value"}, {"HSET", k + "h", "f", "1"}, {"RPUSH", k + "l", "a", "b"}, {"SADD", k + "set", "m"},
			{"ZADD", k + "z", "1.5", "a", "inf", "b"}, {"XADD", k + "x", "1-1", "f", "v"}, {"XGROUP", "CREATE", k + "x", "g", "0"},
			{"GEOADD", k + "g", "13.361389", "38.115556", "Palermo"}, {"PFADD", k + "hll", "a"},
		} {
			own.Do(ctx, setup...)
		}
		for _, command := range [][]any{
			{"GET", k + "s"}, {"GET", k}, {"TYPE", k + "s"}, {"HGETALL", k + "h"}, {"HRANDFIELD", k + "h", 1, "WITHVALUES"},
			{"LPOP", k, 2}, {"LRANGE", k + "l", 0, -1}, {"SMEMBERS", k + "set"}, {"SMISMEMBER", k + "set", "m", "n"},
			{"ZRANGE", k + "z", 0, -1, "WITHSCORES"}, {"ZSCORE", k + "z", "a"}, {"ZSCORE", k + "z", "none"}, {"ZMSCORE", k + "z", "a", "none"},
			{"ZRANK", k + "z", "a", "WITHSCORE"}, {"ZINCRBY", k + "z", "0", "a"}, {"ZADD", k + "z", "INCR", 0, "a"},
			{"XRANGE", k + "x", "-", "+"}, {"XREAD", "STREAMS", k + "x", "0"}, {"XREAD", "STREAMS", k + "x", "$"},
			{"XINFO", "STREAM", k + "x"}, {"XPENDING", k + "x", "g"}, {"GEOPOS", k + "g", "Palermo", "none"},
			{"GEOSEARCH", k + "g", "FROMLONLAT", 15, 37, "BYRADIUS", 200, "km", "WITHCOORD", "WITHDIST"}, {"GEODIST", k + "g", "Palermo", "Palermo"},
			{"CONFIG", "GET", "maxmemory*"}, {"EXPIRE", k + "s", 1000}, {"OBJECT", "ENCODING", k + "s"},
			{"EVAL", "return {1,'a',{err='BAD one'},false,{ok='fine'}}", 0}, {"EVAL", "redis.setresp(3) return {double=1.5}", 0},
			{"EVAL", "redis.setresp(3) return {big_number='123456789012345678901234567890'}", 0},
			{"EVAL", "redis.setresp(3) return {map={a={set={b=true}}}}", 0}, {"EVAL", "redis.setresp(3) return true", 0},
			{"EVAL", "redis.setresp(3) return {verbatim_string={string='a',format='txt'}}", 0},
			{"COMMAND", "DOCS", "GET"}, {"COMMAND", "INFO", "GET"}, {"CLIENT", "TRACKINGINFO"}, {"LOLWUT"}, {"NOSUCH", "a"}, {"GET"},
			{"LCS", k + "s", k + "s", "IDX"}, {"SCAN", 0, "MATCH", k + "h"}, {"BLPOP", k, 0.01}, {"FUNCTION", "STATS"}, {"MEMORY", "USAGE", k + "s"},
		} {
			want, wantErr := own.Do(ctx, command...).Result()
			got, err := rdb.Do(ctx, command...).Result()
			require.Equal(t, fmt.Sprint(wantErr), fmt.Sprint(err), "%v", command)
			require.Equal(t, want, got, "RESP%d: %v", version, command)
		}
	}
}

func TestTransactions(t *testing.T) {
	each(t, func(t *testing.T, rdb *redis.Client) {
		ctx, k := t.Context(), key(t, "n")
		require.NoError(t, rdb.Set(ctx, k, 1, 0).Err())
		commands, err := rdb.TxPipelined(ctx, func(p redis.Pipeliner) error {
			p.Incr(ctx, k)
			p.LPush(ctx, k, "x")
			p.Get(ctx, k)
			return nil
		})
		require.ErrorContains(t, err, "WRONGTYPE")
		require.Equal(t, "2", commands[2].(*redis.StringCmd).Val())
		increment := func(interfere bool) error {
			return rdb.Watch(ctx, func(tx *redis.Tx) error {
				n, err := tx.Get(ctx, k).Int()
				if err != nil {
					return err
				}
				if interfere {
					require.NoError(t, rdb.Incr(ctx, k).Err())
				}
				_, err = tx.TxPipelined(ctx, func(p redis.Pipeliner) error {
					p.Set(ctx, k, n+1, 0)
					return nil
				})
				return err
			}, k)
		}
		require.NoError(t, increment(false))
		require.ErrorIs(t, increment(true), redis.TxFailedErr)
		require.Equal(t, "4", rdb.Get(ctx, k).Val())
		_, err = rdb.TxPipelined(ctx, func(p redis.Pipeliner) error {
			p.Do(ctx, "NOSUCH")
			p.Incr(ctx, k)
			return nil
		})
		require.ErrorContains(t, err, "EXECABORT")
		require.Equal(t, "4", rdb.Get(ctx, k).Val(), "nothing was run")
	})
}

func TestBlockingCommandsWaitAndEnd(t *testing.T) {
	each(t, func(t *testing.T, rdb *redis.Client) {
		ctx, k := t.Context(), key(t, "l")
		popped := make(chan []string)
		go func() { popped <- rdb.BLPop(ctx, 30*time.Second, k).Val() }()
		require.Eventually(t, func() bool { return rdb.LPush(ctx, k, "x").Err() == nil }, 10*time.Second, time.Millisecond)
		require.Equal(t, []string{k, "x"}, <-popped)

		short, cancel := context.WithTimeout(ctx, 50*time.Millisecond)
		defer cancel()
		err := rdb.BLPop(short, 0, k).Err()
		require.True(t, errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(err, context.DeadlineExceeded), "%v", err)
		require.NoError(t, rdb.LPush(ctx, k, "y").Err())
		require.Equal(t, int64(1), rdb.LLen(ctx, k).Val(), "what was given up takes nothing")
		require.NoError(t, rdb.Del(ctx, k).Err())
	})
}

func TestSubscriptions(t *testing.T) {
	each(t, func(t *testing.T, rdb *redis.Client) {
		ctx, k := t.Context(), key(t, "c")
		subscription := rdb.Subscribe(ctx, k)
		defer subscription.Close()
		_, err := subscription.Receive(ctx)
		require.NoError(t, err)
		require.NoError(t, subscription.PSubscribe(ctx, k+"*"))
		_, err = subscription.Receive(ctx)
		require.NoError(t, err)
		require.NoError(t, rdb.Publish(ctx, k, "hello").Err())
		got := map[string]string{}
		for range 2 {
			message, err := subscription.ReceiveMessage(ctx)
			require.NoError(t, err)
			got[message.Pattern] = message.Channel + message.Payload
		}
		require.Equal(t, map[string]string{"": k + "hello", k + "*": k + "hello"}, got)
		require.NoError(t, subscription.Unsubscribe(ctx))
		confirmation, err := subscription.Receive(ctx)
		require.NoError(t, err)
		require.Equal(t, &redis.Subscription{Kind: "unsubscribe", Channel: k, Count: 1}, confirmation)
		require.NoError(t, subscription.Ping(ctx))
		_, err = subscription.Receive(ctx)
		require.NoError(t, err)
		require.Equal(t, "v", rdb.Set(ctx, k, "v", 0).Args()[2])
	})
}

func TestShardedSubscriptions(t *testing.T) {
	rdb := over(t, clusterClient(t))
	ctx, k := t.Context(), key(t, "c")
	subscription := rdb.SSubscribe(ctx, k)
	defer subscription.Close()
	_, err := subscription.Receive(ctx)
	require.NoError(t, err)
	require.NoError(t, rdb.SPublish(ctx, k, "hello").Err())
	message, err := subscription.ReceiveMessage(ctx)
	require.NoError(t, err)
	require.Equal(t, k+"hello", message.Channel+message.Payload)
}

func TestScansCoverAllNodesBehindOneCursor(t *testing.T) {
	each(t, func(t *testing.T, rdb *redis.Client) {
		ctx, prefix := t.Context(), strings.Trim(key(t, ""), "{}")
		want := map[string]bool{}
		for i := range 500 {
			k := fmt.Sprint(prefix, i)
			want[k] = true
			require.NoError(t, rdb.Set(ctx, k, 1, time.Minute).Err())
		}
		found := map[string]bool{}
		scan := rdb.Scan(ctx, 0, prefix+"*", 50).Iterator()
		for scan.Next(ctx) {
			found[scan.Val()] = true
		}
		require.NoError(t, scan.Err())
		require.Equal(t, want, found)
	})
}

func TestCursorsOfOthersAreRefused(t *testing.T) {
	rdb := over(t, clusterClient(t))
	require.ErrorContains(t, rdb.Scan(t.Context(), 12345, "", 0).Err(), "not one of this client")
}

func TestStateOfConnections(t *testing.T) {
	server, _ := start(t)
	server.MustCommand(t, "FLUSHALL") // of what an earlier run has left
	rdb := over(t, standaloneClient(t, configOf(server)))
	ctx, k := t.Context(), key(t, "k")
	connection := rdb.Conn()
	defer connection.Close()
	require.NoError(t, connection.ClientSetName(ctx, "me").Err())
	require.Equal(t, "me", connection.ClientGetName(ctx).Val())
	require.NoError(t, connection.Set(ctx, k, "zero", 0).Err())
	require.NoError(t, connection.Select(ctx, 3).Err())
	require.ErrorIs(t, connection.Get(ctx, k).Err(), redis.Nil)
	require.NoError(t, connection.Set(ctx, k, "three", 0).Err())
	require.Equal(t, "zero", rdb.Get(ctx, k).Val(), "others stay in the client's database")
	require.NoError(t, connection.Select(ctx, 0).Err())
	require.Equal(t, "zero", connection.Get(ctx, k).Val())
	require.ErrorContains(t, connection.Do(ctx, "AUTH", "nobody", "wrong").Err(), "WRONGPASS")
	require.ErrorContains(t, connection.Do(ctx, "MONITOR").Err(), "MONITOR needs a connection of its own")
	require.Equal(t, "RESET", connection.Do(ctx, "RESET").Val())
	require.Empty(t, connection.ClientGetName(ctx).Val())
	require.ErrorContains(t, connection.Do(ctx, "EXEC").Err(), "EXEC without MULTI")
	require.Equal(t, "OK", connection.Do(ctx, "QUIT").Val())
	require.ErrorContains(t, connection.Ping(ctx).Err(), "EOF")
}

// A deadline ends a command, and so does the end of the connection.
func TestDeadlinesEndCommands(t *testing.T) {
	server := glidetest.Start(t)
	rdb := over(t, standaloneClient(t, configOf(server)))
	require.NoError(t, rdb.Ping(t.Context()).Err())
	require.NoError(t, server.Pause())
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	err := rdb.Get(ctx, "k").Err()
	var network net.Error
	require.True(t, errors.As(err, &network) && network.Timeout() || errors.Is(err, context.DeadlineExceeded), "%v", err)
	dialer := glidegoredis.Options(standaloneClient(t, glide.Config{Addresses: configOf(server).Addresses, LazyConnect: true})).Dialer
	connection, err := dialer(t.Context(), "", "")
	require.NoError(t, err)
	_, err = connection.Write([]byte("*2\r\n$3\r\nGET\r\n$1\r\nk\r\n"))
	require.NoError(t, err)
	ended := make(chan error)
	go func() {
		_, err := connection.Read(make([]byte, 100))
		ended <- err
	}()
	time.Sleep(20 * time.Millisecond) // the Read may have begun, or not
	require.NoError(t, connection.Close())
	require.ErrorIs(t, <-ended, net.ErrClosed)
	require.NoError(t, server.Resume())
}

// Cancellation does not end a command that runs, as on go-redis's own connections:
// go-redis tells a connection of deadlines only.
func TestCancellationIsAsOnOwnConnections(t *testing.T) {
	server := glidetest.Start(t)
	own := redis.NewClient(&redis.Options{Addr: server.Addr()})
	defer own.Close()
	for _, rdb := range []*redis.Client{own, over(t, standaloneClient(t, configOf(server)))} {
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- rdb.BLPop(ctx, 0, "list").Err() }()
		require.Eventually(t, func() bool {
			info, err := server.Command("INFO", "clients")
			text, _ := info.(string)
			return err == nil && strings.Contains(text, "blocked_clients:1")
		}, 20*time.Second, time.Millisecond)
		cancel()
		require.ErrorIs(t, rdb.Ping(ctx).Err(), context.Canceled)
		require.Empty(t, ended)
		require.NoError(t, rdb.LPush(t.Context(), "list", "x").Err())
		require.NoError(t, <-ended)
	}
}

// A connection that is lost under a command looks like one.
func TestLostConnectionsLookLost(t *testing.T) {
	server := glidetest.Start(t)
	server.MustCommand(t, "CONFIG", "SET", "busy-reply-threshold", "1")
	patient := func(options *redis.Options) { options.ReadTimeout = time.Minute }
	rdb := over(t, standaloneClient(t, configOf(server)), patient)
	ctx := t.Context()
	ended := make(chan error)
	go func() { ended <- rdb.Eval(ctx, "while true do end", nil).Err() }()
	require.Eventually(t, func() bool {
		_, err := server.Command("PING")
		return err != nil && strings.Contains(err.Error(), "BUSY")
	}, 20*time.Second, 10*time.Millisecond)
	require.NoError(t, server.Kill())
	require.ErrorContains(t, <-ended, "EOF")
	require.NoError(t, server.Restart())
	require.Eventually(t, func() bool { return rdb.Ping(ctx).Err() == nil }, 10*time.Second, 10*time.Millisecond)
}

// Closing the pool leaves nothing behind.
func TestNothingIsLeft(t *testing.T) {
	server, _ := start(t)
	client := standaloneClient(t, configOf(server))
	use := func() {
		rdb := redis.NewClient(glidegoredis.Options(client))
		ctx, k := t.Context(), key(t, "k")
		var wait sync.WaitGroup
		for range 50 {
			wait.Go(func() {
				rdb.Set(ctx, k, 1, 0)
				rdb.Do(ctx, "BLPOP", k+"l", "0.001")
				connection := rdb.Conn()
				connection.Select(ctx, 2)
				connection.Do(ctx, "WATCH", k)
				_ = connection.Close()
			})
		}
		subscription := rdb.Subscribe(ctx, k)
		_, err := subscription.Receive(ctx)
		require.NoError(t, err)
		wait.Wait()
		require.NoError(t, subscription.Close())
		require.NoError(t, rdb.Close())
	}
	use()
	before := runtime.NumGoroutine()
	for range 3 {
		use()
	}
	// The condition runs on another goroutine.
	require.EventuallyWithT(t, func(c *assert.CollectT) {
		stacks := make([]byte, 1<<20)
		stacks = stacks[:runtime.Stack(stacks, true)]
		require.LessOrEqual(c, runtime.NumGoroutine(), before+2, string(stacks))
	}, 10*time.Second, 10*time.Millisecond)
	require.EventuallyWithT(t, func(c *assert.CollectT) {
		list, _ := server.MustCommand(t, "CLIENT", "LIST").(string)
		require.NotRegexp(c, ` db=2| cmd=watch| sub=[1-9]`, list)
	}, 20*time.Second, 10*time.Millisecond)
}

func TestReplyModes(t *testing.T) {
	server, _ := start(t)
	server.MustCommand(t, "FLUSHALL") // of what an earlier run has left
	dialer := glidegoredis.Options(standaloneClient(t, configOf(server))).Dialer
	connection, err := dialer(t.Context(), "", "")
	require.NoError(t, err)
	defer connection.Close()
	write := func(words ...string) {
		text := fmt.Sprintf("*%d\r\n", len(words))
		for _, word := range words {
			text += fmt.Sprintf("$%d\r\n%s\r\n", len(word), word)
		}
		_, err := connection.Write([]byte(text))
		require.NoError(t, err)
	}
	k := key(t, "n")
	write("CLIENT", "REPLY", "SKIP")
	write("INCR", k)
	write("CLIENT", "REPLY", "OFF")
	write("INCR", k)
	write("CLIENT", "REPLY", "ON")
	write("GET", k)
	var got []byte
	for len(got) < len("+OK\r\n$1\r\n2\r\n") {
		p := make([]byte, 3)
		n, err := connection.Read(p)
		require.NoError(t, err)
		got = append(got, p[:n]...)
	}
	require.Equal(t, "+OK\r\n$1\r\n2\r\n", string(got))
}

func TestOptionsRefuseWhatIsNoClient(t *testing.T) {
	var none *glide.Client
	require.ErrorContains(t, over(t, none).Ping(t.Context()).Err(), "no client")
}
