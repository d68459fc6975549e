package glide

import (
	"strings"
	"time"

	"github.com/valkey-glide/go/glide/internal/abi"
	"github.com/valkey-glide/go/glide/internal/decode"
	"github.com/valkey-glide/go/glide/internal/wire"
)

// ACLUser is a user and what it may do.
type ACLUser struct {
	// Flags are, in alphabetical order, on or off, nopass if any password will
	// do, and others that depend on the server's version.
	Flags []string
	// Passwords are the SHA-256 of each, in hexadecimal digits.
	Passwords []string
	// ACLPermissions are those of the user itself, and Selectors further ones:
	// what one of them allows is allowed.
	ACLPermissions
	Selectors []ACLPermissions
}

// ACLPermissions are rules as [Client.ACLSetUser] takes them, with blanks
// between them.
type ACLPermissions struct {
	// Commands begins with +@all or -@all, from which the other rules differ.
	Commands string
	// Keys are patterns such as ~a* or %R~b*, and Channels such as &c*. None
	// is "".
	Keys, Channels string
	// Databases is alldbs, or db= and numbers. Since Valkey 9.1.
	Databases string
}

var readOptionalACLUser = readOptional(readACLUser)

func readACLUser(r *wire.Reader) (user ACLUser, err error) {
	err = decode.Fields(r, func(name string) error {
		switch name {
		case "flags":
			return decode.Into(&user.Flags, r, readFlags)
		case "passwords":
			return decode.Into(&user.Passwords, r, decode.Strings)
		case "selectors":
			return decode.Into(&user.Selectors, r, readSelectors)
		default:
			return user.ACLPermissions.readField(name, r)
		}
	})
	return user, err
}

var readSelectors = decode.Slice(readACLPermissions)

func readACLPermissions(r *wire.Reader) (permissions ACLPermissions, err error) {
	err = decode.Fields(r, func(name string) error { return permissions.readField(name, r) })
	return permissions, err
}

func (p *ACLPermissions) readField(name string, r *wire.Reader) error {
	switch name {
	case "commands":
		return decode.Into(&p.Commands, r, decode.String)
	case "keys":
		return readPatterns(&p.Keys, r, "~")
	case "channels":
		return readPatterns(&p.Channels, r, "&")
	case "databases":
		return decode.Into(&p.Databases, r, decode.String)
	default:
		return r.Skip()
	}
}

// readPatterns reads rules, which before version 7.0 are an array of patterns.
func readPatterns(to *string, r *wire.Reader, prefix string) error {
	if r.Kind() != abi.TagArray {
		return decode.Into(to, r, decode.String)
	}
	patterns, err := decode.Strings(r)
	for i := range patterns {
		patterns[i] = prefix + patterns[i]
	}
	*to = strings.Join(patterns, " ")
	return err
}

// readForbidden reads OK, or what is forbidden.
func readForbidden(r *wire.Reader) (Optional[string], error) {
	if r.Kind() == abi.TagOK {
		return None[string](), r.OK()
	}
	reason, err := r.String()
	return Optional[string]{reason, err == nil}, err
}

// ACLLogEntry is something that was denied, as often as Count says.
type ACLLogEntry struct {
	Count int64
	// Reason is auth for wrong credentials, or what was forbidden: command,
	// key, channel or database.
	Reason string
	// Context is toplevel, multi, lua, script or module.
	Context string
	// Object is the command, key or channel.
	Object string
	// Username is whom the client was, or wanted to be.
	Username string
	// Age is for how long there has been the entry, in milliseconds.
	Age time.Duration
	// Client is who has been denied it last.
	Client ClientInfo
	// ID is a number that only grows, Created and Updated are when it was
	// denied first and last, in milliseconds. Since version 7.2.
	ID               int64
	Created, Updated time.Time
}

var readACLLog = decode.Slice(readACLLogEntry)

func readACLLogEntry(r *wire.Reader) (entry ACLLogEntry, err error) {
	err = decode.Fields(r, func(name string) error {
		switch name {
		case "count":
			return decode.Into(&entry.Count, r, decode.Int)
		case "reason":
			return decode.Into(&entry.Reason, r, decode.String)
		case "context":
			return decode.Into(&entry.Context, r, decode.String)
		case "object":
			return decode.Into(&entry.Object, r, decode.String)
		case "username":
			return decode.Into(&entry.Username, r, decode.String)
		case "age-seconds":
			return decode.Into(&entry.Age, r, readFractionalSeconds)
		case "client-info":
			return decode.Into(&entry.Client, r, readClientInfo)
		case "entry-id":
			return decode.Into(&entry.ID, r, decode.Int)
		case "timestamp-created":
			return decode.Into(&entry.Created, r, decode.UnixMilliseconds)
		case "timestamp-last-updated":
			return decode.Into(&entry.Updated, r, decode.UnixMilliseconds)
		default:
			return r.Skip()
		}
	})
	return entry, err
}

// readFractionalSeconds reads seconds with three decimals.
func readFractionalSeconds(r *wire.Reader) (time.Duration, error) {
	seconds, err := r.Float()
	return time.Duration(seconds * float64(time.Second)).Round(time.Millisecond), err
}
