//go:build unix

package costs_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/glidetest"
	"github.com/valkey-glide/go/glide/internal/testkit"
	"github.com/valkey-glide/go/glide/livetest/internal/harness"
)

// footprint is what this process has of what a client could leave behind.
type footprint struct {
	descriptors, threads, goroutines int
	resident                         int64 // bytes
}

func footprintOf(t *testing.T) footprint {
	t.Helper()
	debug.FreeOSMemory()
	status, err := os.ReadFile("/proc/self/status")
	require.NoError(t, err)
	f := footprint{goroutines: runtime.NumGoroutine()}
	f.descriptors, f.threads = harness.DescriptorsAndThreads(t)
	for line := range strings.Lines(string(status)) {
		if number, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			kilobytes, err := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(number), " kB"), 10, 64)
			require.NoError(t, err)
			f.resident = kilobytes << 10
		}
	}
	return f
}

// allowDescriptors lets this process have so many.
func allowDescriptors(t *testing.T, number uint64) {
	t.Helper()
	var limit syscall.Rlimit
	require.NoError(t, syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit))
	limit.Cur = max(limit.Cur, min(number, limit.Max))
	require.NoError(t, syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit))
}

// comeAndGo makes clients, uses some of them, and closes them; twenty at once.
func comeAndGo(t *testing.T, n int, dial func() (client, error)) {
	t.Helper()
	const atOnce = 20
	errs := testkit.Concurrently(atOnce, func(caller int) error {
		for i := range n / atOnce {
			client, err := dial()
			if err != nil || client == nil {
				return err
			}
			if i%4 == 0 {
				err = client.Set(ctx, harness.KeyOf(caller), harness.ValueOf(caller))
			}
			client.Close()
			if err != nil {
				return err
			}
		}
		return nil
	})
	require.NoError(t, errors.Join(errs...))
	require.Empty(t, testkit.AwaitNothingAlive())
}

// A client is one of either kind.
type client interface {
	Set(ctx context.Context, key, value string, options ...glide.SetOption) error
	Close() error
}

// requireNothingKept requires that clients which come and go leave nothing
// behind, and at most so many bytes each in memory. What an allocator, or a
// detector of races, keeps of the same load differs from one time to the next,
// but does not grow each time.
func requireNothingKept(t *testing.T, clients, bytesEach int, comeAndGo func()) {
	t.Helper()
	for range 6 {
		before, after := footprintOf(t), footprint{}
		comeAndGo()
		// The core looks only now and then whether a connection is still used.
		for begun := time.Now(); ; time.Sleep(20 * time.Millisecond) {
			after = footprintOf(t)
			if after.descriptors <= before.descriptors+5 && after.threads <= before.threads+5 && after.goroutines <= before.goroutines+2 {
				break
			}
			require.Less(t, time.Since(begun), harness.Patience, "before %d more: %+v; after: %+v", clients, before, after)
		}
		t.Logf("before %d more: %+v; after: %+v", clients, before, after)
		if after.resident <= before.resident+int64(clients*bytesEach) {
			return
		}
	}
	t.Fatal("memory grows with every client")
}

func TestTenThousandClientsComeAndGo(t *testing.T) {
	if !harness.InAProcess(t) {
		return
	}
	allowDescriptors(t, 8192)
	server := glidetest.Start(t)
	config := harness.ConfigFor(server)
	config.RequestTimeout, config.ConnectionTimeout = harness.Patience, harness.Patience
	dial := func() (client, error) { return glide.NewClient(ctx, config) }
	comeAndGo(t, 2000, dial)
	harness.RequireNoConnections(t, server)
	requireNothingKept(t, 8000, 1<<10, func() {
		begun := time.Now()
		comeAndGo(t, 8000, dial)
		t.Logf("a client comes and goes in %v", time.Since(begun)/8000)
		harness.RequireNoConnections(t, server)
	})
}

func TestClientsOfEveryKindComeAndGo(t *testing.T) {
	if !harness.InAProcess(t) {
		return
	}
	allowDescriptors(t, 8192)
	encrypted := glidetest.Start(t, glidetest.WithTLS(), glidetest.WithPassword("correct"))
	cluster := glidetest.StartCluster(t, glidetest.WithReplicas(0))
	config := harness.ConfigFor(encrypted)
	config.TLS, config.Credentials.Password = &glide.TLS{RootCertificates: encrypted.Certificates().CA}, "correct"
	for name, dial := range map[string]func() (client, error){
		"with TLS": func() (client, error) { return glide.NewClient(ctx, config) },
		"lazy": func() (client, error) {
			lazy := config
			lazy.LazyConnect, lazy.RequestTimeout = true, harness.Patience
			return glide.NewClient(ctx, lazy)
		},
		"in a cluster": func() (client, error) {
			return glide.NewClusterClient(ctx, glide.ClusterConfig{Addresses: []glide.Address{harness.AddressOf(cluster.Nodes()[0])}, RequestTimeout: harness.Patience})
		},
		"with a new password": func() (client, error) {
			made, err := glide.NewClient(ctx, config)
			if err == nil {
				err = made.UpdateConnectionPassword(ctx, "correct", true)
			}
			if err == nil {
				err = made.UpdateConnectionPassword(ctx, "other", false)
			}
			return made, err
		},
		"refused": func() (client, error) {
			refused := config
			refused.Credentials.Password = "wrong"
			if _, err := glide.NewClient(ctx, refused); !errors.Is(err, glide.ErrAuthentication) {
				return nil, fmt.Errorf("not refused: %w", err)
			}
			return nil, nil
		},
		"given up": func() (client, error) {
			ctx, cancel := context.WithTimeout(ctx, 500*time.Microsecond)
			defer cancel()
			made, err := glide.NewClient(ctx, config)
			if errors.Is(err, context.DeadlineExceeded) {
				return nil, nil
			}
			return made, err
		},
	} {
		t.Run(name, func(t *testing.T) {
			comeAndGo(t, 200, dial)
			requireNothingKept(t, 400, 8<<10, func() {
				comeAndGo(t, 400, dial)
				time.Sleep(200 * time.Millisecond)
			})
		})
	}
}

func TestAThousandClientsShareTheRuntime(t *testing.T) {
	if !harness.InAProcess(t) {
		return
	}
	allowDescriptors(t, 8192)
	server := glidetest.Start(t)
	const many = 1000
	clients := []*glide.Client{harness.Connect(t, server, harness.Patient)}
	require.NoError(t, harness.SetAndCheck(clients[0], 0))
	before := footprintOf(t)
	for range many - 1 {
		clients = append(clients, harness.Connect(t, server, harness.Patient))
	}
	after := footprintOf(t)
	t.Logf("with one client: %+v; with %d: %+v, %d bytes each", before, many, after, (after.resident-before.resident)/(many-1))
	require.LessOrEqual(t, after.threads, before.threads+5, "clients have threads of their own")
	require.LessOrEqual(t, after.goroutines, before.goroutines+2, "clients have goroutines of their own")
	require.Equal(t, before.descriptors+many-1, after.descriptors, "clients have more than their connection")
	require.NoError(t, errors.Join(testkit.Concurrently(many, func(i int) error { return harness.SetAndCheck(clients[i], i) })...))
	require.Len(t, harness.ConnectionsTo(t, server), many)
	for _, client := range clients {
		client.Close()
	}
	harness.RequireNoConnections(t, server)
}
