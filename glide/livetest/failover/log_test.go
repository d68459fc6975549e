package failover_test

import (
	"bytes"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/glidetest"
	"github.com/valkey-glide/go/glide/internal/testkit"
	"github.com/valkey-glide/go/glide/livetest/internal/harness"
)

// records is a log that may be read while it is written.
type records struct {
	mutex sync.Mutex
	text  bytes.Buffer
}

func (r *records) Write(line []byte) (int, error) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	return r.text.Write(line)
}

// of returns the records of a level that are about an address.
func (r *records) of(level slog.Level, address string) (found []string) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	for line := range strings.Lines(r.text.String()) {
		if strings.Contains(line, "level="+level.String()) && strings.Contains(line, address) {
			found = append(found, line)
		}
	}
	return found
}

// startLog has everything logged that a program would see which logs at all
// levels, until the test ends.
func startLog(t *testing.T) *records {
	t.Helper()
	log := &records{}
	require.NoError(t, glide.SetLogger(slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug}))))
	t.Cleanup(func() { require.NoError(t, glide.SetLogger(nil)) })
	return log
}

// However many callers fail meanwhile, and however often connecting is tried. The
// log is that of the process, so these tests do not run in parallel with others.
func TestLogSaysOnceThatAServerIsLostAndOnceThatItIsBack(t *testing.T) {
	for name, test := range map[string]struct {
		lose, restore func(t *testing.T, server *glidetest.Server, link *harness.Link)
		cause         []string
	}{
		"killed": {
			lose:    func(t *testing.T, server *glidetest.Server, _ *harness.Link) { require.NoError(t, server.Kill()) },
			restore: func(t *testing.T, server *glidetest.Server, _ *harness.Link) { require.NoError(t, server.Restart()) },
			cause:   []string{"the server closed the connection", "reset by peer"},
		},
		"hung": {
			lose:    func(t *testing.T, server *glidetest.Server, _ *harness.Link) { require.NoError(t, server.Pause()) },
			restore: func(t *testing.T, server *glidetest.Server, _ *harness.Link) { require.NoError(t, server.Resume()) },
			cause:   []string{"no answer"},
		},
		"half-open": {
			lose: func(_ *testing.T, _ *glidetest.Server, link *harness.Link) {
				link.Break((*harness.Through).Lose)
			},
			restore: func(*testing.T, *glidetest.Server, *harness.Link) {},
			cause:   []string{"silent"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			log := startLog(t)
			server := glidetest.Start(t)
			link := harness.StartLink(t, server.Addr())
			at := harness.Addressed(server)
			if name == "half-open" {
				at = link
			}
			client := connect(t, glide.Config{
				Addresses: harness.AddressesOf(at), RequestTimeout: 100 * time.Millisecond,
				Subscriptions: glide.Subscriptions{Channels: []string{"channel"}},
			})
			address := harness.AddressOf(at).String()
			load := testkit.StartLoad(50, func(int) error {
				err := client.Set(ctx, "key", "value")
				time.Sleep(time.Millisecond)
				return err
			})
			t.Cleanup(load.End)
			load.AwaitSuccess(t, harness.Patience)
			require.Empty(t, log.of(slog.LevelWarn, address))

			test.lose(t, server, link)
			require.Eventually(t, func() bool { return len(log.of(slog.LevelWarn, address)) > 0 }, harness.Patience, time.Millisecond)
			time.Sleep(1500 * time.Millisecond) // calls fail, and connecting is tried
			test.restore(t, server, link)
			back := func() (lines []string) {
				for _, line := range log.of(slog.LevelInfo, address) {
					if strings.Contains(line, "back after") {
						lines = append(lines, line)
					}
				}
				return lines
			}
			require.Eventually(t, func() bool { return len(back()) > 0 }, harness.Patience, time.Millisecond)
			load.AwaitSuccess(t, harness.Patience)
			time.Sleep(300 * time.Millisecond)

			lost := log.of(slog.LevelWarn, address)
			require.Len(t, lost, 1, "%s", strings.Join(lost, ""))
			require.Len(t, back(), 1, "%s", strings.Join(back(), ""))
			t.Logf("%s%s", lost[0], back()[0])
			named := false
			for _, cause := range test.cause {
				named = named || strings.Contains(lost[0], cause)
			}
			require.True(t, named, "it says why: %s", lost[0])
		})
	}
}

func TestLogSaysWhichServerIsThePrimaryNow(t *testing.T) {
	log := startLog(t)
	s := start(t)
	client := connect(t, glide.Config{Addresses: harness.AddressesOf(both(s)...), RequestTimeout: harness.Patience})
	require.NoError(t, client.Set(ctx, "key", "value"))
	s = s.swap(t)
	require.NoError(t, client.Set(ctx, "key", "value"))
	said := func() []string { return log.of(slog.LevelInfo, s.primary.Addr()+" is the primary now") }
	require.Eventually(t, func() bool { return len(said()) == 1 }, harness.Patience, time.Millisecond)
}
