package engine

import (
	"sync"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide/internal/wire"
)

func tickets(queue []byte) (all []uint64) {
	wire.EachTicket(queue, func(ticket uint64) { all = append(all, ticket) })
	return all
}

func TestWhoeverTakesRequestsTakesThoseOfAllQueues(t *testing.T) {
	w := wire.NewRequest("PING")
	defer w.Release()
	queues := make([]requestQueue, 3)
	for ticket := range uint64(6) {
		isLeader, err := queues[ticket%2*2].append(w, 10+ticket, 0) // the one between stays empty
		require.NoError(t, err)
		require.Equal(t, ticket < 2, isLeader)
	}
	var taken batch
	for i := range queues {
		queues[i].take(&taken)
		require.False(t, queues[i].filled.Load())
	}
	require.Equal(t, []uint64{10, 12, 14, 11, 13, 15}, tickets(taken.queue))
	require.Equal(t, load{6, 6}, taken.load)
	require.Equal(t, uint64(10), taken.leader)

	isLeader, err := queues[0].append(w, 20, 0)
	require.NoError(t, err)
	require.True(t, isLeader, "the first after the queue was taken")
	queues[0].close()
	require.False(t, queues[0].filled.Load())
	_, err = queues[0].append(w, 21, 0)
	require.ErrorIs(t, err, errClosed)
	require.GreaterOrEqual(t, unsafe.Sizeof(queues[0]), uintptr(128), "two queues share a cache line")
}

func TestNoRequestIsLostBetweenQueues(t *testing.T) {
	const callers, requests = 4, 5000
	queues := make([]requestQueue, 2)
	var group sync.WaitGroup
	for caller := range uint64(callers) {
		group.Go(func() {
			w := wire.NewRequest("PING")
			defer w.Release()
			for i := range uint64(requests) {
				if _, err := queues[(caller+i/100)%2].append(w, caller*requests+i+1, 0); err != nil {
					t.Error(err)
				}
			}
		})
	}
	seen := map[uint64]bool{}
	for len(seen) < callers*requests {
		var taken batch
		for i := range queues {
			queues[i].take(&taken)
		}
		all := tickets(taken.queue)
		require.Len(t, all, int(taken.requests))
		for _, ticket := range all {
			require.False(t, seen[ticket])
			seen[ticket] = true
		}
	}
	group.Wait()
}

// The memory of replies is released once, no matter who reads the last.
func TestSharesAreCountedDownOnce(t *testing.T) {
	for _, replies := range []int{0, 1, shareSize - 1, shareSize, shareSize + 1, 10 * shareSize} {
		shares := max(1, (replies+shareSize-1)/shareSize)
		d := &delivery{shares: make([]share, shares)}
		d.unread.Store(int64(shares) + 1) // never the last one: there is no library here
		left := replies
		for i := range d.shares {
			s := &d.shares[i]
			s.delivery = d
			s.unread.Store(handingOut)
			callers := min(left, shareSize)
			left -= callers
			var group sync.WaitGroup
			for range callers {
				group.Go(s.read)
			}
			s.handedOut(int64(callers))
			group.Wait()
			require.Zero(t, s.unread.Load())
		}
		require.Equal(t, int64(1), d.unread.Load())
	}
}
