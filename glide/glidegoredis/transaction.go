package glidegoredis

import (
	"errors"

	"github.com/valkey-glide/go/glide/internal/abi"
	"github.com/valkey-glide/go/glide/internal/engine"
	"github.com/valkey-glide/go/glide/internal/wire"
)

// A transaction is what was queued between MULTI and EXEC. It is sent as a whole.
type transaction struct {
	requests []request
	// refused is whether a command could not be queued: then EXEC fails.
	refused bool
}

var (
	errNested     = replyError{"ERR", "MULTI calls can not be nested"}
	errWatchInTx  = replyError{"ERR", "WATCH inside MULTI is not allowed"}
	errNoMulti    = replyError{"ERR", "EXEC without MULTI"}
	errNoDiscard  = replyError{"ERR", "DISCARD without MULTI"}
	errAborted    = replyError{"EXECABORT", "Transaction discarded because of previous errors."}
	errNotInMulti = replyError{"ERR", "glide: a command about its connection cannot be queued after MULTI"}
)

func (c *conn) multi(r *request) error {
	defer r.Release()
	if r.words != 1 {
		return arity("multi")
	}
	c.transaction = &transaction{}
	c.encoder.status("OK")
	return nil
}

func (c *conn) execWithoutMulti(r *request) error {
	r.Release()
	return errNoMulti
}

func (c *conn) discardWithoutMulti(r *request) error {
	r.Release()
	return errNoDiscard
}

// inTransaction queues a request, or ends the transaction.
func (c *conn) inTransaction(r *request) error {
	t := c.transaction
	switch r.spec.name {
	case "EXEC":
		r.Release()
		return c.exec()
	case "DISCARD":
		r.Release()
		c.dropTransaction()
		if err := c.unwatched(); err != nil {
			return err
		}
		c.encoder.status("OK")
		return nil
	case "MULTI":
		r.Release()
		return errNested
	case "WATCH":
		r.Release()
		return errWatchInTx
	case "QUIT", "RESET":
		return r.spec.handle(c, r)
	}
	if r.spec.handle != nil && !r.spec.queues {
		r.Release()
		t.refused = true
		return errNotInMulti
	}
	t.requests = append(t.requests, *r)
	c.encoder.status("QUEUED")
	return nil
}

// dropTransaction forgets what was queued.
func (c *conn) dropTransaction() {
	if c.transaction == nil {
		return
	}
	for _, r := range c.transaction.requests {
		r.Release()
	}
	c.transaction = nil
}

// exec runs the transaction: as one request, and in the session in which keys are
// watched, if there is one.
func (c *conn) exec() error {
	t := c.transaction
	if t.refused {
		c.dropTransaction()
		if err := c.unwatched(); err != nil {
			return err
		}
		return errAborted
	}
	c.transaction = nil
	read := c.encodeExec
	if len(t.requests) == 0 {
		if !c.watches {
			c.encoder.head('*', 0)
			return nil
		}
		// Whether a key has changed is what is asked.
		t.requests = []request{{Request: wire.NewRawRequest("PING"), spec: unknown, words: 1}}
		read = c.encodeEmptyExec
	}
	err := c.runBatch("transaction", wire.BatchMode{Atomic: true}, t.requests, read)
	// The server has forgotten what was watched.
	if c.watches = false; !c.sticks {
		c.endSession()
	}
	return aborted(err)
}

// encodeExec encodes the replies of a transaction, or that a key has changed.
func (c *conn) encodeExec(r *wire.Reader) (struct{}, error) {
	if r.Kind() != abi.TagArray {
		c.encoder.nullArray()
		return struct{}{}, r.Skip()
	}
	n, err := r.Array()
	if err != nil {
		return struct{}{}, err
	}
	c.encoder.head('*', n)
	return struct{}{}, c.encodeItems(r, n)
}

func (c *conn) encodeEmptyExec(r *wire.Reader) (struct{}, error) {
	if r.Kind() != abi.TagArray {
		return c.encodeExec(r)
	}
	c.encoder.head('*', 0)
	return struct{}{}, r.Skip()
}

// refusals are codes with which a server refuses a transaction before it queues
// anything.
var refusals = map[string]bool{
	"ASK": true, "CLUSTERDOWN": true, "CROSSSLOT": true, "EXECABORT": true, "LOADING": true, "MASTERDOWN": true,
	"MISCONF": true, "MOVED": true, "NOAUTH": true, "READONLY": true, "TRYAGAIN": true,
}

// aborted returns the error of EXEC for the error with which a command could not be
// queued: that was answered with QUEUED already.
func aborted(err error) error {
	var failure *engine.Failure
	if !errors.As(err, &failure) || failure.Outcome != abi.OutcomeServerError || refusals[failure.Code] {
		return err
	}
	return replyError{"EXECABORT", "Transaction discarded because of: " + failure.Code + " " + failure.Message}
}
