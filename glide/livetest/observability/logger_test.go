package observability_test

import (
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/glidetest"
	"github.com/valkey-glide/go/glide/livetest/internal/harness"
)

func loggerTo(log *harness.LockedBuffer, level slog.Level) *slog.Logger {
	return slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: level}))
}

// awaitText waits until the log has a text.
func awaitText(t *testing.T, log *harness.LockedBuffer, text string) {
	t.Helper()
	require.Eventually(t, func() bool { return strings.Contains(log.String(), text) }, harness.Patience, time.Millisecond, text)
}

func TestMessagesAboutAClientGoToItsLogger(t *testing.T) {
	one, two, three := glidetest.Start(t), glidetest.Start(t), glidetest.Start(t)
	var global, ofOne, ofTwo harness.LockedBuffer
	require.NoError(t, glide.SetLogger(loggerTo(&global, slog.LevelWarn)))
	t.Cleanup(func() { require.NoError(t, glide.SetLogger(nil)) })
	logTo := func(log *harness.LockedBuffer, level slog.Level) func(*glide.Config) {
		return func(config *glide.Config) { config.Logger = loggerTo(log, level).With("client", config.ClientName) }
	}
	harness.Connect(t, one, harness.Patient, logTo(&ofOne, slog.LevelInfo))
	harness.Connect(t, two, harness.Patient, logTo(&ofTwo, slog.LevelWarn))
	harness.Connect(t, three, harness.Patient)
	awaitText(t, &ofOne, one.Addr()+": connected")
	for _, server := range []*glidetest.Server{one, two, three} {
		server.MustCommand(t, "CLIENT", "KILL", "TYPE", "normal")
	}
	awaitText(t, &ofOne, one.Addr()+": back")
	awaitText(t, &ofTwo, two.Addr()+": lost")
	awaitText(t, &global, three.Addr()+": lost")
	require.NotContains(t, ofOne.String(), two.Addr())
	require.NotContains(t, ofOne.String(), three.Addr())
	require.NotContains(t, ofTwo.String(), "INFO")
	require.NotContains(t, ofTwo.String(), one.Addr())
	require.NotContains(t, global.String(), one.Addr())
	require.NotContains(t, global.String(), two.Addr())
	require.Contains(t, ofOne.String(), "target=glide")
	require.Contains(t, ofOne.String(), "client=")
}

func TestPanicsGoToTheLoggerOfTheClient(t *testing.T) {
	server := glidetest.Start(t)
	var log harness.LockedBuffer
	client := harness.Connect(t, server, harness.Patient, func(config *glide.Config) {
		config.Logger = loggerTo(&log, slog.LevelError)
		config.Subscriptions.Callback = func(glide.Message) { panic("a mistake of the callback") }
		config.Events = func(glide.Event) { panic("a mistake of the function") }
	})
	require.NoError(t, client.Subscribe(ctx, "channel"))
	server.MustCommand(t, "PUBLISH", "channel", "message")
	awaitText(t, &log, "a mistake of the callback")
	server.MustCommand(t, "CLIENT", "KILL", "TYPE", "normal")
	awaitText(t, &log, "a mistake of the function")
}

func TestALoggerEndsWithItsClient(t *testing.T) {
	server := glidetest.Start(t)
	var log harness.LockedBuffer
	client := harness.Connect(t, server, harness.Patient, func(config *glide.Config) { config.Logger = loggerTo(&log, slog.LevelDebug) })
	awaitText(t, &log, "connected")
	require.NoError(t, client.Close())
	other := harness.Connect(t, server, harness.Patient, harness.QuickToReconnect)
	before := log.String()
	server.MustCommand(t, "CLIENT", "KILL", "TYPE", "normal")
	eventually(t, other.Stats, func(s glide.Stats) bool { return s.Reconnects > 0 })
	require.Equal(t, before, log.String())
}
