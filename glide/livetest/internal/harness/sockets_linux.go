package harness

import (
	"os"
	"strconv"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// SocketsTo returns the descriptors of this process's connections to a port.
func SocketsTo(t *testing.T, port int) []int {
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
