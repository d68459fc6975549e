package glide

import (
	"time"

	"github.com/valkey-glide/go/glide/internal/decode"
	"github.com/valkey-glide/go/glide/internal/wire"
)

// ClientFilter says which connections are meant; of several filters all must
// fit. Filters are a [ClientTrait], [Not] of one, [SkipMe],
// [ClientsOlderThan] and [ClientsIdleFor].
//
// Until Valkey 8.1, ClientList knows only the types of clients and
// [ClientsByID], one of them at a time. ClientKill has known these two,
// [ClientsByUser], [ClientsByAddress], [ClientsByLocalAddress] and [SkipMe]
// for long; ClientsOlderThan since Valkey 8.0 and several numbers since 8.1.
// All else is since Valkey 9.0.
type ClientFilter interface {
	option
	clientFilter()
}

// ClientTrait is a [ClientFilter] that [Not] can turn around: [NormalClients],
// [PrimaryClients], [ReplicaClients], [PubSubClients] or what a function
// returns whose name begins with ClientsBy.
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

// ClientsByID are the connections of these numbers, see [Client.ClientID].
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

// ClientsByUser are the connections of an ACL user. One that the server does
// not know is an error.
func ClientsByUser(name string) ClientTrait { return clientField{"USER", name} }

// ClientsByAddress are the connections from an address and port, written as
// in [ClientInfo].
func ClientsByAddress(address string) ClientTrait { return clientField{"ADDR", address} }

// ClientsByLocalAddress are the connections to an address and port, written
// as in [ClientInfo].
func ClientsByLocalAddress(address string) ClientTrait { return clientField{"LADDR", address} }

// ClientsByName are the connections of a name.
func ClientsByName(name string) ClientTrait { return clientField{"NAME", name} }

// ClientsByFlags are the connections that have all of these flags, see
// [ClientInfo].
func ClientsByFlags(flags string) ClientTrait { return clientField{"FLAGS", flags} }

// ClientsByLibraryName are the connections that a library has made.
func ClientsByLibraryName(name string) ClientTrait { return clientField{"LIB-NAME", name} }

// ClientsByLibraryVersion are the connections that a version of a library has
// made.
func ClientsByLibraryVersion(version string) ClientTrait { return clientField{"LIB-VER", version} }

// ClientsByDatabase are the connections that have selected a database.
func ClientsByDatabase(number int) ClientTrait { return clientNumber{"DB", int64(number)} }

// ClientsByCapabilities are the connections that have all of these
// capabilities, written as in [ClientInfo].
func ClientsByCapabilities(capabilities string) ClientTrait {
	return clientField{"CAPA", capabilities}
}

// ClientsByIP are the connections from an IP address.
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

// ClientsOlderThan are connections that were made so long ago, in seconds,
// rounded up. The duration must be positive.
func ClientsOlderThan(d time.Duration) ClientFilter { return clientNumber{"MAXAGE", seconds(d)} }

// ClientsIdleFor are connections that have not been used for so long, in
// seconds, rounded up. The duration must be positive.
func ClientsIdleFor(d time.Duration) ClientFilter { return clientNumber{"IDLE", seconds(d)} }

// skipMe is the filter SKIPME.
type skipMe bool

// SkipMe says whether the connection that asks is left out. The default is to
// list it but not to close it.
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

// negation is a trait that is turned around.
type negation struct{ trait ClientTrait }

// Not are the connections that do not have a trait. Since Valkey 9.0.
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

// ClientInfo describes this client's own connection.
//
// https://valkey.io/commands/client-info/
//
//glide:server it is about one connection
func clientInfo() command[ClientInfo] { return newCommand("CLIENT INFO", readClientInfo) }

// ClientKill closes the connections that fit all filters, of which there must
// be some, and returns how many there were. The connection that asks is left
// out unless SkipMe(false) is given; then it is closed after the reply, and
// other calls that wait on it end with [ErrConnectionLost]. In a cluster all
// nodes do so, and the sum is given; numbers of connections are each node's
// own.
//
// https://valkey.io/commands/client-kill/
func clientKill(filters ...ClientFilter) command[int64] {
	cmd := appendOptions(newCommand("CLIENT KILL", decode.Int), filters)
	if len(filters) == 0 {
		cmd = cmd.Refuse("no filters")
	}
	return cmd
}

// ClientList describes the connections to the server that fit all filters.
//
// https://valkey.io/commands/client-list/
//
//glide:server the connections are one server's
func clientList(filters ...ClientFilter) command[[]ClientInfo] {
	return appendOptions(newCommand("CLIENT LIST", readClientInfos), filters)
}
