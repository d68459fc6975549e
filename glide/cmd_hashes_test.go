package glide

import (
	"math"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

var _ = table(hashSendings)

func hashSendings() []sending {
	pair := map[string]string{"f": "v"}
	one, two := []string{"f"}, []string{"f", "g"}
	return []sending{
		sends(hDel("k", "f"), "HDEL k f"),
		sends(hDel("k", "f", "g"), "HDEL k f g"),
		sends(hExists("k", "f"), "HEXISTS k f"),
		sends(hExpire("k", time.Minute, one), "HPEXPIRE k 60000 FIELDS 1 f"),
		sends(hExpire("k", time.Microsecond, two), "HPEXPIRE k 1 FIELDS 2 f g"),
		sends(hExpire("k", -time.Microsecond, one), "HPEXPIRE k 0 FIELDS 1 f"),
		sends(hExpire("k", math.MaxInt64, one), "HPEXPIRE k 9223372036854 FIELDS 1 f"),
		sends(hExpire("k", 1, one, IfAbsent), "HPEXPIRE k 1 NX FIELDS 1 f"),
		sends(hExpire("k", 1, one, IfPresent), "HPEXPIRE k 1 XX FIELDS 1 f"),
		sends(hExpire("k", 1, one, IfGreater), "HPEXPIRE k 1 GT FIELDS 1 f"),
		sends(hExpire("k", 1, two, IfLess, IfPresent), "HPEXPIRE k 1 LT XX FIELDS 2 f g"),
		sends(hExpireAt("k", moment, two), "HPEXPIREAT k "+momentText+" FIELDS 2 f g"),
		sends(hExpireAt("k", time.Unix(0, 0), one, IfAbsent), "HPEXPIREAT k 0 NX FIELDS 1 f"),
		sends(hExpireAt("k", moment, one, IfGreater), "HPEXPIREAT k "+momentText+" GT FIELDS 1 f"),
		sends(hExpireTime("k", "f", "g"), "HPEXPIRETIME k FIELDS 2 f g"),
		sends(hGet("k", "f"), "HGET k f"),
		sends(hGetAll("k"), "HGETALL k"),
		sends(hGetDel("k", "f", "g"), "HGETDEL k FIELDS 2 f g"),
		sends(hGetEx("k", one), "HGETEX k FIELDS 1 f"),
		sends(hGetEx("k", two, ExpireIn(time.Second)), "HGETEX k PX 1000 FIELDS 2 f g"),
		sends(hGetEx("k", one, ExpireAt(moment)), "HGETEX k PXAT "+momentText+" FIELDS 1 f"),
		sends(hGetEx("k", one, Persist), "HGETEX k PERSIST FIELDS 1 f"),
		sends(hIncrBy("k", "f", math.MinInt64), "HINCRBY k f -9223372036854775808"),
		sends(hIncrByFloat("k", "f", 0.1), "HINCRBYFLOAT k f 0.1"),
		sends(hIncrByFloat("k", "f", -3e300), "HINCRBYFLOAT k f -3e+300"),
		sends(hKeys("k"), "HKEYS k"),
		sends(hLen("k"), "HLEN k"),
		sends(hMGet("k", "f", "g", "f"), "HMGET k f g f"),
		sends(hPersist("k", "f", "g"), "HPERSIST k FIELDS 2 f g"),
		sends(hRandField("k"), "HRANDFIELD k"),
		sends(hRandFieldCount("k", 2), "HRANDFIELD k 2"),
		sends(hRandFieldCount("k", math.MinInt64), "HRANDFIELD k -9223372036854775808"),
		sends(hRandFieldWithValues("k", -2), "HRANDFIELD k -2 WITHVALUES"),
		sends(hScan("k", "0"), "HSCAN k 0"),
		sends(hScan("k", "17", Match("a*"), Count(100)), "HSCAN k 17 MATCH a* COUNT 100"),
		sends(hScanNoValues("k", "0"), "HSCAN k 0 NOVALUES"),
		sends(hScanNoValues("k", "17", Count(100), Match("a*")), "HSCAN k 17 COUNT 100 MATCH a* NOVALUES"),
		sends(hSet("k", pair), "HSET k f v"),
		sends(hSetEx("k", pair), "HSETEX k FIELDS 1 f v"),
		sends(hSetEx("k", pair, IfAbsent, ExpireIn(time.Second)), "HSETEX k NX PX 1000 FIELDS 1 f v"),
		sends(hSetEx("k", pair, IfPresent, IfFieldsAbsent, ExpireAt(moment)), "HSETEX k XX FNX PXAT "+momentText+" FIELDS 1 f v"),
		sends(hSetEx("k", pair, KeepTTL, IfFieldsPresent), "HSETEX k KEEPTTL FXX FIELDS 1 f v"),
		sends(hSetNX("k", "f", "v"), "HSETNX k f v"),
		sends(hStrLen("k", "f"), "HSTRLEN k f"),
		sends(hTTL("k", "f", "g"), "HPTTL k FIELDS 2 f g"),
		sends(hVals("k"), "HVALS k"),
	}
}

func TestHashesSendTheirWords(t *testing.T) { testSendings(t, hashSendings()) }

func TestSeveralFieldsAreSentWithTheirValuesInTurn(t *testing.T) {
	values := map[string]string{"a": "1", "b": "2", "c": ""}
	expiring := define(hSetEx("k", values)).words
	require.Equal(t, []string{"HSETEX", "k", "FIELDS", "3"}, expiring[:4])
	for _, words := range [][]string{define(hSet("k", values)).words[2:], expiring[4:]} {
		sent := map[string]string{}
		for pair := range slices.Chunk(words, 2) {
			sent[pair[0]] = pair[1]
		}
		require.Equal(t, values, sent)
		require.Len(t, words, 6)
	}
}

func TestHashesRefuse(t *testing.T) {
	pair := map[string]string{"f": "v"}
	one := []string{"f"}
	testRefusals(t, []refusal{
		refuses(hDel("k"), "no fields"),
		refuses(hExpire("k", 1, nil), "no fields"),
		refuses(hExpire("k", 1, one, nil), "nil option"),
		refuses(hExpire("k", 1, one, IfAbsent, IfPresent), "more than one condition"),
		refuses(hExpire("k", 1, one, IfGreater, IfLess), "more than one comparison"),
		refuses(hExpireAt("k", moment, []string{}), "no fields"),
		refuses(hExpireAt("k", moment, one, IfAbsent, IfLess), "IfAbsent excludes other conditions"),
		refuses(hExpireTime("k"), "no fields"),
		refuses(hGetDel("k"), "no fields"),
		refuses(hGetEx("k", nil, Persist), "no fields"),
		refuses(hGetEx("k", one, Persist, ExpireIn(1)), "more than one expiry"),
		refuses(hGetEx("k", one, nil), "nil option"),
		refuses(hIncrByFloat("k", "f", math.NaN()), "an increment that is not finite"),
		refuses(hIncrByFloat("k", "f", math.Inf(-1)), "an increment that is not finite"),
		refuses(hMGet("k"), "no fields"),
		refuses(hPersist("k"), "no fields"),
		refuses(hScan("k", "0", Match("a"), Match("b")), "more than one Match"),
		refuses(hScanNoValues("k", "0", Count(1), Count(1)), "more than one Count"),
		refuses(hScan("k", "0", nil), "nil option"),
		refuses(hSet("k", nil), "no fields"),
		refuses(hSetEx("k", map[string]string{}), "no fields"),
		refuses(hSetEx("k", pair, IfAbsent, IfFieldsPresent, IfPresent), "more than one condition"),
		refuses(hSetEx("k", pair, IfFieldsAbsent, IfFieldsPresent), "more than one condition of the fields"),
		refuses(hSetEx("k", pair, KeepTTL, ExpireAt(moment)), "more than one expiry"),
		refuses(hSetEx("k", pair, nil), "nil option"),
		refuses(hTTL("k"), "no fields"),
	})
}

func TestHashesReadTheirReplies(t *testing.T) {
	a, one, b, two := stringReply("a"), stringReply("1"), stringReply("b"), stringReply("\x00\r\n")
	fields := []Field{{"a", "1"}, {"b", "\x00\r\n"}}
	expiries := hExpire("k", 1, []string{"f"})
	testReadings(t, []reading{
		reads("field missing", hGet("k", "f"), nilReply, None[string]()),
		reads("field empty", hGet("k", "f"), stringReply(""), Some("")),
		reads("field with the text OK", hGet("k", "f"), okReply, Some("OK")),
		reads("all of RESP3", hGetAll("k"), mapReply(a, one, b, two), map[string]string{"a": "1", "b": "\x00\r\n"}),
		reads("all of RESP2", hGetAll("k"), arrayReply(a, one, b, two), map[string]string{"a": "1", "b": "\x00\r\n"}),
		reads("all of none", hGetAll("k"), mapReply(), map[string]string{}),
		reads("fields", hMGet("k", "a", "b"), arrayReply(one, nilReply), []Optional[string]{Some("1"), None[string]()}),
		reads("names as a set", hKeys("k"), setReply(a, b), []string{"a", "b"}),
		reads("float as double", hIncrByFloat("k", "f", 1), doubleReply(0.1), 0.1),
		reads("float as text", hIncrByFloat("k", "f", 1), stringReply("3.5e+2"), 350),
		reads("existence as boolean", hExists("k", "f"), []byte{3}, true),
		reads("existence as integer", hExists("k", "f"), intReply(0), false),
		reads("random field", hRandField("k"), a, Some("a")),
		reads("random field of none", hRandField("k"), nilReply, None[string]()),
		reads("random fields of none", hRandFieldCount("k", 1), arrayReply(), []string{}),
		reads("random pairs", hRandFieldWithValues("k", 2), arrayReply(arrayReply(a, one), arrayReply(b, two)), fields),
		reads("random pairs in turn", hRandFieldWithValues("k", 2), arrayReply(a, one, b, two), fields),
		reads("random pairs as a map", hRandFieldWithValues("k", 2), mapReply(a, one, b, two), fields),
		reads("random pairs of none", hRandFieldWithValues("k", 2), arrayReply(), []Field{}),
		reads("page of fields", hScan("k", "0"), arrayReply(stringReply("17"), arrayReply(a, one, b, two)), ScanPage[Field]{"17", fields}),
		reads("last page of fields", hScan("k", "0"), arrayReply(stringReply("0"), arrayReply()), ScanPage[Field]{"0", []Field{}}),
		reads("page of names", hScanNoValues("k", "0"), arrayReply(stringReply("17"), arrayReply(a, b)), ScanPage[string]{"17", []string{"a", "b"}}),
		reads("set as integer", hSetEx("k", map[string]string{"f": "v"}), intReply(1), true),
		reads("not set as boolean", hSetEx("k", map[string]string{"f": "v"}), []byte{2}, false),
		reads("expiries of fields", expiries, arrayReply(intReply(-2), intReply(-1), intReply(0), intReply(1), intReply(2)),
			[]FieldExpiry{NoSuchField, NoExpiry, ConditionNotMet, ExpiryChanged, FieldDeleted}),
		reads("expiries of tomorrow", expiries, arrayReply(intReply(7)), []FieldExpiry{7}),
		reads("lifetimes of fields", hTTL("k", "f"), arrayReply(intReply(-2), intReply(-1), intReply(1500)),
			[]Lifetime[time.Duration]{{}, {state: lifetimeUnlimited}, {1500 * time.Millisecond, lifetimeLimited}}),
		reads("times of fields", hExpireTime("k", "f"), arrayReply(intReply(-2), intReply(-1), intReply(2_000_000_000_123)),
			[]Lifetime[time.Time]{{}, {state: lifetimeUnlimited}, {moment.Truncate(time.Millisecond), lifetimeLimited}}),
	})
}

func TestFieldsWithoutAValueAreUnexpected(t *testing.T) {
	a := stringReply("a")
	for _, reply := range [][]byte{
		arrayReply(a, a, a),
		arrayReply(arrayReply(a)),
		arrayReply(arrayReply(a, a), arrayReply(a, a, a)),
		arrayReply(arrayReply(a, a), a),
		arrayReply(a, arrayReply(a, a)),
		mapReply(a, nilReply),
	} {
		_, err := define(hRandFieldWithValues("k", 1)).reply(reply)
		require.ErrorIs(t, err, ErrUnexpectedReply)
		_, err = define(hGetAll("k")).reply(reply)
		require.ErrorIs(t, err, ErrUnexpectedReply)
	}
}

func TestAFieldExpirySaysWhatItIs(t *testing.T) {
	for expiry, text := range map[FieldExpiry]string{
		NoSuchField: "no such field", NoExpiry: "no expiry", ConditionNotMet: "condition not met",
		ExpiryChanged: "expiry changed", FieldDeleted: "field deleted",
		3: "field expiry 3", -3: "field expiry -3", math.MaxInt64: "field expiry 9223372036854775807", math.MinInt64: "field expiry -9223372036854775808",
	} {
		require.Equal(t, text, expiry.String())
	}
}
