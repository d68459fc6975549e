package glide

import (
	"time"

	"github.com/valkey-glide/go/glide/internal/decode"
	"github.com/valkey-glide/go/glide/internal/wire"
)

// CopyOption is an option of [Client.Copy]: [Replace] or [ToDatabase].
type CopyOption interface {
	option
	copyOption()
}

// ToDatabase (DB) copies into the database number. The default is the selected
// database.
func ToDatabase(number int) CopyOption {
	return copyOption{intArgument("database", "DB", int64(number))}
}

type copyOption struct{ argument }

func (copyOption) copyOption() {}

// Copy copies the value and the expiry of source to destination, and reports
// whether it did. It returns false if source does not exist, or if destination
// exists and [Replace] is not given. In a cluster both keys must belong to one
// slot.
//
// https://valkey.io/commands/copy/
func copyKey(source, destination string, options ...CopyOption) command[bool] {
	return newCommand(appendOptions(named("COPY").Key(source).Key(destination), options), decode.Bool)
}

// Del deletes keys and returns how many of them existed. In a cluster, keys of
// several slots are deleted by several commands: if one fails, others may have
// succeeded. [Client.Unlink] frees large values without delaying the server.
//
// https://valkey.io/commands/del/
func del(keys ...string) command[int64] { return newCommand(named("DEL").Keys(keys), decode.Int) }

// Exists returns how many of the keys exist; a key that is given twice counts
// twice. In a cluster, keys of several slots are looked up by several
// commands.
//
// https://valkey.io/commands/exists/
func exists(keys ...string) command[int64] { return newCommand(named("EXISTS").Keys(keys), decode.Int) }

// Keys returns all keys that match a pattern (KEYS), in no order. In a
// pattern, * matches any bytes, ? one byte and [a-c] one of several; a
// backslash escapes them. The server does nothing else while it examines every
// key; [Client.AllKeys] iterates in small steps with SCAN instead. In a
// cluster Keys returns the keys of all primaries.
//
// https://valkey.io/commands/keys/
func keys(pattern string) command[[]string] {
	return newCommand(named("KEYS").Arg(pattern), decode.Strings)
}

// Move moves key to another database and reports whether it did. It returns
// false if key does not exist, or exists in that database already.
//
// https://valkey.io/commands/move/
func move(key string, database int) command[bool] {
	return newCommand(named("MOVE").Key(key).Integer(int64(database)), decode.Bool)
}

// ObjectEncoding returns the encoding in which the server stores the value of
// key, such as int, embstr, listpack or skiplist, or a nil Optional if key
// does not exist. The names depend on the server's version.
//
// https://valkey.io/commands/object-encoding/
func objectEncoding(key string) command[Optional[string]] {
	return newCommand(named("OBJECT ENCODING").Key(key), readOptionalString)
}

// ObjectFreq returns the access frequency of key, a logarithmic counter up to
// 255 that decays with time, or a nil Optional if key does not exist. It is an
// error unless the server evicts by frequency (a maxmemory-policy with lfu).
//
// https://valkey.io/commands/object-freq/
func objectFreq(key string) command[Optional[int64]] {
	return newCommand(named("OBJECT FREQ").Key(key), readOptionalInt)
}

// ObjectIdleTime returns the time since the last access to key, in whole
// seconds, or a nil Optional if key does not exist. It is an error if the
// server evicts by frequency (a maxmemory-policy with lfu).
//
// https://valkey.io/commands/object-idletime/
func objectIdleTime(key string) command[Optional[time.Duration]] {
	return newCommand(named("OBJECT IDLETIME").Key(key), readOptionalSeconds)
}

var readOptionalSeconds = readOptional(decode.Seconds)

// ObjectRefCount returns the number of references to the value of key, or a
// nil Optional if key does not exist. Small integers are shared by all keys
// that hold them and have a very large count.
//
// https://valkey.io/commands/object-refcount/
func objectRefCount(key string) command[Optional[int64]] {
	return newCommand(named("OBJECT REFCOUNT").Key(key), readOptionalInt)
}

// RandomKey returns a random key, or a nil Optional if there are no keys.
//
// https://valkey.io/commands/randomkey/
func randomKey() command[Optional[string]] { return newCommand(named("RANDOMKEY"), readOptionalString) }

// Rename renames key to newKey and keeps its value and expiry. It replaces
// newKey if that exists. A key that does not exist is an error. In a cluster
// both keys must belong to one slot.
//
// https://valkey.io/commands/rename/
func rename(key, newKey string) command[struct{}] {
	return newCommand(named("RENAME").Key(key).Key(newKey), decode.OK)
}

// RenameNX renames key to newKey unless newKey exists, and reports whether it
// did; see [Client.Rename].
//
// https://valkey.io/commands/renamenx/
func renameNX(key, newKey string) command[bool] {
	return newCommand(named("RENAMENX").Key(key).Key(newKey), decode.Bool)
}

// Touch updates the last access time of keys, which matters for eviction, and
// returns how many of them exist. In a cluster, keys of several slots are
// touched by several commands.
//
// https://valkey.io/commands/touch/
func touch(keys ...string) command[int64] { return newCommand(named("TOUCH").Keys(keys), decode.Int) }

// Type returns the type of the value of key: string, list, set, zset, hash,
// stream or a type of a module, or none if key does not exist.
//
// https://valkey.io/commands/type/
func typeOf(key string) command[string] { return newCommand(named("TYPE").Key(key), decode.String) }

// Unlink deletes keys and returns how many of them existed, like [Client.Del],
// but the server frees their values later in the background.
//
// https://valkey.io/commands/unlink/
func unlink(keys ...string) command[int64] { return newCommand(named("UNLINK").Keys(keys), decode.Int) }

// Wait blocks until replicas have received all preceding writes of this
// connection, or until the timeout; 0 is no timeout. It returns how many
// replicas have received them, which may be fewer or more. Timeouts have a
// resolution of a millisecond. [Config.RequestTimeout] does not limit it. Wait
// does not cover writes of other connections, so it runs on a dedicated
// connection: put the writes and the wait into one [Client.Dedicated].
//
// https://valkey.io/commands/wait/
//
//glide:dedicated it waits for what its own connection wrote, and would delay all that share one
//glide:unpipelined it delays the rest; in a transaction it does not wait
func wait(replicas int64, timeout time.Duration) command[int64] {
	return newCommand(named("WAIT").Integer(replicas).Timeout(timeout).Blocking(timeout).OnDedicated(), decode.Int)
}

// AOFCopies reports how many servers have written data to disk.
type AOFCopies struct {
	// Local is 1 if the primary has written the data to its append-only file,
	// else 0.
	Local int64
	// Replicas is the number of replicas that have written the data to their
	// append-only files.
	Replicas int64
}

// WaitAOF blocks until preceding writes are in the append-only files of the
// primary (if local is 1; 0 does not wait for it) and of replicas, or until
// the timeout, like [DedicatedClient.Wait]. It returns how many have written
// them. It is an error if local is 1 and the primary has no append-only file.
// Since version 7.2.
//
// https://valkey.io/commands/waitaof/
//
//glide:dedicated it waits for what its own connection wrote, and would delay all that share one
//glide:unpipelined it delays the rest; in a transaction the server refuses to wait
func waitAOF(local, replicas int64, timeout time.Duration) command[AOFCopies] {
	cmd := named("WAITAOF")
	return newCommand(cmd.Integer(local).Integer(replicas).Timeout(timeout).Blocking(timeout).OnDedicated(), readAOFCopies)
}

func readAOFCopies(r *wire.Reader) (copies AOFCopies, err error) {
	err = decode.Tuple(r, decode.To(&copies.Local, decode.Int), decode.To(&copies.Replicas, decode.Int))
	return copies, err
}
