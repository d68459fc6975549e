package engine

import (
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/valkey-glide/go/glide/internal/abi"
	"github.com/valkey-glide/go/glide/internal/wire"
)

// A call waits for one reply. Calls live in a table and are reused. A ticket names
// one use of one call, by its slot and generation, so a reply that arrives after
// its caller has left is dropped.
//
// The life of a use:
//
//	idle -- begin --> waiting -- claim, to complete it --> claimed -- release --> idle
//	                  waiting -- leave, by the caller --------------------------> idle
//
// What two CPUs write lies on one cache line, which moves to the other CPU and back
// once in each use. What only the caller writes lies on another.
type call struct {
	// state is the generation and, in its low bits, the phase.
	state atomic.Uint64
	// signal tells the caller, once per use, that it is completed.
	signal chan struct{}
	// The completion, valid once claimed and signalled.
	body    []byte
	share   *share
	outcome abi.Outcome
	// drives is whether its caller is inside the library, where it does not
	// see the signal.
	drives atomic.Bool
	_      [8]byte

	client   atomic.Pointer[Client]
	deadline atomic.Int64 // on the engine's clock; 0 is none
	next     *call        // in a list of idle calls
	slot     uint32
	list     uint32 // that it was taken from
	reader   wire.Reader
	// failure completes it without the library.
	failure error
	_       [32]byte
}

// The low bits of a call's state.
const (
	phaseWaiting  = 1 << iota // somebody waits
	phaseClaimed              // somebody completes it
	generationBit             // the lowest bit of the generation
)

const phases = generationBit - 1

// The ticket of a use is its generation and slot. The highest bit is free for
// blockingBit.
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
	return state/generationBit<<slotBits&^blockingBit | uint64(slot)
}

// blockingBit marks, where it crosses, the ticket of a blocking command. It is not
// counted among the requests whose replies arrive soon.
const blockingBit = abi.BlockingTicket

// begin makes an idle call wait.
func (c *call) begin() {
	c.state.Store(c.state.Load()&^phases + generationBit | phaseWaiting)
}

// claim acquires the right to complete the use that the ticket names, once.
func (c *call) claim(ticket uint64) bool {
	for {
		state := c.state.Load()
		if ticketOf(state, c.slot) != ticket&^blockingBit || state&(phaseWaiting|phaseClaimed) != phaseWaiting {
			return false
		}
		if c.state.CompareAndSwap(state, state|phaseClaimed) {
			return true
		}
	}
}

func (c *call) isClaimed() bool { return c.state.Load()&phaseClaimed != 0 }

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

// table holds the calls of an engine. Idle ones are in lists, and each P takes
// from a list that the others leave alone as long as they have calls of their
// own.
type table struct {
	lists []*idleList
	// nearest holds for each P the list that it has used before.
	nearest sync.Pool
	others  atomic.Uint32
	// chunks are made as they are needed. The list of them is replaced when it
	// changes; where a chunk was released there is nil.
	chunks atomic.Pointer[[]*chunk]

	// growing guards the replacement, and what follows.
	growing sync.Mutex
	// free are the places in the list where there is no chunk.
	free []uint32
	// generations are those that calls of a new chunk begin with: none before
	// has had a later one in its place.
	generations []uint64
}

type chunk [chunkSize]call

type idleList struct {
	mu    sync.Mutex
	index uint32
	first *call
	count int
	_     [64]byte
}

// listsMax bounds the number of lists. Every driver reads all of them.
const listsMax = 16

// stolen is how many calls are taken from another list at most.
const stolen = 32

func (t *table) init() {
	for i := range min(runtime.NumCPU(), listsMax) {
		t.lists = append(t.lists, &idleList{index: uint32(i)})
	}
	t.nearest.New = func() any { return t.another() }
}

// another returns the lists round robin.
func (t *table) another() *idleList { return t.lists[int(t.others.Add(1))%len(t.lists)] }

// acquire returns an idle call, or nil if millions of calls wait.
func (t *table) acquire() *call {
	l := t.near()
	c := l.take()
	if c == nil {
		if c = t.steal(l); c == nil {
			c = t.grow(l)
		}
	}
	if c != nil {
		c.list = l.index
	}
	t.used(l)
	return c
}

// put returns a call to an idle list.
func (t *table) put(c *call) {
	l := t.near()
	l.put(c, c, 1)
	t.used(l)
}

func (l *idleList) take() *call {
	l.mu.Lock()
	defer l.mu.Unlock()
	c := l.first
	if c != nil {
		l.first, c.next = c.next, nil
		l.count--
	}
	return c
}

// put appends the calls from first to last, which are so many.
func (l *idleList) put(first, last *call, count int) {
	l.mu.Lock()
	last.next = l.first
	l.first = first
	l.count += count
	l.mu.Unlock()
}

// some takes at most so many calls and returns the first and the last.
func (l *idleList) some(most int) (first, last *call, count int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	first = l.first
	for c := first; c != nil && count < most; c = c.next {
		last = c
		count++
	}
	if last != nil {
		l.first, last.next = last.next, nil
		l.count -= count
	}
	return first, last, count
}

// steal takes a call from another list, and some more for this one.
func (t *table) steal(own *idleList) *call {
	for _, l := range t.lists {
		if l == own {
			continue
		}
		first, last, count := l.some(stolen)
		if count > 1 {
			own.put(first.next, last, count-1)
		}
		if first != nil {
			first.next = nil
			return first
		}
	}
	return nil
}

// grow adds a chunk, and returns a call of it.
func (t *table) grow(own *idleList) *call {
	t.growing.Lock()
	defer t.growing.Unlock()
	if c := own.take(); c != nil { // another caller of this P has grown it
		return c
	}
	chunks := slices.Clone(t.list())
	place := uint32(len(chunks))
	if n := len(t.free); n > 0 {
		place, t.free = t.free[n-1], t.free[:n-1]
	} else if place<<chunkBits > slotMask {
		return nil
	} else {
		chunks = append(chunks, nil)
		t.generations = append(t.generations, 0)
	}
	made := new(chunk)
	for i := range made {
		c := &made[i]
		c.slot = place<<chunkBits | uint32(i)
		c.signal = make(chan struct{}, 1)
		c.state.Store(t.generations[place])
		if i > 1 {
			made[i-1].next = c
		}
	}
	chunks[place] = made
	t.chunks.Store(&chunks)
	own.put(&made[1], &made[chunkSize-1], chunkSize-1)
	return &made[0]
}

// spareChunks is how many chunks of idle calls are kept, and one more for each
// spareShare in use.
const (
	spareChunks = 4
	spareShare  = 2
)

// trim releases chunks all of whose calls are idle, but for some. Callers may
// take and put calls meanwhile.
func (t *table) trim() {
	idle := map[uint32][]*call{}
	release := 0
	for _, l := range t.lists {
		l.mu.Lock()
		first := l.first
		l.first, l.count = nil, 0
		l.mu.Unlock()
		for c := first; c != nil; c = c.next {
			place := c.slot >> chunkBits
			if idle[place] = append(idle[place], c); len(idle[place]) == chunkSize {
				release++
			}
		}
	}
	t.growing.Lock()
	defer t.growing.Unlock()
	chunks := slices.Clone(t.list())
	release -= spareChunks + (len(chunks)-len(t.free)-release)/spareShare
	given := 0
	for place, calls := range idle {
		if len(calls) == chunkSize && release > 0 {
			release--
			chunks[place] = nil
			t.free = append(t.free, place)
			for _, c := range calls {
				t.generations[place] = max(t.generations[place], c.state.Load()&^phases)
			}
			continue
		}
		for i := range calls[1:] {
			calls[i].next = calls[i+1]
		}
		t.lists[given%len(t.lists)].put(calls[0], calls[len(calls)-1], len(calls))
		given++
	}
	t.chunks.Store(&chunks)
}

// trimAtCollection trims after each of the garbage collector's cycles, as
// sync.Pool does, until the table is not used any more.
func (t *table) trimAtCollection() {
	type sentinel struct{ _ *table }
	runtime.AddCleanup(&sentinel{}, func(t *table) {
		if len(t.list()) > spareChunks {
			t.trim()
		}
		t.trimAtCollection()
	}, t)
}

func (t *table) list() []*chunk {
	if chunks := t.chunks.Load(); chunks != nil {
		return *chunks
	}
	return nil
}

// lookup returns the call whose use the ticket may name. claim checks whether it
// does.
func (t *table) lookup(ticket uint64) *call {
	slot := uint32(ticket & slotMask)
	if chunks := t.list(); int(slot>>chunkBits) < len(chunks) {
		if chunk := chunks[slot>>chunkBits]; chunk != nil {
			return &chunk[slot&(chunkSize-1)]
		}
	}
	return nil
}

// waiting visits the calls that wait. Calls may begin or end meanwhile.
func (t *table) waiting(visit func(c *call, ticket uint64)) {
	for _, chunk := range t.list() {
		if chunk == nil {
			continue
		}
		for i := range chunk {
			c := &chunk[i]
			state := c.state.Load()
			if state&(phaseWaiting|phaseClaimed) == phaseWaiting {
				visit(c, ticketOf(state, c.slot))
			}
		}
	}
}
