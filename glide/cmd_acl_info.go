package glide

import (
	"strings"
	"time"

	"github.com/valkey-glide/go/glide/internal/abi"
	"github.com/valkey-glide/go/glide/internal/decode"
	"github.com/valkey-glide/go/glide/internal/wire"
)

// ACLUser is a user and its permissions.
type ACLUser struct {
	// Flags are on or off, nopass if any password is accepted, and others
	// that depend on the version of the server, in alphabetical order.
	Flags []string
	// Passwords are the SHA-256 of each password, in hexadecimal.
	Passwords []string
	// ACLPermissions are those of the user itself, and Selectors further ones:
	// what one of them allows is allowed.
	ACLPermissions
	Selectors []ACLPermissions
}

// ACLPermissions are rules in the format of [Client.ACLSetUser], separated by
// blanks.
type ACLPermissions struct {
	// Commands begins with +@all or -@all, from which the other rules differ.
	Commands string
	// Keys are patterns such as ~a* or %R~b*, and Channels are patterns
	// such as &c*; empty if there are none.
	Keys, Channels string
	// Databases is alldbs, or db= and numbers. Since Valkey 9.1.
	Databases string
}

var readOptionalACLUser = readOptional(readACLUser)

var readACLUser = decode.Struct(decode.Embed(decode.Fields[ACLUser]{
	"flags":     decode.Field(func(u *ACLUser) *[]string { return &u.Flags }, readFlags),
	"passwords": decode.Field(func(u *ACLUser) *[]string { return &u.Passwords }, decode.Strings),
	"selectors": decode.Field(func(u *ACLUser) *[]ACLPermissions { return &u.Selectors }, decode.Slice(decode.Struct(aclPermissions))),
}, func(u *ACLUser) *ACLPermissions { return &u.ACLPermissions }, aclPermissions))

var aclPermissions = decode.Fields[ACLPermissions]{
	"commands":  decode.Field(func(p *ACLPermissions) *string { return &p.Commands }, decode.String),
	"keys":      decode.Field(func(p *ACLPermissions) *string { return &p.Keys }, readPatterns("~")),
	"channels":  decode.Field(func(p *ACLPermissions) *string { return &p.Channels }, readPatterns("&")),
	"databases": decode.Field(func(p *ACLPermissions) *string { return &p.Databases }, decode.String),
}

// readPatterns reads rules, which before version 7.0 are an array of patterns.
func readPatterns(prefix string) func(*wire.Reader) (string, error) {
	return func(r *wire.Reader) (string, error) {
		if r.Kind() != abi.TagArray {
			return r.String()
		}
		patterns, err := decode.Strings(r)
		for i := range patterns {
			patterns[i] = prefix + patterns[i]
		}
		return strings.Join(patterns, " "), err
	}
}

// readForbidden reads OK, or what is forbidden.
func readForbidden(r *wire.Reader) (Optional[string], error) {
	if r.Kind() == abi.TagOK {
		return None[string](), r.OK()
	}
	reason, err := r.String()
	return Optional[string]{reason, err == nil}, err
}

// ACLLogEntry is an operation that was denied Count times.
type ACLLogEntry struct {
	Count int64
	// Reason is auth for wrong credentials, or what was forbidden: command,
	// key, channel or database.
	Reason string
	// Context is toplevel, multi, lua, script or module.
	Context string
	// Object is the command, key or channel.
	Object string
	// Username is the user that the client was, or tried to authenticate as.
	Username string
	// Age is the time since the entry was made, to the millisecond.
	Age time.Duration
	// Client is the client that was denied last.
	Client ClientInfo
	// ID is a number that grows with each entry. Created and Updated are
	// the times of the first and the last denial, to the millisecond. Since
	// version 7.2.
	ID               int64
	Created, Updated time.Time
}

var readACLLog = decode.Slice(readACLLogEntry)

var readACLLogEntry = decode.Struct(decode.Fields[ACLLogEntry]{
	"count":                  decode.Field(func(a *ACLLogEntry) *int64 { return &a.Count }, decode.Int),
	"reason":                 decode.Field(func(a *ACLLogEntry) *string { return &a.Reason }, decode.String),
	"context":                decode.Field(func(a *ACLLogEntry) *string { return &a.Context }, decode.String),
	"object":                 decode.Field(func(a *ACLLogEntry) *string { return &a.Object }, decode.String),
	"username":               decode.Field(func(a *ACLLogEntry) *string { return &a.Username }, decode.String),
	"age-seconds":            decode.Field(func(a *ACLLogEntry) *time.Duration { return &a.Age }, readFractionalSeconds),
	"client-info":            decode.Field(func(a *ACLLogEntry) *ClientInfo { return &a.Client }, readClientInfo),
	"entry-id":               decode.Field(func(a *ACLLogEntry) *int64 { return &a.ID }, decode.Int),
	"timestamp-created":      decode.Field(func(a *ACLLogEntry) *time.Time { return &a.Created }, decode.UnixMilliseconds),
	"timestamp-last-updated": decode.Field(func(a *ACLLogEntry) *time.Time { return &a.Updated }, decode.UnixMilliseconds),
})

// readFractionalSeconds reads seconds with three decimals.
func readFractionalSeconds(r *wire.Reader) (time.Duration, error) {
	seconds, err := r.Float()
	return time.Duration(seconds * float64(time.Second)).Round(time.Millisecond), err
}
