package engine

import (
	"runtime"
	"sync/atomic"

	"github.com/valkey-glide/go/glide/internal/pb"
)

// ScanState is where a scan of a cluster has got to. The library keeps it for
// as long as something here refers to it.
type ScanState struct {
	engine *Engine
	name   uint64
}

// scanNames counts the states; 0 is none.
var scanNames atomic.Uint64

// NewScanState returns the state that the next step will leave.
func (c *Client) NewScanState() *ScanState {
	state := &ScanState{c.engine, scanNames.Add(1)}
	e := c.engine
	runtime.AddCleanup(state, func(name uint64) { e.library.DropScan(e.handle, name) }, state.name)
	return state
}

// Knows reports whether a state is one of this client's engine.
func (c *Client) Knows(state *ScanState) bool { return c.engine == state.engine }

// ClusterScan is a step of a scan: from a state, or from the beginning if
// there is none, to the next.
type ClusterScan struct {
	From, Next *ScanState
	// Match is empty for all; a pattern that is empty matches no key but the
	// empty one.
	Match               *string
	Count               uint32
	Type                string
	AllowUncoveredSlots bool
}

// Message returns the step as a message of the boundary.
func (s ClusterScan) Message() *pb.Request {
	scan := &pb.ClusterScan{Next: s.Next.name, Count: s.Count, Type: s.Type, AllowUncoveredSlots: s.AllowUncoveredSlots}
	if s.From != nil {
		scan.From = s.From.name
	}
	if s.Match != nil {
		scan.Match = []byte(*s.Match)
	}
	return &pb.Request{Scan: scan}
}
