package commands_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/internal/faces"
	"github.com/valkey-glide/go/glide/internal/testkit"
	"github.com/valkey-glide/go/glide/livetest/internal/harness"
)

func TestDoGivesAnyReply(t *testing.T) {
	harness.OnEveryFace(t, func(t *testing.T, c faces.Face) {
		do := func(args ...string) any { return harness.Value(c.Do(ctx, args...))(t) }
		require.Equal(t, "OK", do("SET", "k", "v"))
		require.Equal(t, "v", do("get", "k"))
		require.Nil(t, do("GET", "absent"))
		require.EqualValues(t, 2, do("RPUSH", "l", "a", "\x00\xff"))
		require.Equal(t, []any{"a", "\x00\xff"}, do("LRANGE", "l", "0", "-1"))
		require.Equal(t, []any{}, do("LRANGE", "absent", "0", "-1"))
		do("HSET", "h", "f", "v")
		require.Equal(t, map[string]any{"f": "v"}, do("HGETALL", "h"))
	})
}

func TestDoBytesGivesBytes(t *testing.T) {
	harness.OnEveryFace(t, func(t *testing.T, c faces.Face) {
		do := func(args ...string) any {
			bytes := [][]byte{}
			for _, arg := range args {
				bytes = append(bytes, []byte(arg))
			}
			return harness.Value(c.DoBytes(ctx, bytes...))(t)
		}
		for _, text := range harness.Hostile {
			require.Equal(t, []byte("OK"), do("SET", text, text))
			require.Equal(t, []byte(text), do("GET", text))
			require.Equal(t, []any{[]byte(text), []byte(text)}, do("MGET", text, text))
		}
		require.Nil(t, do("GET", "absent"))
		do("SET", "{k}", "v")
		require.Equal(t, []any{[]byte("v"), nil}, do("MGET", "{k}", "{k}absent"))
		do("HSET", "h", "f", "v")
		require.Equal(t, map[string]any{"f": []byte("v")}, do("HGETALL", "h"))
	})
}

func TestDoGivesErrors(t *testing.T) {
	harness.OnEveryFace(t, func(t *testing.T, c faces.Face) {
		_, err := c.Do(ctx, "NOSUCH", "secret")
		harness.RequireRefused(t, err)
		require.NotContains(t, err.Error(), "secret")
		_, err = c.Do(ctx, "GET")
		harness.RequireRefused(t, err)
		_, err = c.Do(ctx)
		require.ErrorIs(t, err, glide.ErrInvalidArgument)
		_, err = c.DoBytes(ctx, nil)
		require.ErrorIs(t, err, glide.ErrInvalidArgument)
		var none context.Context
		_, err = c.Do(none, "PING")
		require.ErrorIs(t, err, glide.ErrInvalidArgument)
	})
}

func TestAnErrorWithinAReplyIsTheError(t *testing.T) {
	harness.OnEveryFace(t, func(t *testing.T, c faces.Face) {
		const script = `return {1, {redis.error_reply('CODE of the script')}}`
		_, err := c.Do(ctx, "EVAL", script, "0")
		require.Equal(t, &glide.ServerError{Command: "EVAL", Code: "CODE", Message: "of the script"}, err)
	})
}

func TestBlockingCustomCommandsAreBoundedByTheirContextAlone(t *testing.T) {
	server, err := testkit.SharedServer()
	require.NoError(t, err)
	client := harness.Connect(t, server, func(config *glide.Config) { config.RequestTimeout = 20 * time.Millisecond })
	for _, args := range [][]string{
		{"BLPOP", "nothing", "0.08"},
		{"brpop", "nothing", "0.08"},
		{"BLMOVE", "nothing", "other", "LEFT", "RIGHT", "0.08"},
		{"BRPOPLPUSH", "nothing", "other", "0.08"},
		{"BLMPOP", "0.08", "1", "nothing", "LEFT"},
		{"BZPOPMIN", "nothing", "0.08"},
		{"BZPOPMAX", "nothing", "0.08"},
		{"BZMPOP", "0.08", "1", "nothing", "MIN"},
		{"XREAD", "BLOCK", "80", "STREAMS", "nothing", "$"},
	} {
		t.Run(args[0], func(t *testing.T) {
			began := time.Now()
			reply, err := client.Do(ctx, args...)
			require.NoError(t, err)
			require.GreaterOrEqual(t, time.Since(began), 70*time.Millisecond)
			require.Nil(t, reply)
		})
	}
	short, cancel := context.WithTimeout(ctx, 20*time.Millisecond)
	defer cancel()
	_, err = client.Do(short, "BLPOP", "nothing", "0.1")
	require.ErrorIs(t, err, context.DeadlineExceeded)
}
