package glide

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/valkey-glide/go/glide/internal/decode"
	"github.com/valkey-glide/go/glide/internal/engine"
)

// Watch watches keys: if one of them is changed by anybody before the next
// transaction of this connection, that transaction is [ErrTransactionAborted],
// and nothing of it is run. So what is written can depend on what was read
// before. [Client.Optimistic] does it all. It ends with the transaction, and
// with [DedicatedClient.Unwatch]. In a cluster the keys may be of several slots
// if the connection's node has them all; otherwise it is an error with the code
// MOVED, and some of the keys are watched all the same.
//
// https://valkey.io/commands/watch/
//
//glide:dedicated what is watched belongs to one connection
//glide:direct the server refuses it in a transaction
func watch(keys ...string) command[struct{}] { return newCommand("WATCH", decode.OK).Keys(keys) }

// Unwatch ends the watch of all keys.
//
// https://valkey.io/commands/unwatch/
//
//glide:dedicated what is watched belongs to one connection
//glide:direct a transaction ends the watch by itself
func unwatch() command[struct{}] { return newCommand("UNWATCH", decode.OK) }

// Optimistic changes keys depending on what they hold, with optimistic
// locking: it watches them and calls prepare, which reads by the client that
// it is given, and gives a transaction that writes. If somebody has changed
// one of the keys meanwhile nothing is written, and it begins anew, until the
// context ends: prepare is called once or more, and should do nothing but
// prepare. The context should have a deadline where others change the keys all
// the time; how long each command may take is bounded as that of any other.
//
// The results are those of the transaction, as of [Client.Exec]. A transaction
// that is nil or empty writes nothing. An error of prepare ends it.
//
// https://valkey.io/topics/transactions/
func (c *Client) Optimistic(ctx context.Context, keys []string, prepare func(c *DedicatedClient) (*Transaction, error)) (results Results, err error) {
	if prepare == nil || len(keys) == 0 {
		return results, errNotOptimistic(prepare == nil)
	}
	err = c.Dedicated(ctx, func(d *DedicatedClient) error {
		return d.session.retry(ctx, keys, func() error {
			transaction, err := prepare(d)
			if err == nil && transaction != nil {
				results, err = d.Exec(ctx, transaction)
			}
			return err
		})
	})
	return results, err
}

// Optimistic is [Client.Optimistic] in a cluster. The keys may be of several
// slots if one node has them all; otherwise it returns an
// [ErrInvalidArgument]. The transaction's keys must be of one slot. If a slot
// moves to another node meanwhile, Optimistic begins anew there.
//
// https://valkey.io/topics/transactions/
func (c *ClusterClient) Optimistic(ctx context.Context, keys []string, prepare func(c *DedicatedClusterClient) (*ClusterTransaction, error)) (results Results, err error) {
	if prepare == nil || len(keys) == 0 {
		return results, errNotOptimistic(prepare == nil)
	}
	for _, pause := range pausesAfterMoves {
		results, err = c.optimisticAt(ctx, keys, prepare)
		if !isMoved(err) {
			return results, err
		}
		select {
		case <-ctx.Done():
			return results, err
		case <-time.After(pause):
		}
	}
	if results, err = c.optimisticAt(ctx, keys, prepare); isMoved(err) && isOfDifferentNodes(err, keys) {
		err = &failure{"optimistic locking", "different nodes have the slots of its keys", []error{ErrInvalidArgument, err}}
	}
	return results, err
}

// pausesAfterMoves are how long to wait when a node says that it does not have
// a slot: the client knows better from then on, and other nodes soon will.
var pausesAfterMoves = []time.Duration{0, 20 * time.Millisecond, 80 * time.Millisecond}

// optimisticAt is Optimistic on the node that has the first key.
func (c *ClusterClient) optimisticAt(ctx context.Context, keys []string, prepare func(c *DedicatedClusterClient) (*ClusterTransaction, error)) (results Results, err error) {
	err = c.Dedicated(ctx, PrimaryOfKey(keys[0]), func(d *DedicatedClusterClient) error {
		return d.session.retry(ctx, keys, func() error {
			transaction, err := prepare(d)
			if err == nil && transaction != nil {
				results, err = d.Exec(ctx, transaction)
			}
			return err
		})
	})
	return results, err
}

// isMoved reports whether a node has refused a command or transaction because
// another has the slot.
func isMoved(err error) bool {
	var server *ServerError
	return errors.As(err, &server) && server.Code == "MOVED"
}

// isOfDifferentNodes reports whether a node that has the slot of one key does
// not have another's.
func isOfDifferentNodes(err error, keys []string) bool {
	var server *ServerError
	return errors.As(err, &server) && server.Command == "WATCH" && len(bySlot(keys)) > 1
}

// watches returns the commands that watch keys. In a cluster there is one for
// each slot: a node takes no command with keys of several slots, even if it
// has them all.
func watches(keys []string, cluster bool) (all []command[struct{}]) {
	if !cluster {
		return []command[struct{}]{watch(keys...)}
	}
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

// retry watches the keys and tries, until the keys were not changed meanwhile.
// Of callers that are after the same keys but one can succeed at a time: those
// of one client take turns, instead of making each other begin anew.
func (h *session) retry(ctx context.Context, keys []string, try func() error) error {
	defer h.engine.TakeTurn(ctx, strings.Clone(keys[0]))()
	for {
		h.watchFirst(keys)
		err := try()
		if !errors.Is(err, ErrTransactionAborted) {
			return err
		}
		if ctx.Err() != nil {
			return &failure{"optimistic locking", ErrTransactionAborted.Error(), []error{ctx.Err(), ErrTransactionAborted}}
		}
	}
}
