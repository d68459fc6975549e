package glide

import (
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide/internal/engine"
	"github.com/valkey-glide/go/glide/internal/pb"
)

func testReceiver(t *testing.T, s Subscriptions) *receiver {
	t.Helper()
	e, err := engine.Next()
	require.NoError(t, err)
	request := &pb.ConnectionRequest{}
	require.NoError(t, s.addTo(request))
	r := newReceiver(e, request, s, nil, nil)
	require.NotZero(t, request.Mailbox)
	t.Cleanup(r.close)
	return r
}

func TestTheSubscriberIsMadeWhenItIsNeeded(t *testing.T) {
	require.Nil(t, testReceiver(t, Subscriptions{}).mailbox.Load())
	configured := testReceiver(t, Subscriptions{Channels: []string{"c"}})
	require.NotNil(t, configured.mailbox.Load())
}

func TestAReceiverHasOneSubscriber(t *testing.T) {
	for range 1000 {
		r := testReceiver(t, Subscriptions{})
		var group sync.WaitGroup
		var made [4]*engine.Mailbox
		for i := range made {
			group.Go(func() { made[i] = r.openMailbox() })
		}
		group.Go(r.close)
		group.Wait()
		for _, one := range made {
			require.Same(t, made[0], one)
		}
		require.True(t, made[0].Closed())
	}
}

func TestAReceiverIsClosedBeforeItIsAsked(t *testing.T) {
	r := testReceiver(t, Subscriptions{})
	r.close()
	_, _, err := subscriber{receiver: r}.TryMessage()
	require.ErrorIs(t, err, ErrClosed)
	require.Zero(t, subscriber{receiver: r}.MessageStats())
}
