package chaos

import (
	"context"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/livetest/internal/harness"
)

// messages publishes numbers, each once, on channels, and receives them with
// another client.
type messages struct {
	run        *run
	publisher  client
	subscriber client
	received   sync.WaitGroup
	channels   []*channel
}

// A channel has one publisher. What arrives of it is in order.
type channel struct {
	name    string
	slot    int
	sharded bool

	mutex     sync.Mutex // guards what follows
	published []outcome
	arrived   []arrival
}

type arrival struct {
	number int
	at     time.Duration
}

// newMessages subscribes to channels, and to sharded ones in a cluster.
func newMessages(r *run, publisher, subscriber client) (*messages, error) {
	w := &messages{run: r, publisher: publisher, subscriber: subscriber}
	cluster, isCluster := subscriber.(*glide.ClusterClient)
	for i := range 3 {
		w.channels = append(w.channels, &channel{name: keyIn(i*slotCount/3, "channel"), slot: slotOf(i * slotCount / 3)})
		if isCluster {
			w.channels = append(w.channels, &channel{name: keyIn(i*slotCount/3, "sharded channel"), slot: slotOf(i * slotCount / 3), sharded: true})
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	for _, c := range w.channels {
		var err error
		if c.sharded {
			err = cluster.SSubscribe(ctx, c.name)
		} else {
			err = subscriber.Subscribe(ctx, c.name)
		}
		if err != nil {
			return nil, err
		}
	}
	w.received.Go(w.receive)
	return w, nil
}

func (w *messages) name() string { return "messages" }

func (w *messages) callers() int { return len(w.channels) }

func (w *messages) call(c *caller) error {
	to := w.channels[c.number]
	to.mutex.Lock()
	number := len(to.published)
	to.published = append(to.published, pending)
	to.mutex.Unlock()
	err := w.run.call("publish", w.run.limit(c.dice), func(ctx context.Context) (err error) {
		if to.sharded {
			_, err = w.publisher.(*glide.ClusterClient).SPublish(ctx, to.name, strconv.Itoa(number))
		} else {
			_, err = w.publisher.Publish(ctx, to.name, strconv.Itoa(number))
		}
		return err
	})
	to.mutex.Lock()
	defer to.mutex.Unlock()
	to.published[number] = outcomeOf(err)
	return err
}

// receive receives until the client is closed.
func (w *messages) receive() {
	for {
		message, err := w.subscriber.NextMessage(context.Background())
		if err != nil {
			return
		}
		known := false
		for _, c := range w.channels {
			if c.name == message.Channel {
				known = true
				c.arrive(w.run, message.Payload)
			}
		}
		if !known {
			w.run.violation("a message of a channel that nobody subscribed to", "%q", message.Channel)
		}
	}
}

func (c *channel) arrive(r *run, payload string) {
	number, err := strconv.Atoi(payload)
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if err != nil || number < 0 || number >= len(c.published) {
		r.violation("a message that nobody published", "%q on %q", payload, c.name)
		return
	}
	c.arrived = append(c.arrived, arrival{number, r.now()})
}

// awaitDelivery waits until what is published on each channel arrives.
func (w *messages) awaitDelivery(patience time.Duration) {
	w.awaitChannels(patience, "messages do not arrive any more", func(c *channel) func() bool {
		c.mutex.Lock()
		defer c.mutex.Unlock()
		before := len(c.published)
		return func() bool {
			c.mutex.Lock()
			defer c.mutex.Unlock()
			return len(c.arrived) > 0 && c.arrived[len(c.arrived)-1].number >= before
		}
	})
}

// awaitLast waits until the last message of each channel has arrived.
func (w *messages) awaitLast(patience time.Duration) {
	w.awaitChannels(patience, "the last message does not arrive", func(c *channel) func() bool {
		return func() bool {
			c.mutex.Lock()
			defer c.mutex.Unlock()
			return len(c.arrived) > 0 && c.arrived[len(c.arrived)-1].number == len(c.published)-1
		}
	})
}

func (w *messages) awaitChannels(patience time.Duration, kind string, arrivesOn func(c *channel) func() bool) {
	begun := time.Now()
	for _, c := range w.channels {
		arrives := arrivesOn(c)
		for !arrives() {
			if time.Since(begun) > patience+w.run.stalls.Longest() {
				w.run.violation(kind, "on %q after %v", c.name, time.Since(begun))
				break
			}
			time.Sleep(10 * time.Millisecond)
		}
	}
}

func (w *messages) check() error {
	published, arrived := 0, 0
	for _, c := range w.channels {
		c.mutex.Lock()
		c.check(w.run)
		published, arrived = published+len(c.published), arrived+len(c.arrived)
		if len(c.arrived) == 0 {
			w.run.violation("no message arrives", "on %q", c.name)
		}
		c.mutex.Unlock()
	}
	w.run.log("messages: %d of %d have arrived", arrived, published)
	return nil
}

// busDelay is how long a message may take from node to node.
const busDelay = 300 * time.Millisecond

// check checks that each message has arrived at most once, and in order. One
// whose publisher was told that it may have been sent may come later than what
// followed it, as it may have waited on a connection that was given up.
func (c *channel) check(r *run) {
	first := make([]time.Duration, len(c.published)) // arrivals
	last, moved := arrival{number: -1}, 0
	for _, a := range c.arrived {
		what := fmt.Sprintf("%d on %q at %.3fs", a.number, c.name, a.at.Seconds())
		certain, again := c.published[a.number] == acknowledged, first[a.number]
		late := certain && a.number < last.number
		switch {
		case c.published[a.number] == unsent:
			r.violation("a message was sent although the error says it was not", "%s", what)
		case again == 0 && !late:
		case r.moves.explain(c.slot, a.at), c.crossesNodes(r, a.at, max(again, last.at)):
			moved++
		case again > 0:
			r.violation("a message arrives twice", "%s, first at %.3fs", what, again.Seconds())
		default:
			r.violation("a message arrives after a later one", "%s, after %d at %.3fs", what, last.number, last.at.Seconds())
		}
		if again == 0 {
			first[a.number] = a.at
		}
		if certain && a.number > last.number {
			last = a
		}
	}
	if moved > 0 {
		r.log("messages: %d on %q arrived late or twice when they came by another node", moved, c.name)
	}
}

// crossesNodes reports whether a message may have come again, or late, because
// the subscription had to leave a node that could not be reached. The next node
// may not have heard yet of what the last one has delivered.
func (c *channel) crossesNodes(r *run, at, before time.Duration) bool {
	return !c.sharded && r.kind() == harness.Cluster && at-before <= busDelay+2*r.stalls.Longest() && r.breaks.explain(0, at)
}
