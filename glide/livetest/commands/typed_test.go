package commands_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/glidetest"
	"github.com/valkey-glide/go/glide/livetest/internal/harness"
)

type session struct {
	User    string `glide:"user"`
	Visits  int    `glide:"visits"`
	Expires time.Time
}

func TestStructsAreStoredInHashes(t *testing.T) {
	test := func(t *testing.T, on glide.Commands, hset func(map[string]string) error) {
		stored := session{"Ada", 3, time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)}
		fields, err := glide.EncodeHash(stored)
		require.NoError(t, err)
		require.NoError(t, hset(fields))
		read, err := glide.HGetAllAs[session](ctx, on, "session")
		require.NoError(t, err)
		require.Equal(t, glide.Some(stored), read)
		read, err = glide.HGetAllAs[session](ctx, on, "no session")
		require.NoError(t, err)
		require.True(t, read.IsNil())

		// A map comes as such or, without RESP3, as an array.
		read, err = glide.DoAs[glide.Optional[session]](ctx, on, "HGETALL", "session")
		require.NoError(t, err)
		require.Equal(t, glide.Some(stored), read)
		visits, err := glide.DoAs[int](ctx, on, "HGET", "session", "visits")
		require.NoError(t, err)
		require.Equal(t, 3, visits)
		user, err := glide.DoAs[glide.Optional[string]](ctx, on, "HGET", "session", "no field")
		require.NoError(t, err)
		require.True(t, user.IsNil())
		_, err = glide.DoAs[int](ctx, on, "HGET", "session", "user")
		require.ErrorIs(t, err, glide.ErrUnexpectedReply)
		require.NotContains(t, err.Error(), "Ada")
		_, err = glide.DoAs[int](ctx, on)
		require.ErrorIs(t, err, glide.ErrInvalidArgument)
		_, err = glide.HGetAllAs[int](ctx, on, "session")
		require.ErrorIs(t, err, glide.ErrInvalidArgument)

		script := glide.NewScript("return {KEYS[1], ARGV[1], 7}")
		items, err := glide.RunScriptAs[[]string](ctx, on, script, []string{"session"}, "argument")
		require.ErrorIs(t, err, glide.ErrUnexpectedReply, items)
		mixed, err := glide.RunScriptAs[[]any](ctx, on, script, []string{"session"}, "argument")
		require.NoError(t, err)
		require.Equal(t, []any{"session", "argument", int64(7)}, mixed)
	}
	harness.OnOwn(t, func(t *testing.T, _ *glidetest.Server, client *glide.Client) {
		test(t, client, func(fields map[string]string) error { _, err := client.HSet(ctx, "session", fields); return err })
	})
	harness.OnSharedCluster(t, func(t *testing.T, client *glide.ClusterClient) {
		test(t, client, func(fields map[string]string) error { _, err := client.HSet(ctx, "session", fields); return err })
	})
	var none glide.Commands
	_, err := glide.DoAs[string](ctx, none, "GET", "key")
	require.ErrorIs(t, err, glide.ErrClosed)
	_, err = glide.RunScriptAs[string](ctx, none, glide.NewScript("return 1"), nil)
	require.ErrorIs(t, err, glide.ErrClosed)
}
