package glidegoredis

import (
	"runtime"
	"strconv"
	"sync"

	"github.com/valkey-glide/go/glide/internal/engine"
	"github.com/valkey-glide/go/glide/internal/wire"
)

// cursorsMax is how many scans of a cluster can go on at a time. The one that has
// rested longest is forgotten for another.
const cursorsMax = 10_000

// cursors are the scans of a cluster that go on, by the numbers that programs have as
// cursors. They belong to all connections: a program that scans may use another one
// for each step.
type cursors struct {
	mu     sync.Mutex
	last   uint64
	states map[uint64]*engine.ScanState
	// forgotten are all cursors up to this one.
	forgotten uint64
}

// keep returns the number of a state.
func (c *cursors) keep(state *engine.ScanState) uint64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.states == nil {
		c.states = map[uint64]*engine.ScanState{}
	}
	c.last++
	c.states[c.last] = state
	for len(c.states) > cursorsMax {
		c.forgotten++
		delete(c.states, c.forgotten)
	}
	return c.last
}

// find returns a state by its number. It stays: a step may be repeated.
func (c *cursors) find(cursor uint64) *engine.ScanState {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.states[cursor]
}

var (
	errCursor  = replyError{"ERR", "invalid cursor"}
	errUnknown = replyError{"ERR", "glide: the cursor is not one of this client, or of a scan that was too long ago"}
	errSyntax  = replyError{"ERR", "syntax error"}
	errInteger = replyError{"ERR", "value is not an integer or out of range"}
)

// scan answers SCAN: of a cluster with one cursor for all nodes.
func (c *conn) scan(r *request) error {
	if !c.bridge.cluster {
		return c.one(r)
	}
	words := r.arguments()
	r.Release()
	if len(words) == 0 {
		return arity("scan")
	}
	cursor, err := strconv.ParseUint(words[0], 10, 64)
	if err != nil {
		return errCursor
	}
	step, err := scanOptions(words[1:])
	if err != nil {
		return err
	}
	client := c.bridge.engine
	if cursor != 0 {
		if step.From = c.bridge.cursors.find(cursor); step.From == nil {
			return errUnknown
		}
	}
	step.Next = client.NewScanState()
	message, err := wire.Marshal("SCAN", step.Message())
	if err != nil {
		return errSyntax
	}
	message.SetTimeout(c.timeLeft(false))
	_, err = engine.Run(c.handle, client, message, false, func(reply *wire.Reader) (struct{}, error) {
		return struct{}{}, c.encodeScan(reply, step.Next)
	})
	message.Release()
	runtime.KeepAlive(step.From)
	return err
}

func scanOptions(words []string) (step engine.ClusterScan, err error) {
	for ; len(words) > 0; words = words[2:] {
		if len(words) < 2 {
			return step, errSyntax
		}
		value := words[1]
		switch word := []byte(words[0]); {
		case is(word, "MATCH"):
			step.Match = &value
		case is(word, "TYPE"):
			step.Type = value
		case is(word, "COUNT"):
			count, err := strconv.ParseUint(value, 10, 32)
			if err != nil {
				return step, errInteger
			}
			if count == 0 {
				return step, errSyntax
			}
			step.Count = uint32(count)
		default:
			return step, errSyntax
		}
	}
	return step, nil
}

// encodeScan encodes the reply to a step: whether it was the last, and keys.
func (c *conn) encodeScan(reply *wire.Reader, next *engine.ScanState) error {
	if _, err := reply.Array(); err != nil {
		return err
	}
	last, err := reply.Bool()
	if err != nil {
		return err
	}
	cursor := uint64(0)
	if !last {
		cursor = c.bridge.cursors.keep(next)
	}
	c.encoder.head('*', 2)
	c.encoder.text(strconv.AppendUint(nil, cursor, 10))
	return c.encoder.value(reply, 1)
}
