package glide

import (
	"time"

	"github.com/valkey-glide/go/glide/internal/abi"
	"github.com/valkey-glide/go/glide/internal/decode"
	"github.com/valkey-glide/go/glide/internal/wire"
)

// Dump returns the value of key in the server's serialization format, for
// [Client.Restore], or a nil Optional if key does not exist. The expiry is not
// included. Older servers may not read the format of newer ones.
//
// https://valkey.io/commands/dump/
func dump(key string) command[Optional[string]] {
	return newCommand(named("DUMP").Key(key), readOptionalString)
}

// RestoreOption is an option of [Client.Restore]: [Replace], [ExpireIn],
// [ExpireAt], [RestoreIdleTime] or [RestoreFreq].
type RestoreOption interface {
	option
	restoreOption()
}

// RestoreIdleTime (IDLETIME) sets the time since the last access, rounded up to
// whole seconds. It excludes [RestoreFreq].
func RestoreIdleTime(d time.Duration) RestoreOption {
	return restoreOption{intArgument("idle time or frequency", "IDLETIME", seconds(d))}
}

// RestoreFreq (FREQ) sets the access frequency, from 0 to 255; see
// [Client.ObjectFreq]. It excludes [RestoreIdleTime].
func RestoreFreq(frequency int64) RestoreOption {
	return restoreOption{intArgument("idle time or frequency", "FREQ", frequency)}
}

type restoreOption struct{ argument }

func (restoreOption) restoreOption() {}

// absTTL is the option ABSTTL: the expiry is a time. [ExpireAt] stands for it.
type absTTL struct{}

func (absTTL) appendTo(to *wire.Request) { to.String("ABSTTL") }
func (absTTL) conflictKey() string       { return "expiry" }
func (absTTL) restoreOption()            {}

// Restore sets key to a value that [Client.Dump] returned. The key does not
// expire unless an option says so. A key that exists is an error with the code
// BUSYKEY, unless [Replace] is given. A damaged dump, or one of a newer
// server, is an error too. With an [ExpireAt] in the past the key is not
// created.
//
// https://valkey.io/commands/restore/
func restore(key, dump string, options ...RestoreOption) command[struct{}] {
	cmd := named("RESTORE").Key(key)
	// The expiry is a separate argument, where 0 is none.
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
	return newCommand(appendOptions(cmd.Integer(expires).Arg(dump), words), decode.OK)
}

// MigrateOption is an option of [Client.Migrate]: [Replace], [KeepSource] or
// [MigrateAs].
type MigrateOption interface {
	option
	migrateOption()
}

// keepSource is the option COPY.
type keepSource string

// KeepSource (COPY) copies keys instead of moving them.
const KeepSource keepSource = "COPY"

func (k keepSource) appendTo(to *wire.Request) { to.String(string(k)) }
func (keepSource) conflictKey() string         { return "KeepSource" }
func (keepSource) migrateOption()              {}

// migrateAs is the options AUTH and AUTH2. It embeds the credentials, so that
// they are not shown when it is formatted.
type migrateAs struct{ Credentials }

// MigrateAs (AUTH, AUTH2) are the credentials with which the server
// authenticates at the other one. The default is no authentication.
func MigrateAs(credentials Credentials) MigrateOption { return migrateAs{credentials} }

func (m migrateAs) appendTo(to *wire.Request) {
	if m.Username == "" {
		to.String("AUTH")
	} else {
		to.String("AUTH2")
		to.String(m.Username)
	}
	to.String(m.Password)
}

func (migrateAs) conflictKey() string { return "MigrateAs" }
func (migrateAs) migrateOption()      {}

// Migrate moves keys and their expiry to a database of another server, whose
// address is as the source server sees it. It reports whether it moved any;
// keys that do not exist are skipped. The timeout limits each step of the
// transfer, with a resolution of a millisecond; 0 means one second. The server
// does nothing else meanwhile. A key that exists at the other server is an
// error, unless [Replace] is given. After an error with the code IOERR a key
// may be on both servers. In a cluster all keys must belong to one slot.
//
// https://valkey.io/commands/migrate/
func migrate(to Address, database int, timeout time.Duration, keys []string, options ...MigrateOption) command[bool] {
	host, port := to.orDefault()
	cmd := named("MIGRATE").Arg(host).Integer(int64(port))
	// Several keys stand at the end, and an empty word where the one would be.
	// So must a single one whose name is empty.
	several := len(keys) != 1 || keys[0] == ""
	if several {
		cmd = cmd.Arg("")
	} else {
		cmd = cmd.Key(keys[0])
	}
	cmd = cmd.Integer(int64(database)).Integer(milliseconds(timeout))
	cmd = appendOptions(cmd, options)
	if several {
		cmd = cmd.Arg("KEYS").Keys(keys)
	}
	return newCommand(cmd, readMigrated)
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
