package engine

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// turns keep callers of one client out of each other's way where only one of
// them can succeed at a time. They are a courtesy, not a lock: who waits while
// nobody passes goes ahead.
type turns struct {
	mu  sync.Mutex
	all map[string]*turn
}

type turn struct {
	// place is full while somebody has the turn.
	place  chan struct{}
	passed atomic.Int64
	// callers are those who have it or wait for it.
	callers int
}

// patienceForTurns is for how long somebody may have the turn before those who
// wait go ahead.
const patienceForTurns = 100 * time.Millisecond

// TakeTurn waits for the turn for what a key stands for, and gives how it is
// to be passed on.
func (c *Client) TakeTurn(ctx context.Context, key string) (pass func()) {
	t := c.turns.join(key)
	taken := t.take(ctx)
	return func() {
		if taken {
			t.passed.Add(1)
			<-t.place
		}
		c.turns.leave(key, t)
	}
}

func (all *turns) join(key string) *turn {
	all.mu.Lock()
	defer all.mu.Unlock()
	t := all.all[key]
	if t == nil {
		if all.all == nil {
			all.all = map[string]*turn{}
		}
		t = &turn{place: make(chan struct{}, 1)}
		all.all[key] = t
	}
	t.callers++
	return t
}

func (all *turns) leave(key string, t *turn) {
	all.mu.Lock()
	defer all.mu.Unlock()
	if t.callers--; t.callers == 0 {
		delete(all.all, key)
	}
}

// take reports whether the turn was given.
func (t *turn) take(ctx context.Context) bool {
	select {
	case t.place <- struct{}{}:
		return true
	default:
	}
	late := time.NewTimer(patienceForTurns)
	defer late.Stop()
	for passed := t.passed.Load(); ; {
		select {
		case t.place <- struct{}{}:
			return true
		case <-ctx.Done():
			return false
		case <-late.C:
		}
		now := t.passed.Load()
		if now == passed {
			return false
		}
		passed = now
		late.Reset(patienceForTurns)
	}
}
