package glide

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/valkey-glide/go/glide/internal/decode"
	"github.com/valkey-glide/go/glide/internal/engine"
)

// Watch watches keys (WATCH): if another client changes one of them before the
// next transaction on this connection, that transaction does not run and
// returns [ErrTransactionAborted]. So a write can depend on what was read
// before. [Client.Optimistic] does all of this. The watch ends with the
// transaction or with [DedicatedClient.Unwatch]. In a cluster the keys may
// belong to several slots if the connection's node serves them all; otherwise
// Watch returns an error with the code MOVED, although some of the keys may be
// watched.
//
// https://valkey.io/commands/watch/
//
//glide:dedicated what is watched belongs to one connection
//glide:direct the server refuses it in a transaction
func watch(keys ...string) command[struct{}] { return newCommand(named("WATCH").Keys(keys), decode.OK) }

// Unwatch stops watching all keys.
//
// https://valkey.io/commands/unwatch/
//
//glide:dedicated what is watched belongs to one connection
//glide:direct a transaction ends the watch by itself
func unwatch() command[struct{}] { return newCommand(named("UNWATCH"), decode.OK) }

// Optimistic changes keys with optimistic locking (WATCH, MULTI, EXEC). It
// watches keys and then calls prepare, which reads and returns a transaction
// that writes. The client that prepare receives uses the connection that
// watches; reads of another client are protected as well. If another client has changed one of the
// keys meanwhile, nothing is written and Optimistic starts again, until ctx
// ends. So prepare may be called more than once and should have no other
// effects. Set a deadline on ctx if other clients change the keys all the
// time; the time of each command is limited as usual.
//
// Optimistic also starts again, on another connection, if a server refused a
// command that may run later or elsewhere (LOADING, MASTERDOWN, READONLY):
// until ctx ends, or for [Config.RequestTimeout] if ctx has no deadline.
//
// It returns the results of the transaction, like [Client.Exec]. A transaction
// that is nil or empty writes nothing. Any other error of prepare ends
// Optimistic.
//
// https://valkey.io/topics/transactions/
func (c *Client) Optimistic(ctx context.Context, keys []string, prepare func(c *DedicatedClient) (*Transaction, error)) (Results, error) {
	return c.optimistic(ctx, keys, prepare)
}

// Optimistic changes keys with optimistic locking, like [Client.Optimistic].
// The keys may belong to several slots if one node serves them all; otherwise
// it returns [ErrInvalidArgument]. All keys of the transaction must belong to
// one slot. If a slot moves to another node meanwhile, Optimistic starts again
// at the new node. While a slot is being moved, keys that are already at the
// new node are read and written there, but only if they are watched.
//
// https://valkey.io/topics/transactions/
func (c *ClusterClient) Optimistic(ctx context.Context, keys []string, prepare func(c *DedicatedClient) (*Transaction, error)) (Results, error) {
	return c.optimistic(ctx, keys, prepare)
}

func (c commands) optimistic(ctx context.Context, keys []string, prepare func(c *DedicatedClient) (*Transaction, error)) (results Results, err error) {
	if prepare == nil || len(keys) == 0 {
		return results, errNotOptimistic(prepare == nil)
	}
	err = c.beginAnew(ctx, keys, func(to *redirect) error {
		on := c
		if c.cluster {
			on = c.at(PrimaryOfKey(keys[0]))
		}
		if to != nil {
			on = c.at(NodeAt(to.address))
		}
		return dedicate(ctx, on, func(d *DedicatedClient) error {
			d.session.asks, d.session.watched = to != nil, keys
			return d.session.retry(ctx, keys[0], func() error {
				if err := d.Watch(ctx, keys...); err != nil {
					return err
				}
				transaction, err := prepare(d)
				if err == nil && transaction != nil {
					results, err = d.Exec(ctx, transaction)
				}
				return err
			})
		})
	})
	return results, err
}

// pausesAfterMoves are how long to wait when a node says that it does not have
// a slot: the client has the new owner from then on, and other nodes soon will.
var pausesAfterMoves = []time.Duration{0, 20 * time.Millisecond, 80 * time.Millisecond}

// How long to wait before what a server refused for now is started again, at first
// and at most, and how many ASK redirects are followed without a pause.
const (
	refusedPause    = 10 * time.Millisecond
	refusedPauseMax = 500 * time.Millisecond
	asksMax         = 4
)

// redirect is what a server says by ASK.
type redirect struct{ address Address }

// beginAnew calls try until what it does was not refused. A transaction that is
// refused is not run, and what comes before it only prepares.
func (c commands) beginAnew(ctx context.Context, keys []string, try func(to *redirect) error) error {
	var refused, moved, asked int
	var to *redirect
	retryTime, retries := time.Duration(0), false
	if c.engine != nil {
		retryTime, retries = c.engine.RetryTime()
	}
	begun := time.Now()
	for {
		err := try(to)
		to = nil
		var server *ServerError
		if err == nil || ctx == nil || ctx.Err() != nil || errors.Is(err, ErrTimeout) || !errors.As(err, &server) {
			return err
		}
		var pause time.Duration
		switch code := server.Code; {
		case code == "MOVED" && c.cluster && moved < len(pausesAfterMoves):
			pause = pausesAfterMoves[moved]
			moved++
		case code == "MOVED" && c.cluster && isOfDifferentNodes(server, keys):
			return &failure{"optimistic locking", "different nodes have the slots of its keys", []error{ErrInvalidArgument, err}}
		case code == "ASK" && c.cluster && asked < asksMax:
			asked++
			to = asksFor(server.Message)
			// Where it is not known who is asked for, its turn will come.
			pause = refusedPauseMax
			if to != nil {
				pause = 0
			}
		case isRefusal(code) && retries:
			// The pauses of redirects begin again, too.
			moved, asked = 0, 0
			pause = min(refusedPause<<min(refused, 8), refusedPauseMax)
			refused++
			if _, ok := ctx.Deadline(); !ok && time.Since(begun)+pause > retryTime {
				return err
			}
		default:
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(pause):
		}
	}
}

// isRefusal reports whether a server that answers with a code has not run a
// command or transaction, and it or another will.
func isRefusal(code string) bool {
	switch code {
	case "CLUSTERDOWN", "LOADING", "MASTERDOWN", "READONLY", "TRYAGAIN":
		return true
	}
	return false
}

// asksFor reads the message of an ASK. It returns nil if it names no host.
func asksFor(message string) *redirect {
	_, address, _ := strings.Cut(message, " ")
	host, port, err := splitAddress(address)
	if err != nil || host == "" || host == "?" {
		return nil
	}
	return &redirect{Address{Host: host, Port: port}}
}

// splitAddress splits what a server calls an address; a host with colons has no
// brackets there.
func splitAddress(address string) (host string, port int, err error) {
	at := strings.LastIndexByte(address, ':')
	if at < 0 {
		return "", 0, errors.New("no port")
	}
	port, err = strconv.Atoi(address[at+1:])
	return strings.Trim(address[:at], "[]"), port, err
}

// isOfDifferentNodes reports whether a node that has the slot of one key does
// not have another's.
func isOfDifferentNodes(err *ServerError, keys []string) bool {
	return err.Command == "WATCH" && len(bySlot(keys)) > 1
}

// asking says that the next command is for this node, though it does not have
// the slot yet.
func asking() command[struct{}] { return newCommand(named("ASKING"), decode.OK) }

// watches returns the commands that watch keys of a cluster, one for each slot:
// a node takes no command with keys of several slots, even if it has them all.
func watches(keys []string) (all []command[struct{}]) {
	for _, some := range bySlot(keys) {
		all = append(all, watch(some...))
	}
	return all
}

// bySlot sorts keys by their slots, in the order in which these come up.
func bySlot(keys []string) (groups [][]string) {
	groupOf := map[int]int{}
	for _, key := range keys {
		slot := engine.SlotOfKey(key)
		group, ok := groupOf[slot]
		if !ok {
			group = len(groups)
			groupOf[slot] = group
			groups = append(groups, nil)
		}
		groups[group] = append(groups[group], key)
	}
	return groups
}

func errNotOptimistic(noPrepare bool) error {
	if noPrepare {
		return invalid("optimistic locking", "nil function")
	}
	return invalid("optimistic locking", "no keys")
}

// retry tries until no watched key was changed meanwhile. Of callers that change
// the same keys only one can succeed at a time. Those of one client take turns,
// by a key, instead of making each other start again.
func (s *session) retry(ctx context.Context, key string, try func() error) error {
	defer s.engine.TakeTurn(ctx, strings.Clone(key))()
	for {
		err := try()
		if !errors.Is(err, ErrTransactionAborted) {
			return err
		}
		if ctx.Err() != nil {
			return &failure{"optimistic locking", ErrTransactionAborted.Error(), []error{ctx.Err(), ErrTransactionAborted}}
		}
	}
}
