package harness

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
)

// Books are what callers know of increments. Each increment is of a counter
// that no other uses, so that the counters say of each one how often it ran,
// even where a server loses what it has acknowledged.
type Books struct {
	mutex    sync.Mutex
	attempts []attempt
	wrong    []string
}

type attempt struct {
	caller, number int
	way            string
	err            error
}

func (a attempt) String() string {
	return fmt.Sprintf("%s of %s, whose error is %v (safe to retry: %t)", a.way, counter(a.caller, a.number), a.err, glide.SafeToRetry(a.err))
}

// counter names the counter of an attempt. A caller's are of one slot.
func counter(caller, number int) string { return fmt.Sprintf("{caller%d}%d", caller, number) }

// CallerTag is a key of the slot of a caller's counters.
func CallerTag(caller int) string { return fmt.Sprintf("{caller%d}", caller) }

// Caller returns a call for [StartLoad] that increments a new counter each
// time. The callers alternate between the ways of [Increments].
func (b *Books) Caller(client Client) func(caller int) error {
	names := slices.Sorted(maps.Keys(Increments))
	numbers := [1000]int{}
	return func(caller int) error {
		a := attempt{caller: caller, number: numbers[caller], way: names[caller%len(names)]}
		numbers[caller]++
		n, err := Increments[a.way](context.Background(), client, counter(a.caller, a.number))
		a.err = err
		b.mutex.Lock()
		defer b.mutex.Unlock()
		b.attempts = append(b.attempts, a)
		if err == nil && n != 1 {
			b.wrong = append(b.wrong, fmt.Sprintf("%v returns %d", a, n))
		}
		return err
	}
}

// Settle requires that the counters are what the callers were told: one for a
// success, zero for an error that is safe to retry, at most one for others.
// With lossy servers a success may be zero. MGet reads counters of one slot.
func (b *Books) Settle(tb testing.TB, lossy bool, mget func(keys []string) ([]any, error)) {
	tb.Helper()
	b.mutex.Lock()
	defer b.mutex.Unlock()
	byCaller := map[int][]attempt{}
	for _, a := range b.attempts {
		byCaller[a.caller] = append(byCaller[a.caller], a)
	}
	wrong := b.wrong
	acknowledged, failed, safe, ran, lost := 0, 0, 0, 0, 0
	for _, attempts := range byCaller {
		for len(attempts) > 0 {
			some := attempts[:min(500, len(attempts))]
			attempts = attempts[len(some):]
			var keys []string
			for _, a := range some {
				keys = append(keys, counter(a.caller, a.number))
			}
			values, err := mget(keys)
			require.NoError(tb, err)
			for i, a := range some {
				value, _ := values[i].(string)
				times := 0
				if value != "" {
					_, err := fmt.Sscan(value, &times)
					require.NoError(tb, err)
				}
				switch {
				case a.err == nil:
					acknowledged++
				case glide.SafeToRetry(a.err):
					safe++
				default:
					failed++
					ran += times
				}
				switch {
				case times > 1,
					times == 1 && a.err != nil && glide.SafeToRetry(a.err),
					times == 0 && a.err == nil && !lossy:
					wrong = append(wrong, fmt.Sprintf("%v ran %d times", a, times))
				case times == 0 && a.err == nil:
					lost++
				}
			}
		}
	}
	tb.Logf("%d increments acknowledged (%d lost by the servers), %d failed of which %d ran, %d safe to retry", acknowledged, lost, failed, ran, safe)
	require.NotZero(tb, acknowledged)
	for i, text := range wrong {
		if i == 5 {
			tb.Errorf("and %d more", len(wrong)-5)
			break
		}
		tb.Error(text)
	}
}
