package glide

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/valkey-glide/go/glide/internal/abi"
	"github.com/valkey-glide/go/glide/internal/decode"
	"github.com/valkey-glide/go/glide/internal/wire"
)

// BGRewriteAOF makes the server rewrite its append-only file in the background,
// as compactly as possible. It reports whether the rewrite has started.
// Otherwise it is scheduled: it starts when another background save ends, or at
// the end of the transaction.
//
// https://valkey.io/commands/bgrewriteaof/
//
//glide:server several nodes answer, each with its own
func bgRewriteAOF() command[bool] { return newCommand(named("BGREWRITEAOF"), readBegun) }

// BGSaveOption is an option of [Client.BGSave]: [BGSaveSchedule].
type BGSaveOption interface {
	option
	bgSaveOption()
}

// bgSaveSchedule is the option SCHEDULE.
type bgSaveSchedule string

// BGSaveSchedule (SCHEDULE) schedules the save if another background process is
// in progress, which is otherwise an error.
const BGSaveSchedule bgSaveSchedule = "SCHEDULE"

func (s bgSaveSchedule) appendTo(to *wire.Request) { to.String(string(s)) }
func (bgSaveSchedule) conflictKey() string         { return "BGSaveSchedule" }
func (bgSaveSchedule) bgSaveOption()               {}

// BGSave makes the server save all databases to its file in the background. It
// reports whether the save has started. Otherwise it is scheduled, because of
// [BGSaveSchedule] or for the end of the transaction. It is an error if a save
// is already in progress. [Client.LastSave] returns the time of the last
// successful save.
//
// https://valkey.io/commands/bgsave/
//
//glide:server several nodes answer, each with its own
func bgSave(options ...BGSaveOption) command[bool] {
	return newCommand(appendOptions(named("BGSAVE"), options), readBegun)
}

// readBegun reads a sentence that says what has started or is scheduled.
func readBegun(r *wire.Reader) (bool, error) {
	text, err := r.String()
	begun := strings.HasSuffix(text, "started")
	if err == nil && !begun && !strings.HasSuffix(text, "scheduled") {
		err = &wire.TypeError{Want: "started or scheduled", Got: abi.TagString}
	}
	return begun, err
}

// BGSaveCancel cancels a save that [Client.BGSave] started or scheduled. It is
// an error if there is none. Since Valkey 8.1.
//
// https://valkey.io/commands/bgsave/
//
//glide:server several nodes answer, each with its own
func bgSaveCancel() command[struct{}] {
	return newCommand(named("BGSAVE").Arg("CANCEL"), readCancelled)
}

// readCancelled reads a sentence that says what is cancelled.
func readCancelled(r *wire.Reader) (struct{}, error) {
	text, err := r.String()
	if err == nil && !strings.HasSuffix(text, "cancelled") {
		err = &wire.TypeError{Want: "cancelled", Got: abi.TagString}
	}
	return struct{}{}, err
}

// LastSave returns the time of the server's last successful save, to the second,
// or the time it was started if it has never saved.
//
// https://valkey.io/commands/lastsave/
//
//glide:server it is about one server: of a cluster any node would answer
func lastSave() command[time.Time] { return newCommand(named("LASTSAVE"), decode.UnixSeconds) }

// Save saves all databases to the server's file. The server does nothing else
// meanwhile. With much data that takes longer than [Config.RequestTimeout], so
// set a deadline on the context. [Client.BGSave] saves in the background. In a
// cluster all primaries save. Save is refused in a transaction.
//
// https://valkey.io/commands/save/
//
//glide:direct the server refuses it in a transaction, and in a pipeline it delays the rest
func save() command[struct{}] { return newCommand(named("SAVE"), decode.OK) }

// ShutdownOption is an option of [Client.Shutdown]: it sets whether the server
// saves before it ends, [ShutdownSave] or [ShutdownNoSave], or how it ends,
// [ShutdownNow], [ShutdownForce], [ShutdownSafe] or [ShutdownFailover].
type ShutdownOption interface {
	option
	shutdownOption()
}

// shutdownSaving is the option SAVE or NOSAVE.
type shutdownSaving string

const (
	// ShutdownSave (SAVE) saves all databases, even if the server is not
	// configured to. The default is to save if it is.
	ShutdownSave shutdownSaving = "SAVE"
	// ShutdownNoSave (NOSAVE) does not save, even if the server is
	// configured to.
	ShutdownNoSave shutdownSaving = "NOSAVE"
)

func (s shutdownSaving) appendTo(to *wire.Request) { to.String(string(s)) }
func (shutdownSaving) conflictKey() string         { return "saving" }
func (shutdownSaving) shutdownOption()             {}

// shutdownMode is one of the options that can be combined.
type shutdownMode string

const (
	// ShutdownNow (NOW) does not wait for replicas that lag behind. Since
	// version 7.0.
	ShutdownNow shutdownMode = "NOW"
	// ShutdownForce (FORCE) ends the server even if something prevents it,
	// such as a failed save. Since version 7.0.
	ShutdownForce shutdownMode = "FORCE"
	// ShutdownSafe (SAFE) refuses to end a primary of a cluster that has
	// slots. Since Valkey 9.0.
	ShutdownSafe shutdownMode = "SAFE"
	// ShutdownFailover (FAILOVER) makes a replica take over before a
	// primary of a cluster ends. It is an error on other servers. Since
	// Valkey 9.0.
	ShutdownFailover shutdownMode = "FAILOVER"
)

func (m shutdownMode) appendTo(to *wire.Request) { to.String(string(m)) }
func (m shutdownMode) conflictKey() string       { return string(m) }
func (shutdownMode) shutdownOption()             {}

// shutdown is SHUTDOWN. Its method is not generated: success is no reply.
func shutdown(options ...ShutdownOption) command[struct{}] {
	return newCommand(appendOptions(named("SHUTDOWN"), options), decode.OK)
}

// Shutdown ends the server (SHUTDOWN). It returns nil when the connection
// ends, because the server sends no reply; it cannot tell a shutdown from a
// server that ended for another reason at the same moment. If the server
// cannot end, for instance because saving failed, it keeps running and
// Shutdown returns an error. A primary waits for lagging replicas, by default
// ten seconds, and saving takes time, so set a deadline on the context. If the
// deadline passes, the shutdown continues.
//
// With a [Config.ReadFrom] that prefers replicas, a replica ends. The client
// keeps trying to connect until it is closed.
//
// https://valkey.io/commands/shutdown/
func (c serverCommands) Shutdown(ctx context.Context, options ...ShutdownOption) error {
	err := runOK(ctx, c.commands, shutdown(options...))
	if errors.Is(err, ErrConnectionLost) {
		return nil
	}
	return err
}

// ShutdownAbort (ABORT) ends the wait of a [Client.Shutdown] of another client,
// which then returns an error, and the server keeps running. It is an error if
// no shutdown waits. Close the other client afterwards: servers do not answer
// on its connection again, and Redis 7.0 ends at the next command on it. Since
// version 7.0.
//
// https://valkey.io/commands/shutdown/
//
//glide:server it is about one server: of a cluster any node would be asked
//glide:direct the server refuses it in a transaction
func shutdownAbort() command[struct{}] { return newCommand(named("SHUTDOWN").Arg("ABORT"), decode.OK) }
