package glide

import (
	"time"

	"github.com/valkey-glide/go/glide/internal/decode"
	"github.com/valkey-glide/go/glide/internal/wire"
)

// StreamState is the state of a stream, which XInfoStream and XInfoStreamFull
// both return.
type StreamState struct {
	// Length is the number of entries.
	Length int64
	// RadixTreeKeys and RadixTreeNodes are the numbers of keys and nodes of
	// the tree in which the server stores the entries.
	RadixTreeKeys, RadixTreeNodes int64
	// LastGeneratedID is the ID of the entry that was added last.
	LastGeneratedID string
	// MaxDeletedID is the largest ID of an entry that was deleted, or 0-0
	// if none was. Since version 7.0.
	MaxDeletedID string
	// EntriesAdded is the number of entries that were ever added. Since
	// version 7.0.
	EntriesAdded int64
	// RecordedFirstID is the ID of the first entry, or 0-0 if there is
	// none. Since version 7.0.
	RecordedFirstID string
}

var streamStateFields = decode.Fields[StreamState]{
	"length":                  decode.Field(func(s *StreamState) *int64 { return &s.Length }, decode.Int),
	"radix-tree-keys":         decode.Field(func(s *StreamState) *int64 { return &s.RadixTreeKeys }, decode.Int),
	"radix-tree-nodes":        decode.Field(func(s *StreamState) *int64 { return &s.RadixTreeNodes }, decode.Int),
	"last-generated-id":       decode.Field(func(s *StreamState) *string { return &s.LastGeneratedID }, decode.String),
	"max-deleted-entry-id":    decode.Field(func(s *StreamState) *string { return &s.MaxDeletedID }, decode.String),
	"entries-added":           decode.Field(func(s *StreamState) *int64 { return &s.EntriesAdded }, decode.Int),
	"recorded-first-entry-id": decode.Field(func(s *StreamState) *string { return &s.RecordedFirstID }, decode.String),
}

// StreamInfo describes a stream.
type StreamInfo struct {
	StreamState
	// Groups is the number of groups of consumers.
	Groups int64
	// First and Last are the first and the last entry; nil if there are
	// none.
	First, Last Optional[StreamEntry]
}

// XInfoStream returns the state of a stream, its number of groups, and its
// first and last entry. A stream that does not exist is an error.
//
// https://valkey.io/commands/xinfo-stream/
func xInfoStream(key string) command[StreamInfo] {
	return newCommand(named("XINFO STREAM").Key(key), readStreamInfo)
}

var readStreamInfo = decode.Struct(decode.Embed(decode.Fields[StreamInfo]{
	"groups":      decode.Field(func(i *StreamInfo) *int64 { return &i.Groups }, decode.Int),
	"first-entry": decode.Field(func(i *StreamInfo) *Optional[StreamEntry] { return &i.First }, readOptional(readEntry)),
	"last-entry":  decode.Field(func(i *StreamInfo) *Optional[StreamEntry] { return &i.Last }, readOptional(readEntry)),
}, func(i *StreamInfo) *StreamState { return &i.StreamState }, streamStateFields))

// XInfoStreamFullOption is an option of [Client.XInfoStreamFull]: the maximum
// number of entries, [Count], which is 10 by default; 0 returns all.
type XInfoStreamFullOption interface {
	option
	xInfoStreamFullOption()
}

func (PageSize) xInfoStreamFullOption() {}

// StreamFullInfo describes a stream with entries and groups.
type StreamFullInfo struct {
	StreamState
	// Entries are the first entries.
	Entries []StreamEntry
	Groups  []StreamGroupFullInfo
}

// StreamGroupFullInfo describes a group of consumers of a stream.
type StreamGroupFullInfo struct {
	Name string
	// LastDeliveredID is the ID of the last entry that was delivered to the
	// group.
	LastDeliveredID string
	// EntriesRead and Lag are as in [StreamGroupInfo].
	EntriesRead, Lag Optional[int64]
	// PendingCount is the number of entries that are pending for its
	// consumers.
	PendingCount int64
	// Pending are the first of these entries.
	Pending   []PendingDelivery
	Consumers []StreamConsumerFullInfo
}

// StreamConsumerFullInfo describes a consumer of a group.
type StreamConsumerFullInfo struct {
	Name string
	// Seen is the time when it last tried to read or claim entries. Before
	// version 7.2 it is the time when it last succeeded.
	Seen time.Time
	// Active is the time when it last succeeded; nil if it never did, and
	// before version 7.2.
	Active Optional[time.Time]
	// PendingCount is the number of entries that are pending for it.
	PendingCount int64
	// Pending are the first of these entries.
	Pending []PendingDelivery
}

// PendingDelivery is an entry that was delivered to a consumer and not
// acknowledged.
type PendingDelivery struct {
	ID, Consumer string
	// Delivered is the time of the last delivery, to the millisecond.
	Delivered time.Time
	// Deliveries is the number of deliveries.
	Deliveries int64
}

// XInfoStreamFull returns the state of a stream (FULL) with its first entries,
// its groups and their consumers, and the first entries that are pending for
// each. A stream that does not exist is an error.
//
// https://valkey.io/commands/xinfo-stream/
func xInfoStreamFull(key string, options ...XInfoStreamFullOption) command[StreamFullInfo] {
	return newCommand(appendOptions(named("XINFO STREAM").Key(key).Arg("FULL"), options), readStreamFullInfo)
}

var readStreamFullInfo = decode.Struct(decode.Embed(decode.Fields[StreamFullInfo]{
	"entries": decode.Field(func(i *StreamFullInfo) *[]StreamEntry { return &i.Entries }, readEntries),
	"groups":  decode.Field(func(i *StreamFullInfo) *[]StreamGroupFullInfo { return &i.Groups }, decode.Slice(readStreamGroupFullInfo)),
}, func(i *StreamFullInfo) *StreamState { return &i.StreamState }, streamStateFields))

var readStreamGroupFullInfo = decode.Struct(decode.Fields[StreamGroupFullInfo]{
	"name":              decode.Field(func(s *StreamGroupFullInfo) *string { return &s.Name }, decode.String),
	"last-delivered-id": decode.Field(func(s *StreamGroupFullInfo) *string { return &s.LastDeliveredID }, decode.String),
	"entries-read":      decode.Field(func(s *StreamGroupFullInfo) *Optional[int64] { return &s.EntriesRead }, readOptionalInt),
	"lag":               decode.Field(func(s *StreamGroupFullInfo) *Optional[int64] { return &s.Lag }, readOptionalInt),
	"pel-count":         decode.Field(func(s *StreamGroupFullInfo) *int64 { return &s.PendingCount }, decode.Int),
	"pending":           decode.Field(func(s *StreamGroupFullInfo) *[]PendingDelivery { return &s.Pending }, decode.Slice(readPendingDelivery)),
	"consumers":         decode.Field(func(s *StreamGroupFullInfo) *[]StreamConsumerFullInfo { return &s.Consumers }, decode.Slice(readStreamConsumerFullInfo)),
})

func readStreamConsumerFullInfo(r *wire.Reader) (consumer StreamConsumerFullInfo, err error) {
	err = streamConsumerFields.ReadInto(&consumer, r)
	for i := range consumer.Pending {
		consumer.Pending[i].Consumer = consumer.Name
	}
	return consumer, err
}

var streamConsumerFields = decode.Fields[StreamConsumerFullInfo]{
	"name":        decode.Field(func(c *StreamConsumerFullInfo) *string { return &c.Name }, decode.String),
	"seen-time":   decode.Field(func(c *StreamConsumerFullInfo) *time.Time { return &c.Seen }, decode.UnixMilliseconds),
	"active-time": decode.Field(func(c *StreamConsumerFullInfo) *Optional[time.Time] { return &c.Active }, readOptionalUnixMilliseconds),
	"pel-count":   decode.Field(func(c *StreamConsumerFullInfo) *int64 { return &c.PendingCount }, decode.Int),
	"pending":     decode.Field(func(c *StreamConsumerFullInfo) *[]PendingDelivery { return &c.Pending }, decode.Slice(readOwnPendingDelivery)),
}

// readPendingDelivery reads an entry that is pending for any consumer of a
// group.
func readPendingDelivery(r *wire.Reader) (pending PendingDelivery, err error) {
	err = decode.Tuple(r, decode.To(&pending.ID, decode.String), decode.To(&pending.Consumer, decode.String),
		decode.To(&pending.Delivered, decode.UnixMilliseconds), decode.To(&pending.Deliveries, decode.Int))
	return pending, err
}

// readOwnPendingDelivery reads an entry that is pending for a consumer, which
// is not named.
func readOwnPendingDelivery(r *wire.Reader) (pending PendingDelivery, err error) {
	err = decode.Tuple(r, decode.To(&pending.ID, decode.String),
		decode.To(&pending.Delivered, decode.UnixMilliseconds), decode.To(&pending.Deliveries, decode.Int))
	return pending, err
}

// readOptionalUnixMilliseconds reads milliseconds, -1 for none.
var readOptionalUnixMilliseconds = readOptionalUnless(decode.UnixMilliseconds, func(t time.Time) bool { return t.UnixMilli() < 0 })

// StreamGroupInfo describes a group of consumers of a stream.
type StreamGroupInfo struct {
	Name string
	// Consumers is the number of consumers.
	Consumers int64
	// Pending is the number of entries that are pending for its consumers.
	Pending int64
	// LastDeliveredID is the ID of the last entry that was delivered to the
	// group.
	LastDeliveredID string
	// EntriesRead is the number of entries that were ever added to the
	// stream up to LastDeliveredID; nil if the server does not know, and
	// before version 7.0.
	EntriesRead Optional[int64]
	// Lag is the number of entries that were not delivered to the group
	// yet; nil if the server does not know, and before version 7.0.
	Lag Optional[int64]
}

// XInfoGroups returns descriptions of the groups of consumers of a stream. A
// stream that does not exist is an error.
//
// https://valkey.io/commands/xinfo-groups/
func xInfoGroups(key string) command[[]StreamGroupInfo] {
	return newCommand(named("XINFO GROUPS").Key(key), readStreamGroupInfos)
}

var readStreamGroupInfos = decode.Slice(readStreamGroupInfo)

var readStreamGroupInfo = decode.Struct(decode.Fields[StreamGroupInfo]{
	"name":              decode.Field(func(s *StreamGroupInfo) *string { return &s.Name }, decode.String),
	"consumers":         decode.Field(func(s *StreamGroupInfo) *int64 { return &s.Consumers }, decode.Int),
	"pending":           decode.Field(func(s *StreamGroupInfo) *int64 { return &s.Pending }, decode.Int),
	"last-delivered-id": decode.Field(func(s *StreamGroupInfo) *string { return &s.LastDeliveredID }, decode.String),
	"entries-read":      decode.Field(func(s *StreamGroupInfo) *Optional[int64] { return &s.EntriesRead }, readOptionalInt),
	"lag":               decode.Field(func(s *StreamGroupInfo) *Optional[int64] { return &s.Lag }, readOptionalInt),
})

// StreamConsumerInfo describes a consumer of a group.
type StreamConsumerInfo struct {
	Name string
	// Pending is the number of entries that are pending for it.
	Pending int64
	// Idle is the time since it last tried to read or claim entries. Before
	// version 7.2 it is the time since it last succeeded.
	Idle time.Duration
	// Inactive is the time since it last succeeded; nil if it never did,
	// and before version 7.2.
	Inactive Optional[time.Duration]
}

// XInfoConsumers returns descriptions of the consumers of a group. A stream
// that does not exist is an error; a group that does not exist is an error with
// the code NOGROUP.
//
// https://valkey.io/commands/xinfo-consumers/
func xInfoConsumers(key, group string) command[[]StreamConsumerInfo] {
	return newCommand(named("XINFO CONSUMERS").Key(key).Arg(group), readStreamConsumerInfos)
}

var readStreamConsumerInfos = decode.Slice(readStreamConsumerInfo)

var readStreamConsumerInfo = decode.Struct(decode.Fields[StreamConsumerInfo]{
	"name":     decode.Field(func(s *StreamConsumerInfo) *string { return &s.Name }, decode.String),
	"pending":  decode.Field(func(s *StreamConsumerInfo) *int64 { return &s.Pending }, decode.Int),
	"idle":     decode.Field(func(s *StreamConsumerInfo) *time.Duration { return &s.Idle }, decode.Milliseconds),
	"inactive": decode.Field(func(s *StreamConsumerInfo) *Optional[time.Duration] { return &s.Inactive }, readOptionalMilliseconds),
})

// readOptionalMilliseconds reads a duration, -1 for none.
var readOptionalMilliseconds = readOptionalUnless(decode.Milliseconds, func(d time.Duration) bool { return d < 0 })
