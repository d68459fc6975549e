package engine

import (
	"slices"
	"sync"
	"sync/atomic"

	"github.com/valkey-glide/go/glide/internal/resp"
)

// A call waits for one reply. Calls live in a table and are used again and
// again; a ticket names one use of one call by its slot and generation, so a
// reply that comes after its caller has left finds nobody.
//
// The life of a use:
//
//	idle -- begin --> waiting -- claim, by whoever completes it --> claimed -- release --> idle
//	                  waiting -- leave, by the caller -----------------------------------> idle
type call struct {
	slot uint32
	// state is the generation and, in its low bits, the phase.
	state atomic.Uint64
	next  atomic.Uint32 // in the list of free calls

	client   atomic.Pointer[Client]
	deadline atomic.Int64 // on the engine's clock; 0 is none
	apart    atomic.Bool  // see apartBit

	// signal tells the caller, once per use, that it is completed.
	signal chan struct{}

	// The completion, valid once claimed and signalled.
	outcome  resp.Outcome
	reader   resp.Reader
	delivery *delivery
	failure  error
}

// The low bits of a call's state.
const (
	phaseWaiting  = 1 << iota // somebody waits
	phaseClaimed              // somebody completes it
	generationBit             // the lowest bit of the generation
)

const phases = generationBit - 1

// The ticket of a use is its generation and slot. The highest bit is free for
// apartBit.
const (
	slotBits  = 24
	slotMask  = 1<<slotBits - 1
	chunkBits = 8
	chunkSize = 1 << chunkBits
)

func (c *call) ticket() uint64 {
	return ticketOf(c.state.Load(), c.slot)
}

func ticketOf(state uint64, slot uint32) uint64 {
	return state/generationBit<<slotBits&^apartBit | uint64(slot)
}

// apartBit marks, where it crosses, the ticket of a call that may wait for
// long and is not to be counted among those whose replies are about to come.
const apartBit = 1 << 63

// begin makes an idle call wait.
func (c *call) begin() {
	c.state.Store(c.state.Load()&^phases + generationBit | phaseWaiting)
}

// claim gives the right to complete the use that the ticket names, once.
func (c *call) claim(ticket uint64) bool {
	for {
		state := c.state.Load()
		if ticketOf(state, c.slot) != ticket&^apartBit || state&(phaseWaiting|phaseClaimed) != phaseWaiting {
			return false
		}
		if c.state.CompareAndSwap(state, state|phaseClaimed) {
			return true
		}
	}
}

// leave ends the wait, unless the call was claimed.
func (c *call) leave() bool {
	for {
		state := c.state.Load()
		if state&phaseClaimed != 0 {
			return false
		}
		if c.state.CompareAndSwap(state, state&^phases) {
			return true
		}
	}
}

// table holds all calls of an engine.
type table struct {
	// free is the list of free calls: a count against reuse in the high half,
	// the slot plus one in the low half.
	free atomic.Uint64
	used atomic.Uint32
	// chunks are made as they are needed and never freed: they are as many as
	// calls were ever waiting at once. The list of them is replaced when it
	// grows.
	chunks  atomic.Pointer[[]*chunk]
	growing sync.Mutex
}

type chunk [chunkSize]call

// acquire gives an idle call, or nil when there are millions of waiting ones.
func (t *table) acquire() *call {
	for {
		head := t.free.Load()
		slot := uint32(head)
		if slot == 0 {
			return t.grow()
		}
		c := t.at(slot - 1)
		if t.free.CompareAndSwap(head, (head>>32+1)<<32|uint64(c.next.Load())) {
			return c
		}
	}
}

func (t *table) grow() *call {
	slot := t.used.Add(1) - 1
	if slot > slotMask {
		t.used.Add(^uint32(0))
		return nil
	}
	t.reach(slot)
	c := t.at(slot)
	c.slot = slot
	c.signal = make(chan struct{}, 1)
	return c
}

// reach makes chunks up to that of the slot.
func (t *table) reach(slot uint32) {
	if int(slot>>chunkBits) < len(t.list()) {
		return
	}
	t.growing.Lock()
	defer t.growing.Unlock()
	chunks := slices.Clone(t.list())
	for int(slot>>chunkBits) >= len(chunks) {
		chunks = append(chunks, new(chunk))
	}
	t.chunks.Store(&chunks)
}

func (t *table) list() []*chunk {
	if chunks := t.chunks.Load(); chunks != nil {
		return *chunks
	}
	return nil
}

// put gives an idle call back.
func (t *table) put(c *call) {
	for {
		head := t.free.Load()
		c.next.Store(uint32(head))
		if t.free.CompareAndSwap(head, (head>>32+1)<<32|uint64(c.slot+1)) {
			return
		}
	}
}

func (t *table) at(slot uint32) *call {
	return &(*t.chunks.Load())[slot>>chunkBits][slot&(chunkSize-1)]
}

// lookup gives the call whose use the ticket may name; claim tells.
func (t *table) lookup(ticket uint64) *call {
	slot := uint32(ticket & slotMask)
	if chunks := t.list(); int(slot>>chunkBits) < len(chunks) {
		return &chunks[slot>>chunkBits][slot&(chunkSize-1)]
	}
	return nil
}

// waiting goes over the calls that wait. A call may begin or end meanwhile.
func (t *table) waiting(visit func(c *call, ticket uint64)) {
	for _, chunk := range t.list() {
		for i := range chunk {
			c := &chunk[i]
			state := c.state.Load()
			if state&(phaseWaiting|phaseClaimed) == phaseWaiting {
				visit(c, ticketOf(state, c.slot))
			}
		}
	}
}
