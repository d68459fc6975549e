package engine

import (
	"runtime"
	"sync/atomic"

	"google.golang.org/protobuf/encoding/protowire"
)

// The field numbers of a ClusterScan and its place in
// protobuf/submission.proto.
const (
	fieldScan                protowire.Number = 6
	fieldFrom                protowire.Number = 1
	fieldNext                protowire.Number = 2
	fieldMatch               protowire.Number = 3
	fieldCount               protowire.Number = 4
	fieldType                protowire.Number = 5
	fieldAllowUncoveredSlots protowire.Number = 6
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

// Words returns the request.
func (s ClusterScan) Words(name string) *Words {
	var b []byte
	if s.From != nil {
		b = protowire.AppendTag(b, fieldFrom, protowire.VarintType)
		b = protowire.AppendVarint(b, s.From.name)
	}
	b = protowire.AppendTag(b, fieldNext, protowire.VarintType)
	b = protowire.AppendVarint(b, s.Next.name)
	if s.Match != nil {
		b = appendField(b, fieldMatch, *s.Match)
	}
	if s.Count > 0 {
		b = protowire.AppendTag(b, fieldCount, protowire.VarintType)
		b = protowire.AppendVarint(b, uint64(s.Count))
	}
	if s.Type != "" {
		b = appendField(b, fieldType, s.Type)
	}
	if s.AllowUncoveredSlots {
		b = protowire.AppendTag(b, fieldAllowUncoveredSlots, protowire.VarintType)
		b = protowire.AppendVarint(b, 1)
	}
	w := noWords(name)
	w.buf = appendField(w.buf, fieldScan, b)
	return w
}
