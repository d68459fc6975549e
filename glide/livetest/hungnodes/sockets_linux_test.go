package hungnodes_test

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/glidetest"
	"github.com/valkey-glide/go/glide/livetest/internal/harness"
)

// How the system tests connections is not left to its default of hours.
func TestConnectionsHaveKeepalive(t *testing.T) {
	t.Parallel()
	server := glidetest.Start(t)
	client := connectStandalone(t, glide.Config{Addresses: harness.AddressesOf(server)})
	require.NoError(t, client.Set(ctx, "key", "value"))
	for _, client := range harness.ClientsOf(t, server) {
		_, port, _ := strings.Cut(client["addr"], ":")
		timer := socketTimer(t, port)
		kind, rest, _ := strings.Cut(timer, ":")
		require.Equal(t, "02", kind, "no keepalive: %s", timer)
		ticks, err := strconv.ParseInt(rest, 16, 64)
		require.NoError(t, err)
		require.LessOrEqual(t, ticks, int64(600), "more than some seconds, in hundredths")
	}
}

// socketTimer returns the timer of the open connection from a local port: its
// kind and when it is over. Closed ones from the same port may still be listed.
func socketTimer(t *testing.T, port string) string {
	t.Helper()
	table, err := os.ReadFile("/proc/self/net/tcp")
	require.NoError(t, err)
	number, err := strconv.Atoi(port)
	require.NoError(t, err)
	local := fmt.Sprintf(":%04X", number)
	const established = "01"
	for line := range strings.Lines(string(table)) {
		if fields := strings.Fields(line); len(fields) > 5 && strings.HasSuffix(fields[1], local) && fields[3] == established {
			return fields[5]
		}
	}
	require.Fail(t, "there is no such connection")
	return ""
}
