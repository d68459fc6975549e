package glide

import (
	"context"
	"time"

	"github.com/valkey-glide/go/glide/internal/engine"
	"github.com/valkey-glide/go/glide/internal/resp"
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

func copyKey(source, destination string, options []CopyOption) command[bool] {
	return appendOptions(newCommand("COPY", readBool).key(source).key(destination), options)
}

// Copy copies what a key holds, and when it expires, to another key, and
// reports whether it did: not if the source does not exist, nor if the
// destination does, unless [Replace] is given. In a cluster both must be of
// one slot.
//
// https://valkey.io/commands/copy/
func (c commands) Copy(ctx context.Context, source, destination string, options ...CopyOption) (bool, error) {
	return run(ctx, c, copyKey(source, destination, options))
}

func del(keys []string) command[int64] { return newCommand("DEL", readInt).keys(keys) }

// Del deletes keys and gives how many of them existed. In a cluster, keys of
// several slots are deleted by several commands: if one fails, others may
// have been done. [Client.Unlink] does not make the server wait for large
// values to be freed.
//
// https://valkey.io/commands/del/
func (c commands) Del(ctx context.Context, keys ...string) (int64, error) {
	return run(ctx, c, del(keys))
}

func exists(keys []string) command[int64] { return newCommand("EXISTS", readInt).keys(keys) }

// Exists gives how many of the keys exist; a key that is given twice counts
// twice. In a cluster, keys of several slots are looked up by several
// commands.
//
// https://valkey.io/commands/exists/
func (c commands) Exists(ctx context.Context, keys ...string) (int64, error) {
	return run(ctx, c, exists(keys))
}

func keysMatching(pattern string) command[[]string] {
	return newCommand("KEYS", readStrings).arg(pattern)
}

// KeysMatching gives all keys that match a pattern, in no order: * stands for
// anything, ? for one byte, [a-c] for one of several, and \ takes their
// meaning away. The server does nothing else until it has looked at every key
// there is; [Client.Keys] asks for them bit by bit. In a cluster it gives the
// keys of all primaries.
//
// https://valkey.io/commands/keys/
func (c commands) KeysMatching(ctx context.Context, pattern string) ([]string, error) {
	return run(ctx, c, keysMatching(pattern))
}

func move(key string, database int) command[bool] {
	return newCommand("MOVE", readBool).key(key).integer(int64(database))
}

// Move moves a key to the database of this number and reports whether it did:
// not if the key does not exist, nor if there is one of its name already.
//
// https://valkey.io/commands/move/
func (c commands) Move(ctx context.Context, key string, database int) (bool, error) {
	return run(ctx, c, move(key, database))
}

func objectEncoding(key string) command[Optional[string]] {
	return newCommand("OBJECT ENCODING", readOptionalString).key(key)
}

// ObjectEncoding gives how the server stores what a key holds, such as int,
// embstr, listpack or skiplist; it is nil if the key does not exist. Which
// names there are depends on the server's version.
//
// https://valkey.io/commands/object-encoding/
func (c commands) ObjectEncoding(ctx context.Context, key string) (Optional[string], error) {
	return run(ctx, c, objectEncoding(key))
}

func objectFreq(key string) command[Optional[int64]] {
	return newCommand("OBJECT FREQ", readOptionalInt).key(key)
}

// ObjectFreq gives how often a key is used, on a logarithmic scale up to 255
// that decays with time; it is nil if the key does not exist. Unless the
// server evicts by frequency (a maxmemory-policy with lfu) it is an error.
//
// https://valkey.io/commands/object-freq/
func (c commands) ObjectFreq(ctx context.Context, key string) (Optional[int64], error) {
	return run(ctx, c, objectFreq(key))
}

func objectIdleTime(key string) command[Optional[time.Duration]] {
	return newCommand("OBJECT IDLETIME", readOptionalSeconds).key(key)
}

// ObjectIdleTime gives for how long a key was not used, in whole seconds; it
// is nil if the key does not exist. If the server evicts by frequency (a
// maxmemory-policy with lfu) it is an error.
//
// https://valkey.io/commands/object-idletime/
func (c commands) ObjectIdleTime(ctx context.Context, key string) (Optional[time.Duration], error) {
	return run(ctx, c, objectIdleTime(key))
}

var readOptionalSeconds = readOptional(readSeconds)

func readSeconds(r *resp.Reader) (time.Duration, error) {
	n, err := r.Int()
	return durationOf(n, time.Second), err
}

func objectRefCount(key string) command[Optional[int64]] {
	return newCommand("OBJECT REFCOUNT", readOptionalInt).key(key)
}

// ObjectRefCount gives how often the server refers to what a key holds; it is
// nil if the key does not exist. Small integers are shared by all keys that
// hold them and give a very large number.
//
// https://valkey.io/commands/object-refcount/
func (c commands) ObjectRefCount(ctx context.Context, key string) (Optional[int64], error) {
	return run(ctx, c, objectRefCount(key))
}

func randomKey() command[Optional[string]] { return newCommand("RANDOMKEY", readOptionalString) }

// RandomKey gives any of the keys; it is nil if there are none.
//
// https://valkey.io/commands/randomkey/
func (c commands) RandomKey(ctx context.Context) (Optional[string], error) {
	return run(ctx, c, randomKey())
}

func rename(key, newKey string) command[struct{}] {
	return newCommand("RENAME", readOK).key(key).key(newKey)
}

// Rename gives a key another name, with what it holds and when it expires. A
// key of that name is replaced. A key that does not exist is an error. In a
// cluster both must be of one slot.
//
// https://valkey.io/commands/rename/
func (c commands) Rename(ctx context.Context, key, newKey string) error {
	return runOK(ctx, c, rename(key, newKey))
}

func renameNX(key, newKey string) command[bool] {
	return newCommand("RENAMENX", readBool).key(key).key(newKey)
}

// RenameNX is [Client.Rename] unless there is a key of the new name, and
// reports whether it did.
//
// https://valkey.io/commands/renamenx/
func (c commands) RenameNX(ctx context.Context, key, newKey string) (bool, error) {
	return run(ctx, c, renameNX(key, newKey))
}

func touch(keys []string) command[int64] { return newCommand("TOUCH", readInt).keys(keys) }

// Touch marks keys as used just now, for eviction, and gives how many of them
// exist. In a cluster, keys of several slots are touched by several commands.
//
// https://valkey.io/commands/touch/
func (c commands) Touch(ctx context.Context, keys ...string) (int64, error) {
	return run(ctx, c, touch(keys))
}

func typeOf(key string) command[string] { return newCommand("TYPE", readString).key(key) }

// Type gives the type of what a key holds: string, list, set, zset, hash,
// stream or a module's own; none if the key does not exist.
//
// https://valkey.io/commands/type/
func (c commands) Type(ctx context.Context, key string) (string, error) {
	return run(ctx, c, typeOf(key))
}

func unlink(keys []string) command[int64] { return newCommand("UNLINK", readInt).keys(keys) }

// Unlink deletes keys and gives how many of them existed, like [Client.Del];
// the server frees what they held later, beside other work.
//
// https://valkey.io/commands/unlink/
func (c commands) Unlink(ctx context.Context, keys ...string) (int64, error) {
	return run(ctx, c, unlink(keys))
}

func wait(replicas int64, timeout time.Duration) command[int64] {
	return newCommand("WAIT", readInt).integer(replicas).timeout(timeout).blocking()
}

// Wait waits until so many replicas have received all that this client wrote
// before, or until the timeout, in milliseconds; 0 waits for ever. It gives
// how many have received it, which may be fewer or more. The wait holds up
// everybody else who uses the client, whose connection it shares, and is not
// bounded by [Config.RequestTimeout]. In a cluster all primaries are asked
// and the smallest number is given.
//
// https://valkey.io/commands/wait/
func (c commands) Wait(ctx context.Context, replicas int64, timeout time.Duration) (int64, error) {
	return run(ctx, c, wait(replicas, timeout))
}

// AOFCopies is where writes have reached a disk.
type AOFCopies struct {
	// Local is 1 if the primary has written them to its append-only file.
	Local int64
	// Replicas is how many replicas have written them to theirs.
	Replicas int64
}

func waitAOF(local, replicas int64, timeout time.Duration) command[AOFCopies] {
	cmd := newCommand("WAITAOF", readAOFCopies)
	return cmd.integer(local).integer(replicas).timeout(timeout).blocking()
}

// WaitAOF waits until all that this client wrote before is in the append-only
// files of the primary (local is 1, or 0 not to wait for it) and of so many
// replicas, or until the timeout, in milliseconds; 0 waits for ever. It gives
// where it has arrived. Waiting for a primary that keeps no such file is an
// error. Like [Client.Wait] it holds up everybody else who uses the client.
// Since version 7.2.
//
// https://valkey.io/commands/waitaof/
func (c commands) WaitAOF(ctx context.Context, local, replicas int64, timeout time.Duration) (AOFCopies, error) {
	return run(ctx, c, waitAOF(local, replicas, timeout))
}

func readAOFCopies(r *resp.Reader) (copies AOFCopies, err error) {
	if err = readArrayOf(r, 2); err == nil {
		err = into(&copies.Local, r, readInt)
	}
	if err == nil {
		err = into(&copies.Replicas, r, readInt)
	}
	return copies, err
}
