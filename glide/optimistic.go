package glide

import (
	"context"
	"errors"
	"strings"

	"github.com/valkey-glide/go/glide/internal/engine"
	"github.com/valkey-glide/go/glide/internal/read"
)

// Watch watches keys: if one of them is changed by anybody before the next
// transaction of this connection, that transaction is [ErrTransactionAborted],
// and nothing of it is run. So what is written can depend on what was read
// before. [Client.Optimistic] does it all. It ends with the transaction, and
// with [DedicatedClient.Unwatch].
//
// https://valkey.io/commands/watch/
//
//glide:dedicated what is watched belongs to one connection
//glide:direct the server refuses it in a transaction
func watch(keys ...string) command[struct{}] { return newCommand("WATCH", read.OK).Keys(keys) }

// Unwatch ends the watch of all keys.
//
// https://valkey.io/commands/unwatch/
//
//glide:dedicated what is watched belongs to one connection
//glide:direct a transaction ends the watch by itself
func unwatch() command[struct{}] { return newCommand("UNWATCH", read.OK) }

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
		return d.hold.retry(ctx, keys, func() error {
			transaction, err := prepare(d)
			if err == nil && transaction != nil {
				results, err = d.Exec(ctx, transaction)
			}
			return err
		})
	})
	return results, err
}

// Optimistic is [Client.Optimistic] in a cluster, where all keys must be of
// one slot.
//
// https://valkey.io/topics/transactions/
func (c *ClusterClient) Optimistic(ctx context.Context, keys []string, prepare func(c *DedicatedClusterClient) (*ClusterTransaction, error)) (results Results, err error) {
	if prepare == nil || len(keys) == 0 {
		return results, errNotOptimistic(prepare == nil)
	}
	for _, key := range keys[1:] {
		if engine.SlotOfKey(key) != engine.SlotOfKey(keys[0]) {
			return results, invalid("optimistic locking", "its keys are of more than one slot")
		}
	}
	err = c.Dedicated(ctx, PrimaryOfKey(keys[0]), func(d *DedicatedClusterClient) error {
		return d.hold.retry(ctx, keys, func() error {
			transaction, err := prepare(d)
			if err == nil && transaction != nil {
				results, err = d.Exec(ctx, transaction)
			}
			return err
		})
	})
	return results, err
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
func (h *hold) retry(ctx context.Context, keys []string, try func() error) error {
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
