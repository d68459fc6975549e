package libraries

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-redis/redis_rate/v10"
	"github.com/stretchr/testify/require"
)

func TestRedisRate(t *testing.T) {
	each(t, func(t *testing.T, on *target) {
		ctx := t.Context()
		on.everyPrimary(t, "SCRIPT", "FLUSH")
		limiter := redis_rate.NewLimiter(on.rdb)
		// In the time of a test, nothing is allowed again.
		limit := redis_rate.Limit{Rate: 10, Burst: 10, Period: 1000 * time.Hour}
		for _, key := range []string{"a", "b", "c", "d"} {
			key := name(t, key)
			var allowed, refused atomic.Int64
			var wait sync.WaitGroup
			for range 30 {
				wait.Go(func() {
					result, err := limiter.Allow(ctx, key, limit)
					switch {
					case err != nil:
						t.Error(err)
					case result.Allowed > 0:
						allowed.Add(1)
					case result.RetryAfter > 0:
						refused.Add(1)
					}
				})
			}
			wait.Wait()
			require.Equal(t, int64(10), allowed.Load())
			require.Equal(t, int64(20), refused.Load())
			require.NoError(t, limiter.Reset(ctx, key))
			result, err := limiter.AllowN(ctx, key, limit, 4)
			require.NoError(t, err)
			require.Equal(t, []int{4, 6}, []int{result.Allowed, result.Remaining})
			require.Equal(t, time.Duration(-1), result.RetryAfter)
			result, err = limiter.AllowAtMost(ctx, key, limit, 100)
			require.NoError(t, err)
			require.Equal(t, []int{6, 0}, []int{result.Allowed, result.Remaining})
		}

		resume := on.pauseWrites(t)
		short, cancel := context.WithTimeout(ctx, 100*time.Millisecond)
		defer cancel()
		_, err := limiter.Allow(short, name(t, "a"), limit)
		requireDeadline(t, err)
		resume()
	})
}
