package glide

import (
	"time"

	"github.com/valkey-glide/go/glide/internal/decode"
	"github.com/valkey-glide/go/glide/internal/wire"
)

// CommandLogKind is one of the logs that a server keeps of commands that cost
// much.
type CommandLogKind string

const (
	// SlowCommands are those that took long to run
	// (commandlog-execution-slower-than).
	SlowCommands CommandLogKind = "SLOW"
	// LargeRequests are those that took many bytes
	// (commandlog-request-larger-than).
	LargeRequests CommandLogKind = "LARGE-REQUEST"
	// LargeReplies are those whose replies took many bytes
	// (commandlog-reply-larger-than).
	LargeReplies CommandLogKind = "LARGE-REPLY"
)

// CommandLogEntry is a command that was slow or had a large request or reply.
type CommandLogEntry struct {
	// ID is a number that only grows until the server is restarted.
	ID int64
	// Time is when the server ran it, to the second.
	Time time.Time
	// Took is how long it ran, to the microsecond, and 0 in the logs of large
	// requests and replies.
	Took time.Duration
	// Size is the number of bytes of the request or the reply; 0 in the log of
	// slow ones.
	Size int64
	// Words are the command and its arguments, shortened if there are many or
	// long ones.
	Words []string
	// ClientAddress and ClientName are those of who sent it.
	ClientAddress, ClientName string
}

// CommandLogGet returns at most so many of the latest entries of a log, the
// newest first; -1 is all of them. In a cluster it returns those of all nodes,
// at most so many of each, one node's after the other's; in a transaction, of
// the one that runs it. Since Valkey 8.1.
//
// https://valkey.io/commands/commandlog-get/
func commandLogGet(kind CommandLogKind, count int64) command[[]CommandLogEntry] {
	read := readLargeLog
	if kind == SlowCommands {
		read = readSlowLog
	}
	cmd := named("COMMANDLOG GET")
	if count < -1 {
		return newCommand(cmd.Refuse("negative count"), read)
	}
	return newCommand(cmd.Integer(count).Arg(string(kind)), read)
}

// CommandLogLen returns the number of entries of a log. In a cluster it is that
// of all nodes together; in a transaction, of the one that runs it. Since
// Valkey 8.1.
//
// https://valkey.io/commands/commandlog-len/
func commandLogLen(kind CommandLogKind) command[int64] {
	return newCommand(named("COMMANDLOG LEN").Arg(string(kind)), decode.Int)
}

// CommandLogReset empties a log. In a cluster all nodes do; in a transaction,
// only the one that runs it. Since Valkey 8.1.
//
// https://valkey.io/commands/commandlog-reset/
func commandLogReset(kind CommandLogKind) command[struct{}] {
	return newCommand(named("COMMANDLOG RESET").Arg(string(kind)), decode.OK)
}

// SlowLogGet returns at most so many of the latest commands that took long
// (slowlog-log-slower-than), the newest first; -1 is all of them. In a cluster
// it returns those of all nodes, at most so many of each, one node's after the
// other's; in a transaction, of the one that runs it.
//
// https://valkey.io/commands/slowlog-get/
func slowLogGet(count int64) command[[]CommandLogEntry] {
	cmd := named("SLOWLOG GET")
	if count < -1 {
		return newCommand(cmd.Refuse("negative count"), readSlowLog)
	}
	return newCommand(cmd.Integer(count), readSlowLog)
}

// SlowLogLen returns how many commands [Client.SlowLogGet] could return. In a
// cluster it is that of all nodes together; in a transaction, of the one that
// runs it.
//
// https://valkey.io/commands/slowlog-len/
func slowLogLen() command[int64] { return newCommand(named("SLOWLOG LEN"), decode.Int) }

// SlowLogReset forgets the commands that took long. In a cluster all nodes do;
// in a transaction, only the one that runs it.
//
// https://valkey.io/commands/slowlog-reset/
func slowLogReset() command[struct{}] { return newCommand(named("SLOWLOG RESET"), decode.OK) }

var (
	readSlowLog  = decode.Slice(readSlowCommand)
	readLargeLog = decode.Slice(readLargeCommand)
)

func readSlowCommand(r *wire.Reader) (entry CommandLogEntry, err error) {
	err = entry.read(r, decode.To(&entry.Took, decode.Microseconds))
	return entry, err
}

func readLargeCommand(r *wire.Reader) (entry CommandLogEntry, err error) {
	err = entry.read(r, decode.To(&entry.Size, decode.Int))
	return entry, err
}

// read reads an entry, and with cost what it cost.
func (e *CommandLogEntry) read(r *wire.Reader, cost decode.Value) error {
	return decode.Row(r, 6, decode.To(&e.ID, decode.Int), decode.To(&e.Time, decode.UnixSeconds), cost,
		decode.To(&e.Words, decode.Strings), decode.To(&e.ClientAddress, decode.String), decode.To(&e.ClientName, decode.String))
}
