package failover

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
)

func TestCallersOfAKilledPrimaryAreServedByTheReplica(t *testing.T) {
	var reported []string
	timeline, err := Measure(t.Context(), func(text string) { reported = append(reported, text) })
	require.NoError(t, err)
	require.Len(t, reported, 3)
	require.Less(t, timeline.Killed, timeline.Followed)
	require.Less(t, timeline.Followed, timeline.Ended)
	require.Less(t, timeline.Killed, timeline.Resumed)
	require.Positive(t, timeline.Succeeded)
	require.Zero(t, timeline.Twice)
	// At most each caller of the primary had a write in flight.
	require.LessOrEqual(t, timeline.Failed, Callers/2, "%v", timeline.Errors)
	for text := range timeline.Errors {
		require.Equal(t, glide.ErrConnectionLost.Error(), text)
	}
}

func TestEndOfLongestGap(t *testing.T) {
	const second = time.Second
	require.Equal(t, 7*second, endOfLongestGap([]time.Duration{8 * second, 7 * second, second, 2 * second}))
	require.Zero(t, endOfLongestGap(nil))
}
