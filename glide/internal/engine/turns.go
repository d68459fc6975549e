package engine

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// turns let callers of one client take turns where only one of them can succeed at a
// time. They are a courtesy, not a lock: a caller that waits too long goes ahead.
type turns struct {
	mu  sync.Mutex
	all map[string]*turn
}

type turn struct {
	// token is full while a caller has the turn.
	token  chan struct{}
	passed atomic.Int64
	// callers is how many have the turn or wait for it.
	callers int
}

// patienceForTurns is how long a caller may have the turn before those that wait go
// ahead.
const patienceForTurns = 100 * time.Millisecond

// TakeTurn waits for the turn of a key, and returns the function that passes it
// on.
func (c *Client) TakeTurn(ctx context.Context, key string) (pass func()) {
	t := c.turns.join(key)
	taken := t.take(ctx)
	return func() {
		if taken {
			t.passed.Add(1)
			<-t.token
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
		t = &turn{token: make(chan struct{}, 1)}
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

// take reports whether the caller has the turn.
func (t *turn) take(ctx context.Context) bool {
	select {
	case t.token <- struct{}{}:
		return true
	default:
	}
	late := time.NewTimer(patienceForTurns)
	defer late.Stop()
	for passed := t.passed.Load(); ; {
		select {
		case t.token <- struct{}{}:
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
