package glide

import (
	"strconv"
	"strings"

	"github.com/valkey-glide/go/glide/internal/decode"
	"github.com/valkey-glide/go/glide/internal/engine"
	"github.com/valkey-glide/go/glide/internal/wire"
)

// MemoryDoctor returns a report for people on what the server's memory suffers
// from, with advice.
//
// https://valkey.io/commands/memory-doctor/
//
//glide:server several nodes answer, each with its own
func memoryDoctor() command[string] { return newCommand("MEMORY DOCTOR", decode.String) }

// MemoryMallocStats returns a report of the server's memory allocator. What it
// says, if anything, depends on the allocator.
//
// https://valkey.io/commands/memory-malloc-stats/
//
//glide:server several nodes answer, each with its own
func memoryMallocStats() command[string] { return newCommand("MEMORY MALLOC-STATS", decode.String) }

// MemoryPurge makes the server's memory allocator return unused memory to the
// system. In a cluster all primaries do; in a transaction, only the one that
// runs it.
//
// https://valkey.io/commands/memory-purge/
func memoryPurge() command[struct{}] { return newCommand("MEMORY PURGE", decode.OK) }

// MemoryStats is what a server uses memory for, in bytes unless said
// otherwise. What the server's version does not tell is the zero value.
type MemoryStats struct {
	// Peak is the most that was ever used, Total is what is used now, and
	// Startup what was when the server began.
	Peak, Total, Startup int64
	// PeakPercentage is how much of Peak Total is.
	PeakPercentage float64

	// Backlog and ReplicaBuffers are for replicas, besides ReplicaClients for
	// their connections. NormalClients is for all other connections.
	Backlog, ReplicaBuffers, ReplicaClients, NormalClients int64
	// ClusterLinks is for connections between nodes, SlotImport and SlotExport
	// for slots that move (since Valkey 9.0).
	ClusterLinks, SlotImport, SlotExport int64
	// AOFBuffer is for the append-only file.
	AOFBuffer int64
	// Scripts is for what EVAL has compiled, and Functions for functions.
	Scripts, Functions int64

	// Databases is the memory used in addition to keys and values, by database
	// number. Databases without keys are omitted.
	Databases map[int]DatabaseMemory
	// Tables is for the tables of all databases, and RehashingTables for those
	// that are being enlarged, of which there are Rehashing (since Valkey 8.0).
	Tables, RehashingTables, Rehashing int64

	// Overhead is all that is not for keys and values, Startup included, and
	// Dataset the rest.
	Overhead, Dataset int64
	// DatasetPercentage is how much Dataset is of Total without Startup.
	DatasetPercentage float64
	// Keys is the number of keys, and BytesPerKey what each takes on average.
	Keys, BytesPerKey int64

	// Allocated is what the allocator has given to the server, Active what it
	// takes for that with the gaps, Resident what it has of the system, and
	// Muzzy what of that the system may take back.
	Allocated, Active, Resident, Muzzy int64
	// What follows are how much more the second is than the first, as a ratio
	// and in bytes: Allocated and Active, Active and Resident, Resident and the
	// memory of the process, Total and the memory of the process.
	AllocatorFragmentation, AllocatorOverhead, ProcessOverhead, Fragmentation MemoryRatio
}

// DatabaseMemory is the memory that a database uses in addition to its keys
// and values, in bytes.
type DatabaseMemory struct {
	// Keys is for the table of the keys, and Expiries for that of when they
	// expire.
	Keys, Expiries int64
	// Slots is for that of slots, in clusters of Redis 7.
	Slots int64
}

// MemoryRatio is how much more one size is than another.
type MemoryRatio struct {
	Ratio float64
	// Bytes may be negative.
	Bytes int64
}

// MemoryStats says what the server uses memory for.
//
// https://valkey.io/commands/memory-stats/
//
//glide:server several nodes answer, each with its own
func memoryStats() command[MemoryStats] { return newCommand("MEMORY STATS", readMemoryStats) }

// fields returns where the fields of a reply belong.
func (m *MemoryStats) fields() (sizes map[string]*int64, ratios map[string]*float64) {
	sizes = map[string]*int64{
		"peak.allocated": &m.Peak, "total.allocated": &m.Total, "startup.allocated": &m.Startup,
		"replication.backlog": &m.Backlog, "replicas.repl.buffer": &m.ReplicaBuffers,
		"clients.slaves": &m.ReplicaClients, "clients.normal": &m.NormalClients,
		"cluster.links": &m.ClusterLinks, "cluster.slot_import": &m.SlotImport, "cluster.slot_export": &m.SlotExport,
		"aof.buffer": &m.AOFBuffer, "lua.caches": &m.Scripts, "functions.caches": &m.Functions,
		"overhead.db.hashtable.lut": &m.Tables, "overhead.db.hashtable.rehashing": &m.RehashingTables,
		"db.dict.rehashing.count": &m.Rehashing,
		"overhead.total":          &m.Overhead, "dataset.bytes": &m.Dataset,
		"keys.count": &m.Keys, "keys.bytes-per-key": &m.BytesPerKey,
		"allocator.allocated": &m.Allocated, "allocator.active": &m.Active,
		"allocator.resident": &m.Resident, "allocator.muzzy": &m.Muzzy,
		"allocator-fragmentation.bytes": &m.AllocatorFragmentation.Bytes,
		"allocator-rss.bytes":           &m.AllocatorOverhead.Bytes,
		"rss-overhead.bytes":            &m.ProcessOverhead.Bytes,
		"fragmentation.bytes":           &m.Fragmentation.Bytes,
	}
	ratios = map[string]*float64{
		"peak.percentage": &m.PeakPercentage, "dataset.percentage": &m.DatasetPercentage,
		"allocator-fragmentation.ratio": &m.AllocatorFragmentation.Ratio,
		"allocator-rss.ratio":           &m.AllocatorOverhead.Ratio,
		"rss-overhead.ratio":            &m.ProcessOverhead.Ratio,
		"fragmentation":                 &m.Fragmentation.Ratio,
	}
	return sizes, ratios
}

func readMemoryStats(r *wire.Reader) (stats MemoryStats, err error) {
	stats.Databases = map[int]DatabaseMemory{}
	sizes, ratios := stats.fields()
	err = decode.Fields(r, func(name string) (err error) {
		if size := sizes[name]; size != nil {
			return decode.Into(size, r, decode.Int)
		}
		if ratio := ratios[name]; ratio != nil {
			return decode.Into(ratio, r, decode.Float)
		}
		number, isDatabase := databaseNumber(name)
		if !isDatabase {
			return r.Skip()
		}
		stats.Databases[number], err = readDatabaseMemory(r)
		return err
	})
	return stats, err
}

// databaseNumber is the number in db.0.
func databaseNumber(name string) (int, bool) {
	digits, ok := strings.CutPrefix(name, "db.")
	number, err := strconv.Atoi(digits)
	return number, ok && err == nil
}

func readDatabaseMemory(r *wire.Reader) (memory DatabaseMemory, err error) {
	err = decode.Fields(r, func(name string) error {
		switch name {
		case "overhead.hashtable.main":
			return decode.Into(&memory.Keys, r, decode.Int)
		case "overhead.hashtable.expires":
			return decode.Into(&memory.Expiries, r, decode.Int)
		case "overhead.hashtable.slot-to-keys":
			return decode.Into(&memory.Slots, r, decode.Int)
		default:
			return r.Skip()
		}
	})
	return memory, err
}

// MemoryUsageOption is [Samples].
type MemoryUsageOption interface {
	option
	memoryUsageOption()
}

// samples is the option SAMPLES.
type samples int64

// Samples is how many elements of a list, set, hash, sorted set or stream are
// looked at to estimate all; 0 looks at all of them. The default is the
// server's, 5. Servers refuse negative ones.
func Samples(count int64) MemoryUsageOption { return samples(count) }

func (s samples) appendTo(w *engine.Words) {
	w.String("SAMPLES")
	w.Int(int64(s))
}

func (samples) decides() string    { return "Samples" }
func (samples) memoryUsageOption() {}

// MemoryUsage returns how many bytes a key takes with what it holds, which is
// an estimate, or nil if the key does not exist.
//
// https://valkey.io/commands/memory-usage/
func memoryUsage(key string, options ...MemoryUsageOption) command[Optional[int64]] {
	return appendOptions(newCommand("MEMORY USAGE", readOptionalInt).Key(key), options)
}
