package glide

import (
	"time"

	"github.com/valkey-glide/go/glide/internal/abi"
	"github.com/valkey-glide/go/glide/internal/decode"
	"github.com/valkey-glide/go/glide/internal/wire"
)

// The commands of this file change a connection for all goroutines that use the
// client: they share one connection to each server. When the client connects
// again, it restores only the database, the name and the credentials. Use
// [Config] for other settings.

// Auth authenticates the connections of the client, which all goroutines share,
// as another user, and stores the credentials for reconnecting. The default
// username is default. Wrong credentials are an error with the code WRONGPASS
// and change nothing. In a cluster it runs on all nodes. Set
// [Config.Credentials] if they are known when the client is created.
//
// https://valkey.io/commands/auth/
//
//glide:direct the client has to see it, to connect again by it
func auth(credentials Credentials) command[struct{}] {
	cmd := named("AUTH")
	if credentials.Username != "" {
		cmd = cmd.Arg(credentials.Username)
	}
	return newCommand(cmd.Arg(credentials.Password), decode.OK)
}

// Echo returns message. In a cluster any node answers.
//
// https://valkey.io/commands/echo/
func echo(message string) command[string] {
	return newCommand(named("ECHO").Arg(message), decode.String)
}

// HelloInfo describes a server and the connection to it.
type HelloInfo struct {
	// Server is valkey or redis, and Version its version, such as 8.0.1.
	// Valkey reports redis 7.2.4 if it is configured to be compatible with
	// older programs.
	Server, Version string
	// Protocol is the protocol of the connection.
	Protocol Protocol
	// ConnectionID is the ID that [Client.ClientID] returns.
	ConnectionID int64
	// Mode is standalone, cluster or sentinel.
	Mode string
	// Role is master or replica.
	Role string
	// AvailabilityZone is that of the server; empty if it has none. Since
	// Valkey 8.1.
	AvailabilityZone string
	// Modules are the modules that the server has loaded.
	Modules []Module
}

// Module is a module that a server has loaded.
type Module struct {
	Name    string
	Version int64
	// Path is the file from which it was loaded, and Arguments are its
	// arguments.
	Path      string
	Arguments []string
}

// Hello returns a description of the server and the connection. It changes
// nothing: [Config.Protocol] sets the protocol.
//
// https://valkey.io/commands/hello/
//
//glide:direct it is about the connection
//glide:server it is about one connection
func hello() command[HelloInfo] { return newCommand(named("HELLO"), readHelloInfo) }

var readHelloInfo = decode.Struct(decode.Fields[HelloInfo]{
	"server":            decode.Field(func(h *HelloInfo) *string { return &h.Server }, decode.String),
	"version":           decode.Field(func(h *HelloInfo) *string { return &h.Version }, decode.String),
	"proto":             decode.Field(func(h *HelloInfo) *Protocol { return &h.Protocol }, readProtocol),
	"id":                decode.Field(func(h *HelloInfo) *int64 { return &h.ConnectionID }, decode.Int),
	"mode":              decode.Field(func(h *HelloInfo) *string { return &h.Mode }, decode.String),
	"role":              decode.Field(func(h *HelloInfo) *string { return &h.Role }, decode.String),
	"availability_zone": decode.Field(func(h *HelloInfo) *string { return &h.AvailabilityZone }, decode.String),
	"modules":           decode.Field(func(h *HelloInfo) *[]Module { return &h.Modules }, readModules),
})

func readProtocol(r *wire.Reader) (Protocol, error) {
	version, err := r.Int()
	if version == 2 {
		return RESP2, err
	}
	return RESP3, err
}

var readModules = decode.Slice(readModule)

var readModule = decode.Struct(decode.Fields[Module]{
	"name": decode.Field(func(m *Module) *string { return &m.Name }, decode.String),
	"ver":  decode.Field(func(m *Module) *int64 { return &m.Version }, decode.Int),
	"path": decode.Field(func(m *Module) *string { return &m.Path }, decode.String),
	"args": decode.Field(func(m *Module) *[]string { return &m.Arguments }, decode.Strings),
})

// Ping returns nil if the server answers. In a cluster all primaries must
// answer.
//
// https://valkey.io/commands/ping/
func ping() command[struct{}] { return newCommand(named("PING"), readPong) }

func readPong(r *wire.Reader) (struct{}, error) {
	pong, err := r.String()
	if err == nil && pong != "PONG" {
		err = &wire.TypeError{Want: "PONG", Got: abi.TagString}
	}
	return struct{}{}, err
}

// PingMessage is like [Client.Ping], and returns message as the server sent it
// back.
//
// https://valkey.io/commands/ping/
func pingMessage(message string) command[string] {
	return newCommand(named("PING").Arg(message), decode.String)
}

// Select selects a database for all goroutines that use the client, also after
// reconnecting. A number that the server does not have is an error. In a
// transaction it applies to the following commands of the transaction. Set
// [Config.Database] if the number is known when the client is created.
//
// https://valkey.io/commands/select/
//
//glide:standalone the nodes of a cluster would be left in different databases
func selectDatabase(number int) command[struct{}] {
	return newCommand(named("SELECT").Integer(int64(number)), decode.OK)
}

// ClientCaching sets whether the server tracks the keys that the next command
// on the connection reads, regardless of which caller sends it. It requires the
// option [OptIn] (track) or [OptOut] (do not track) of [Client.ClientTracking];
// without it, it is an error.
//
// https://valkey.io/commands/client-caching/
//
//glide:server it is about one connection
func clientCaching(track bool) command[struct{}] {
	return newCommand(named("CLIENT CACHING").EitherOr(track, "YES", "NO"), decode.OK)
}

// ClientCapa (CAPA) tells the server the capabilities of the client. Unknown
// capabilities are ignored. With redirect, a standalone replica returns the
// error REDIRECT instead of serving or refusing a command. Since Valkey 8.0.
//
// https://valkey.io/commands/client-capa/
//
//glide:server it is about one connection
func clientCapa(capabilities ...string) command[struct{}] {
	return newCommand(named("CLIENT CAPA").NonEmpty("capabilities", capabilities), decode.OK)
}

// ClientGetName returns the name of the connection, or a nil Optional if it has
// none. In a cluster any node answers.
//
// https://valkey.io/commands/client-getname/
func clientGetName() command[Optional[string]] {
	return newCommand(named("CLIENT GETNAME"), readOptionalString)
}

// ClientID returns the ID of the connection. A server never reuses an ID while
// it runs, and later connections have larger IDs.
//
// https://valkey.io/commands/client-id/
//
//glide:server it is about one connection
func clientID() command[int64] { return newCommand(named("CLIENT ID"), decode.Int) }

// ClientImportSource sets whether the connection imports data from another
// server. While the server is in import mode, such a connection sees keys that
// have expired, and does not make them expire. Since Valkey 8.1.
//
// https://valkey.io/commands/client-import-source/
//
//glide:server it is about one connection
func clientImportSource(on bool) command[struct{}] {
	return newCommand(named("CLIENT IMPORT-SOURCE").EitherOr(on, "ON", "OFF"), decode.OK)
}

// ClientNoEvict sets whether the connection is exempt when the server closes
// connections to save memory. Since version 7.0.
//
// https://valkey.io/commands/client-no-evict/
//
//glide:server it is about one connection
func clientNoEvict(on bool) command[struct{}] {
	return newCommand(named("CLIENT NO-EVICT").EitherOr(on, "ON", "OFF"), decode.OK)
}

// ClientNoTouch sets whether commands of the connection, except [Client.Touch],
// leave the access times and frequencies of keys unchanged. Since version 7.2.
//
// https://valkey.io/commands/client-no-touch/
//
//glide:server it is about one connection
func clientNoTouch(on bool) command[struct{}] {
	return newCommand(named("CLIENT NO-TOUCH").EitherOr(on, "ON", "OFF"), decode.OK)
}

// ClientPauseOption is an option of [Client.ClientPause]: [WritesOnly].
type ClientPauseOption interface {
	option
	clientPauseOption()
}

// writesOnly is the mode WRITE.
type writesOnly string

// WritesOnly (WRITE) pauses only commands that may write.
const WritesOnly writesOnly = "WRITE"

func (o writesOnly) appendTo(to *wire.Request) { to.String(string(o)) }
func (writesOnly) conflictKey() string         { return "mode" }
func (writesOnly) clientPauseOption()          {}

// ClientPause makes the commands of all clients of the server wait for a
// duration, with a resolution of a millisecond, including commands of this
// client, which may time out. It never shortens a pause in progress. In a
// cluster all primaries pause.
//
// https://valkey.io/commands/client-pause/
func clientPause(d time.Duration, options ...ClientPauseOption) command[struct{}] {
	return newCommand(appendOptions(named("CLIENT PAUSE").Integer(milliseconds(d)), options), decode.OK)
}

// ClientAttribute is information about a client library: [LibraryName] or
// [LibraryVersion].
type ClientAttribute struct{ name, value string }

// LibraryName (LIB-NAME) is the name of the library.
func LibraryName(name string) ClientAttribute { return ClientAttribute{"LIB-NAME", name} }

// LibraryVersion (LIB-VER) is the version of the library.
func LibraryVersion(version string) ClientAttribute { return ClientAttribute{"LIB-VER", version} }

// ClientSetInfo sets the library that [Client.ClientList] shows for the
// connection. The client has set both attributes itself. Blanks and control
// characters are an error. In a cluster it runs on all nodes. Unlike
// [Config.LibraryName] it does not apply after reconnecting. Since version 7.2.
//
// https://valkey.io/commands/client-setinfo/
func clientSetInfo(attribute ClientAttribute) command[struct{}] {
	cmd := named("CLIENT SETINFO")
	if attribute.name == "" {
		return newCommand(cmd.Refuse("no attribute"), decode.OK)
	}
	return newCommand(cmd.Arg(attribute.name).Arg(attribute.value), decode.OK)
}

// ClientSetName sets the name that [Client.ClientList] shows for the
// connection, also after reconnecting. An empty name removes it. Blanks and
// control characters are an error. In a cluster it runs on all nodes.
//
// https://valkey.io/commands/client-setname/
//
//glide:direct the client has to see it, to connect again by it
func clientSetName(name string) command[struct{}] {
	return newCommand(named("CLIENT SETNAME").Arg(name), decode.OK)
}

// ClientUnblockOption is an option of [Client.ClientUnblock]:
// [UnblockWithError].
type ClientUnblockOption interface {
	option
	clientUnblockOption()
}

// unblockWithError is the option ERROR.
type unblockWithError string

// UnblockWithError (ERROR) makes the blocking command fail with the error
// UNBLOCKED. By default it ends as if its timeout had passed.
const UnblockWithError unblockWithError = "ERROR"

func (o unblockWithError) appendTo(to *wire.Request) { to.String(string(o)) }
func (unblockWithError) conflictKey() string         { return "outcome" }
func (unblockWithError) clientUnblockOption()        {}

// ClientUnblock ends the blocking command, such as BLPOP, that a connection
// waits for, and reports whether there was one. The connection is given by its
// ID, which [Client.ClientList] returns; it is not the ID of this client's
// shared connection.
//
// https://valkey.io/commands/client-unblock/
//
//glide:server the number is one server's
func clientUnblock(id int64, options ...ClientUnblockOption) command[bool] {
	return newCommand(appendOptions(named("CLIENT UNBLOCK").Integer(id), options), decode.Bool)
}

// ClientUnpause ends a pause, if there is one. In a cluster it runs on all
// primaries.
//
// https://valkey.io/commands/client-unpause/
func clientUnpause() command[struct{}] { return newCommand(named("CLIENT UNPAUSE"), decode.OK) }
