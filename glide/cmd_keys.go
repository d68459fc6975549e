package glide

import (
	"time"

	"github.com/valkey-glide/go/glide/internal/decode"
	"github.com/valkey-glide/go/glide/internal/engine"
	"github.com/valkey-glide/go/glide/internal/wire"
)

// CopyOption is [Replace] or [ToDatabase].
type CopyOption interface {
	option
	copyOption()
}

// toDatabase is the option DB.
type toDatabase int

// ToDatabase copies into the database of this number. The default is the one
// that is selected.
func ToDatabase(number int) CopyOption { return toDatabase(number) }

func (d toDatabase) appendTo(w *engine.Words) {
	w.String("DB")
	w.Int(int64(d))
}

func (toDatabase) decides() string { return "database" }
func (toDatabase) copyOption()     {}

// Copy copies what a key holds, and when it expires, to another key, and
// reports whether it did: not if the source does not exist, nor if the
// destination does, unless [Replace] is given. In a cluster both must be of
// one slot.
//
// https://valkey.io/commands/copy/
func copyKey(source, destination string, options ...CopyOption) command[bool] {
	return appendOptions(newCommand("COPY", decode.Bool).Key(source).Key(destination), options)
}

// Del deletes keys and gives how many of them existed. In a cluster, keys of
// several slots are deleted by several commands: if one fails, others may
// have been done. [Client.Unlink] does not make the server wait for large
// values to be freed.
//
// https://valkey.io/commands/del/
func del(keys ...string) command[int64] { return newCommand("DEL", decode.Int).Keys(keys) }

// Exists gives how many of the keys exist; a key that is given twice counts
// twice. In a cluster, keys of several slots are looked up by several
// commands.
//
// https://valkey.io/commands/exists/
func exists(keys ...string) command[int64] { return newCommand("EXISTS", decode.Int).Keys(keys) }

// Keys gives all keys that match a pattern, in no order: * stands for
// anything, ? for one byte, [a-c] for one of several, and \ takes their
// meaning away. The server does nothing else until it has looked at every key
// there is; [Client.AllKeys] asks for them bit by bit. In a cluster it gives the
// keys of all primaries.
//
// https://valkey.io/commands/keys/
func keys(pattern string) command[[]string] {
	return newCommand("KEYS", decode.Strings).Arg(pattern)
}

// Move moves a key to the database of this number and reports whether it did:
// not if the key does not exist, nor if there is one of its name already.
//
// https://valkey.io/commands/move/
func move(key string, database int) command[bool] {
	return newCommand("MOVE", decode.Bool).Key(key).Integer(int64(database))
}

// ObjectEncoding gives how the server stores what a key holds, such as int,
// embstr, listpack or skiplist; it is nil if the key does not exist. Which
// names there are depends on the server's version.
//
// https://valkey.io/commands/object-encoding/
func objectEncoding(key string) command[Optional[string]] {
	return newCommand("OBJECT ENCODING", readOptionalString).Key(key)
}

// ObjectFreq gives how often a key is used, on a logarithmic scale up to 255
// that decays with time; it is nil if the key does not exist. Unless the
// server evicts by frequency (a maxmemory-policy with lfu) it is an error.
//
// https://valkey.io/commands/object-freq/
func objectFreq(key string) command[Optional[int64]] {
	return newCommand("OBJECT FREQ", readOptionalInt).Key(key)
}

// ObjectIdleTime gives for how long a key was not used, in whole seconds; it
// is nil if the key does not exist. If the server evicts by frequency (a
// maxmemory-policy with lfu) it is an error.
//
// https://valkey.io/commands/object-idletime/
func objectIdleTime(key string) command[Optional[time.Duration]] {
	return newCommand("OBJECT IDLETIME", readOptionalSeconds).Key(key)
}

var readOptionalSeconds = readOptional(decode.Seconds)

// ObjectRefCount gives how often the server refers to what a key holds; it is
// nil if the key does not exist. Small integers are shared by all keys that
// hold them and give a very large number.
//
// https://valkey.io/commands/object-refcount/
func objectRefCount(key string) command[Optional[int64]] {
	return newCommand("OBJECT REFCOUNT", readOptionalInt).Key(key)
}

// RandomKey gives any of the keys; it is nil if there are none.
//
// https://valkey.io/commands/randomkey/
func randomKey() command[Optional[string]] { return newCommand("RANDOMKEY", readOptionalString) }

// Rename gives a key another name, with what it holds and when it expires. A
// key of that name is replaced. A key that does not exist is an error. In a
// cluster both must be of one slot.
//
// https://valkey.io/commands/rename/
func rename(key, newKey string) command[struct{}] {
	return newCommand("RENAME", decode.OK).Key(key).Key(newKey)
}

// RenameNX is [Client.Rename] unless there is a key of the new name, and
// reports whether it did.
//
// https://valkey.io/commands/renamenx/
func renameNX(key, newKey string) command[bool] {
	return newCommand("RENAMENX", decode.Bool).Key(key).Key(newKey)
}

// Touch marks keys as used just now, for eviction, and gives how many of them
// exist. In a cluster, keys of several slots are touched by several commands.
//
// https://valkey.io/commands/touch/
func touch(keys ...string) command[int64] { return newCommand("TOUCH", decode.Int).Keys(keys) }

// Type gives the type of what a key holds: string, list, set, zset, hash,
// stream or a module's own; none if the key does not exist.
//
// https://valkey.io/commands/type/
func typeOf(key string) command[string] { return newCommand("TYPE", decode.String).Key(key) }

// Unlink deletes keys and gives how many of them existed, like [Client.Del];
// the server frees what they held later, beside other work.
//
// https://valkey.io/commands/unlink/
func unlink(keys ...string) command[int64] { return newCommand("UNLINK", decode.Int).Keys(keys) }

// Wait waits until so many replicas have received all that was written before
// on this connection, or until the timeout, in milliseconds; 0 waits for ever.
// It gives how many have received it, which may be fewer or more. It is not
// bounded by [Config.RequestTimeout]. What other connections wrote it does not
// wait for, so it is a command of a connection of one's own: the writes and
// the wait for them go into one [Client.Dedicated].
//
// https://valkey.io/commands/wait/
//
//glide:dedicated it waits for what its own connection wrote, and would hold up all who share one
//glide:unpipelined it holds up the rest; in a transaction it does not wait
func wait(replicas int64, timeout time.Duration) command[int64] {
	return newCommand("WAIT", decode.Int).Integer(replicas).Timeout(timeout).Blocking(timeout).OnDedicated()
}

// AOFCopies is where writes have reached a disk.
type AOFCopies struct {
	// Local is 1 if the primary has written them to its append-only file.
	Local int64
	// Replicas is how many replicas have written them to theirs.
	Replicas int64
}

// WaitAOF is [DedicatedClient.Wait] until what was written is in the
// append-only files of the primary (local is 1, or 0 not to wait for it) and
// of so many replicas. It gives where it has arrived. Waiting for a primary
// that keeps no such file is an error. Since version 7.2.
//
// https://valkey.io/commands/waitaof/
//
//glide:dedicated it waits for what its own connection wrote, and would hold up all who share one
//glide:unpipelined it holds up the rest; in a transaction the server refuses to wait
func waitAOF(local, replicas int64, timeout time.Duration) command[AOFCopies] {
	cmd := newCommand("WAITAOF", readAOFCopies)
	return cmd.Integer(local).Integer(replicas).Timeout(timeout).Blocking(timeout).OnDedicated()
}

func readAOFCopies(r *wire.Reader) (copies AOFCopies, err error) {
	if err = decode.ArrayOf(r, 2); err == nil {
		err = decode.Into(&copies.Local, r, decode.Int)
	}
	if err == nil {
		err = decode.Into(&copies.Replicas, r, decode.Int)
	}
	return copies, err
}
