package glidebloom

import (
	"github.com/valkey-glide/go/glide/internal/command"
	"github.com/valkey-glide/go/glide/internal/decode"
	"github.com/valkey-glide/go/glide/internal/wire"
)

// CFAdd adds an item to a cuckoo filter, once more if it is there already. A
// filter that does not exist is created with the server's defaults. A full one is
// an error.
//
// https://redis.io/docs/latest/commands/cf.add/
func cfAdd(key, item string) command.Command[bool] {
	return command.New(command.Named("CF.ADD").Key(key).Arg(item), decode.Bool)
}

// CFAddNX adds an item to a cuckoo filter if it is not there, and reports whether
// it did. It is false if the item, or one that looks like it, is there. A filter
// that does not exist is created with the server's defaults. A full one is an
// error.
//
// https://redis.io/docs/latest/commands/cf.addnx/
func cfAddNX(key, item string) command.Command[bool] {
	return command.New(command.Named("CF.ADDNX").Key(key).Arg(item), decode.Bool)
}

// CFCount returns how often an item is in a cuckoo filter; it may be too often.
// It is 0 if the key does not exist.
//
// https://redis.io/docs/latest/commands/cf.count/
func cfCount(key, item string) command.Command[int64] {
	return command.New(command.Named("CF.COUNT").Key(key).Arg(item), decode.Int)
}

// CFDel deletes an item from a cuckoo filter, once if it was added several times,
// and reports whether it did. Delete only what was added: another item that
// looks like it might be deleted instead. A key that does not exist is an error.
//
// https://redis.io/docs/latest/commands/cf.del/
func cfDel(key, item string) command.Command[bool] {
	return command.New(command.Named("CF.DEL").Key(key).Arg(item), decode.Bool)
}

// CFExists reports whether an item is in a cuckoo filter. False is certain; true
// may be wrong. It is false if the key does not exist.
//
// https://redis.io/docs/latest/commands/cf.exists/
func cfExists(key, item string) command.Command[bool] {
	return command.New(command.Named("CF.EXISTS").Key(key).Arg(item), decode.Bool)
}

// CFMExists reports of each item whether it is in a cuckoo filter, as [CFExists]
// does.
//
// https://redis.io/docs/latest/commands/cf.mexists/
func cfMExists(key string, items ...string) command.Command[[]bool] {
	return command.New(command.Named("CF.MEXISTS").Key(key).NonEmpty("items", items), decode.Bools)
}

// CuckooInfo describes a cuckoo filter.
type CuckooInfo struct {
	// Size is the number of bytes that it takes.
	Size int64
	// Buckets, Filters and BucketSize are how many buckets and filters it
	// consists of, and how many items a bucket has room for.
	Buckets, Filters, BucketSize int64
	// Items and Deleted are how many items were added and deleted.
	Items, Deleted int64
	// Expansion is how many times larger each further filter is; 0 if it does not
	// scale.
	Expansion int64
	// MaxIterations is how often it tries to make room for an item.
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

// CFInfo describes a cuckoo filter. A key that does not exist is an error.
//
// https://redis.io/docs/latest/commands/cf.info/
func cfInfo(key string) command.Command[CuckooInfo] {
	return command.New(command.Named("CF.INFO").Key(key), readCuckooInfo)
}

// CFInsertOption says how a cuckoo filter is created that does not exist,
// [Capacity], or that it is not, [NoCreate].
type CFInsertOption interface {
	command.Option
	cfInsertOption()
}

// CFInsert adds items to a cuckoo filter, those again that are there already, and
// reports of each whether it did: not if the filter is full. The options say how
// the filter is created if it does not exist.
//
// https://redis.io/docs/latest/commands/cf.insert/
func cfInsert(key string, items []string, options ...CFInsertOption) command.Command[[]bool] {
	return command.New(insert(command.Named("CF.INSERT").Key(key), items, options), decode.Slice(readAdded))
}

// Insertion is what became of an item: see [CFInsertNX].
type Insertion int64

const (
	// Full means that the filter has no room for the item.
	Full Insertion = -1
	// Present means that the item, or one that looks like it, is there already.
	Present Insertion = 0
	// Added means that the item was added.
	Added Insertion = 1
)

// CFInsertNX adds items to a cuckoo filter that are not there, and returns what
// became of each: [Added], [Present] or [Full]. The options say how the filter is
// created if it does not exist.
//
// https://redis.io/docs/latest/commands/cf.insertnx/
func cfInsertNX(key string, items []string, options ...CFInsertOption) command.Command[[]Insertion] {
	return command.New(insert(command.Named("CF.INSERTNX").Key(key), items, options), decode.Slice(readInsertion))
}

func insert(cmd command.Arguments, items []string, options []CFInsertOption) command.Arguments {
	return command.AppendOptions(cmd, options).Arg("ITEMS").NonEmpty("items", items)
}

// readAdded reads whether an item was added. One that did not fit is -1 with RESP2.
func readAdded(r *wire.Reader) (bool, error) {
	what, err := readInsertion(r)
	return what == Added, err
}

// readInsertion reads what became of an item. A boolean says only whether it was
// added.
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

// CFReserveOption says how a cuckoo filter is built: [BucketSize],
// [MaxIterations] or [Expansion].
type CFReserveOption interface {
	command.Option
	cfReserveOption()
}

type cuckooOption struct{ command.Words }

func (cuckooOption) cfReserveOption() {}

// BucketSize (BUCKETSIZE) is how many items a bucket has room for. More need less
// memory, and make more errors. The default is the server's, 2 unless it is
// configured otherwise.
func BucketSize(items int64) CFReserveOption {
	return cuckooOption{command.Once("bucket size", "BUCKETSIZE", integer(items))}
}

// MaxIterations (MAXITERATIONS) is how often the filter tries to make room for an
// item before it scales. The default is the server's, 20 unless it is configured
// otherwise.
func MaxIterations(times int64) CFReserveOption {
	return cuckooOption{command.Once("number of iterations", "MAXITERATIONS", integer(times))}
}

// CFReserve creates an empty cuckoo filter with room for about capacity items. A
// key that exists is an error.
//
// https://redis.io/docs/latest/commands/cf.reserve/
func cfReserve(key string, capacity int64, options ...CFReserveOption) command.Command[struct{}] {
	return command.New(command.AppendOptions(command.Named("CF.RESERVE").Key(key).Integer(capacity), options), decode.OK)
}

// CFScanDump returns a part of a cuckoo filter that [CFLoadChunk] restores, as
// [BFScanDump] does of Bloom filters.
//
// https://redis.io/docs/latest/commands/cf.scandump/
func cfScanDump(key string, iterator int64) command.Command[Chunk] {
	return command.New(command.Named("CF.SCANDUMP").Key(key).Integer(iterator), readChunk)
}

// CFLoadChunk restores a part of a cuckoo filter that [CFScanDump] has returned,
// as [BFLoadChunk] does of Bloom filters.
//
// https://redis.io/docs/latest/commands/cf.loadchunk/
func cfLoadChunk(key string, chunk Chunk) command.Command[struct{}] {
	return loadChunk("CF.LOADCHUNK", key, chunk)
}
