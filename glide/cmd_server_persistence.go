package glide

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/valkey-glide/go/glide/internal/abi"
	"github.com/valkey-glide/go/glide/internal/decode"
	"github.com/valkey-glide/go/glide/internal/engine"
	"github.com/valkey-glide/go/glide/internal/wire"
)

// BGRewriteAOF lets the server write its append-only file anew, beside other
// work, as small as can be. It reports whether that has begun; if not, it
// begins once another process that writes a file has ended, or at the end of
// the transaction.
//
// https://valkey.io/commands/bgrewriteaof/
//
//glide:server several nodes answer, each with its own
func bgRewriteAOF() command[bool] { return newCommand("BGREWRITEAOF", readBegun) }

// BGSaveOption is [BGSaveSchedule].
type BGSaveOption interface {
	option
	bgSaveOption()
}

// bgSaveSchedule is the option SCHEDULE.
type bgSaveSchedule string

// BGSaveSchedule lets the saving begin later where another process that
// writes a file is under way. Without it that is an error.
const BGSaveSchedule bgSaveSchedule = "SCHEDULE"

func (s bgSaveSchedule) appendTo(w *engine.Words) { w.String(string(s)) }
func (bgSaveSchedule) decides() string            { return "BGSaveSchedule" }
func (bgSaveSchedule) bgSaveOption()              {}

// BGSave lets the server save all databases to its file, beside other work. It
// reports whether that has begun; if not, it is scheduled: because of
// [BGSaveSchedule], or for the end of the transaction. A saving that is under
// way already is an error. [Client.LastSave] tells when one has succeeded.
//
// https://valkey.io/commands/bgsave/
//
//glide:server several nodes answer, each with its own
func bgSave(options ...BGSaveOption) command[bool] {
	return appendOptions(newCommand("BGSAVE", readBegun), options)
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

// BGSaveCancel ends the saving that [Client.BGSave] has begun or scheduled. If
// there is none it is an error. Since Valkey 8.1.
//
// https://valkey.io/commands/bgsave/
//
//glide:server several nodes answer, each with its own
func bgSaveCancel() command[struct{}] {
	return newCommand("BGSAVE", readCancelled).Arg("CANCEL")
}

// readCancelled reads a sentence that says what is cancelled.
func readCancelled(r *wire.Reader) (struct{}, error) {
	text, err := r.String()
	if err == nil && !strings.HasSuffix(text, "cancelled") {
		err = &wire.TypeError{Want: "cancelled", Got: abi.TagString}
	}
	return struct{}{}, err
}

// LastSave returns the time at which the server last saved its databases
// successfully, in seconds. One that never did returns when it was started.
//
// https://valkey.io/commands/lastsave/
//
//glide:server it is about one server: of a cluster any node would answer
func lastSave() command[time.Time] { return newCommand("LASTSAVE", decode.UnixSeconds) }

// Save saves all databases to the server's file. The server does nothing else
// until it has: with much data that takes longer than [Config.RequestTimeout],
// so the context should have its own deadline. [Client.BGSave] does not hold
// the server up. In a cluster all primaries save; a transaction is refused.
//
// https://valkey.io/commands/save/
//
//glide:direct the server refuses it in a transaction, and in a pipeline it holds up the rest
func save() command[struct{}] { return newCommand("SAVE", decode.OK) }

// ShutdownOption says whether the server saves before it ends, [ShutdownSave]
// or [ShutdownNoSave], and how it ends: [ShutdownNow], [ShutdownForce],
// [ShutdownSafe] or [ShutdownFailover].
type ShutdownOption interface {
	option
	shutdownOption()
}

// shutdownSaving is the option SAVE or NOSAVE.
type shutdownSaving string

const (
	// ShutdownSave saves all databases, even if the server is not configured
	// to. The default is to save if it is.
	ShutdownSave shutdownSaving = "SAVE"
	// ShutdownNoSave does not save, even if the server is configured to.
	ShutdownNoSave shutdownSaving = "NOSAVE"
)

func (s shutdownSaving) appendTo(w *engine.Words) { w.String(string(s)) }
func (shutdownSaving) decides() string            { return "saving" }
func (shutdownSaving) shutdownOption()            {}

// shutdownManner is one of the options that can be combined.
type shutdownManner string

const (
	// ShutdownNow does not wait for replicas that lag behind. Since version
	// 7.0.
	ShutdownNow shutdownManner = "NOW"
	// ShutdownForce ends the server whatever would keep it from that, such as
	// saving that failed. Since version 7.0.
	ShutdownForce shutdownManner = "FORCE"
	// ShutdownSafe does not end the primary of slots of a cluster. Since
	// Valkey 9.0.
	ShutdownSafe shutdownManner = "SAFE"
	// ShutdownFailover lets a replica take over before a primary of a cluster
	// ends. Elsewhere it is an error. Since Valkey 9.0.
	ShutdownFailover shutdownManner = "FAILOVER"
)

func (m shutdownManner) appendTo(w *engine.Words) { w.String(string(m)) }
func (m shutdownManner) decides() string          { return string(m) }
func (shutdownManner) shutdownOption()            {}

// shutdown is SHUTDOWN. Its method is not generated: success is no reply.
func shutdown(options ...ShutdownOption) command[struct{}] {
	return appendOptions(newCommand("SHUTDOWN", decode.OK), options)
}

// Shutdown ends the server. It returns nil when the connection ends, which is
// all that the server answers: that of a server which ended otherwise at this
// very moment is not told apart. A server that cannot end, because saving
// failed for instance, is an error and goes on. A primary waits for replicas
// that lag behind, ten seconds unless it is configured otherwise, and saving
// takes its time: as [Config.RequestTimeout] is shorter, the context should
// have its own deadline. When the time is over, the shutdown goes on.
//
// With a [Config.ReadFrom] that prefers replicas it is one of them that ends.
// The client goes on trying to connect until it is closed.
//
// https://valkey.io/commands/shutdown/
func (c serverCommands) Shutdown(ctx context.Context, options ...ShutdownOption) error {
	err := runOK(ctx, c.commands, shutdown(options...))
	if errors.Is(err, ErrConnectionLost) {
		return nil
	}
	return err
}

// ShutdownAbort ends the wait of a [Client.Shutdown] that another client has
// asked for, and to which that is an error; the server goes on. If none waits
// it is an error. Servers do not answer any more on the connection that had
// asked (Redis 7.0 even ends at its next command): close that client. Since
// version 7.0.
//
// https://valkey.io/commands/shutdown/
//
//glide:server it is about one server: of a cluster any node would be asked
//glide:direct the server refuses it in a transaction
func shutdownAbort() command[struct{}] { return newCommand("SHUTDOWN", decode.OK).Arg("ABORT") }
