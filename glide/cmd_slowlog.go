package glide

import (
	"time"

	"github.com/valkey-glide/go/glide/internal/decode"
	"github.com/valkey-glide/go/glide/internal/wire"
)

// CommandLogKind selects one of the logs that a server keeps of expensive
// commands: [SlowCommands], [LargeRequests] or [LargeReplies].
type CommandLogKind string

const (
	// SlowCommands (SLOW) is the log of commands that took long to run
	// (commandlog-execution-slower-than).
	SlowCommands CommandLogKind = "SLOW"
	// LargeRequests (LARGE-REQUEST) is the log of commands with large
	// requests (commandlog-request-larger-than).
	LargeRequests CommandLogKind = "LARGE-REQUEST"
	// LargeReplies (LARGE-REPLY) is the log of commands with large replies
	// (commandlog-reply-larger-than).
	LargeReplies CommandLogKind = "LARGE-REPLY"
)

// CommandLogEntry is a command that was slow or had a large request or reply.
type CommandLogEntry struct {
	// ID is a number that grows with each entry until the server restarts.
	ID int64
	// Time is when the server ran the command, to the second.
	Time time.Time
	// Took is how long the command ran, to the microsecond; 0 in the logs
	// of large requests and replies.
	Took time.Duration
	// Size is the number of bytes of the request or the reply; 0 in the log
	// of slow commands.
	Size int64
	// Words are the name of the command and its arguments. The server
	// shortens them if they are many or long.
	Words []string
	// ClientAddress and ClientName are those of the connection that sent
	// the command.
	ClientAddress, ClientName string
}

// CommandLogGet returns at most count of the latest entries of a log, newest
// first; -1 returns all. In a cluster it returns at most count entries of each
// node, one node after the other; in a transaction, those of the node that runs
// it. Since Valkey 8.1.
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

// CommandLogLen returns the number of entries of a log. In a cluster it returns
// the sum of all nodes; in a transaction, the number of the node that runs it.
// Since Valkey 8.1.
//
// https://valkey.io/commands/commandlog-len/
func commandLogLen(kind CommandLogKind) command[int64] {
	return newCommand(named("COMMANDLOG LEN").Arg(string(kind)), decode.Int)
}

// CommandLogReset deletes all entries of a log. In a cluster it runs on all
// nodes; in a transaction, only on the node that runs it. Since Valkey 8.1.
//
// https://valkey.io/commands/commandlog-reset/
func commandLogReset(kind CommandLogKind) command[struct{}] {
	return newCommand(named("COMMANDLOG RESET").Arg(string(kind)), decode.OK)
}

// SlowLogGet returns at most count of the latest commands that took long to run
// (slowlog-log-slower-than), newest first; -1 returns all. In a cluster it
// returns at most count commands of each node, one node after the other; in a
// transaction, those of the node that runs it.
//
// https://valkey.io/commands/slowlog-get/
func slowLogGet(count int64) command[[]CommandLogEntry] {
	cmd := named("SLOWLOG GET")
	if count < -1 {
		return newCommand(cmd.Refuse("negative count"), readSlowLog)
	}
	return newCommand(cmd.Integer(count), readSlowLog)
}

// SlowLogLen returns the number of commands that [Client.SlowLogGet] can
// return. In a cluster it returns the sum of all nodes; in a transaction, the
// number of the node that runs it.
//
// https://valkey.io/commands/slowlog-len/
func slowLogLen() command[int64] { return newCommand(named("SLOWLOG LEN"), decode.Int) }

// SlowLogReset deletes all entries of the log of slow commands. In a cluster it
// runs on all nodes; in a transaction, only on the node that runs it.
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
