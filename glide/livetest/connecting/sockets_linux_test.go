package connecting_test

import (
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/glidetest"
	"github.com/valkey-glide/go/glide/livetest/internal/harness"
)

func TestSmallWritesAreNotHeldBackUnlessAskedFor(t *testing.T) {
	t.Parallel()
	for _, delay := range []bool{false, true} {
		server := glidetest.Start(t)
		client := harness.Connect(t, server, func(c *glide.Config) { c.TCPDelay = delay })
		require.NoError(t, harness.SetAndCheck(client, 1))
		sockets := harness.SocketsTo(t, server.Port())
		require.Len(t, sockets, 1)
		noDelay, err := syscall.GetsockoptInt(sockets[0], syscall.IPPROTO_TCP, syscall.TCP_NODELAY)
		require.NoError(t, err)
		require.Equal(t, !delay, noDelay != 0)
	}
}

func TestPeersThatAreGoneAreNoticed(t *testing.T) {
	t.Parallel()
	const tcpUserTimeout = 0x12 // in milliseconds; package syscall does not have it
	for name, options := range map[string][]glidetest.Option{"plain": nil, "TLS": {glidetest.WithTLS()}} {
		server := glidetest.Start(t, options...)
		client := harness.Connect(t, server, func(c *glide.Config) {
			if options != nil {
				c.TLS = &glide.TLS{InsecureSkipVerify: true}
			}
		})
		require.NoError(t, harness.SetAndCheck(client, 1))
		sockets := harness.SocketsTo(t, server.Port())
		require.Len(t, sockets, 1, name)
		keptAlive := harness.Value(syscall.GetsockoptInt(sockets[0], syscall.SOL_SOCKET, syscall.SO_KEEPALIVE))(t)
		require.Equal(t, 1, keptAlive, name)
		timeout := harness.Value(syscall.GetsockoptInt(sockets[0], syscall.IPPROTO_TCP, tcpUserTimeout))(t)
		require.Equal(t, 5000, timeout, name)
	}
}
