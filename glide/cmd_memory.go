package glide

import (
	"strconv"
	"strings"

	"github.com/valkey-glide/go/glide/internal/decode"
	"github.com/valkey-glide/go/glide/internal/wire"
)

// MemoryDoctor returns a human-readable report on the server's memory problems,
// with advice.
//
// https://valkey.io/commands/memory-doctor/
//
//glide:server several nodes answer, each with its own
func memoryDoctor() command[string] { return newCommand(named("MEMORY DOCTOR"), decode.String) }

// MemoryMallocStats returns a report of the server's memory allocator; its
// contents depend on the allocator.
//
// https://valkey.io/commands/memory-malloc-stats/
//
//glide:server several nodes answer, each with its own
func memoryMallocStats() command[string] {
	return newCommand(named("MEMORY MALLOC-STATS"), decode.String)
}

// MemoryPurge makes the server's memory allocator return unused memory to the
// system. In a cluster all primaries do; in a transaction, only the one that
// runs it.
//
// https://valkey.io/commands/memory-purge/
func memoryPurge() command[struct{}] { return newCommand(named("MEMORY PURGE"), decode.OK) }

// MemoryStats is the memory usage of a server, in bytes unless stated
// otherwise. Fields that the server's version does not report are zero.
type MemoryStats struct {
	// Peak is the largest amount that was ever used, Total the amount that
	// is used now, and Startup the amount that was used when the server
	// started.
	Peak, Total, Startup int64
	// PeakPercentage is Total in percent of Peak.
	PeakPercentage float64

	// Backlog is the replication backlog, ReplicaBuffers the buffers that
	// replicas share, ReplicaClients the connections of replicas, and
	// NormalClients all other connections.
	Backlog, ReplicaBuffers, ReplicaClients, NormalClients int64
	// ClusterLinks is for connections between nodes, SlotImport and
	// SlotExport for slots that are moved (since Valkey 9.0).
	ClusterLinks, SlotImport, SlotExport int64
	// AOFBuffer is for the append-only file.
	AOFBuffer int64
	// Scripts is for the cache of scripts, and Functions for libraries of
	// functions.
	Scripts, Functions int64

	// Databases is the memory used in addition to keys and values, by database
	// number. Databases without keys are omitted.
	Databases map[int]DatabaseMemory
	// Tables is for the tables of all databases, and RehashingTables for those
	// that are being enlarged, of which there are Rehashing (since Valkey 8.0).
	Tables, RehashingTables, Rehashing int64

	// Overhead is everything except keys and values, including Startup, and
	// Dataset is the rest.
	Overhead, Dataset int64
	// DatasetPercentage is Dataset in percent of Total minus Startup.
	DatasetPercentage float64
	// Keys is the number of keys, and BytesPerKey the average memory of a
	// key.
	Keys, BytesPerKey int64

	// Allocated is what the allocator has given to the server, Active the
	// size of the pages with that memory, Resident the physical memory of
	// the allocator, and Muzzy the part of it that the system may reclaim.
	Allocated, Active, Resident, Muzzy int64
	// Each ratio compares two sizes, in this order: Allocated and Active,
	// Active and Resident, Resident and the memory of the process, Total
	// and the memory of the process.
	AllocatorFragmentation, AllocatorOverhead, ProcessOverhead, Fragmentation MemoryRatio
}

// DatabaseMemory is the memory that a database uses in addition to its keys
// and values, in bytes.
type DatabaseMemory struct {
	// Keys is for the table of keys, and Expiries for the table of their
	// expiries.
	Keys, Expiries int64
	// Slots is for the mapping of slots to keys, in clusters of Redis 7.
	Slots int64
}

// MemoryRatio is by how much one size exceeds another.
type MemoryRatio struct {
	Ratio float64
	// Bytes is the difference, which may be negative.
	Bytes int64
}

// MemoryStats returns the memory usage of the server.
//
// https://valkey.io/commands/memory-stats/
//
//glide:server several nodes answer, each with its own
func memoryStats() command[MemoryStats] { return newCommand(named("MEMORY STATS"), readMemoryStats) }

var memoryStatsFields = decode.Fields[MemoryStats]{
	"peak.allocated":                  decode.Field(func(m *MemoryStats) *int64 { return &m.Peak }, decode.Int),
	"total.allocated":                 decode.Field(func(m *MemoryStats) *int64 { return &m.Total }, decode.Int),
	"startup.allocated":               decode.Field(func(m *MemoryStats) *int64 { return &m.Startup }, decode.Int),
	"replication.backlog":             decode.Field(func(m *MemoryStats) *int64 { return &m.Backlog }, decode.Int),
	"replicas.repl.buffer":            decode.Field(func(m *MemoryStats) *int64 { return &m.ReplicaBuffers }, decode.Int),
	"clients.slaves":                  decode.Field(func(m *MemoryStats) *int64 { return &m.ReplicaClients }, decode.Int),
	"clients.normal":                  decode.Field(func(m *MemoryStats) *int64 { return &m.NormalClients }, decode.Int),
	"cluster.links":                   decode.Field(func(m *MemoryStats) *int64 { return &m.ClusterLinks }, decode.Int),
	"cluster.slot_import":             decode.Field(func(m *MemoryStats) *int64 { return &m.SlotImport }, decode.Int),
	"cluster.slot_export":             decode.Field(func(m *MemoryStats) *int64 { return &m.SlotExport }, decode.Int),
	"aof.buffer":                      decode.Field(func(m *MemoryStats) *int64 { return &m.AOFBuffer }, decode.Int),
	"lua.caches":                      decode.Field(func(m *MemoryStats) *int64 { return &m.Scripts }, decode.Int),
	"functions.caches":                decode.Field(func(m *MemoryStats) *int64 { return &m.Functions }, decode.Int),
	"overhead.db.hashtable.lut":       decode.Field(func(m *MemoryStats) *int64 { return &m.Tables }, decode.Int),
	"overhead.db.hashtable.rehashing": decode.Field(func(m *MemoryStats) *int64 { return &m.RehashingTables }, decode.Int),
	"db.dict.rehashing.count":         decode.Field(func(m *MemoryStats) *int64 { return &m.Rehashing }, decode.Int),
	"overhead.total":                  decode.Field(func(m *MemoryStats) *int64 { return &m.Overhead }, decode.Int),
	"dataset.bytes":                   decode.Field(func(m *MemoryStats) *int64 { return &m.Dataset }, decode.Int),
	"keys.count":                      decode.Field(func(m *MemoryStats) *int64 { return &m.Keys }, decode.Int),
	"keys.bytes-per-key":              decode.Field(func(m *MemoryStats) *int64 { return &m.BytesPerKey }, decode.Int),
	"allocator.allocated":             decode.Field(func(m *MemoryStats) *int64 { return &m.Allocated }, decode.Int),
	"allocator.active":                decode.Field(func(m *MemoryStats) *int64 { return &m.Active }, decode.Int),
	"allocator.resident":              decode.Field(func(m *MemoryStats) *int64 { return &m.Resident }, decode.Int),
	"allocator.muzzy":                 decode.Field(func(m *MemoryStats) *int64 { return &m.Muzzy }, decode.Int),
	"allocator-fragmentation.bytes":   decode.Field(func(m *MemoryStats) *int64 { return &m.AllocatorFragmentation.Bytes }, decode.Int),
	"allocator-rss.bytes":             decode.Field(func(m *MemoryStats) *int64 { return &m.AllocatorOverhead.Bytes }, decode.Int),
	"rss-overhead.bytes":              decode.Field(func(m *MemoryStats) *int64 { return &m.ProcessOverhead.Bytes }, decode.Int),
	"fragmentation.bytes":             decode.Field(func(m *MemoryStats) *int64 { return &m.Fragmentation.Bytes }, decode.Int),
	"peak.percentage":                 decode.Field(func(m *MemoryStats) *float64 { return &m.PeakPercentage }, decode.Float),
	"dataset.percentage":              decode.Field(func(m *MemoryStats) *float64 { return &m.DatasetPercentage }, decode.Float),
	"allocator-fragmentation.ratio":   decode.Field(func(m *MemoryStats) *float64 { return &m.AllocatorFragmentation.Ratio }, decode.Float),
	"allocator-rss.ratio":             decode.Field(func(m *MemoryStats) *float64 { return &m.AllocatorOverhead.Ratio }, decode.Float),
	"rss-overhead.ratio":              decode.Field(func(m *MemoryStats) *float64 { return &m.ProcessOverhead.Ratio }, decode.Float),
	"fragmentation":                   decode.Field(func(m *MemoryStats) *float64 { return &m.Fragmentation.Ratio }, decode.Float),
}

func readMemoryStats(r *wire.Reader) (stats MemoryStats, err error) {
	stats.Databases = map[int]DatabaseMemory{}
	err = decode.EachField(r, func(name string) (err error) {
		if read := memoryStatsFields[name]; read != nil {
			return read(&stats, r)
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

var readDatabaseMemory = decode.Struct(decode.Fields[DatabaseMemory]{
	"overhead.hashtable.main":         decode.Field(func(d *DatabaseMemory) *int64 { return &d.Keys }, decode.Int),
	"overhead.hashtable.expires":      decode.Field(func(d *DatabaseMemory) *int64 { return &d.Expiries }, decode.Int),
	"overhead.hashtable.slot-to-keys": decode.Field(func(d *DatabaseMemory) *int64 { return &d.Slots }, decode.Int),
})

// MemoryUsageOption is an option of [Client.MemoryUsage]: [Samples].
type MemoryUsageOption interface {
	option
	memoryUsageOption()
}

// Samples (SAMPLES) is the number of elements of a list, set, hash, sorted set
// or stream that are examined to estimate its size; 0 examines all. The
// server's default is 5. Negative numbers are an error.
func Samples(count int64) MemoryUsageOption {
	return memoryUsageOption{intArgument("Samples", "SAMPLES", count)}
}

type memoryUsageOption struct{ argument }

func (memoryUsageOption) memoryUsageOption() {}

// MemoryUsage returns the estimated number of bytes that key and its value
// take, or a nil Optional if key does not exist.
//
// https://valkey.io/commands/memory-usage/
func memoryUsage(key string, options ...MemoryUsageOption) command[Optional[int64]] {
	return newCommand(appendOptions(named("MEMORY USAGE").Key(key), options), readOptionalInt)
}
