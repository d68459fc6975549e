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
	require.NoError(t, served(t, client))
}

// requireServedAgain requires the same of a client whose connections were closed,
// soon: what it sends before it knows of that is lost.
func requireServedAgain(t *testing.T, client aClient) {
	t.Helper()
	require.Eventually(t, func() bool { return served(t, client) == nil }, harness.Patience, 20*time.Millisecond)
	requireServed(t, client)
}

func served(t *testing.T, client aClient) error {
	t.Helper()
	for i := range 12 {
		key := harness.KeyOfSlot(harness.Slots * i / 12)
		if err := client.Set(within(t, harness.Patience), key, "value"); err != nil {
			return err
		}
		// A client that reads from replicas may be faster than the replication.
		for end := time.Now().Add(harness.Patience); ; time.Sleep(time.Millisecond) {
			value, err := client.Get(within(t, harness.Patience), key)
			if err != nil {
				return err
			}
			if value.Value() == "value" {
				break
			}
			require.Less(t, time.Now(), end, "%q is %q", key, value.Value())
		}
		list := "{" + key + "}list"
		if _, err := client.RPush(within(t, harness.Patience), list, "element"); err != nil {
			return err
		}
		popped, err := client.BLPop(within(t, harness.Patience), time.Second, list)
		if err != nil {
			return err
		}
		require.Equal(t, "element", popped.Value().Element)
	}
	return nil
}
