package engine

import (
	"google.golang.org/protobuf/encoding/protowire"
)

// RouteKind says how a Route is meant.
type RouteKind uint8

// The kinds of protobuf/submission.proto.
const (
	ByCommand RouteKind = iota
	AllNodes
	AllPrimaries
	Random
	Slot
	SlotPrimary
	SlotReplica
	NodeAddress
)

// A Route is where in a cluster a request goes. The zero value is where the
// command itself says.
type Route struct {
	Kind RouteKind
	Slot uint16
	Host string
	Port uint16
}

// The field numbers of a Route and its place in protobuf/submission.proto.
const (
	fieldRoute protowire.Number = 5
	fieldKind  protowire.Number = 1
	fieldSlot  protowire.Number = 2
	fieldHost  protowire.Number = 3
	fieldPort  protowire.Number = 4
)

// SetRoute sets where the command goes. Nothing is appended after it.
func (w *Words) SetRoute(r Route) {
	if r.Kind == ByCommand {
		return
	}
	size := 2
	if r.Slot > 0 {
		size += 1 + protowire.SizeVarint(uint64(r.Slot))
	}
	if r.Host != "" {
		size += 1 + protowire.SizeBytes(len(r.Host))
	}
	if r.Port > 0 {
		size += 1 + protowire.SizeVarint(uint64(r.Port))
	}
	w.buf = appendFieldHead(w.buf, fieldRoute, size)
	w.buf = protowire.AppendTag(w.buf, fieldKind, protowire.VarintType)
	w.buf = protowire.AppendVarint(w.buf, uint64(r.Kind))
	if r.Slot > 0 {
		w.buf = protowire.AppendTag(w.buf, fieldSlot, protowire.VarintType)
		w.buf = protowire.AppendVarint(w.buf, uint64(r.Slot))
	}
	if r.Host != "" {
		w.buf = appendField(w.buf, fieldHost, r.Host)
	}
	if r.Port > 0 {
		w.buf = protowire.AppendTag(w.buf, fieldPort, protowire.VarintType)
		w.buf = protowire.AppendVarint(w.buf, uint64(r.Port))
	}
}
