package faults_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/glidetest"
	"github.com/valkey-glide/go/glide/internal/testkit"
	"github.com/valkey-glide/go/glide/livetest/internal/harness"
)

// TestStress mixes commands of all sizes and ways, cancellations, and clients
// that come and go. TestStressUnderHostileSettings runs it again.
func TestStress(t *testing.T) {
	server := glidetest.Start(t)
	client := harness.Connect(t, server, harness.Patient)
	ctx := context.Background()
	require.NoError(t, errors.Join(testkit.Concurrently(100, func(i int) error { return harness.SetAndCheck(client, i) })...))
	l := testkit.StartLoad(100, func(i int) error {
		switch rand.IntN(8) {
		case 0:
			return waysToRead["by itself"](ctx, client, i)
		case 1:
			value := pattern(rand.IntN(40_000))
			key := "large " + harness.KeyOf(i)
			if err := client.Set(ctx, key, value); err != nil {
				return err
			}
			got, err := client.Get(ctx, key)
			if err == nil && got.Value() != value {
				err = errors.New("another value")
			}
			return err
		case 2:
			cancelled, cancel := context.WithTimeout(ctx, time.Duration(rand.IntN(1000))*time.Microsecond)
			defer cancel()
			err := harness.Check(cancelled, client, i)
			if errors.Is(err, glide.ErrTimeout) {
				err = nil
			}
			return err
		case 3:
			values, err := client.MGet(ctx, harness.KeyOf(i), "missing", harness.KeyOf(i))
			if err == nil && (len(values) != 3 || values[2].Value() != harness.ValueOf(i) || !values[1].IsNil()) {
				err = fmt.Errorf("MGET gives %v", values)
			}
			return err
		case 4:
			deep := context.WithValue(ctx, anyKey{}, make([]byte, 10_000))
			return grow(rand.IntN(50), func() error { return harness.Check(deep, client, i) })
		default:
			return harness.SetAndCheck(client, i)
		}
	})
	for begun := time.Now(); time.Since(begun) < 2*time.Second; {
		other := harness.Connect(t, server, harness.Patient)
		require.NoError(t, harness.SetAndCheck(other, 1))
		other.Close()
	}
	l.End()
	t.Log(l)
	require.Empty(t, l.Errs())
	require.Greater(t, l.Succeeded(), int64(1000))
}

// TestCallsAtAnyDepthOfTheStack has the stack moved, for want of room, at
// whatever point of a call: what lies on it then is checked.
func TestCallsAtAnyDepthOfTheStack(t *testing.T) {
	server := glidetest.Start(t)
	client := harness.Connect(t, server, harness.Patient)
	require.NoError(t, harness.SetAndCheck(client, 1))
	for depth := range 1000 {
		done := make(chan error)
		go func() { // each with a stack of its own, which begins small
			done <- grow(depth, func() error { return harness.Check(context.Background(), client, 1) })
		}()
		require.NoError(t, <-done)
	}
}

// anyKey is the key of a context's value that is never read.
type anyKey struct{}

// grow calls with a deeper stack.
//
//go:noinline
func grow(depth int, call func() error) error {
	if depth > 0 {
		return grow(depth-1, call)
	}
	return call()
}

func TestStressUnderHostileSettings(t *testing.T) {
	for name, environment := range map[string][]string{
		"pointers are checked, collected all the time": {"GODEBUG=cgocheck=1,invalidptr=1", "GOGC=1"},
		"one thread":    {"GOMAXPROCS=1"},
		"eight threads": {"GOMAXPROCS=8"},
	} {
		t.Run(name, func(t *testing.T) {
			output, err := harness.Again(t, "^TestStress$", environment...)
			require.NoError(t, err, output)
			require.Contains(t, output, "--- PASS: TestStress", "it has not run")
			for line := range strings.Lines(output) {
				if strings.Contains(line, "succeeded") {
					t.Log(strings.TrimSpace(line))
				}
			}
		})
	}
}

// TestLostConnectionsDoNotEndTheProcess is about SIGPIPE, which the system
// sends to who writes to a connection that the other side has closed.
func TestLostConnectionsDoNotEndTheProcess(t *testing.T) {
	output, err := harness.Again(t, "^TestNoWriteIsAppliedTwiceWhenConnectionsAreLost$")
	require.NoError(t, err, output)
	require.Contains(t, output, "--- PASS: TestNoWriteIsApplied")
}

func TestProgramsWithoutCgoWork(t *testing.T) {
	server := glidetest.Start(t)
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	command := exec.CommandContext(ctx, "go", "run", "./testdata/nocgo", "valkey://"+server.Addr()+"?request_timeout=30s&inflight_limit=20000")
	command.Env = append(os.Environ(), "CGO_ENABLED=0")
	output, err := command.CombinedOutput()
	require.NoError(t, err, string(output))
	require.Contains(t, string(output), "all done")
	require.Equal(t, harness.ValueOf(9_999), server.MustCommand(t, "GET", harness.KeyOf(9_999)))
}
