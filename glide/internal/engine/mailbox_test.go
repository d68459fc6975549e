package engine

import (
	"context"
	"encoding/binary"
	"fmt"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide/internal/abi"
	"github.com/valkey-glide/go/glide/internal/pb"
	"github.com/valkey-glide/go/glide/internal/wire"
	"google.golang.org/protobuf/proto"
)

// echoSubscriber is a client without a server that publishes to itself.
func echoSubscriber(t *testing.T, bound Bound) (*Client, *Mailbox) {
	t.Helper()
	e, err := Next()
	require.NoError(t, err)
	s := e.NewMailbox(NewMailboxName(), bound)
	request, err := proto.Marshal(&pb.ConnectionRequest{Echo: true, Mailbox: s.name})
	require.NoError(t, err)
	c, err := e.Connect(context.Background(), request, 10*time.Second, nil, nil)
	require.NoError(t, err)
	t.Cleanup(func() {
		c.Close()
		s.Close()
		expectNothingAlive(t, e)
	})
	return c, s
}

// Who drives carries messages away with the replies, and may hand them out
// after the next driver has: the order is kept.
func TestMessagesKeepTheirOrderWhoeverDrives(t *testing.T) {
	const callers, each = 32, 2000
	c, s := echoSubscriber(t, Bound{})
	var group sync.WaitGroup
	for caller := range callers {
		group.Go(func() {
			for i := range each {
				if err := echo(context.Background(), c, "PUBLISH", fmt.Sprint("channel", caller), strconv.Itoa(i)); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	next := map[string]int{}
	for range callers * each {
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		m, err := s.Receive(ctx)
		cancel()
		require.NoError(t, err)
		require.Equal(t, strconv.Itoa(next[m.Channel]), m.Payload)
		next[m.Channel]++
	}
	group.Wait()
	require.Equal(t, MessageCounts{Received: callers * each}, s.Counts())
}

func TestBatchesThatComeEarlyWait(t *testing.T) {
	_, s := echoSubscriber(t, Bound{})
	for _, number := range []byte{2, 1, 3, 0, 4} {
		s.receive(batchOf(uint64(number), string('0'+rune(number))))
	}
	for i := range 5 {
		m, ok, err := s.TryReceive()
		require.True(t, ok && err == nil)
		require.Equal(t, wire.Message{Channel: "c", Payload: strconv.Itoa(i)}, m)
	}
	require.Empty(t, s.early)
}

func TestAQueueLeavesNothingBehind(t *testing.T) {
	c, s := echoSubscriber(t, Bound{})
	for range 100 {
		require.NoError(t, echo(context.Background(), c, "PUBLISH", "c", "p"))
	}
	require.Eventually(t, func() bool { return s.Counts().Waiting == 100 }, 10*time.Second, time.Millisecond)
	for range 100 {
		_, ok, _ := s.TryReceive()
		require.True(t, ok)
	}
	require.Zero(t, s.queue.len)
	require.Nil(t, s.queue.first)
}

// Of two that wait the first is told of a message just before its context ends.
// If it takes none, the other does.
func TestAWaitThatEndsLeavesTheMessageToAnother(t *testing.T) {
	_, s := echoSubscriber(t, Bound{})
	wait := func(ctx context.Context) <-chan error {
		done := make(chan error, 1)
		go func() {
			_, err := s.Receive(ctx)
			done <- err
		}()
		time.Sleep(100 * time.Microsecond) // until it waits
		return done
	}
	left, number := 0, uint64(0)
	publish := func() {
		s.receive(batchOf(number, "p"))
		number++
	}
	for range 500 {
		ctx, cancel := context.WithCancel(context.Background())
		ended := wait(ctx)
		patient, done := context.WithTimeout(context.Background(), 10*time.Second)
		stayed := wait(patient)
		publish()
		cancel()
		if err := <-ended; err == nil {
			publish() // it was in time
		} else {
			require.ErrorIs(t, err, context.Canceled)
			left++
		}
		require.NoError(t, <-stayed)
		done()
	}
	t.Logf("%d of %d waits ended first", left, 500)
}

// batchOf is a batch of one message on the channel c, in the form that
// ffi/src/messages.rs describes.
func batchOf(number uint64, payload string) *wire.Messages {
	b := binary.LittleEndian.AppendUint64(nil, number)
	b = append(b, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 'c', byte(abi.TagString))
	b = binary.LittleEndian.AppendUint32(b, uint32(len(payload)))
	return wire.NewMessages(append(b, payload...), nil, false)
}

// addressedBatch is a batch of numbers on the channel c, for some mailboxes.
func addressedBatch(number uint64, payloads string, mailboxes ...uint64) *wire.Messages {
	b := binary.LittleEndian.AppendUint64(nil, number)
	b = binary.LittleEndian.AppendUint32(b, uint32(len(payloads)))
	b = append(b, 0, 0, 0, 0, byte(abi.MessageNamesChannel), 1, 0, 0, 0, 'c')
	b = binary.LittleEndian.AppendUint32(b, uint32(len(mailboxes)))
	for _, name := range mailboxes {
		b = binary.LittleEndian.AppendUint64(b, name)
	}
	for i := range payloads {
		if i > 0 {
			b = append(b, byte(abi.MessageNamesSame))
		}
		b = append(b, byte(abi.TagString), 1, 0, 0, 0, payloads[i])
	}
	return wire.NewMessages(b, nil, true)
}

// All messages of a client arrive at its own mailbox, which keeps the order for the
// others, too. Each has its own bound.
func TestAddressedMessagesGoToTheirMailboxes(t *testing.T) {
	c, s := echoSubscriber(t, Bound{})
	open := func(bound Bound) *Mailbox {
		mailbox, err := c.OpenMailbox(bound)
		require.NoError(t, err)
		t.Cleanup(func() { c.CloseMailbox(mailbox) })
		return mailbox
	}
	all, oldest, newest, closed := open(Bound{}), open(Bound{Messages: 3}), open(Bound{Messages: 3, DropNewest: true}), open(Bound{})
	c.CloseMailbox(closed)
	s.receive(addressedBatch(2, "45", s.Name(), all.Name(), oldest.Name(), newest.Name()))
	s.receive(addressedBatch(1, "3", all.Name(), closed.Name(), 1<<60))
	require.Zero(t, s.Counts().Received+all.Counts().Received, "they are early")
	s.receive(addressedBatch(0, "012", newest.Name(), all.Name(), oldest.Name()))
	s.receive(batchOf(3, "6"))
	for mailbox, want := range map[*Mailbox]struct {
		payloads string
		counts   MessageCounts
	}{
		s:      {"456", MessageCounts{Received: 3}},
		all:    {"012345", MessageCounts{Received: 6}},
		oldest: {"245", MessageCounts{Received: 5, Dropped: 2}},
		newest: {"012", MessageCounts{Received: 5, Dropped: 2}},
		closed: {"", MessageCounts{}},
	} {
		payloads := ""
		for {
			m, ok, _ := mailbox.TryReceive()
			if !ok {
				break
			}
			require.Equal(t, "c", m.Channel)
			payloads += m.Payload
		}
		require.Equal(t, want.payloads, payloads)
		require.Equal(t, want.counts, mailbox.Counts())
	}
}
