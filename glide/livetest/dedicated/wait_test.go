package dedicated_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/glidetest"
	"github.com/valkey-glide/go/glide/internal/testkit"
	"github.com/valkey-glide/go/glide/livetest/internal/harness"
)

func TestWaitGivesTheReplicasThatHaveWhatTheConnectionWrote(t *testing.T) {
	server := glidetest.Start(t, glidetest.WithReplicas(1))
	harness.OnEachProtocol(t, server, func(t *testing.T, client *glide.Client) {
		harness.Dedicated(t, client, func(c *glide.DedicatedClient) {
			require.NoError(t, c.Set(ctx, "k", "v"))
			require.EqualValues(t, 1, harness.Value(c.Wait(ctx, 1, 10*time.Second))(t))
			require.EqualValues(t, 1, harness.Value(c.Wait(ctx, 2, time.Millisecond))(t))
			require.EqualValues(t, 1, harness.Value(c.Wait(ctx, 0, 0))(t))
		})
	})
}

func TestWaitHoldsNobodyUpAndIsNotBoundedByTheRequestTimeout(t *testing.T) {
	server, err := testkit.SharedServer()
	require.NoError(t, err)
	client := harness.Connect(t, server, func(config *glide.Config) { config.RequestTimeout = 100 * time.Millisecond })
	harness.Dedicated(t, client, func(c *glide.DedicatedClient) {
		require.NoError(t, c.Set(ctx, "k", "v"))
		waited := make(chan error)
		began := time.Now()
		go func() {
			_, err := c.Wait(ctx, 1, 300*time.Millisecond)
			waited <- err
		}()
		for time.Since(began) < 250*time.Millisecond {
			require.Equal(t, glide.Some("v"), harness.Value(client.Get(ctx, "k"))(t))
		}
		require.NoError(t, <-waited)
		require.GreaterOrEqual(t, time.Since(began), 300*time.Millisecond)

		short, cancel := context.WithTimeout(ctx, 20*time.Millisecond)
		defer cancel()
		_, err = c.Wait(short, 1, 200*time.Millisecond)
		require.ErrorIs(t, err, glide.ErrTimeout)
		require.ErrorIs(t, err, context.DeadlineExceeded)
	})
}

func TestWaitAOFGivesWhereWritesHaveArrived(t *testing.T) {
	harness.Needs(t, "WAITAOF", "7.2", "7.2")
	server := glidetest.Start(t, glidetest.WithConfig("appendonly", "yes"))
	harness.OnEachProtocol(t, server, func(t *testing.T, client *glide.Client) {
		harness.Dedicated(t, client, func(c *glide.DedicatedClient) {
			require.NoError(t, c.Set(ctx, "k", "v"))
			require.Equal(t, glide.AOFCopies{Local: 1}, harness.Value(c.WaitAOF(ctx, 1, 0, 10*time.Second))(t))
			require.Equal(t, glide.AOFCopies{Local: 1}, harness.Value(c.WaitAOF(ctx, 0, 1, time.Millisecond))(t))
		})
	})
	harness.OnShared(t, func(t *testing.T, client *glide.Client) {
		harness.Dedicated(t, client, func(c *glide.DedicatedClient) {
			_, err := c.WaitAOF(ctx, 1, 0, time.Second)
			harness.RequireCode(t, "ERR", err)
		})
	})
}
