package failover_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/livetest/internal/fakeserver"
	"github.com/valkey-glide/go/glide/livetest/internal/harness"
)

// replication is what a server says of its replication.
func replication(role, history, before string, more string) string {
	return fakeserver.Bulk(fmt.Sprintf("# Replication\r\nrole:%s\r\nmaster_replid:%040s\r\nmaster_replid2:%040s\r\n%s", role, history, before, more))
}

// A replica is promoted at the moment when the client finds it: while the primary
// still names it, it says that it is one itself. When the primary dies right then
// no other server names the replica any more.
func TestServerThatIsPromotedWhileItIsFoundIsFollowed(t *testing.T) {
	t.Parallel()
	primary, promoted := fakeserver.Start(t), fakeserver.Start(t)
	primary.Handle("INFO", func(*fakeserver.Conn, []string) string { return replication("master", "1", "0", "") })
	promoted.Handle("INFO", func(*fakeserver.Conn, []string) string { return replication("master", "2", "1", "") })
	client := connect(t, glide.Config{Addresses: harness.AddressesOf(primary), NodeDiscovery: glide.DiscoverAll})
	require.NoError(t, client.Set(ctx, "key", "value"))

	replicas := fmt.Sprintf("slave0:ip=%s,port=%d,state=online,offset=1,lag=0\r\n", promoted.Host(), promoted.Port())
	primary.Handle("INFO", func(*fakeserver.Conn, []string) string { return replication("master", "1", "0", replicas) })
	refusals := 0
	primary.Refuse("SET", func(*fakeserver.Conn, []string) string { // which makes the client look
		if refusals++; refusals > 1 {
			return fakeserver.Default
		}
		return fakeserver.Error("READONLY You can't write against a read only replica.")
	})
	require.NoError(t, client.Set(ctx, "key", "value"))
	require.Eventually(t, func() bool { return promoted.Count("INFO") > 0 }, harness.Patience, time.Millisecond)
	time.Sleep(100 * time.Millisecond) // it decides
	require.Zero(t, promoted.Count("SET"))
	primary.Close()
	require.Eventually(t, func() bool { return client.Set(ctx, "key", "value") == nil }, harness.Patience, 5*time.Millisecond)
	require.Positive(t, promoted.Count("SET"))
}
