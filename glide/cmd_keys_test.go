package glide

import (
	"context"
	"errors"
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

var _ = table(keySendings)

func keySendings() []sending {
	to := Address{Host: "there", Port: 7000}
	one := []string{"k"}
	return []sending{
		sends(copyKey("a", "b"), "COPY a b"),
		sends(copyKey("a", "b", ToDatabase(1), Replace), "COPY a b DB 1 REPLACE"),
		sends(del(one...), "DEL k"),
		sends(del("k", "l"), "DEL k l"),
		sends(dump("k"), "DUMP k"),
		sends(exists("k", "k"), "EXISTS k k"),
		sends(expire("k", time.Minute), "PEXPIRE k 60000"),
		sends(expire("k", time.Microsecond), "PEXPIRE k 1"),
		sends(expire("k", -time.Microsecond), "PEXPIRE k 0"),
		sends(expire("k", math.MinInt64), "PEXPIRE k -9223372036854"),
		sends(expire("k", 1, IfAbsent), "PEXPIRE k 1 NX"),
		sends(expire("k", 1, IfPresent), "PEXPIRE k 1 XX"),
		sends(expire("k", 1, IfGreater), "PEXPIRE k 1 GT"),
		sends(expire("k", 1, IfPresent, IfLess), "PEXPIRE k 1 XX LT"),
		sends(expireAt("k", moment), "PEXPIREAT k "+momentText),
		sends(expireAt("k", moment, IfLess), "PEXPIREAT k "+momentText+" LT"),
		sends(expireAt("k", time.Time{}), "PEXPIREAT k -62135596800000"),
		sends(expireTime("k"), "PEXPIRETIME k"),
		sends(keys("a*"), "KEYS a*"),
		sends(migrate(to, 2, time.Second, one), "MIGRATE there 7000 k 2 1000"),
		sends(migrate(Address{}, 0, 0, one, Replace), "MIGRATE localhost 6379 k 0 0 REPLACE"),
		sends(migrate(to, 0, time.Second, []string{"k", "l"}, KeepSource, Replace),
			"MIGRATE there 7000  0 1000 COPY REPLACE KEYS k l"),
		sends(migrate(to, 0, time.Second, []string{""}), "MIGRATE there 7000  0 1000 KEYS "),
		sends(migrate(to, 0, time.Second, one, MigrateAs(Credentials{Password: "p"})), "MIGRATE there 7000 k 0 1000 AUTH p"),
		sends(migrate(to, 0, time.Second, one, MigrateAs(Credentials{"u", "p"})), "MIGRATE there 7000 k 0 1000 AUTH2 u p"),
		sends(move("k", 1), "MOVE k 1"),
		sends(objectEncoding("k"), "OBJECT ENCODING k"),
		sends(objectFreq("k"), "OBJECT FREQ k"),
		sends(objectIdleTime("k"), "OBJECT IDLETIME k"),
		sends(objectRefCount("k"), "OBJECT REFCOUNT k"),
		sends(persistKey("k"), "PERSIST k"),
		sends(randomKey(), "RANDOMKEY"),
		sends(rename("a", "b"), "RENAME a b"),
		sends(renameNX("a", "b"), "RENAMENX a b"),
		sends(restore("k", "dump"), "RESTORE k 0 dump"),
		sends(restore("k", "dump", Replace, ExpireIn(time.Second)), "RESTORE k 1000 dump REPLACE"),
		sends(restore("k", "dump", ExpireAt(moment), Replace), "RESTORE k "+momentText+" dump ABSTTL REPLACE"),
		sends(restore("k", "dump", RestoreIdleTime(1500*time.Millisecond)), "RESTORE k 0 dump IDLETIME 2"),
		sends(restore("k", "dump", RestoreFreq(255)), "RESTORE k 0 dump FREQ 255"),
		sends(scan("0"), "SCAN 0"),
		sends(scan("17", Match("a*"), Count(math.MaxInt64), Type("hash")), "SCAN 17 MATCH a* COUNT 9223372036854775807 TYPE hash"),
		sends(sortElements("k"), "SORT k"),
		sends(sortElements("k", SortBy("w_*"), Limit(0, 10), SortGet("#"), SortGet("o_*->f"), Descending, Alphabetically),
			"SORT k BY w_* LIMIT 0 10 GET # GET o_*->f DESC ALPHA"),
		sends(sortRO("k", Ascending), "SORT_RO k ASC"),
		sends(sortStore("k", "d", Limit(-1, math.MinInt64)), "SORT k LIMIT -1 -9223372036854775808 STORE d"),
		sends(touch(one...), "TOUCH k"),
		sends(ttl("k"), "PTTL k"),
		sends(typeOf("k"), "TYPE k"),
		sends(unlink(one...), "UNLINK k"),
		sends(wait(1, time.Second), "WAIT 1 1000"),
		sends(wait(math.MaxInt64, 0), "WAIT 9223372036854775807 0"),
		sends(waitAOF(1, 2, time.Nanosecond), "WAITAOF 1 2 1"),
	}
}

func TestKeysSendTheirWords(t *testing.T) { testSendings(t, keySendings()) }

func TestKeysRefuse(t *testing.T) {
	to := Address{Host: "there"}
	testRefusals(t, []refusal{
		refuses(del(), "no keys"),
		refuses(exists(), "no keys"),
		refuses(touch(), "no keys"),
		refuses(unlink(), "no keys"),
		refuses(migrate(to, 0, 0, nil), "no keys"),
		refuses(migrate(to, 0, 0, []string{"k"}, nil), "nil option"),
		refuses(migrate(to, 0, 0, []string{"k"}, Replace, Replace), "more than one Replace"),
		refuses(wait(1, -1), "negative timeout"),
		refuses(waitAOF(1, 1, math.MinInt64), "negative timeout"),
		refuses(copyKey("a", "b", ToDatabase(1), ToDatabase(2)), "more than one database"),
		refuses(expire("k", 1, IfAbsent, IfPresent), "more than one condition"),
		refuses(expire("k", 1, IfGreater, IfLess), "more than one comparison"),
		refuses(expire("k", 1, IfGreater, IfAbsent), "IfAbsent excludes other conditions"),
		refuses(expireAt("k", moment, IfAbsent, IfLess), "IfAbsent excludes other conditions"),
		refuses(restore("k", "", ExpireIn(1), ExpireAt(moment)), "more than one expiry"),
		refuses(restore("k", "", ExpireIn(0)), "an expiry that is not positive"),
		refuses(restore("k", "", ExpireAt(time.Time{})), "an expiry that is not positive"),
		refuses(restore("k", "", RestoreFreq(1), RestoreIdleTime(1)), "more than one idle time or frequency"),
		refuses(restore("k", "", nil), "nil option"),
		refuses(scan("0", Match("a"), Match("b")), "more than one Match"),
		refuses(scan("0", Count(1), Count(1)), "more than one Count"),
		refuses(scan("0", Type("a"), Type("b")), "more than one Type"),
		refuses(sortElements("k", Ascending, Descending), "more than one order"),
		refuses(sortRO("k", SortBy("a"), SortBy("b")), "more than one SortBy"),
		refuses(sortStore("k", "d", Limit(0, 1), Limit(0, 1)), "more than one limit"),
		refuses(sortStore("k", "d", Alphabetically, Alphabetically), "more than one Alphabetically"),
	})
}

func TestKeysReadTheirReplies(t *testing.T) {
	migrated := migrate(Address{}, 0, 0, []string{"k"})
	testReadings(t, []reading{
		reads("no such key", ttl("k"), intReply(-2), Lifetime[time.Duration]{}),
		reads("no expiry", ttl("k"), intReply(-1), Lifetime[time.Duration]{0, lifetimeUnlimited}),
		reads("expires now", ttl("k"), intReply(0), Lifetime[time.Duration]{0, lifetimeLimited}),
		reads("expires", ttl("k"), intReply(1500), Lifetime[time.Duration]{1500 * time.Millisecond, lifetimeLimited}),
		reads("expires after the longest duration", ttl("k"), intReply(math.MaxInt64), Lifetime[time.Duration]{math.MaxInt64, lifetimeLimited}),
		reads("no expire time", expireTime("k"), intReply(-1), Lifetime[time.Time]{state: lifetimeUnlimited}),
		reads("expire time", expireTime("k"), intReply(2_000_000_000_123), Lifetime[time.Time]{moment.Truncate(time.Millisecond), lifetimeLimited}),
		reads("idle", objectIdleTime("k"), intReply(90), Some(90*time.Second)),
		reads("idle for ever", objectIdleTime("k"), intReply(math.MaxInt64), Some(time.Duration(math.MaxInt64))),
		reads("idle, missing", objectIdleTime("k"), nilReply, None[time.Duration]()),
		reads("frequency", objectFreq("k"), intReply(255), Some(int64(255))),
		reads("migrated", migrated, okReply, true),
		reads("nothing to migrate", migrated, stringReply("NOKEY"), false),
		reads("sorted", sortElements("k"), arrayReply(stringReply("1"), nilReply), []Optional[string]{Some("1"), None[string]()}),
		reads("page", scan("0"), arrayReply(stringReply("17"), arrayReply(stringReply("a"))), ScanPage[string]{"17", []string{"a"}}),
		reads("last page", scan("0"), arrayReply(stringReply("0"), arrayReply()), ScanPage[string]{"0", []string{}}),
		reads("copies", waitAOF(1, 1, 0), arrayReply(intReply(1), intReply(2)), AOFCopies{1, 2}),
		reads("keys", keys("*"), arrayReply(stringReply("a"), stringReply("b")), []string{"a", "b"}),
		reads("keys as a set", keys("*"), setReply(stringReply("a")), []string{"a"}),
	})
}

func TestArraysOfAnotherLengthAreUnexpected(t *testing.T) {
	three := arrayReply(intReply(1), intReply(2), intReply(3))
	for _, definition := range []defined{define(scan("0")), define(waitAOF(1, 1, 0))} {
		_, err := definition.reply(three)
		require.ErrorIs(t, err, ErrUnexpectedReply)
		require.ErrorContains(t, err, "array of 2")
	}
}

func TestCredentialsOfAnOptionAreNotShown(t *testing.T) {
	shown := fmt.Sprintf("%v %+v %#v %s", MigrateAs(Credentials{"u", "secret"}), []MigrateOption{MigrateAs(Credentials{"u", "secret"})},
		MigrateAs(Credentials{"u", "secret"}), MigrateAs(Credentials{"u", "secret"}))
	require.NotContains(t, shown, "secret}")
	require.NotContains(t, shown, `"secret"`)
}

func TestALifetimeIsPrinted(t *testing.T) {
	moment := time.Date(2030, time.January, 2, 3, 4, 5, 0, time.UTC)
	for want, lifetime := range map[string]any{
		"1m0s":                          NewLifetime(time.Minute),
		"0s":                            NewLifetime(time.Duration(0)),
		"2030-01-02 03:04:05 +0000 UTC": NewLifetime(moment),
		"no expiry":                     Unlimited[time.Duration](),
		"none":                          Lifetime[time.Time]{},
	} {
		require.Equal(t, want, fmt.Sprint(lifetime))
		require.Equal(t, "["+want+"]", fmt.Sprintf("%v", []any{lifetime}))
	}
}

func TestALifetimeTellsItsStatesApart(t *testing.T) {
	var absent Lifetime[time.Duration]
	require.False(t, absent.Exists())
	require.False(t, absent.Expires())

	unlimited := Lifetime[time.Duration]{state: lifetimeUnlimited}
	require.True(t, unlimited.Exists())
	_, ok := unlimited.Get()
	require.False(t, ok)
	require.Zero(t, unlimited.Value())

	limited := Lifetime[time.Duration]{time.Second, lifetimeLimited}
	require.True(t, limited.Exists())
	value, ok := limited.Get()
	require.True(t, ok)
	require.Equal(t, time.Second, value)
	require.Equal(t, time.Second, limited.Value())
}

func TestPagesAreFetchedAsTheyAreAskedFor(t *testing.T) {
	fetched := []string{}
	fetch := func(cursor string) (ScanPage[string], error) {
		fetched = append(fetched, cursor)
		return map[string]ScanPage[string]{
			"0": {"5", []string{"a", "b"}},
			"5": {"9", nil},
			"9": {"0", []string{"c"}},
		}[cursor], nil
	}
	for item := range pages(fetch) {
		if item == "b" {
			break
		}
	}
	require.Equal(t, []string{"0"}, fetched)

	items := []string{}
	for item, err := range pages(fetch) {
		require.NoError(t, err)
		items = append(items, item)
	}
	require.Equal(t, []string{"a", "b", "c"}, items)
	require.Equal(t, []string{"0", "0", "5", "9"}, fetched)
}

func TestAnErrorEndsThePages(t *testing.T) {
	broken := errors.New("broken")
	seen := []error{}
	for _, err := range pages(func(string) (ScanPage[int], error) { return ScanPage[int]{}, broken }) {
		seen = append(seen, err)
	}
	require.Equal(t, []error{broken}, seen)

	var none context.Context
	for _, err := range (&Client{}).AllKeys(none) {
		require.ErrorIs(t, err, ErrInvalidArgument)
	}
}
