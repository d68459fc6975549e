package glide_test

import (
	"os"
	"strconv"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/glidetest"
)

// socketsTo gives the descriptors of this process's connections to a port.
func socketsTo(t *testing.T, port int) []int {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	require.NoError(t, err)
	var sockets []int
	for _, entry := range entries {
		descriptor, err := strconv.Atoi(entry.Name())
		if err != nil {
			continue
		}
		peer, err := syscall.Getpeername(descriptor)
		if inet, ok := peer.(*syscall.SockaddrInet4); err == nil && ok && inet.Port == port {
			sockets = append(sockets, descriptor)
		}
	}
	return sockets
}

func TestSmallWritesAreNotHeldBackUnlessAskedFor(t *testing.T) {
	t.Parallel()
	for _, delay := range []bool{false, true} {
		server := glidetest.Start(t)
		client := connect(t, server, func(c *glide.Config) { c.TCPDelay = delay })
		require.NoError(t, setAndCheck(client, 1))
		sockets := socketsTo(t, server.Port())
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
		client := connect(t, server, func(c *glide.Config) {
			if options != nil {
				c.TLS = &glide.TLS{InsecureSkipVerify: true}
			}
		})
		require.NoError(t, setAndCheck(client, 1))
		sockets := socketsTo(t, server.Port())
		require.Len(t, sockets, 1, name)
		keptAlive := value(syscall.GetsockoptInt(sockets[0], syscall.SOL_SOCKET, syscall.SO_KEEPALIVE))(t)
		require.Equal(t, 1, keptAlive, name)
		timeout := value(syscall.GetsockoptInt(sockets[0], syscall.IPPROTO_TCP, tcpUserTimeout))(t)
		require.Equal(t, 5000, timeout, name)
	}
}
