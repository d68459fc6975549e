package connecting_test

import (
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/glidetest"
	"github.com/valkey-glide/go/glide/internal/testkit"
	"github.com/valkey-glide/go/glide/livetest/internal/harness"
)

func TestCoresLogGoesToTheLogger(t *testing.T) {
	t.Cleanup(func() { require.NoError(t, glide.SetLogger(nil)) })
	var text harness.LockedBuffer
	handler := slog.NewTextHandler(&text, &slog.HandlerOptions{Level: slog.LevelDebug - 4})
	require.NoError(t, glide.SetLogger(slog.New(handler)))

	server := glidetest.Start(t, glidetest.WithPassword("correct horse"))
	client := harness.Connect(t, server, func(c *glide.Config) { c.Credentials.Password = "correct horse" })
	require.NoError(t, client.Set(context.Background(), "key", "a secret value"))
	client.Close()

	require.Eventually(t, func() bool { return strings.Contains(text.String(), server.Addr()+": connected") },
		5*time.Second, time.Millisecond, "nothing is logged")
	require.Contains(t, text.String(), "level=INFO")
	require.NotContains(t, text.String(), "correct horse")
	require.NotContains(t, text.String(), "a secret value")

	require.NoError(t, glide.SetLogger(nil))
	time.Sleep(20 * time.Millisecond)
	logged := len(text.String())
	harness.Connect(t, server, func(c *glide.Config) { c.Credentials.Password = "correct horse" }).Close()
	time.Sleep(20 * time.Millisecond)
	require.Len(t, text.String(), logged, "logged without a logger")
}

func TestWhatTheLoggerDoesNotEnableIsNotLogged(t *testing.T) {
	t.Cleanup(func() { require.NoError(t, glide.SetLogger(nil)) })
	var text harness.LockedBuffer
	require.NoError(t, glide.SetLogger(slog.New(slog.NewTextHandler(&text, &slog.HandlerOptions{Level: slog.LevelError}))))
	server := glidetest.Start(t)
	harness.Connect(t, server).Close()
	time.Sleep(20 * time.Millisecond)
	require.NotContains(t, text.String(), "level=INFO")
}

func TestSetRuntimesSharesClientsAmongThem(t *testing.T) {
	t.Cleanup(func() { require.NoError(t, glide.SetEventLoops(1)) })
	require.ErrorIs(t, glide.SetEventLoops(0), glide.ErrInvalidArgument)
	require.NoError(t, glide.SetEventLoops(3))
	server := glidetest.Start(t)
	for range 7 {
		client := harness.Connect(t, server)
		errs := testkit.Concurrently(20, func(i int) error { return harness.SetAndCheck(client, i) })
		for _, err := range errs {
			require.NoError(t, err)
		}
	}
}
