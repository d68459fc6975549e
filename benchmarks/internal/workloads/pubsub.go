package workloads

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/valkey-glide/go/benchmarks/internal/clients"
)

// pubSub is one subscriber to one channel. An operation publishes 1000
// messages, on a connection that is the same for every client, and waits until
// all but the last few thousand have arrived. Each message has its number: one
// that is lost or out of order is an error.
type pubSub struct{}

const (
	pubSubMessages = 1000
	// pubSubAhead is how many messages may be on their way: enough that no one
	// waits for a round trip, and far from the size at which the server drops a
	// slow subscriber.
	pubSubAhead  = 20 * pubSubMessages
	pubSubDigits = 12
	// pubSubPatience is how long messages may take before they count as lost.
	pubSubPatience = 10 * time.Second
)

// A subscriber subscribes to a channel in the way that is the client's
// fastest, and calls handle with each message, one after the other.
type subscriber interface {
	SubscribeTo(ctx context.Context, channel string, handle func(payload string)) error
	Address() string
}

const pubSubName = "pubsub"

func (pubSub) Prepare(context.Context, clients.Client, Shape) error { return nil }

func (pubSub) Caller(client clients.Client, shape Shape, number int) (Operation, error) {
	s, ok := client.(subscriber)
	if !ok {
		return nil, fmt.Errorf("%T subscribes to nothing", client)
	}
	if shape.ValueBytes < pubSubDigits {
		return nil, fmt.Errorf("messages need %d bytes for their number", pubSubDigits)
	}
	// Of its own: what was published last for another client may still be on
	// its way.
	channel := fmt.Sprintf("benchmark:%016x", rand.Uint64())
	received := &received{progress: make(chan struct{}, 1)}
	if err := s.SubscribeTo(context.Background(), channel, received.message); err != nil {
		return nil, err
	}
	p, err := newPublisher(s.Address(), channel, shape.ValueBytes, received.subscribed.Load)
	if err != nil {
		return nil, err
	}
	return func(context.Context) error {
		if err := p.publish(); err != nil {
			return err
		}
		return received.await(p.published - pubSubAhead)
	}, nil
}

// received counts the messages that have arrived.
type received struct {
	count    atomic.Int64
	wrong    atomic.Pointer[string]
	progress chan struct{}
	// subscribed is whether an empty message has arrived.
	subscribed atomic.Bool
}

func (r *received) message(payload string) {
	if len(payload) == 0 { // sent before the measurement
		r.subscribed.Store(true)
		return
	}
	count := r.count.Load()
	if number, err := strconv.ParseInt(payload[:pubSubDigits], 10, 64); err != nil || number != count {
		wrong := fmt.Sprintf("message %q came where number %d was due", payload[:pubSubDigits], count)
		r.wrong.CompareAndSwap(nil, &wrong)
	}
	r.count.Store(count + 1)
	if count%pubSubMessages == 0 {
		select {
		case r.progress <- struct{}{}:
		default:
		}
	}
}

// await waits until so many have arrived.
func (r *received) await(count int64) error {
	var patience <-chan time.Time
	for r.count.Load() < count {
		if patience == nil {
			timer := time.NewTimer(pubSubPatience)
			defer timer.Stop()
			patience = timer.C
		}
		select {
		case <-r.progress:
		case <-patience:
			return fmt.Errorf("%d messages were published, %d arrived", count+pubSubAhead, r.count.Load())
		}
	}
	if wrong := r.wrong.Load(); wrong != nil {
		return fmt.Errorf("%s", *wrong)
	}
	return nil
}

// publisher publishes on a connection that is told not to answer.
type publisher struct {
	connection net.Conn
	// commands are the messages of one operation, whose numbers are written
	// into them each time.
	commands  []byte
	numbers   []int
	published int64
}

func newPublisher(address, channel string, size int, subscribed func() bool) (*publisher, error) {
	connection, err := net.Dial("tcp", address)
	if err != nil {
		return nil, err
	}
	p := &publisher{connection: connection}
	if err := p.awaitSubscriber(channel, subscribed); err != nil {
		return nil, err
	}
	if _, err := connection.Write([]byte("CLIENT REPLY OFF\r\n")); err != nil {
		return nil, err
	}
	payload := strings.Repeat("0", pubSubDigits) + strings.Repeat("m", size-pubSubDigits)
	command := fmt.Sprintf("*3\r\n$7\r\nPUBLISH\r\n$%d\r\n%s\r\n$%d\r\n%s\r\n", len(channel), channel, size, payload)
	at := strings.LastIndex(command, payload)
	for range pubSubMessages {
		p.numbers = append(p.numbers, len(p.commands)+at)
		p.commands = append(p.commands, command...)
	}
	return p, nil
}

// awaitSubscriber publishes empty messages until the subscriber receives one. How
// many received it, the server does not say: in a cluster it counts only its own
// subscribers.
func (p *publisher) awaitSubscriber(channel string, subscribed func() bool) error {
	replies := bufio.NewReader(p.connection)
	for range 1000 {
		if _, err := fmt.Fprintf(p.connection, "PUBLISH %s \"\"\r\n", channel); err != nil {
			return err
		}
		if _, err := replies.ReadString('\n'); err != nil {
			return err
		}
		if subscribed() {
			return nil
		}
		time.Sleep(10 * time.Millisecond)
	}
	return fmt.Errorf("the subscriber of %s receives nothing", channel)
}

func (p *publisher) publish() error {
	for _, at := range p.numbers {
		number := p.published
		for i := pubSubDigits - 1; i >= 0; i-- {
			p.commands[at+i] = '0' + byte(number%10)
			number /= 10
		}
		p.published++
	}
	_, err := p.connection.Write(p.commands)
	return err
}
