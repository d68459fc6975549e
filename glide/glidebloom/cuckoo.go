package glidebloom

import (
	"github.com/valkey-glide/go/glide/internal/command"
	"github.com/valkey-glide/go/glide/internal/decode"
	"github.com/valkey-glide/go/glide/internal/wire"
)

// CFAdd adds an item to a cuckoo filter (CF.ADD), again if it is there already.
// A filter that does not exist is created with the defaults of the server. A
// full filter is an error.
//
// https://redis.io/docs/latest/commands/cf.add/
func cfAdd(key, item string) command.Command[bool] {
	return command.New(command.Named("CF.ADD").Key(key).Arg(item), decode.Bool)
}

// CFAddNX adds an item to a cuckoo filter if it is not there (CF.ADDNX), and
// reports whether it did. It returns false if the item, or one that the filter
// cannot distinguish from it, is there. A filter that does not exist is created
// with the defaults of the server. A full filter is an error.
//
// https://redis.io/docs/latest/commands/cf.addnx/
func cfAddNX(key, item string) command.Command[bool] {
	return command.New(command.Named("CF.ADDNX").Key(key).Arg(item), decode.Bool)
}

// CFCount returns how often an item is in a cuckoo filter (CF.COUNT), or 0 if
// key does not exist. The number may be too high.
//
// https://redis.io/docs/latest/commands/cf.count/
func cfCount(key, item string) command.Command[int64] {
	return command.New(command.Named("CF.COUNT").Key(key).Arg(item), decode.Int)
}

// CFDel deletes an item from a cuckoo filter (CF.DEL), once if it was added
// several times, and reports whether it did. Delete only items that were added:
// otherwise another item may be deleted that the filter cannot distinguish from
// it. A key that does not exist is an error.
//
// https://redis.io/docs/latest/commands/cf.del/
func cfDel(key, item string) command.Command[bool] {
	return command.New(command.Named("CF.DEL").Key(key).Arg(item), decode.Bool)
}

// CFExists reports whether an item is in a cuckoo filter (CF.EXISTS). False is
// certain; true may be wrong. It returns false if key does not exist.
//
// https://redis.io/docs/latest/commands/cf.exists/
func cfExists(key, item string) command.Command[bool] {
	return command.New(command.Named("CF.EXISTS").Key(key).Arg(item), decode.Bool)
}

// CFMExists reports for each item, in order, whether it is in a cuckoo filter
// (CF.MEXISTS), like [CFExists].
//
// https://redis.io/docs/latest/commands/cf.mexists/
func cfMExists(key string, items ...string) command.Command[[]bool] {
	return command.New(command.Named("CF.MEXISTS").Key(key).NonEmpty("items", items), decode.Bools)
}

// CuckooInfo describes a cuckoo filter.
type CuckooInfo struct {
	// Size is the memory of the filter in bytes.
	Size int64
	// Buckets and Filters are the numbers of buckets and filters, and
	// BucketSize is the number of items that fit into a bucket.
	Buckets, Filters, BucketSize int64
	// Items and Deleted are the numbers of items that were added and
	// deleted.
	Items, Deleted int64
	// Expansion is how many times larger each further filter is; 0 if the
	// filter does not scale.
	Expansion int64
	// MaxIterations is the number of attempts to make room for an item.
	MaxIterations int64
}

var readCuckooInfo = decode.Struct(decode.Fields[CuckooInfo]{
	"Size":                     decode.Field(func(i *CuckooInfo) *int64 { return &i.Size }, decode.Int),
	"Number of buckets":        decode.Field(func(i *CuckooInfo) *int64 { return &i.Buckets }, decode.Int),
	"Number of filters":        decode.Field(func(i *CuckooInfo) *int64 { return &i.Filters }, decode.Int),
	"Bucket size":              decode.Field(func(i *CuckooInfo) *int64 { return &i.BucketSize }, decode.Int),
	"Number of items inserted": decode.Field(func(i *CuckooInfo) *int64 { return &i.Items }, decode.Int),
	"Number of items deleted":  decode.Field(func(i *CuckooInfo) *int64 { return &i.Deleted }, decode.Int),
	"Expansion rate":           decode.Field(func(i *CuckooInfo) *int64 { return &i.Expansion }, decode.Int),
	"Max iterations":           decode.Field(func(i *CuckooInfo) *int64 { return &i.MaxIterations }, decode.Int),
})

// CFInfo returns the properties of a cuckoo filter (CF.INFO). A key that does
// not exist is an error.
//
// https://redis.io/docs/latest/commands/cf.info/
func cfInfo(key string) command.Command[CuckooInfo] {
	return command.New(command.Named("CF.INFO").Key(key), readCuckooInfo)
}

// CFInsertOption is an option of [CFInsert] and [CFInsertNX] for a filter that
// does not exist: it is created with [Capacity], or not created with
// [NoCreate].
type CFInsertOption interface {
	command.Option
	cfInsertOption()
}

// CFInsert adds items to a cuckoo filter (CF.INSERT), again if they are there
// already, and reports for each, in order, whether it did, which is false if
// the filter is full. The options set how a filter that does not exist is
// created.
//
// https://redis.io/docs/latest/commands/cf.insert/
func cfInsert(key string, items []string, options ...CFInsertOption) command.Command[[]bool] {
	return command.New(insert(command.Named("CF.INSERT").Key(key), items, options), decode.Slice(readAdded))
}

// Insertion is the result of [CFInsertNX] for an item: [Added], [Present] or
// [Full].
type Insertion int64

const (
	// Full is the result for an item that does not fit into the filter.
	Full Insertion = -1
	// Present is the result for an item that is there, or that the filter
	// cannot distinguish from one that is.
	Present Insertion = 0
	// Added is the result for an item that was added.
	Added Insertion = 1
)

// CFInsertNX adds items to a cuckoo filter that are not there (CF.INSERTNX),
// and returns a result for each, in order: [Added], [Present] or [Full]. The
// options set how a filter that does not exist is created.
//
// https://redis.io/docs/latest/commands/cf.insertnx/
func cfInsertNX(key string, items []string, options ...CFInsertOption) command.Command[[]Insertion] {
	return command.New(insert(command.Named("CF.INSERTNX").Key(key), items, options), decode.Slice(readInsertion))
}

func insert(cmd command.Arguments, items []string, options []CFInsertOption) command.Arguments {
	return command.AppendOptions(cmd, options).Arg("ITEMS").NonEmpty("items", items)
}

// readAdded reads whether an item was added. With RESP2 it is -1 for one that
// did not fit.
func readAdded(r *wire.Reader) (bool, error) {
	what, err := readInsertion(r)
	return what == Added, err
}

// readInsertion reads the result for an item. A boolean says only whether it
// was added.
func readInsertion(r *wire.Reader) (Insertion, error) {
	if isNumber(r) {
		n, err := r.Int()
		return Insertion(n), err
	}
	added, err := r.Bool()
	if err != nil || !added {
		return Present, err
	}
	return Added, nil
}

// CFReserveOption is an option of [CFReserve]: [BucketSize], [MaxIterations] or
// [Expansion].
type CFReserveOption interface {
	command.Option
	cfReserveOption()
}

type cuckooOption struct{ command.Words }

func (cuckooOption) cfReserveOption() {}

// BucketSize (BUCKETSIZE) is the number of items that fit into a bucket. Larger
// buckets need less memory, and make more errors. The default is that of the
// server, 2 unless it is configured otherwise.
func BucketSize(items int64) CFReserveOption {
	return cuckooOption{command.Once("bucket size", "BUCKETSIZE", integer(items))}
}

// MaxIterations (MAXITERATIONS) is the number of attempts to make room for an
// item before the filter scales. The default is that of the server, 20 unless
// it is configured otherwise.
func MaxIterations(times int64) CFReserveOption {
	return cuckooOption{command.Once("number of iterations", "MAXITERATIONS", integer(times))}
}

// CFReserve creates an empty cuckoo filter for about capacity items
// (CF.RESERVE). A key that exists is an error.
//
// https://redis.io/docs/latest/commands/cf.reserve/
func cfReserve(key string, capacity int64, options ...CFReserveOption) command.Command[struct{}] {
	return command.New(command.AppendOptions(command.Named("CF.RESERVE").Key(key).Integer(capacity), options), decode.OK)
}

// CFScanDump returns a chunk of a cuckoo filter (CF.SCANDUMP), which
// [CFLoadChunk] restores, like [BFScanDump].
//
// https://redis.io/docs/latest/commands/cf.scandump/
func cfScanDump(key string, iterator int64) command.Command[Chunk] {
	return command.New(command.Named("CF.SCANDUMP").Key(key).Integer(iterator), readChunk)
}

// CFLoadChunk restores a chunk of a cuckoo filter (CF.LOADCHUNK) that
// [CFScanDump] returned, like [BFLoadChunk].
//
// https://redis.io/docs/latest/commands/cf.loadchunk/
func cfLoadChunk(key string, chunk Chunk) command.Command[struct{}] {
	return loadChunk("CF.LOADCHUNK", key, chunk)
}
