package glide

import (
	"context"
	"iter"

	"github.com/valkey-glide/go/glide/internal/decode"
)

// SAdd adds members to a set and returns how many of them are new. A key that
// does not exist is created.
//
// https://valkey.io/commands/sadd/
func sAdd(key string, members ...string) command[int64] {
	return newCommand(named("SADD").Key(key).NonEmpty("members", members), decode.Int)
}

// SCard returns the number of members of a set, or 0 if key does not exist.
//
// https://valkey.io/commands/scard/
func sCard(key string) command[int64] { return newCommand(named("SCARD").Key(key), decode.Int) }

// SDiff returns the members of the first set that are in none of the other
// sets, in no order. A key that does not exist counts as an empty set. In a
// cluster the keys must belong to one slot.
//
// https://valkey.io/commands/sdiff/
func sDiff(keys ...string) command[[]string] {
	return newCommand(named("SDIFF").Keys(keys), decode.Strings)
}

// SDiffStore stores the result of [Client.SDiff] as a set at destination,
// replacing its value, and returns its size. If the result is empty,
// destination is deleted. In a cluster all keys must belong to one slot.
//
// https://valkey.io/commands/sdiffstore/
func sDiffStore(destination string, keys ...string) command[int64] {
	return newCommand(named("SDIFFSTORE").Key(destination).Keys(keys), decode.Int)
}

// SInter returns the members that are in all of the sets, in no order. A key
// that does not exist counts as an empty set. In a cluster the keys must belong
// to one slot.
//
// https://valkey.io/commands/sinter/
func sInter(keys ...string) command[[]string] {
	return newCommand(named("SINTER").Keys(keys), decode.Strings)
}

// SInterCardOption is an option of [Client.SInterCard]: [CardLimit].
type SInterCardOption interface {
	option
	sInterCardOption()
}

func (CardMaximum) sInterCardOption() {}

// SInterCard returns the number of members that [Client.SInter] would return,
// without returning them. [CardLimit] limits how far it counts. In a cluster
// the keys must belong to one slot. Since version 7.0.
//
// https://valkey.io/commands/sintercard/
func sInterCard(keys []string, options ...SInterCardOption) command[int64] {
	return newCommand(appendCardLimit(named("SINTERCARD").CountedKeys(keys), options), decode.Int)
}

// SInterStore stores the result of [Client.SInter] as a set at destination,
// replacing its value, and returns its size. If the result is empty,
// destination is deleted. In a cluster all keys must belong to one slot.
//
// https://valkey.io/commands/sinterstore/
func sInterStore(destination string, keys ...string) command[int64] {
	return newCommand(named("SINTERSTORE").Key(destination).Keys(keys), decode.Int)
}

// SIsMember reports whether a set contains a member. It returns false if key
// does not exist.
//
// https://valkey.io/commands/sismember/
func sIsMember(key, member string) command[bool] {
	return newCommand(named("SISMEMBER").Key(key).Arg(member), decode.Bool)
}

// SMembers returns the members of a set, in no order, or none if key does not
// exist. It blocks the server while it collects a large set;
// [Client.SetMembers] iterates in small steps instead.
//
// https://valkey.io/commands/smembers/
func sMembers(key string) command[[]string] {
	return newCommand(named("SMEMBERS").Key(key), decode.Strings)
}

// SMIsMember reports for each of several members, in their order, whether a set
// contains it. If key does not exist, it contains none.
//
// https://valkey.io/commands/smismember/
func sMIsMember(key string, members ...string) command[[]bool] {
	return newCommand(named("SMISMEMBER").Key(key).NonEmpty("members", members), decode.Bools)
}

// SMove moves a member from the set source to the set destination and reports
// whether it did. It returns false if source does not contain the member. A
// destination that does not exist is created. In a cluster both keys must
// belong to one slot.
//
// https://valkey.io/commands/smove/
func sMove(source, destination, member string) command[bool] {
	return newCommand(named("SMOVE").Key(source).Key(destination).Arg(member), decode.Bool)
}

// SPop removes a random member from a set and returns it, or a nil Optional if
// key does not exist. A set without members is deleted.
//
// https://valkey.io/commands/spop/
func sPop(key string) command[Optional[string]] {
	return newCommand(named("SPOP").Key(key), readOptionalString)
}

// SPopCount removes at most count random members from a set and returns them,
// in no order. It returns none if key does not exist.
//
// https://valkey.io/commands/spop/
func sPopCount(key string, count int64) command[[]string] {
	return newCommand(named("SPOP").Key(key).Count(count), decode.Strings)
}

// SRandMember returns a random member of a set, or a nil Optional if key does
// not exist.
//
// https://valkey.io/commands/srandmember/
func sRandMember(key string) command[Optional[string]] {
	return newCommand(named("SRANDMEMBER").Key(key), readOptionalString)
}

// SRandMemberCount returns random members of a set: at most count different
// members, or exactly -count members, possibly with repetitions, if count is
// negative. It returns none if key does not exist.
//
// https://valkey.io/commands/srandmember/
func sRandMemberCount(key string, count int64) command[[]string] {
	return newCommand(named("SRANDMEMBER").Key(key).Integer(count), decode.Strings)
}

// SRem removes members from a set and returns how many of them it contained,
// which is 0 if key does not exist. A set without members is deleted.
//
// https://valkey.io/commands/srem/
func sRem(key string, members ...string) command[int64] {
	return newCommand(named("SREM").Key(key).NonEmpty("members", members), decode.Int)
}

// SScanOption is an option of [Client.SScan] and [Client.SetMembers]: it
// filters the members, [Match], or sets the size of a page, [Count].
type SScanOption interface {
	option
	sScanOption()
}

// SScan returns a page of the members of a set, and the cursor of the next
// page; begin with [ScanStart]. Members that are in it during the whole scan
// are returned at least once, possibly more often; those that are added or
// removed meanwhile may be returned. A small set is returned in one page
// regardless of [Count]. A cursor is valid only at the server that returned
// it; see [Client.Scan]. [Client.SetMembers] iterates over all pages.
//
// https://valkey.io/commands/sscan/
func sScan(key, cursor string, options ...SScanOption) command[ScanPage[string]] {
	return newCommand(appendOptions(named("SSCAN").Key(key).Arg(cursor), options), readKeysPage)
}

// SetMembers returns an iterator over the members of a set, in no order. It
// calls [Client.SScan] for each page, as [Client.AllKeys] calls [Client.Scan].
//
// https://valkey.io/commands/sscan/
func (c commands) SetMembers(ctx context.Context, key string, options ...SScanOption) iter.Seq2[string, error] {
	return pages(func(cursor string) (ScanPage[string], error) { return c.SScan(ctx, key, cursor, options...) })
}

// SUnion returns the members that are in any of the sets, in no order. A key
// that does not exist counts as an empty set. In a cluster the keys must belong
// to one slot.
//
// https://valkey.io/commands/sunion/
func sUnion(keys ...string) command[[]string] {
	return newCommand(named("SUNION").Keys(keys), decode.Strings)
}

// SUnionStore stores the result of [Client.SUnion] as a set at destination,
// replacing its value, and returns its size. If the result is empty,
// destination is deleted. In a cluster all keys must belong to one slot.
//
// https://valkey.io/commands/sunionstore/
func sUnionStore(destination string, keys ...string) command[int64] {
	return newCommand(named("SUNIONSTORE").Key(destination).Keys(keys), decode.Int)
}
