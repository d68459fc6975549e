package glidetest

import (
	"bytes"
	"io"
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func dialProxy(t *testing.T, addr string) *admin {
	t.Helper()
	connection, err := dialAdmin(t.Context(), addr, nil, "", "")
	require.NoError(t, err)
	t.Cleanup(func() { connection.Close() })
	return connection
}

func ping(t *testing.T, connection *admin) time.Duration {
	t.Helper()
	start := time.Now()
	reply, err := connection.do("PING")
	require.NoError(t, err)
	require.Equal(t, "PONG", reply)
	return time.Since(start)
}

func TestProxyForwardsAndDelays(t *testing.T) {
	proxy := StartProxy(t, Start(t).Addr())
	connection := dialProxy(t, proxy.Addr())
	ping(t, connection)
	require.Equal(t, 1, proxy.Connections())
	require.Len(t, proxy.Attempts(), 1)

	proxy.SetDelay(20*time.Millisecond, 30*time.Millisecond)
	require.GreaterOrEqual(t, ping(t, connection), 50*time.Millisecond)
	proxy.SetDelay(0, 0)
	large := string(bytes.Repeat([]byte("large"), 1<<20))
	_, err := connection.do("SET", "key", large)
	require.NoError(t, err)
	reply, err := connection.do("GET", "key")
	require.NoError(t, err)
	require.True(t, reply == large)

	require.NoError(t, connection.Close())
	require.Eventually(t, func() bool { return proxy.Connections() == 0 }, time.Second, time.Millisecond)
}

func TestProxyCutsAndRefuses(t *testing.T) {
	proxy := StartProxy(t, Start(t).Addr())
	connection := dialProxy(t, proxy.Addr())
	ping(t, connection)
	proxy.Refuse()
	ping(t, connection)
	proxy.Cut()
	_, err := connection.do("PING")
	require.Error(t, err)
	_, err = net.Dial("tcp", proxy.Addr())
	require.Error(t, err)
	proxy.Reject()
	require.NoError(t, proxy.Forward())
	ping(t, dialProxy(t, proxy.Addr()))

	proxy.Reject()
	_, err = dialProxy(t, proxy.Addr()).do("PING")
	require.Error(t, err)
	require.Len(t, proxy.Attempts(), 3, "refused ones are not seen")
	require.NoError(t, proxy.Close())
	require.NoError(t, proxy.Close())
	require.Error(t, proxy.Forward())
}

func TestProxyBlackholeHoldsBack(t *testing.T) {
	proxy := StartProxy(t, Start(t).Addr())
	before := dialProxy(t, proxy.Addr())
	ping(t, before)
	proxy.Blackhole()
	after := dialProxy(t, proxy.Addr())
	for _, connection := range []*admin{before, after} {
		_ = connection.SetDeadline(time.Now().Add(50 * time.Millisecond))
		_, err := connection.do("PING")
		require.ErrorContains(t, err, "timeout")
		_ = connection.SetDeadline(time.Time{})
	}
	require.NoError(t, proxy.Forward())
	for _, connection := range []*admin{before, after} {
		reply, err := connection.read()
		require.NoError(t, err)
		require.Equal(t, "PONG", reply)
	}
	proxy.Blackhole() // and it can be closed like this
}

func TestListenerAnswersWhatItIsTold(t *testing.T) {
	silent := dialProxy(t, StartListener(t, nil).Addr())
	_ = silent.SetDeadline(time.Now().Add(50 * time.Millisecond))
	_, err := silent.do("PING")
	require.ErrorContains(t, err, "timeout")

	listener := StartListener(t, []byte("garbage"))
	connection, err := net.Dial("tcp", listener.Addr())
	require.NoError(t, err)
	defer connection.Close()
	_, err = connection.Write([]byte("anything"))
	require.NoError(t, err)
	answer := make([]byte, 7)
	_, err = io.ReadFull(connection, answer)
	require.NoError(t, err)
	require.Equal(t, "garbage", string(answer))
	require.Len(t, listener.Attempts(), 1)
	require.NotZero(t, listener.Port())
}
