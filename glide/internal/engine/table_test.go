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
	left, driver := c.leave()
	require.True(t, left)
	require.False(t, driver)
	require.False(t, c.claim(first), "claimed after its caller left")

	c.begin()
	second := c.ticket()
	require.NotEqual(t, first, second)
	require.Same(t, c, calls.lookup(first))
	require.False(t, c.claim(first), "claimed by the ticket of an earlier use")
	require.False(t, c.makeDriver(first))
	require.True(t, c.claim(second))
	require.False(t, c.claim(second), "claimed twice")
	left, _ = c.leave()
	require.False(t, left, "left after it was claimed")
}

func TestOnlyAWaitingCallIsMadeTheDriverAndOnce(t *testing.T) {
	var calls table
	c := calls.acquire()
	c.begin()
	ticket := c.ticket()
	require.True(t, c.makeDriver(ticket))
	require.False(t, c.makeDriver(ticket))
	require.Equal(t, signalDrive, <-c.signal)
	left, driver := c.leave()
	require.True(t, left)
	require.True(t, driver)

	c.begin()
	require.True(t, c.claim(c.ticket()))
	require.False(t, c.makeDriver(c.ticket()), "made a completed call the driver")
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
					c.signal <- signalDone
				}
			}
		})
		callers.Go(func() {
			for i := range uses {
				c := calls.acquire()
				c.begin()
				tickets <- c.ticket()
				if i%2 == 0 {
					if gone, _ := c.leave(); gone {
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
