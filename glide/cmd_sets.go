package glide

import (
	"context"
	"github.com/valkey-glide/go/glide/internal/decode"
	"iter"
)

// SAdd adds members to a set and gives how many of them were not in it. A key
// that does not exist becomes a set.
//
// https://valkey.io/commands/sadd/
func sAdd(key string, members ...string) command[int64] {
	return newCommand("SADD", decode.Int).Key(key).Some("members", members)
}

// SCard gives the number of members of a set, 0 if the key does not exist.
//
// https://valkey.io/commands/scard/
func sCard(key string) command[int64] { return newCommand("SCARD", decode.Int).Key(key) }

// SDiff gives the members of the first set that are in none of the others, in
// no order. A key that does not exist counts as empty. In a cluster the keys
// must be of one slot.
//
// https://valkey.io/commands/sdiff/
func sDiff(keys ...string) command[[]string] { return newCommand("SDIFF", decode.Strings).Keys(keys) }

// SDiffStore makes a set of what [Client.SDiff] would give, in the place of
// whatever the destination held, and gives its size. If there are no members
// the destination is deleted. In a cluster all keys must be of one slot.
//
// https://valkey.io/commands/sdiffstore/
func sDiffStore(destination string, keys ...string) command[int64] {
	return newCommand("SDIFFSTORE", decode.Int).Key(destination).Keys(keys)
}

// SInter gives the members that are in all of several sets, in no order. A key
// that does not exist counts as empty. In a cluster the keys must be of one
// slot.
//
// https://valkey.io/commands/sinter/
func sInter(keys ...string) command[[]string] { return newCommand("SINTER", decode.Strings).Keys(keys) }

// SInterCardOption is [CardLimit].
type SInterCardOption interface {
	option
	sInterCardOption()
}

func (CardMaximum) sInterCardOption() {}

// SInterCard gives how many members [Client.SInter] would give. In a cluster
// the keys must be of one slot. Since version 7.0.
//
// https://valkey.io/commands/sintercard/
func sInterCard(keys []string, options ...SInterCardOption) command[int64] {
	cmd := appendOptions(newCommand("SINTERCARD", decode.Int).CountedKeys(keys), options)
	for _, o := range options {
		if limit, ok := o.(CardMaximum); ok && limit.limit < 0 {
			cmd = cmd.Refuse("negative limit")
		}
	}
	return cmd
}

// SInterStore makes a set of what [Client.SInter] would give, in the place of
// whatever the destination held, and gives its size. If there are no members
// the destination is deleted. In a cluster all keys must be of one slot.
//
// https://valkey.io/commands/sinterstore/
func sInterStore(destination string, keys ...string) command[int64] {
	return newCommand("SINTERSTORE", decode.Int).Key(destination).Keys(keys)
}

// SIsMember reports whether a set has a member.
//
// https://valkey.io/commands/sismember/
func sIsMember(key, member string) command[bool] {
	return newCommand("SISMEMBER", decode.Bool).Key(key).Arg(member)
}

// SMembers gives the members of a set, in no order; none if the key does not
// exist. The server does nothing else until it has collected all of them;
// [Client.SetMembers] asks for them bit by bit.
//
// https://valkey.io/commands/smembers/
func sMembers(key string) command[[]string] { return newCommand("SMEMBERS", decode.Strings).Key(key) }

// SMIsMember reports of each of several members whether a set has it.
//
// https://valkey.io/commands/smismember/
func sMIsMember(key string, members ...string) command[[]bool] {
	return newCommand("SMISMEMBER", decode.Bools).Key(key).Some("members", members)
}

// SMove moves a member from one set to another and reports whether it did: not
// if it is not in the first. In a cluster both keys must be of one slot.
//
// https://valkey.io/commands/smove/
func sMove(source, destination, member string) command[bool] {
	return newCommand("SMOVE", decode.Bool).Key(source).Key(destination).Arg(member)
}

// SPop takes any member out of a set and gives it; it is nil if the key does
// not exist. A set without members does not exist any more.
//
// https://valkey.io/commands/spop/
func sPop(key string) command[Optional[string]] {
	return newCommand("SPOP", readOptionalString).Key(key)
}

// SPopCount is [Client.SPop] of up to so many members, in no order. If the key
// does not exist there are none.
//
// https://valkey.io/commands/spop/
func sPopCount(key string, count int64) command[[]string] {
	cmd := newCommand("SPOP", decode.Strings).Key(key).Integer(count)
	if count < 0 {
		cmd = cmd.Refuse("negative count")
	}
	return cmd
}

// SRandMember gives any member of a set; it is nil if the key does not exist.
//
// https://valkey.io/commands/srandmember/
func sRandMember(key string) command[Optional[string]] {
	return newCommand("SRANDMEMBER", readOptionalString).Key(key)
}

// SRandMemberCount gives several members of a set, taken at random: up to so
// many different ones, or, if the count is negative, exactly as many as it
// says without the sign, of which some may be the same. If the key does not
// exist there are none.
//
// https://valkey.io/commands/srandmember/
func sRandMemberCount(key string, count int64) command[[]string] {
	return newCommand("SRANDMEMBER", decode.Strings).Key(key).Integer(count)
}

// SRem takes members out of a set and gives how many of them were in it. A set
// without members does not exist any more.
//
// https://valkey.io/commands/srem/
func sRem(key string, members ...string) command[int64] {
	return newCommand("SREM", decode.Int).Key(key).Some("members", members)
}

// SScanOption says which members of a set are gone over, [Match], or in what
// portions, [Count].
type SScanOption interface {
	option
	sScanOption()
}

// SScan gives a page of the members of a set and the cursor of the next page;
// it begins with [ScanStart]. Members that are in it all the while are given at
// least once, perhaps more often; those that come or go meanwhile may be given.
// A small set is given whole, whatever [Count] says. A cursor means something
// to the server that gave it only, as said at [Client.Scan].
// [Client.SetMembers] does the looping.
//
// https://valkey.io/commands/sscan/
func sScan(key, cursor string, options ...SScanOption) command[ScanPage[string]] {
	return appendOptions(newCommand("SSCAN", readKeysPage).Key(key).Arg(cursor), options)
}

// SetMembers goes over the members of a set, in no order, with as many calls
// of [Client.SScan] as it takes; it is to that what [Client.AllKeys] is to
// [Client.Scan].
//
// https://valkey.io/commands/sscan/
func (c commands) SetMembers(ctx context.Context, key string, options ...SScanOption) iter.Seq2[string, error] {
	return pages(func(cursor string) (ScanPage[string], error) { return c.SScan(ctx, key, cursor, options...) })
}

// SUnion gives the members that are in any of several sets, each once and in
// no order. A key that does not exist counts as empty. In a cluster the keys
// must be of one slot.
//
// https://valkey.io/commands/sunion/
func sUnion(keys ...string) command[[]string] { return newCommand("SUNION", decode.Strings).Keys(keys) }

// SUnionStore makes a set of what [Client.SUnion] would give, in the place of
// whatever the destination held, and gives its size. If there are no members
// the destination is deleted. In a cluster all keys must be of one slot.
//
// https://valkey.io/commands/sunionstore/
func sUnionStore(destination string, keys ...string) command[int64] {
	return newCommand("SUNIONSTORE", decode.Int).Key(destination).Keys(keys)
}
