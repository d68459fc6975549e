package glide

import (
	"time"

	"github.com/valkey-glide/go/glide/internal/abi"
	"github.com/valkey-glide/go/glide/internal/decode"
	"github.com/valkey-glide/go/glide/internal/wire"
)

// FailoverOption is an option of [Client.Failover]: it selects the replica that
// takes over, [FailoverTo], or limits how long the primary waits for it,
// [FailoverTimeout].
type FailoverOption interface {
	option
	failoverOption()
}

// failoverTo is the option TO.
type failoverTo Address

// FailoverTo (TO) selects the replica that takes over, by its address in
// [RoleInfo.Replicas]. By default it is any replica that has caught up.
func FailoverTo(replica Address) FailoverOption { return failoverTo(replica) }

func (t failoverTo) appendTo(to *wire.Request) {
	host, port := Address(t).orDefault()
	to.String("TO")
	to.String(host)
	to.Int(int64(port))
}

func (failoverTo) conflictKey() string { return "replica" }
func (failoverTo) failoverOption()     {}

// FailoverTimeout (TIMEOUT) cancels the failover if no replica has caught up
// after a duration. The resolution is a millisecond. The default is to wait
// forever. Servers refuse durations that are not positive.
func FailoverTimeout(d time.Duration) FailoverOption {
	return failoverOption{intArgument("timeout", "TIMEOUT", milliseconds(d))}
}

type failoverOption struct{ argument }

func (failoverOption) failoverOption() {}

// Failover makes a primary and one of its replicas swap roles. It returns when
// the failover has started: the primary pauses writes until the replica has
// received them all, and then follows the replica. [Client.Role] shows the
// progress. It is an error if the server has no replicas or a failover is in
// progress.
//
// https://valkey.io/commands/failover/
//
//glide:server it is about one server: in a cluster replicas take over by CLUSTER FAILOVER
func failover(options ...FailoverOption) command[struct{}] {
	return newCommand(appendOptions(named("FAILOVER"), options), decode.OK)
}

// FailoverForce makes a replica take over after the timeout, with a resolution
// of a millisecond, even if it has not caught up (FORCE): missing writes are
// lost. The timeout must be positive.
//
// https://valkey.io/commands/failover/
//
//glide:server it is about one server: in a cluster replicas take over by CLUSTER FAILOVER
func failoverForce(to Address, timeout time.Duration) command[struct{}] {
	host, port := to.orDefault()
	cmd := named("FAILOVER").Arg("TO").Arg(host).Integer(int64(port))
	return newCommand(cmd.Arg("FORCE").Arg("TIMEOUT").Timeout(timeout), decode.OK)
}

// FailoverAbort cancels a [Client.Failover] that still waits for its replica.
// It is an error if there is none.
//
// https://valkey.io/commands/failover/
//
//glide:server it is about one server: in a cluster replicas take over by CLUSTER FAILOVER
func failoverAbort() command[struct{}] { return newCommand(named("FAILOVER").Arg("ABORT"), decode.OK) }

// ReplicaOf makes the server a replica of another server, whose address is as
// the server sees it. The server's data is replaced. It returns when
// replication has started; [Client.Role] shows the progress. With a
// [Config.ReadFrom] that prefers replicas it runs on a replica.
//
// https://valkey.io/commands/replicaof/
//
//glide:server it is about one server: in a cluster nodes become replicas by CLUSTER REPLICATE
func replicaOf(primary Address) command[struct{}] {
	host, port := primary.orDefault()
	return newCommand(named("REPLICAOF").Arg(host).Integer(int64(port)), decode.OK)
}

// ReplicaOfNoOne makes a replica a primary that keeps its data. It has no
// effect on a primary.
//
// https://valkey.io/commands/replicaof/
//
//glide:server it is about one server: in a cluster nodes become replicas by CLUSTER REPLICATE
func replicaOfNoOne() command[struct{}] {
	return newCommand(named("REPLICAOF").Arg("NO").Arg("ONE"), decode.OK)
}

// RoleInfo is the role of a server in replication.
type RoleInfo struct {
	// Role is master, slave or sentinel.
	Role string
	// Offset is the number of bytes that a primary has sent to its
	// replicas, or that a replica has received; -1 if the replica is not
	// connected.
	Offset int64
	// Replicas are the connected replicas of a primary.
	Replicas []ReplicaInfo
	// Primary is the address of the primary of a replica.
	Primary Address
	// Link is the state of the connection of a replica to its primary:
	// connect, connecting, handshake, sync (it receives all data) or
	// connected.
	Link string
	// Primaries are the names of the primaries that a sentinel watches.
	Primaries []string
}

// ReplicaInfo describes a replica as its primary sees it.
type ReplicaInfo struct {
	Address Address
	// Offset is the number of bytes that it has received.
	Offset int64
}

// Role returns the role of the server, with its replicas or its primary.
//
// https://valkey.io/commands/role/
//
//glide:server it is about one server: of a cluster any node would answer
func role() command[RoleInfo] { return newCommand(named("ROLE"), readRole) }

func readRole(r *wire.Reader) (info RoleInfo, err error) {
	n, err := r.Array()
	if err == nil && n < 2 {
		err = &wire.TypeError{Want: "an array of 2 or more", Got: abi.TagArray}
	}
	if err == nil {
		info.Role, err = r.String()
	}
	if err != nil {
		return info, err
	}
	var values []decode.Value
	switch info.Role {
	case "master":
		values = []decode.Value{decode.To(&info.Offset, decode.Int), decode.To(&info.Replicas, readReplicas)}
	case "slave":
		values = []decode.Value{decode.To(&info.Primary.Host, decode.String), decode.To(&info.Primary.Port, decode.Number),
			decode.To(&info.Link, decode.String), decode.To(&info.Offset, decode.Int)}
	case "sentinel":
		values = []decode.Value{decode.To(&info.Primaries, decode.Strings)}
	}
	err = decode.Rest(r, n-1, values...)
	return info, err
}

var readReplicas = decode.Slice(readReplica)

func readReplica(r *wire.Reader) (replica ReplicaInfo, err error) {
	err = decode.Row(r, 3,
		decode.To(&replica.Address.Host, decode.String),
		decode.To(&replica.Address.Port, decode.Number),
		decode.To(&replica.Offset, decode.Int))
	return replica, err
}
