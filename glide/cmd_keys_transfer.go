package glide

import (
	"time"

	"github.com/valkey-glide/go/glide/internal/abi"
	"github.com/valkey-glide/go/glide/internal/decode"
	"github.com/valkey-glide/go/glide/internal/definition"
	"github.com/valkey-glide/go/glide/internal/engine"
	"github.com/valkey-glide/go/glide/internal/wire"
)

// Dump gives what a key holds in the server's own form, for [Client.Restore];
// it is nil if the key does not exist. When the key expires is not part of
// it. Older servers may not know a newer one's form.
//
// https://valkey.io/commands/dump/
func dump(key string) command[Optional[string]] {
	return newCommand("DUMP", readOptionalString).Key(key)
}

// RestoreOption is [Replace], [ExpireIn], [ExpireAt], [RestoreIdleTime] or
// [RestoreFreq].
type RestoreOption interface {
	option
	restoreOption()
}

// usage is what the server knows of how a key was used.
type usage struct {
	name  string
	value int64
}

// RestoreIdleTime is for how long the key counts as unused, in seconds,
// rounded up. It excludes [RestoreFreq].
func RestoreIdleTime(d time.Duration) RestoreOption { return usage{"IDLETIME", seconds(d)} }

// RestoreFreq is how often the key counts as used, 0 to 255; see
// [Client.ObjectFreq]. It excludes [RestoreIdleTime].
func RestoreFreq(frequency int64) RestoreOption { return usage{"FREQ", frequency} }

func (u usage) appendTo(w *engine.Words) {
	w.String(u.name)
	w.Int(u.value)
}

func (usage) decides() string { return "idle time or frequency" }
func (usage) restoreOption()  {}

// absTTL is the option ABSTTL: the expiry is a time. [ExpireAt] stands for it.
type absTTL struct{}

func (absTTL) appendTo(w *engine.Words) { w.String("ABSTTL") }
func (absTTL) decides() string          { return "expiry" }
func (absTTL) restoreOption()           {}

// Restore makes a key hold what [Client.Dump] gave. Unless an option says
// otherwise it does not expire. A key that exists is an error with the code
// BUSYKEY, unless [Replace] is given; a dump that is damaged or of a newer
// server is one too. With an [ExpireAt] that is over there is no key.
//
// https://valkey.io/commands/restore/
func restore(key, dump string, options ...RestoreOption) command[struct{}] {
	cmd := newCommand("RESTORE", decode.OK).Key(key)
	// The expiry has a place of its own, where 0 is none.
	var expires int64
	words := make([]RestoreOption, 0, len(options))
	for _, o := range options {
		expiry, ok := o.(Expiry)
		switch {
		case !ok:
			words = append(words, o)
			continue
		case expiry.value <= 0:
			cmd = cmd.Refuse("an expiry that is not positive")
		case expires != 0:
			cmd = cmd.Refuse("more than one expiry")
		case expiry.name == "PXAT":
			words = append(words, absTTL{})
		}
		expires = expiry.value
	}
	return appendOptions(cmd.Integer(expires).Arg(dump), words)
}

// MigrateOption is [Replace], [KeepSource] or [MigrateAs].
type MigrateOption interface {
	option
	migrateOption()
}

// keepSource is the option COPY.
type keepSource string

// KeepSource copies keys instead of moving them.
const KeepSource keepSource = "COPY"

func (k keepSource) appendTo(w *engine.Words) { w.String(string(k)) }
func (keepSource) decides() string            { return "KeepSource" }
func (keepSource) migrateOption()             {}

// migrateAs is the options AUTH and AUTH2. It embeds the credentials, so that
// they are not shown when it is formatted.
type migrateAs struct{ Credentials }

// MigrateAs are the credentials by which the server authenticates with the
// other one. The default is not to.
func MigrateAs(credentials Credentials) MigrateOption { return migrateAs{credentials} }

func (m migrateAs) appendTo(w *engine.Words) {
	if m.Username == "" {
		w.String("AUTH")
	} else {
		w.String("AUTH2")
		w.String(m.Username)
	}
	w.String(m.Password)
}

func (migrateAs) decides() string { return "MigrateAs" }
func (migrateAs) migrateOption()  {}

// Migrate moves keys, with when they expire, to the database of this number
// of another server, whose address is as the server sees it. It reports
// whether it did: not if none of the keys exists; keys that do not are left
// out. The timeout, in milliseconds, is for each step of the transfer; 0 is a
// second. The server does nothing else meanwhile. A key that exists over
// there is an error, unless [Replace] is given. After an error with the code
// IOERR a key may be on both servers. In a cluster the keys must be of one
// slot.
//
// https://valkey.io/commands/migrate/
func migrate(to Address, database int, timeout time.Duration, keys []string, options ...MigrateOption) command[bool] {
	host, port := to.orDefault()
	cmd := newCommand("MIGRATE", readMigrated).Arg(host).Integer(int64(port))
	// Several keys stand at the end, and an empty word where the one would be.
	// So must a single one whose name is empty.
	several := len(keys) != 1 || keys[0] == ""
	if several {
		cmd = cmd.Arg("")
	} else {
		cmd = cmd.Key(keys[0])
	}
	cmd = cmd.Integer(int64(database)).Integer(definition.Milliseconds(timeout))
	cmd = appendOptions(cmd, options)
	if several {
		cmd = cmd.Arg("KEYS").Keys(keys)
	}
	return cmd
}

// readMigrated reads OK or NOKEY.
func readMigrated(r *wire.Reader) (bool, error) {
	if r.Kind() == abi.TagOK {
		return true, r.OK()
	}
	status, err := r.String()
	if err == nil && status != "NOKEY" {
		err = &wire.TypeError{Want: "OK or NOKEY", Got: abi.TagString}
	}
	return false, err
}
