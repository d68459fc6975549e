package commands_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/glidetest"
)

func TestGetGivesWhatWasSet(t *testing.T) {
	server := glidetest.Start(t)
	ctx := context.Background()
	client, err := glide.NewClient(ctx, glide.Config{Addresses: []glide.Address{{Host: server.Host(), Port: server.Port()}}})
	require.NoError(t, err)
	defer client.Close()

	missing, err := client.Get(ctx, "greeting")
	require.NoError(t, err)
	require.True(t, missing.IsNil())
	require.NoError(t, client.Set(ctx, "greeting", "hello"))
	greeting, err := client.Get(ctx, "greeting")
	require.NoError(t, err)
	require.Equal(t, "hello", greeting.Value())
}
