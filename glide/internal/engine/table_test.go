package engine

import (
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTicketOfAnEarlierUseClaimsNothing(t *testing.T) {
	var calls table
	c := calls.acquire()
	c.begin()
	first := c.ticket()
	require.True(t, c.leave())
	require.False(t, c.claim(first), "claimed after its caller left")

	c.begin()
	second := c.ticket()
	require.NotEqual(t, first, second)
	require.Same(t, c, calls.lookup(first))
	require.False(t, c.claim(first), "claimed by the ticket of an earlier use")
	require.True(t, c.claim(second))
	require.False(t, c.claim(second), "claimed twice")
	require.False(t, c.leave(), "left after it was claimed")
}

func TestUnknownTicketsNameNobody(t *testing.T) {
	var calls table
	require.Nil(t, calls.lookup(0))
	require.Nil(t, calls.lookup(1<<63|77))
	c := calls.acquire()
	require.False(t, c.claim(c.ticket()), "claimed an idle call")
	require.False(t, c.claim(0))
}

// Every use is claimed or left, never both, whoever comes first.
func TestCompletionAndLeavingExcludeEachOther(t *testing.T) {
	var calls table
	var claimed, left atomic.Int64
	const uses, goroutines = 20_000, 4
	tickets := make(chan uint64, 64)
	var completers, callers sync.WaitGroup
	for range goroutines {
		completers.Go(func() {
			for ticket := range tickets {
				if c := calls.lookup(ticket); c != nil && c.claim(ticket) {
					claimed.Add(1)
					c.signal <- struct{}{}
				}
			}
		})
		callers.Go(func() {
			for i := range uses {
				c := calls.acquire()
				c.begin()
				tickets <- c.ticket()
				if i%2 == 0 {
					if c.leave() {
						left.Add(1)
						calls.put(c)
						continue
					}
				}
				<-c.signal
				c.state.And(^uint64(phases))
				calls.put(c)
			}
		})
	}
	callers.Wait()
	close(tickets)
	completers.Wait()
	require.Equal(t, int64(goroutines*uses), claimed.Load()+left.Load())
	require.NotZero(t, left.Load())
	require.LessOrEqual(t, calls.used.Load(), uint32(goroutines), "calls were not used again")
}
