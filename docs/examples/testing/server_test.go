package greetings_test

import (
	"testing"
	"time"

	"example.com/greetings"
	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/glidetest"
)

// With a real server, which is ended with the test.
func TestGreetingsAreCounted(t *testing.T) {
	server := glidetest.Start(t)
	client, err := glide.NewClient(t.Context(), server.Config())
	require.NoError(t, err)
	defer client.Close()

	for _, want := range []string{"Hello Ada, for the 1. time", "Hello Ada, for the 2. time"} {
		got, err := greetings.Greet(t.Context(), client, "Ada")
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
	left, err := client.TTL(t.Context(), "greeted:Ada")
	require.NoError(t, err)
	duration, expires := left.Get()
	require.True(t, expires)
	require.InDelta(t, 24*time.Hour, duration, float64(time.Hour))
}

// With a real cluster. That takes some seconds.
func TestGreetingsAreCountedInAClusterAfterAFailover(t *testing.T) {
	cluster := glidetest.StartCluster(t)
	config := cluster.Config()
	config.RequestTimeout = 30 * time.Second // a call waits until a replica has taken over
	client, err := glide.NewClusterClient(t.Context(), config)
	require.NoError(t, err)
	defer client.Close()

	_, err = greetings.Greet(t.Context(), client, "Ada")
	require.NoError(t, err)
	owner, err := cluster.NodeForKey("greeted:Ada")
	require.NoError(t, err)
	_, err = owner.Command("WAIT", "1", "1000") // the replica has the greeting
	require.NoError(t, err)
	require.NoError(t, owner.Kill())
	require.NoError(t, cluster.AwaitOK(t.Context()))
	_, err = greetings.Greet(t.Context(), client, "Ada")
	require.NoError(t, err)
}

// With a network that does not answer.
func TestNobodyIsGreetedWithoutAnAnswer(t *testing.T) {
	server := glidetest.Start(t)
	proxy := glidetest.StartProxy(t, server.Addr())
	client, err := glide.NewClient(t.Context(), glide.Config{
		Addresses: []glide.Address{proxy.Address()}, RequestTimeout: 100 * time.Millisecond,
	})
	require.NoError(t, err)
	defer client.Close()

	proxy.Blackhole()
	_, err = greetings.Greet(t.Context(), client, "Ada")
	require.ErrorIs(t, err, glide.ErrTimeout)
}
