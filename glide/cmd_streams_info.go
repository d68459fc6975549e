package glide

import (
	"time"

	"github.com/valkey-glide/go/glide/internal/decode"
	"github.com/valkey-glide/go/glide/internal/wire"
)

// StreamState is the part that XInfoStream and XInfoStreamFull have in common.
type StreamState struct {
	// Length is how many entries it has.
	Length int64
	// RadixTreeKeys and RadixTreeNodes are how large the tree is in which the
	// server keeps them.
	RadixTreeKeys, RadixTreeNodes int64
	// LastGeneratedID is the ID of the entry that was added last.
	LastGeneratedID string
	// MaxDeletedID is the largest ID of an entry that was deleted, 0-0 if none
	// was. Since version 7.0.
	MaxDeletedID string
	// EntriesAdded is how many entries it has ever had. Since version 7.0.
	EntriesAdded int64
	// RecordedFirstID is the ID of the first entry, 0-0 if there is none.
	// Since version 7.0.
	RecordedFirstID string
}

// readField reads a field, or skips one that it does not know.
func (s *StreamState) readField(name string, r *wire.Reader) error {
	switch name {
	case "length":
		return decode.Into(&s.Length, r, decode.Int)
	case "radix-tree-keys":
		return decode.Into(&s.RadixTreeKeys, r, decode.Int)
	case "radix-tree-nodes":
		return decode.Into(&s.RadixTreeNodes, r, decode.Int)
	case "last-generated-id":
		return decode.Into(&s.LastGeneratedID, r, decode.String)
	case "max-deleted-entry-id":
		return decode.Into(&s.MaxDeletedID, r, decode.String)
	case "entries-added":
		return decode.Into(&s.EntriesAdded, r, decode.Int)
	case "recorded-first-entry-id":
		return decode.Into(&s.RecordedFirstID, r, decode.String)
	default:
		return r.Skip()
	}
}

// StreamInfo describes a stream.
type StreamInfo struct {
	StreamState
	// Groups is how many groups of consumers it has.
	Groups int64
	// First and Last are its first and its last entry; nil if it has none.
	First, Last Optional[StreamEntry]
}

// XInfoStream describes a stream. One that does not exist is an error.
//
// https://valkey.io/commands/xinfo-stream/
func xInfoStream(key string) command[StreamInfo] {
	return newCommand("XINFO STREAM", readStreamInfo).Key(key)
}

func readStreamInfo(r *wire.Reader) (info StreamInfo, err error) {
	err = decode.Fields(r, func(name string) error {
		switch name {
		case "groups":
			return decode.Into(&info.Groups, r, decode.Int)
		case "first-entry":
			return decode.Into(&info.First, r, readOptional(readEntry))
		case "last-entry":
			return decode.Into(&info.Last, r, readOptional(readEntry))
		default:
			return info.readField(name, r)
		}
	})
	return info, err
}

// XInfoStreamFullOption is [Count], which is 10 by default; 0 is for all.
type XInfoStreamFullOption interface {
	option
	xInfoStreamFullOption()
}

func (PageSize) xInfoStreamFullOption() {}

// StreamFullInfo describes a stream, its entries and its groups.
type StreamFullInfo struct {
	StreamState
	// Entries are its first ones.
	Entries []StreamEntry
	Groups  []StreamGroupFullInfo
}

// StreamGroupFullInfo describes a group of consumers of a stream.
type StreamGroupFullInfo struct {
	Name string
	// LastDeliveredID is the ID of the entry up to which it was given entries.
	LastDeliveredID string
	// EntriesRead and Lag are as in [StreamGroupInfo].
	EntriesRead, Lag Optional[int64]
	// PendingCount is how many entries are pending for its consumers.
	PendingCount int64
	// Pending are the first of them.
	Pending   []PendingDelivery
	Consumers []StreamConsumerFullInfo
}

// StreamConsumerFullInfo describes a consumer of a group.
type StreamConsumerFullInfo struct {
	Name string
	// Seen is when it last tried to read or claim. Before version 7.2 it is
	// when it last succeeded.
	Seen time.Time
	// Active is when it last succeeded; nil if it never has, and before
	// version 7.2.
	Active Optional[time.Time]
	// PendingCount is how many entries are pending for it.
	PendingCount int64
	// Pending are the first of them.
	Pending []PendingDelivery
}

// PendingDelivery is an entry that was delivered to a consumer and not
// acknowledged.
type PendingDelivery struct {
	ID, Consumer string
	// Delivered is when it was last delivered, to the millisecond.
	Delivered time.Time
	// Deliveries is how often it was delivered.
	Deliveries int64
}

// XInfoStreamFull describes a stream with its first entries, its groups and
// their consumers, and with the first entries that are pending for each. A
// stream that does not exist is an error.
//
// https://valkey.io/commands/xinfo-stream/
func xInfoStreamFull(key string, options ...XInfoStreamFullOption) command[StreamFullInfo] {
	return appendOptions(newCommand("XINFO STREAM", readStreamFullInfo).Key(key).Arg("FULL"), options)
}

func readStreamFullInfo(r *wire.Reader) (info StreamFullInfo, err error) {
	err = decode.Fields(r, func(name string) error {
		switch name {
		case "entries":
			return decode.Into(&info.Entries, r, readEntries)
		case "groups":
			return decode.Into(&info.Groups, r, decode.Slice(readStreamGroupFullInfo))
		default:
			return info.readField(name, r)
		}
	})
	return info, err
}

func readStreamGroupFullInfo(r *wire.Reader) (group StreamGroupFullInfo, err error) {
	err = decode.Fields(r, func(name string) error {
		switch name {
		case "name":
			return decode.Into(&group.Name, r, decode.String)
		case "last-delivered-id":
			return decode.Into(&group.LastDeliveredID, r, decode.String)
		case "entries-read":
			return decode.Into(&group.EntriesRead, r, readOptionalInt)
		case "lag":
			return decode.Into(&group.Lag, r, readOptionalInt)
		case "pel-count":
			return decode.Into(&group.PendingCount, r, decode.Int)
		case "pending":
			return decode.Into(&group.Pending, r, decode.Slice(readPendingDelivery))
		case "consumers":
			return decode.Into(&group.Consumers, r, decode.Slice(readStreamConsumerFullInfo))
		default:
			return r.Skip()
		}
	})
	return group, err
}

func readStreamConsumerFullInfo(r *wire.Reader) (consumer StreamConsumerFullInfo, err error) {
	err = decode.Fields(r, func(name string) error {
		switch name {
		case "name":
			return decode.Into(&consumer.Name, r, decode.String)
		case "seen-time":
			return decode.Into(&consumer.Seen, r, decode.UnixMilliseconds)
		case "active-time":
			return decode.Into(&consumer.Active, r, readOptionalUnixMilliseconds)
		case "pel-count":
			return decode.Into(&consumer.PendingCount, r, decode.Int)
		case "pending":
			return decode.Into(&consumer.Pending, r, decode.Slice(readOwnPendingDelivery))
		default:
			return r.Skip()
		}
	})
	for i := range consumer.Pending {
		consumer.Pending[i].Consumer = consumer.Name
	}
	return consumer, err
}

// readPendingDelivery reads what is pending for any consumer of a group.
func readPendingDelivery(r *wire.Reader) (pending PendingDelivery, err error) {
	if err = decode.ArrayOf(r, 4); err == nil {
		err = decode.Into(&pending.ID, r, decode.String)
	}
	if err == nil {
		err = decode.Into(&pending.Consumer, r, decode.String)
	}
	if err == nil {
		err = readDeliveries(&pending, r)
	}
	return pending, err
}

// readOwnPendingDelivery reads what is pending for a consumer, which is not
// named.
func readOwnPendingDelivery(r *wire.Reader) (pending PendingDelivery, err error) {
	if err = decode.ArrayOf(r, 3); err == nil {
		err = decode.Into(&pending.ID, r, decode.String)
	}
	if err == nil {
		err = readDeliveries(&pending, r)
	}
	return pending, err
}

func readDeliveries(pending *PendingDelivery, r *wire.Reader) error {
	err := decode.Into(&pending.Delivered, r, decode.UnixMilliseconds)
	if err == nil {
		err = decode.Into(&pending.Deliveries, r, decode.Int)
	}
	return err
}

// readOptionalUnixMilliseconds reads milliseconds, -1 for none.
func readOptionalUnixMilliseconds(r *wire.Reader) (Optional[time.Time], error) {
	n, err := r.Int()
	if err != nil || n < 0 {
		return None[time.Time](), err
	}
	return Some(time.UnixMilli(n)), nil
}

// StreamGroupInfo describes a group of consumers of a stream.
type StreamGroupInfo struct {
	Name string
	// Consumers is how many consumers it has.
	Consumers int64
	// Pending is how many entries are pending for them.
	Pending int64
	// LastDeliveredID is the ID of the entry up to which it was given entries.
	LastDeliveredID string
	// EntriesRead is how many entries up to there the stream has ever had; nil
	// if the server does not know, and before version 7.0.
	EntriesRead Optional[int64]
	// Lag is how many entries it was not given yet; nil if the server does not
	// know, and before version 7.0.
	Lag Optional[int64]
}

// XInfoGroups describes the groups of consumers of a stream. A stream that
// does not exist is an error.
//
// https://valkey.io/commands/xinfo-groups/
func xInfoGroups(key string) command[[]StreamGroupInfo] {
	return newCommand("XINFO GROUPS", readStreamGroupInfos).Key(key)
}

var readStreamGroupInfos = decode.Slice(readStreamGroupInfo)

func readStreamGroupInfo(r *wire.Reader) (group StreamGroupInfo, err error) {
	err = decode.Fields(r, func(name string) error {
		switch name {
		case "name":
			return decode.Into(&group.Name, r, decode.String)
		case "consumers":
			return decode.Into(&group.Consumers, r, decode.Int)
		case "pending":
			return decode.Into(&group.Pending, r, decode.Int)
		case "last-delivered-id":
			return decode.Into(&group.LastDeliveredID, r, decode.String)
		case "entries-read":
			return decode.Into(&group.EntriesRead, r, readOptionalInt)
		case "lag":
			return decode.Into(&group.Lag, r, readOptionalInt)
		default:
			return r.Skip()
		}
	})
	return group, err
}

// StreamConsumerInfo describes a consumer of a group.
type StreamConsumerInfo struct {
	Name string
	// Pending is how many entries are pending for it.
	Pending int64
	// Idle is how long ago it last tried to read or claim. Before version 7.2
	// it is how long ago it succeeded.
	Idle time.Duration
	// Inactive is how long ago it last succeeded; nil if it never has, and
	// before version 7.2.
	Inactive Optional[time.Duration]
}

// XInfoConsumers describes the consumers of a group. A stream that does not
// exist is an error, a group that does not is one with the code NOGROUP.
//
// https://valkey.io/commands/xinfo-consumers/
func xInfoConsumers(key, group string) command[[]StreamConsumerInfo] {
	return newCommand("XINFO CONSUMERS", readStreamConsumerInfos).Key(key).Arg(group)
}

var readStreamConsumerInfos = decode.Slice(readStreamConsumerInfo)

func readStreamConsumerInfo(r *wire.Reader) (consumer StreamConsumerInfo, err error) {
	err = decode.Fields(r, func(name string) error {
		switch name {
		case "name":
			return decode.Into(&consumer.Name, r, decode.String)
		case "pending":
			return decode.Into(&consumer.Pending, r, decode.Int)
		case "idle":
			return decode.Into(&consumer.Idle, r, decode.Milliseconds)
		case "inactive":
			return decode.Into(&consumer.Inactive, r, readOptionalMilliseconds)
		default:
			return r.Skip()
		}
	})
	return consumer, err
}

// readOptionalMilliseconds reads a duration, -1 for none.
func readOptionalMilliseconds(r *wire.Reader) (Optional[time.Duration], error) {
	d, err := decode.Milliseconds(r)
	if err != nil || d < 0 {
		return None[time.Duration](), err
	}
	return Some(d), nil
}
