package faults_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/glidetest"
	"github.com/valkey-glide/go/glide/internal/testkit"
	"github.com/valkey-glide/go/glide/livetest/internal/harness"
)

// While one server is silent and another keeps the same runtime busy.
func TestTimeoutsHoldUnderLoad(t *testing.T) {
	const callers, timeout = 200, 200 * time.Millisecond
	silent, busy := glidetest.Start(t), glidetest.Start(t)
	stalls := testkit.MeasureStalls(t)
	client := harness.Connect(t, silent, func(c *glide.Config) { c.RequestTimeout = timeout })
	loaded := harness.Connect(t, busy, harness.Patient)
	require.NoError(t, errors.Join(testkit.Concurrently(callers, func(i int) error { return harness.SetAndCheck(client, i) })...))
	l := testkit.StartLoad(50, func(i int) error { return harness.SetAndCheck(loaded, i) })
	l.AwaitSuccess(t, 5*time.Second)
	for name, call := range map[string]func(i int) error{
		"request timeout": func(i int) error { return harness.Check(context.Background(), client, i) },
		"deadline": func(i int) error {
			ctx, cancel := context.WithTimeout(context.Background(), timeout)
			defer cancel()
			return harness.Check(ctx, client, i)
		},
		"batch": func(int) error { return run(client.Exec(ctx, pipelineOf(20))) },
		"script": func(int) error {
			_, err := client.RunScript(ctx, inflightScript, []string{"key"})
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			require.NoError(t, silent.Pause())
			took := make(harness.Distribution, callers)
			errs := testkit.Concurrently(callers, func(i int) error {
				begun := time.Now()
				err := call(i)
				took[i] = time.Since(begun)
				if !errors.Is(err, glide.ErrTimeout) {
					return fmt.Errorf("no timeout: %w", err)
				}
				return nil
			})
			require.NoError(t, silent.Resume())
			require.NoError(t, errors.Join(errs...))
			t.Log(took)
			require.GreaterOrEqual(t, took.Quantile(0), timeout-time.Millisecond)
			require.Less(t, took.Quantile(1), timeout+harness.Tolerance+stalls())
			require.Eventually(t, func() bool { return harness.Check(context.Background(), client, 0) == nil }, harness.Patience, time.Millisecond)
		})
	}
	l.End()
	t.Log(l)
	require.Empty(t, l.Errs())
}
