package engine

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestTurnsAreTakenOneAfterTheOther(t *testing.T) {
	var c Client
	var group sync.WaitGroup
	with := 0 // guarded by the turn
	for range 50 {
		group.Add(1)
		go func() {
			defer group.Done()
			for range 100 {
				pass := c.TakeTurn(context.Background(), "key")
				with++
				pass()
			}
		}()
	}
	group.Wait()
	require.Equal(t, 5000, with)
	require.Empty(t, c.turns.all, "nothing is kept of keys that nobody is after")
}

func TestWhoWaitsForATurnThatDoesNotPassGoesAhead(t *testing.T) {
	var c Client
	pass := c.TakeTurn(context.Background(), "key")
	began := time.Now()
	c.TakeTurn(context.Background(), "other")()
	require.Less(t, time.Since(began), patienceForTurns)
	second := c.TakeTurn(context.Background(), "key")
	require.GreaterOrEqual(t, time.Since(began), patienceForTurns)
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	c.TakeTurn(ended, "key")()
	second() // it has none to pass
	pass()
	began = time.Now()
	c.TakeTurn(context.Background(), "key")()
	require.Less(t, time.Since(began), patienceForTurns)
	require.Empty(t, c.turns.all)
}
