package glide

import (
	"time"

	"github.com/valkey-glide/go/glide/internal/decode"
	"github.com/valkey-glide/go/glide/internal/wire"
)

// ScoreEnd is an end of a sorted set: [LowestScores] or [HighestScores].
type ScoreEnd int

const (
	// LowestScores is the end of the lowest scores.
	LowestScores ScoreEnd = iota
	// HighestScores is the end of the highest scores.
	HighestScores
)

// ZMPopOption is an option of [Client.ZMPop] and [Client.BZMPop]: the number of
// members, [Count], which is 1 by default and must be positive.
type ZMPopOption interface {
	option
	zMPopOption()
}

func (PageSize) zMPopOption() {}

// appendPop appends which of several sets members are removed from, at which
// end, and how many.
func appendPop(cmd arguments, keys []string, from ScoreEnd, options []ZMPopOption) arguments {
	cmd = cmd.CountedKeys(keys)
	switch from {
	case LowestScores:
		cmd = cmd.Arg("MIN")
	case HighestScores:
		cmd = cmd.Arg("MAX")
	default:
		cmd = cmd.Refuse("no such end")
	}
	return appendOptions(refuseCounts(cmd, options), options)
}

// refuseCounts refuses a [Count] that is not positive, where the server does.
func refuseCounts[O option](cmd arguments, options []O) arguments {
	for _, o := range options {
		if count, ok := any(o).(PageSize); ok && count.count <= 0 {
			cmd = cmd.Refuse("a count that is not positive")
		}
	}
	return cmd
}

// PoppedMember is a member that was removed from a sorted set, its score, and
// the key of the sorted set.
type PoppedMember struct {
	Key    string
	Member string
	Score  float64
}

var readOptionalPoppedMember = readOptional(readPoppedMember)

func readPoppedMember(r *wire.Reader) (popped PoppedMember, err error) {
	err = decode.Tuple(r,
		decode.To(&popped.Key, decode.String),
		decode.To(&popped.Member, decode.String),
		decode.To(&popped.Score, decode.Float))
	return popped, err
}

// PoppedMembers are members that were removed from a sorted set, their scores,
// and the key of the sorted set.
type PoppedMembers struct {
	Key string
	// Members are in the order in which they were removed: from the end of
	// the highest scores, the highest first.
	Members []Scored
}

var readOptionalPoppedMembers = readOptional(readPoppedMembers)

func readPoppedMembers(r *wire.Reader) (popped PoppedMembers, err error) {
	err = decode.Tuple(r, decode.To(&popped.Key, decode.String), decode.To(&popped.Members, readScores))
	return popped, err
}

// BZMPop removes members like [Client.ZMPop], and blocks until one of the
// sorted sets has a member or the timeout passes (rounded up to a millisecond;
// 0 waits forever). It returns a nil Optional if there was no member in time.
// It waits like [Client.BLPop]. Since version 7.0.
//
// https://valkey.io/commands/bzmpop/
//
//glide:unpipelined it would delay the rest; in a transaction it does not wait
func bzMPop(timeout time.Duration, keys []string, from ScoreEnd, options ...ZMPopOption) command[Optional[PoppedMembers]] {
	cmd := named("BZMPOP").Seconds(timeout)
	return newCommand(appendPop(cmd, keys, from, options).Blocking(timeout), readOptionalPoppedMembers)
}

// BZPopMax removes the member with the highest score from the first of several
// sorted sets that exists. Otherwise it is like [Client.BZPopMin].
//
// https://valkey.io/commands/bzpopmax/
//
//glide:unpipelined it would delay the rest; in a transaction it does not wait
func bzPopMax(timeout time.Duration, keys ...string) command[Optional[PoppedMember]] {
	return newCommand(named("BZPOPMAX").Keys(keys).Seconds(timeout).Blocking(timeout), readOptionalPoppedMember)
}

// BZPopMin removes the member with the lowest score from the first of several
// sorted sets that exists, and returns it, its score and the key. If none
// exists it blocks until one does, or until the timeout passes (rounded up to a
// millisecond; 0 waits forever). It returns a nil Optional if there was no
// member in time. It waits like [Client.BLPop]. In a cluster the keys must
// belong to one slot.
//
// https://valkey.io/commands/bzpopmin/
//
//glide:unpipelined it would delay the rest; in a transaction it does not wait
func bzPopMin(timeout time.Duration, keys ...string) command[Optional[PoppedMember]] {
	return newCommand(named("BZPOPMIN").Keys(keys).Seconds(timeout).Blocking(timeout), readOptionalPoppedMember)
}

// ZMPop removes members from one end of the first of several sorted sets that
// exists, and returns them with the key, or a nil Optional if none exists. It
// removes one member unless [Count] is given, and fewer if the sorted set is
// smaller. In a cluster the keys must belong to one slot. Since version 7.0.
//
// https://valkey.io/commands/zmpop/
func zMPop(keys []string, from ScoreEnd, options ...ZMPopOption) command[Optional[PoppedMembers]] {
	return newCommand(appendPop(named("ZMPOP"), keys, from, options), readOptionalPoppedMembers)
}

// ZPopMax removes the member with the highest score from a sorted set and
// returns it and its score, or a nil Optional if key does not exist. A sorted
// set without members is deleted.
//
// https://valkey.io/commands/zpopmax/
func zPopMax(key string) command[Optional[Scored]] {
	return newCommand(named("ZPOPMAX").Key(key), readFirstScored)
}

// ZPopMaxCount removes at most count members with the highest scores from a
// sorted set and returns them and their scores, the highest first. It returns
// none if key does not exist.
//
// https://valkey.io/commands/zpopmax/
func zPopMaxCount(key string, count int64) command[[]Scored] {
	return newCommand(named("ZPOPMAX").Key(key).Count(count), readScores)
}

// ZPopMin removes the member with the lowest score from a sorted set and
// returns it and its score, or a nil Optional if key does not exist. A sorted
// set without members is deleted.
//
// https://valkey.io/commands/zpopmin/
func zPopMin(key string) command[Optional[Scored]] {
	return newCommand(named("ZPOPMIN").Key(key), readFirstScored)
}

// ZPopMinCount removes at most count members with the lowest scores from a
// sorted set and returns them and their scores, the lowest first. It returns
// none if key does not exist.
//
// https://valkey.io/commands/zpopmin/
func zPopMinCount(key string, count int64) command[[]Scored] {
	return newCommand(named("ZPOPMIN").Key(key).Count(count), readScores)
}

// readFirstScored reads one member and its score, or none.
func readFirstScored(r *wire.Reader) (Optional[Scored], error) {
	members, err := readScores(r)
	if err != nil || len(members) == 0 {
		return None[Scored](), err
	}
	return Some(members[0]), nil
}
