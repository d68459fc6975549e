// Package reachability_test is about the ways to servers that are not where
// they say they are, or want to be talked to in a particular way: translated
// addresses, names in certificates, versions of TLS, Unix sockets, users
// without a password, and credentials that a function supplies.
package reachability_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/livetest/internal/harness"
)

func TestMain(m *testing.M) { harness.Main(m) }

var ctx = context.Background()

// within returns a context that ends after a time, or with the test.
func within(t *testing.T, timeout time.Duration) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(ctx, timeout)
	t.Cleanup(cancel)
	return ctx
}

// aClient is what the tests of this package use of both kinds of client.
type aClient interface {
	harness.Client
	BLPop(ctx context.Context, timeout time.Duration, keys ...string) (glide.Optional[glide.ListElement], error)
	RPush(ctx context.Context, key string, elements ...string) (int64, error)
}

// requireServed requires that keys of all nodes can be written and read, over
// shared and over dedicated connections.
func requireServed(t *testing.T, client aClient) {
	t.Helper()
	for i := range 12 {
		key := harness.KeyOfSlot(harness.Slots * i / 12)
		require.NoError(t, client.Set(within(t, harness.Patience), key, "value"))
		// A client that reads from replicas may be faster than the replication.
		require.Eventually(t, func() bool {
			value, err := client.Get(within(t, harness.Patience), key)
			require.NoError(t, err)
			return value.Value() == "value"
		}, harness.Patience, time.Millisecond)
		list := "{" + key + "}list"
		_, err := client.RPush(within(t, harness.Patience), list, "element")
		require.NoError(t, err)
		popped, err := client.BLPop(within(t, harness.Patience), time.Second, list)
		require.NoError(t, err)
		require.Equal(t, "element", popped.Value().Element)
	}
}
