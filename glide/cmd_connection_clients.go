package glide

import (
	"time"

	"github.com/valkey-glide/go/glide/internal/decode"
	"github.com/valkey-glide/go/glide/internal/wire"
)

// ClientFilter is an argument of [Client.ClientList] and [Client.ClientKill],
// which select the connections that match all filters: a [ClientTrait], [Not]
// of one, [SkipMe], [ClientsOlderThan] or [ClientsIdleFor].
//
// Before Valkey 9.0, ClientList supports only the types of clients and
// [ClientsByID], one of them at a time, and ClientKill only these two,
// [ClientsByUser], [ClientsByAddress], [ClientsByLocalAddress] and [SkipMe],
// ClientsOlderThan since Valkey 8.0, and several IDs since 8.1.
type ClientFilter interface {
	option
	clientFilter()
}

// ClientTrait is a [ClientFilter] that [Not] can negate: a type of clients,
// [NormalClients], [PrimaryClients], [ReplicaClients] or [PubSubClients], or
// [ClientsByID], [ClientsByUser], [ClientsByAddress], [ClientsByLocalAddress],
// [ClientsByName], [ClientsByFlags], [ClientsByLibraryName],
// [ClientsByLibraryVersion], [ClientsByDatabase], [ClientsByCapabilities] or
// [ClientsByIP].
type ClientTrait interface {
	ClientFilter
	// name is that of the filter.
	name() string
	appendValues(*wire.Request)
}

// clientType is a filter by type.
type clientType string

const (
	// NormalClients are connections of clients that are not subscribed to
	// anything.
	NormalClients clientType = "NORMAL"
	// PrimaryClients are connections of the primary.
	PrimaryClients clientType = "MASTER" // The name that all versions know.
	// ReplicaClients are connections of replicas.
	ReplicaClients clientType = "REPLICA"
	// PubSubClients are connections of clients that are subscribed.
	PubSubClients clientType = "PUBSUB"
)

func (t clientType) appendTo(to *wire.Request)     { appendTrait(to, t) }
func (t clientType) appendValues(to *wire.Request) { to.String(string(t)) }
func (t clientType) conflictKey() string           { return t.name() }
func (clientType) name() string                    { return "TYPE" }
func (clientType) clientFilter()                   {}

// clientIDs is a filter by numbers.
type clientIDs []int64

// ClientsByID (ID) selects connections by their IDs; see [Client.ClientID].
func ClientsByID(id int64, more ...int64) ClientTrait {
	return append(clientIDs{id}, more...)
}

func (ids clientIDs) appendTo(to *wire.Request) { appendTrait(to, ids) }

func (ids clientIDs) appendValues(to *wire.Request) {
	for _, id := range ids {
		to.Int(id)
	}
}

func (ids clientIDs) conflictKey() string { return ids.name() }
func (clientIDs) name() string            { return "ID" }
func (clientIDs) clientFilter()           {}

// clientField is a filter by what a field of [ClientInfo] is.
type clientField struct{ field, value string }

// ClientsByUser (USER) selects the connections of an ACL user. An unknown user
// is an error.
func ClientsByUser(name string) ClientTrait { return clientField{"USER", name} }

// ClientsByAddress (ADDR) selects connections by the client's address and port,
// in the format of [ClientInfo].
func ClientsByAddress(address string) ClientTrait { return clientField{"ADDR", address} }

// ClientsByLocalAddress (LADDR) selects connections by the server's address and
// port, in the format of [ClientInfo].
func ClientsByLocalAddress(address string) ClientTrait { return clientField{"LADDR", address} }

// ClientsByName (NAME) selects connections by their name.
func ClientsByName(name string) ClientTrait { return clientField{"NAME", name} }

// ClientsByFlags (FLAGS) selects connections that have all of the flags; see
// [ClientInfo].
func ClientsByFlags(flags string) ClientTrait { return clientField{"FLAGS", flags} }

// ClientsByLibraryName (LIB-NAME) selects connections by the name of their
// library.
func ClientsByLibraryName(name string) ClientTrait { return clientField{"LIB-NAME", name} }

// ClientsByLibraryVersion (LIB-VER) selects connections by the version of their
// library.
func ClientsByLibraryVersion(version string) ClientTrait { return clientField{"LIB-VER", version} }

// ClientsByDatabase (DB) selects connections by their selected database.
func ClientsByDatabase(number int) ClientTrait { return clientNumber{"DB", int64(number)} }

// ClientsByCapabilities (CAPA) selects connections that have all of the
// capabilities, in the format of [ClientInfo].
func ClientsByCapabilities(capabilities string) ClientTrait {
	return clientField{"CAPA", capabilities}
}

// ClientsByIP (IP) selects connections by the client's IP address.
func ClientsByIP(ip string) ClientTrait { return clientField{"IP", ip} }

func (f clientField) appendTo(to *wire.Request)     { appendTrait(to, f) }
func (f clientField) appendValues(to *wire.Request) { to.String(f.value) }
func (f clientField) conflictKey() string           { return f.name() }
func (f clientField) name() string                  { return f.field }
func (clientField) clientFilter()                   {}

// clientNumber is a filter by a number.
type clientNumber struct {
	field string
	value int64
}

func (n clientNumber) appendTo(to *wire.Request)     { appendTrait(to, n) }
func (n clientNumber) appendValues(to *wire.Request) { to.Int(n.value) }
func (n clientNumber) conflictKey() string           { return n.name() }
func (n clientNumber) name() string                  { return n.field }
func (clientNumber) clientFilter()                   {}

// ClientsOlderThan (MAXAGE) selects connections that have existed at least for
// a duration, which is rounded up to whole seconds and must be positive.
func ClientsOlderThan(d time.Duration) ClientFilter { return clientNumber{"MAXAGE", seconds(d)} }

// ClientsIdleFor (IDLE) selects connections that have not been used at least
// for a duration, which is rounded up to whole seconds and must be positive.
func ClientsIdleFor(d time.Duration) ClientFilter { return clientNumber{"IDLE", seconds(d)} }

// skipMe is the filter SKIPME.
type skipMe bool

// SkipMe (SKIPME) sets whether the connection that sends the command is
// excluded. By default it is listed but not closed.
func SkipMe(skip bool) ClientFilter { return skipMe(skip) }

func (s skipMe) appendTo(to *wire.Request) {
	to.String("SKIPME")
	if s {
		to.String("YES")
	} else {
		to.String("NO")
	}
}

func (skipMe) conflictKey() string { return "SKIPME" }
func (skipMe) clientFilter()       {}

// negation selects connections without a trait.
type negation struct{ trait ClientTrait }

// Not selects the connections that do not have a trait. Since Valkey 9.0.
func Not(trait ClientTrait) ClientFilter {
	if trait == nil {
		return nil // refused as an option
	}
	return negation{trait}
}

func (n negation) appendTo(to *wire.Request) {
	to.String(n.conflictKey())
	n.trait.appendValues(to)
}

func (n negation) conflictKey() string { return "NOT-" + n.trait.name() }
func (negation) clientFilter()         {}

func appendTrait(to *wire.Request, trait ClientTrait) {
	to.String(trait.name())
	trait.appendValues(to)
}

// ClientInfo returns the description of the connection on which the client
// sends commands.
//
// https://valkey.io/commands/client-info/
//
//glide:server it is about one connection
func clientInfo() command[ClientInfo] { return newCommand(named("CLIENT INFO"), readClientInfo) }

// ClientKill closes the connections that match all filters, at least one of
// which is required, and returns their number. The connection that sends the
// command is excluded unless SkipMe(false) is given; then it is closed after
// the reply, and other calls in flight on it return [ErrConnectionLost]. In a
// cluster it runs on all nodes and returns the sum; IDs of connections are
// specific to each node.
//
// https://valkey.io/commands/client-kill/
func clientKill(filters ...ClientFilter) command[int64] {
	cmd := appendOptions(named("CLIENT KILL"), filters)
	if len(filters) == 0 {
		cmd = cmd.Refuse("no filters")
	}
	return newCommand(cmd, decode.Int)
}

// ClientList returns descriptions of the connections to the server that match
// all filters.
//
// https://valkey.io/commands/client-list/
//
//glide:server the connections are one server's
func clientList(filters ...ClientFilter) command[[]ClientInfo] {
	return newCommand(appendOptions(named("CLIENT LIST"), filters), readClientInfos)
}
