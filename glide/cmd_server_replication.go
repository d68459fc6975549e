package glide

import (
	"time"

	"github.com/valkey-glide/go/glide/internal/decode"
	"github.com/valkey-glide/go/glide/internal/definition"
	"github.com/valkey-glide/go/glide/internal/engine"
	"github.com/valkey-glide/go/glide/internal/wire"
)

// FailoverOption says which replica takes over, [FailoverTo], or how long the
// primary waits for it, [FailoverTimeout].
type FailoverOption interface {
	option
	failoverOption()
}

// failoverTo is the option TO.
type failoverTo Address

// FailoverTo lets this replica take over, whose address is as in
// [RoleInfo.Replicas]. The default is any that has caught up.
func FailoverTo(replica Address) FailoverOption { return failoverTo(replica) }

func (t failoverTo) appendTo(w *engine.Words) {
	host, port := Address(t).orDefault()
	w.String("TO")
	w.String(host)
	w.Int(int64(port))
}

func (failoverTo) decides() string { return "replica" }
func (failoverTo) failoverOption() {}

// failoverTimeout is the option TIMEOUT.
type failoverTimeout time.Duration

// FailoverTimeout (TIMEOUT) cancels the failover if no replica has caught up
// after a duration. The resolution is a millisecond. The default is to wait
// forever. Servers refuse durations that are not positive.
func FailoverTimeout(d time.Duration) FailoverOption { return failoverTimeout(d) }

func (t failoverTimeout) appendTo(w *engine.Words) {
	w.String("TIMEOUT")
	w.Int(definition.Milliseconds(time.Duration(t)))
}

func (failoverTimeout) decides() string { return "timeout" }
func (failoverTimeout) failoverOption() {}

// Failover lets a primary and one of its replicas change places. It returns
// when that has begun: the primary holds writes back until the replica has all
// of them, hands over and follows it. [Client.Role] says how far that is. A
// server without replicas, or one that is failing over already, answers with
// an error.
//
// https://valkey.io/commands/failover/
//
//glide:server it is about one server: in a cluster replicas take over by CLUSTER FAILOVER
func failover(options ...FailoverOption) command[struct{}] {
	return appendOptions(newCommand("FAILOVER", decode.OK), options)
}

// FailoverForce is [Client.Failover] to this replica, which after the timeout,
// in milliseconds, takes over even if it has not caught up: what it lacks is
// lost. Servers refuse timeouts that are not positive.
//
// https://valkey.io/commands/failover/
//
//glide:server it is about one server: in a cluster replicas take over by CLUSTER FAILOVER
func failoverForce(to Address, timeout time.Duration) command[struct{}] {
	host, port := to.orDefault()
	cmd := newCommand("FAILOVER", decode.OK).Arg("TO").Arg(host).Integer(int64(port))
	return cmd.Arg("FORCE").Arg("TIMEOUT").Timeout(timeout)
}

// FailoverAbort ends a [Client.Failover] that still waits for its replica. If
// there is none it is an error.
//
// https://valkey.io/commands/failover/
//
//glide:server it is about one server: in a cluster replicas take over by CLUSTER FAILOVER
func failoverAbort() command[struct{}] { return newCommand("FAILOVER", decode.OK).Arg("ABORT") }

// ReplicaOf makes the server a replica of another one, whose address is as the
// server sees it. All that it holds is replaced. It returns when that has
// begun; [Client.Role] says how far it is. With a [Config.ReadFrom] that
// prefers replicas it is one of them that is told.
//
// https://valkey.io/commands/replicaof/
//
//glide:server it is about one server: in a cluster nodes become replicas by CLUSTER REPLICATE
func replicaOf(primary Address) command[struct{}] {
	host, port := primary.orDefault()
	return newCommand("REPLICAOF", decode.OK).Arg(host).Integer(int64(port))
}

// ReplicaOfNoOne makes a replica a primary, with all that it holds. On a
// primary it does nothing.
//
// https://valkey.io/commands/replicaof/
//
//glide:server it is about one server: in a cluster nodes become replicas by CLUSTER REPLICATE
func replicaOfNoOne() command[struct{}] {
	return newCommand("REPLICAOF", decode.OK).Arg("NO").Arg("ONE")
}

// RoleInfo is a server's part in replication.
type RoleInfo struct {
	// Role is master, slave or sentinel, as servers call it.
	Role string
	// Offset is how many bytes a primary has sent to its replicas, or a
	// replica received; -1 if it is not connected.
	Offset int64
	// Replicas are those of a primary that are connected.
	Replicas []ReplicaInfo
	// Primary is whom a replica follows.
	Primary Address
	// Link is how far a replica is: connect, connecting, handshake, sync (it
	// receives everything) or connected.
	Link string
	// Primaries are the names of those that a sentinel watches.
	Primaries []string
}

// ReplicaInfo is a replica as its primary sees it.
type ReplicaInfo struct {
	Address Address
	// Offset is how many bytes it has received.
	Offset int64
}

// Role reports whether the server is a primary or a replica, and of whom.
//
// https://valkey.io/commands/role/
//
//glide:server it is about one server: of a cluster any node would answer
func role() command[RoleInfo] { return newCommand("ROLE", readRole) }

func readRole(r *wire.Reader) (info RoleInfo, err error) {
	err = decode.Row(r, 2, func(i int) error {
		if i == 0 {
			return decode.Into(&info.Role, r, decode.String)
		}
		switch info.Role {
		case "master":
			switch i {
			case 1:
				return decode.Into(&info.Offset, r, decode.Int)
			case 2:
				return decode.Into(&info.Replicas, r, readReplicas)
			}
		case "slave":
			switch i {
			case 1:
				return decode.Into(&info.Primary.Host, r, decode.String)
			case 2:
				return decode.Into(&info.Primary.Port, r, readPort)
			case 3:
				return decode.Into(&info.Link, r, decode.String)
			case 4:
				return decode.Into(&info.Offset, r, decode.Int)
			}
		case "sentinel":
			if i == 1 {
				return decode.Into(&info.Primaries, r, decode.Strings)
			}
		}
		return r.Skip()
	})
	return info, err
}

var readReplicas = decode.Slice(readReplica)

func readReplica(r *wire.Reader) (replica ReplicaInfo, err error) {
	err = decode.Row(r, 3, func(i int) error {
		switch i {
		case 0:
			return decode.Into(&replica.Address.Host, r, decode.String)
		case 1:
			return decode.Into(&replica.Address.Port, r, readPort)
		case 2:
			return decode.Into(&replica.Offset, r, decode.Int)
		default:
			return r.Skip()
		}
	})
	return replica, err
}

func readPort(r *wire.Reader) (int, error) {
	port, err := r.Int()
	return int(port), err
}
