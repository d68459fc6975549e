package engine

import (
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"
	"unsafe"

	"github.com/stretchr/testify/require"
)

func newTable() *table {
	calls := new(table)
	calls.init()
	return calls
}

func TestTicketOfAnEarlierUseClaimsNothing(t *testing.T) {
	calls := newTable()
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
	calls := newTable()
	require.Nil(t, calls.lookup(0))
	require.Nil(t, calls.lookup(1<<63|77))
	c := calls.acquire()
	require.False(t, c.claim(c.ticket()), "claimed an idle call")
	require.False(t, c.claim(0))
}

// Every use is claimed or left, never both, no matter who comes first.
func TestCompletionAndLeavingExcludeEachOther(t *testing.T) {
	calls := newTable()
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
	require.LessOrEqual(t, len(calls.list()), goroutines, "calls were not used again")
}

func TestTwoCPUsWriteOneLineOfACall(t *testing.T) {
	const line = 64
	var c call
	require.Equal(t, uintptr(line), unsafe.Offsetof(c.client))
	require.Less(t, unsafe.Offsetof(c.drives), uintptr(line))
	require.Zero(t, unsafe.Sizeof(c)%line)
	require.Equal(t, uintptr(line), unsafe.Sizeof(share{}))
	require.Zero(t, uintptr(unsafe.Pointer(newTable().acquire()))%line)
}

// An idle table releases what a burst has needed, and tickets of calls that
// are not there any more name no one, also when others take their places.
func TestABurstLeavesNoMemoryBehind(t *testing.T) {
	calls := newTable()
	const burst = 20_000
	tickets := map[uint64]bool{}
	use := func() {
		var used []*call
		for range burst {
			c := calls.acquire()
			c.begin()
			require.False(t, tickets[c.ticket()], "a ticket names two uses")
			tickets[c.ticket()] = true
			used = append(used, c)
		}
		for _, c := range used {
			require.True(t, c.leave())
			calls.put(c)
		}
	}
	chunks := func() (count int) {
		for _, chunk := range calls.list() {
			if chunk != nil {
				count++
			}
		}
		return count
	}
	for range 3 {
		use()
		require.GreaterOrEqual(t, chunks(), burst/chunkSize)
		calls.trim()
		require.LessOrEqual(t, chunks(), spareChunks+1)
		for ticket := range tickets {
			if c := calls.lookup(ticket); c != nil {
				require.False(t, c.claim(ticket))
			}
		}
	}
	require.LessOrEqual(t, len(calls.list()), burst/chunkSize+2, "places are not used again")
}

func TestTheCollectorReleasesCalls(t *testing.T) {
	calls := newTable()
	calls.trimAtCollection()
	var used []*call
	for range 50 * chunkSize {
		used = append(used, calls.acquire())
	}
	for _, c := range used {
		calls.put(c)
	}
	used = nil
	require.Eventually(t, func() bool {
		runtime.GC()
		calls.growing.Lock()
		defer calls.growing.Unlock()
		return len(calls.free) > 40
	}, 10*time.Second, time.Millisecond)
}

// Calls are taken and put while the table is trimmed: each is in one place.
func TestTrimmingUnderUse(t *testing.T) {
	calls := newTable()
	var users sync.WaitGroup
	var ended atomic.Bool
	for range 4 {
		users.Go(func() {
			for range 200 {
				var mine []*call
				for range 2 * chunkSize {
					c := calls.acquire()
					c.begin()
					mine = append(mine, c)
				}
				for _, c := range mine {
					ticket := c.ticket()
					if found := calls.lookup(ticket); found != c || !c.claim(ticket) {
						t.Error("a waiting call is not found")
					}
					c.state.And(^uint64(phases))
					calls.put(c)
				}
			}
		})
	}
	go func() { users.Wait(); ended.Store(true) }()
	for !ended.Load() {
		calls.trim()
		runtime.Gosched()
	}
}
