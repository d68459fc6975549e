package chaos

import (
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/valkey-glide/go/glide/livetest/internal/harness"
)

// connectionFaults are those of connections and links: the servers do not know
// of them.
var connectionFaults = []kind{
	{"kill connections", killConnections},
	{"kill connections everywhere", killConnectionsEverywhere},
	{"close connections", closeConnections},
	{"cut a link", cutLink},
	{"silence a link", silenceLink},
	{"slow a link", slowLink},
	{"forget connections", forgetConnections},
	{"lose replies, then connections", loseReplies},
}

// clientTypes are those of CLIENT KILL TYPE that clients are.
var clientTypes = []string{"normal", "pubsub"}

func killConnections(r *run, dice *rand.Rand) fault {
	node, class := r.nodes()[dice.IntN(len(r.nodes()))], clientTypes[dice.IntN(2)]
	return fault{what: fmt.Sprintf("%s ones at %v", class, node), inject: func() error {
		// The node may be down or hang. Then there is nothing to kill.
		go func() { _, _ = node.Command("CLIENT", "KILL", "TYPE", class, "USER", user) }()
		return nil
	}}
}

func killConnectionsEverywhere(r *run, dice *rand.Rand) fault {
	times, pause := 1+dice.IntN(5), between(dice, 10*time.Millisecond, 200*time.Millisecond)
	return fault{what: fmt.Sprintf("%d times, every %v", times, pause), inject: func() error {
		for range times {
			for _, node := range r.nodes() {
				for _, class := range clientTypes {
					go func() { _, _ = node.Command("CLIENT", "KILL", "TYPE", class, "USER", user) }()
				}
			}
			time.Sleep(pause)
		}
		return nil
	}}
}

// place returns a link at random, and what it is of.
func (r *run) place(dice *rand.Rand) (*harness.Link, string) {
	i := dice.IntN(len(r.links()))
	return r.links()[i], fmt.Sprintf("to %v", r.nodes()[i])
}

func closeConnections(r *run, dice *rand.Rand) fault {
	link, where := r.place(dice)
	how := dice.IntN(3)
	return fault{what: fmt.Sprintf("%s by %s", where, []string{"FIN", "RST", "half-close"}[how]), inject: func() error {
		link.Break([]func(*harness.Through){(*harness.Through).Close, (*harness.Through).Reset, (*harness.Through).CloseReplies}[how])
		return nil
	}}
}

func cutLink(r *run, dice *rand.Rand) fault {
	link, where := r.place(dice)
	lasts := between(dice, 50*time.Millisecond, 1500*time.Millisecond)
	return fault{
		what:   fmt.Sprintf("%s for %v", where, lasts),
		inject: func() error { link.Cut(); return nil },
		lasts:  lasts,
		repair: func() error { link.Mend(); return nil },
	}
}

func silenceLink(r *run, dice *rand.Rand) fault {
	link, where := r.place(dice)
	lasts := between(dice, 50*time.Millisecond, 3*time.Second)
	return fault{
		what:   fmt.Sprintf("%s for %v", where, lasts),
		inject: func() error { link.Hold(); return nil },
		lasts:  lasts,
		repair: func() error { link.Release(); return nil },
	}
}

// delayMax is the longest delay of a slow link.
const delayMax = 80 * time.Millisecond

func slowLink(r *run, dice *rand.Rand) fault {
	link, where := r.place(dice)
	delay, lasts := between(dice, time.Millisecond, delayMax), between(dice, 200*time.Millisecond, 2*time.Second)
	return fault{
		what:   fmt.Sprintf("%s by %v for %v", where, delay, lasts),
		inject: func() error { link.Slow(delay); return nil },
		lasts:  lasts,
		repair: func() error { link.Slow(0); return nil },
	}
}

// forgetConnections makes connections half-open: they stay silent permanently.
func forgetConnections(r *run, dice *rand.Rand) fault {
	link, where := r.place(dice)
	return fault{what: where, inject: func() error { link.Break((*harness.Through).Lose); return nil }}
}

func loseReplies(r *run, dice *rand.Rand) fault {
	link, where := r.place(dice)
	lasts := between(dice, 5*time.Millisecond, 150*time.Millisecond)
	return fault{
		what:   fmt.Sprintf("%s for %v", where, lasts),
		inject: func() error { link.Break((*harness.Through).LoseReplies); return nil },
		lasts:  lasts,
		repair: func() error { link.Break((*harness.Through).Reset); return nil },
	}
}
