package chaos

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/valkey-glide/go/glide/glidetest"
)

// written are the slots of a server that are written to.
func (r *run) written(server *glidetest.Server) (slots []int, err error) {
	for i := range slotCount {
		owner, err := r.owner(slotOf(i))
		if err != nil {
			return nil, err
		}
		if owner == server {
			slots = append(slots, slotOf(i))
		}
	}
	return slots, nil
}

// A watch notices whether a server's slots get another owner, by which they may
// lose what was acknowledged.
type watch struct {
	run    *run
	server *glidetest.Server
	slots  []int
	from   time.Duration
	// lossless is a fault by which nothing is lost.
	lossless bool
}

// settling is how long after a repair messages may still be on their way.
const settling = time.Second

// watch begins before a fault.
func (r *run) watch(server *glidetest.Server) (watch, error) {
	slots, err := r.written(server)
	// What was acknowledged just before may still have been on its way.
	return watch{run: r, server: server, slots: slots, from: r.now() - time.Second}, err
}

// end ends after the repair.
func (w watch) end() error {
	var moved []int
	for _, slot := range w.slots {
		owner, err := w.run.owner(slot)
		if err != nil {
			return err
		}
		if owner != w.server {
			moved = append(moved, slot)
		}
	}
	w.run.moves.add(moved, w.from, w.run.now()+settling)
	if !w.lossless {
		// What a server has acknowledged last may arrive over a slow link.
		w.run.losses.add(moved, w.from, w.run.now()+delayMax)
	}
	return nil
}

// watched is a fault of a server that another one may take over from.
func (r *run) watched(server *glidetest.Server, f fault) fault {
	inject, repair := f.inject, f.repair
	if repair == nil {
		repair = func() error { return nil }
	}
	var w watch
	f.inject = func() (err error) {
		if w, err = r.watch(server); err != nil {
			return err
		}
		w.lossless = f.lossless
		return inject()
	}
	f.repair = func() error {
		if err := errors.Join(repair(), r.await()); err != nil {
			return err
		}
		return w.end()
	}
	return f
}

// impossible is a fault that the servers are not fit for.
func impossible(err error) fault {
	return fault{what: "impossible", inject: func() error { return err }}
}

// pauseNode stops a node for less than the others wait.
func pauseNode(r *run, dice *rand.Rand) fault {
	node, lasts := r.nodes()[dice.IntN(len(r.nodes()))], between(dice, 30*time.Millisecond, 1200*time.Millisecond)
	return r.watched(node, fault{
		what:   fmt.Sprintf("%v for %v", node, lasts),
		inject: node.Pause,
		lasts:  lasts,
		repair: node.Resume,
	})
}
