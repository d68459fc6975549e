package wire

import (
	"google.golang.org/protobuf/encoding/protowire"
)

// RouteKind is the kind of a Route.
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

// A Route selects the nodes of a cluster that a request goes to. The zero value
// leaves that to the command.
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

// SetRoute sets the route. Nothing may be appended after it.
func (q *Request) SetRoute(r Route) {
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
	q.buf = appendFieldHead(q.buf, fieldRoute, size)
	q.buf = protowire.AppendTag(q.buf, fieldKind, protowire.VarintType)
	q.buf = protowire.AppendVarint(q.buf, uint64(r.Kind))
	if r.Slot > 0 {
		q.buf = protowire.AppendTag(q.buf, fieldSlot, protowire.VarintType)
		q.buf = protowire.AppendVarint(q.buf, uint64(r.Slot))
	}
	if r.Host != "" {
		q.buf = appendField(q.buf, fieldHost, r.Host)
	}
	if r.Port > 0 {
		q.buf = protowire.AppendTag(q.buf, fieldPort, protowire.VarintType)
		q.buf = protowire.AppendVarint(q.buf, uint64(r.Port))
	}
}
