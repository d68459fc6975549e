package commands_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/glidetest"
	"github.com/valkey-glide/go/glide/internal/faces"
	"github.com/valkey-glide/go/glide/internal/testkit"
	"github.com/valkey-glide/go/glide/livetest/internal/harness"
)

// serversOf returns the servers that a face talks to.
func serversOf(t *testing.T, c faces.Face) []*glidetest.Server {
	t.Helper()
	if isCluster(c) {
		return harness.Value(testkit.SharedCluster())(t).Nodes()
	}
	return []*glidetest.Server{harness.Value(testkit.SharedServer())(t)}
}

// subscribe subscribes a separate connection, and returns what arrives on it
// after it has been confirmed.
func subscribe(t *testing.T, server *glidetest.Server, args ...string) *bufio.Reader {
	t.Helper()
	conn, err := net.Dial("tcp", server.Addr())
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, conn.Close()) })
	require.NoError(t, conn.SetDeadline(time.Now().Add(harness.Patience)))
	request := fmt.Sprintf("*%d\r\n", len(args))
	for _, arg := range args {
		request += fmt.Sprintf("$%d\r\n%s\r\n", len(arg), arg)
	}
	_, err = conn.Write([]byte(request))
	require.NoError(t, err)
	replies := bufio.NewReader(conn)
	for range args[1:] {
		for {
			line, err := replies.ReadString('\n')
			require.NoError(t, err)
			require.NotEqual(t, byte('-'), line[0], line)
			if line[0] == ':' {
				break
			}
		}
	}
	return replies
}

// requireMessage requires this message to arrive next.
func requireMessage(t *testing.T, replies *bufio.Reader, words ...string) {
	t.Helper()
	want := fmt.Sprintf("*%d\r\n", len(words))
	for _, word := range words {
		want += fmt.Sprintf("$%d\r\n%s\r\n", len(word), word)
	}
	got := make([]byte, len(want))
	_, err := io.ReadFull(replies, got)
	require.NoError(t, err)
	require.Equal(t, want, string(got))
}

// gone waits until the subscriptions of the test before are.
func gone(t *testing.T, c faces.Face) {
	t.Helper()
	require.Eventually(t, func() bool {
		c := direct(c)
		return harness.Value(c.PubSubNumPat(ctx))(t) == 0 && len(harness.Value(c.PubSubChannels(ctx))(t)) == 0
	}, harness.Patience, 5*time.Millisecond)
}

func TestPublishGivesTheNumberOfReceivers(t *testing.T) {
	harness.OnEveryFace(t, func(t *testing.T, c faces.Face) {
		gone(t, c)
		require.EqualValues(t, 0, harness.Value(c.Publish(ctx, "nobody", "message"))(t))
		var subscribers []*bufio.Reader
		for _, server := range serversOf(t, c) {
			subscribers = append(subscribers, subscribe(t, server, "SUBSCRIBE", "channel", "other"))
		}
		for _, text := range harness.Hostile {
			require.EqualValues(t, 1, harness.Value(c.Publish(ctx, "channel", text))(t), "those at the same node")
			for _, subscriber := range subscribers {
				requireMessage(t, subscriber, "message", "channel", text)
			}
		}
		for _, server := range serversOf(t, c) {
			subscribe(t, server, "PSUBSCRIBE", "chan*", "*")
		}
		require.EqualValues(t, 3, harness.Value(c.Publish(ctx, "channel", "message"))(t), "once for each subscription")
	})
}

func TestChannelsAreCounted(t *testing.T) {
	harness.OnEveryFace(t, func(t *testing.T, c faces.Face) {
		gone(t, c)
		require.Empty(t, harness.Value(c.PubSubChannels(ctx))(t))
		require.EqualValues(t, 0, harness.Value(c.PubSubNumPat(ctx))(t))
		require.Equal(t, map[string]int64{"a": 0}, harness.Value(c.PubSubNumSub(ctx, "a"))(t))
		require.Empty(t, harness.Value(c.PubSubNumSub(ctx))(t))

		servers := serversOf(t, c)
		for _, server := range servers {
			subscribe(t, server, "SUBSCRIBE", "b", "a\x00", "ca")
			subscribe(t, server, "SUBSCRIBE", "b")
			subscribe(t, server, "PSUBSCRIBE", "a*", "b*")
		}
		asked := int64(len(servers))
		if isTransaction(c) {
			asked = 1 // the one that runs it
		}
		require.Equal(t, []string{"a\x00", "b", "ca"}, harness.Value(c.PubSubChannels(ctx))(t))
		require.Equal(t, []string{"b"}, harness.Value(c.PubSubChannels(ctx, glide.ChannelsMatching("b*")))(t))
		require.Empty(t, harness.Value(c.PubSubChannels(ctx, glide.ChannelsMatching("")))(t))
		require.Equal(t, 2*asked, harness.Value(c.PubSubNumPat(ctx))(t))
		require.Equal(t, map[string]int64{"a\x00": asked, "b": 2 * asked, "absent": 0}, harness.Value(c.PubSubNumSub(ctx, "a\x00", "b", "absent", "b"))(t))
	})
}

func TestShardedChannels(t *testing.T) {
	harness.Needs(t, "sharded channels", "7.0", "7.0")
	harness.OnEveryFace(t, func(t *testing.T, c faces.Face) {
		for _, channel := range harness.Scattered() {
			server := serversOf(t, c)[0]
			if isCluster(c) {
				server = harness.Value(harness.Value(testkit.SharedCluster())(t).NodeForKey(channel))(t)
			}
			subscriber := subscribe(t, server, "SSUBSCRIBE", channel)
			require.EqualValues(t, 1, harness.Value(c.SPublish(ctx, channel, "\x00\r\n"))(t))
			requireMessage(t, subscriber, "smessage", channel, "\x00\r\n")
			require.EqualValues(t, 0, harness.Value(c.Publish(ctx, channel, "another kind of channel"))(t))
			all := direct(c)
			require.Contains(t, harness.Value(all.PubSubShardChannels(ctx))(t), channel)
			require.Equal(t, []string{channel}, harness.Value(all.PubSubShardChannels(ctx, glide.ChannelsMatching(channel)))(t))
			require.Equal(t, map[string]int64{channel: 1, "absent": 0}, harness.Value(all.PubSubShardNumSub(ctx, channel, "absent"))(t))
			require.NotContains(t, harness.Value(all.PubSubChannels(ctx))(t), channel)
			if isTransaction(c) && isCluster(c) {
				continue // one node is asked, any
			}
			require.Contains(t, harness.Value(c.PubSubShardChannels(ctx))(t), channel)
			require.Equal(t, map[string]int64{channel: 1}, harness.Value(c.PubSubShardNumSub(ctx, channel))(t))
			require.Empty(t, harness.Value(c.PubSubShardNumSub(ctx))(t))
		}
		require.Empty(t, harness.Value(c.PubSubShardChannels(ctx, glide.ChannelsMatching(strings.Repeat("x", 10))))(t))
	})
}
