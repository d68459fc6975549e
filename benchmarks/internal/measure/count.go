package measure

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/valkey-glide/go/benchmarks/internal/clients"
	"github.com/valkey-glide/go/benchmarks/internal/workloads"
)

// CountedTime bounds the time of counted operations, if their number does not.
const CountedTime = 500 * time.Millisecond

// Count makes a number of operations while another process counts what they
// cost. It calls turn before and after them; nothing else happens in between.
// It times nothing, so counting may slow the process down. It returns how many
// operations were made.
func Count(
	ctx context.Context, instances []clients.Client, workload workloads.Workload, shape workloads.Shape,
	warmUp time.Duration, operations int64, turn func() error,
) (int64, error) {
	callers, _, err := newCallers(ctx, instances, workload, shape)
	if err != nil {
		return 0, err
	}
	var left, made atomic.Int64
	together := func(more int64, most time.Duration) {
		left.Store(more)
		var over atomic.Bool
		timer := time.AfterFunc(most, func() { over.Store(true) })
		defer timer.Stop()
		var running sync.WaitGroup
		for _, c := range callers {
			running.Go(func() {
				for !over.Load() && left.Add(-1) >= 0 {
					c.once(ctx)
					made.Add(1)
				}
			})
		}
		running.Wait()
	}
	together(1<<62, warmUp)
	if err := turn(); err != nil {
		return 0, err
	}
	made.Store(0)
	together(operations, CountedTime)
	counted := made.Load()
	if err := turn(); err != nil {
		return 0, err
	}
	return counted, check(ctx, instances[0], workload, callers)
}

// once makes one operation, in no phase.
func (c *caller) once(ctx context.Context) {
	err := c.operation(ctx)
	switch {
	case err == nil:
		c.succeeded++
	case c.firstError == nil:
		c.firstError = err
		fallthrough
	default:
		c.errors++
	}
}
