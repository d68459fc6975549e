package glide

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

var _ = table(serverSendings)

func serverSendings() []sending {
	there := Address{Host: "there", Port: 7000}
	one := map[string]string{"s": "v"}
	return []sending{
		sends(bgRewriteAOF(), "BGREWRITEAOF"),
		sends(bgSave(), "BGSAVE"),
		sends(bgSave(BGSaveSchedule), "BGSAVE SCHEDULE"),
		sends(bgSaveCancel(), "BGSAVE CANCEL"),
		sends(dbSize(), "DBSIZE"),
		sends(failover(), "FAILOVER"),
		sends(failover(FailoverTo(there)), "FAILOVER TO there 7000"),
		sends(failover(FailoverTo(Address{}), FailoverTimeout(time.Second)), "FAILOVER TO localhost 6379 TIMEOUT 1000"),
		sends(failover(FailoverTimeout(time.Nanosecond)), "FAILOVER TIMEOUT 1"),
		sends(failoverAbort(), "FAILOVER ABORT"),
		sends(failoverForce(there, time.Minute), "FAILOVER TO there 7000 FORCE TIMEOUT 60000"),
		sends(flushAll(), "FLUSHALL"),
		sends(flushAll(FlushAsync), "FLUSHALL ASYNC"),
		sends(flushAll(FlushSync), "FLUSHALL SYNC"),
		sends(flushDB(), "FLUSHDB"),
		sends(flushDB(FlushAsync), "FLUSHDB ASYNC"),
		sends(flushDB(FlushSync), "FLUSHDB SYNC"),
		sends(info(), "INFO"),
		sends(info("server", "memory"), "INFO server memory"),
		sends(lastSave(), "LASTSAVE"),
		sends(lolWut(), "LOLWUT"),
		sends(lolWut(LolWutVersion(5)), "LOLWUT VERSION 5"),
		sends(lolWut(LolWutVersion(5, 1, 2, 3)), "LOLWUT VERSION 5 1 2 3"),
		sends(replicaOf(there), "REPLICAOF there 7000"),
		sends(replicaOf(Address{}), "REPLICAOF localhost 6379"),
		sends(replicaOfNoOne(), "REPLICAOF NO ONE"),
		sends(role(), "ROLE"),
		sends(save(), "SAVE"),
		sends(serverTime(), "TIME"),
		sends(shutdown(), "SHUTDOWN"),
		sends(shutdown(ShutdownSave), "SHUTDOWN SAVE"),
		sends(shutdown(ShutdownNoSave, ShutdownNow, ShutdownForce, ShutdownSafe, ShutdownFailover), "SHUTDOWN NOSAVE NOW FORCE SAFE FAILOVER"),
		sends(shutdownAbort(), "SHUTDOWN ABORT"),
		sends(swapDB(0, 15), "SWAPDB 0 15"),

		sends(configGet("maxmemory"), "CONFIG GET maxmemory"),
		sends(configGet("a*", "b"), "CONFIG GET a* b"),
		sends(configResetStat(), "CONFIG RESETSTAT"),
		sends(configRewrite(), "CONFIG REWRITE"),
		sends(configSet(one), "CONFIG SET s v"),

		sends(moduleList(), "MODULE LIST"),
		sends(moduleLoad("/m.so"), "MODULE LOAD /m.so"),
		sends(moduleLoad("/m.so", "a", "b"), "MODULE LOAD /m.so a b"),
		sends(moduleLoadEx("/m.so", nil), "MODULE LOADEX /m.so"),
		sends(moduleLoadEx("/m.so", one), "MODULE LOADEX /m.so CONFIG s v"),
		sends(moduleLoadEx("/m.so", one, "a", "b"), "MODULE LOADEX /m.so CONFIG s v ARGS a b"),
		sends(moduleUnload("m"), "MODULE UNLOAD m"),
	}
}

func TestServerCommandsSendTheirWords(t *testing.T) { testSendings(t, serverSendings()) }

func TestServerCommandsRefuse(t *testing.T) {
	testRefusals(t, []refusal{
		refuses(bgSave(BGSaveSchedule, BGSaveSchedule), "more than one BGSaveSchedule"),
		refuses(configGet(), "no patterns"),
		refuses(configSet(nil), "no settings"),
		refuses(failover(FailoverTo(Address{}), FailoverTo(Address{})), "more than one replica"),
		refuses(failover(FailoverTimeout(1), FailoverTimeout(1)), "more than one timeout"),
		refuses(failover(nil), "nil option"),
		refuses(failoverForce(Address{}, -1), "negative timeout"),
		refuses(flushAll(FlushAsync, FlushSync), "more than one mode"),
		refuses(flushDB(FlushAsync, FlushAsync), "more than one mode"),
		refuses(lolWut(LolWutVersion(5), LolWutVersion(6)), "more than one version"),
		refuses(shutdown(ShutdownSave, ShutdownNoSave), "more than one saving"),
		refuses(shutdown(ShutdownNow, ShutdownNow), "more than one NOW"),
	})
}

func TestSettingsAreAllSent(t *testing.T) {
	settings := map[string]string{"a": "1", "b": "2", "c": "3"}
	for _, words := range [][]string{define(configSet(settings)).words[2:], define(moduleLoadEx("", settings)).words[3:]} {
		for name, value := range settings {
			require.Subset(t, words, []string{name, value})
		}
	}
}

func TestServerCommandsReadTheirReplies(t *testing.T) {
	second := time.Unix(2_000_000_000, 0)
	replica := ReplicaInfo{Address{Host: "127.0.0.1", Port: 7000}, 28}
	testReadings(t, []reading{
		reads("begun", bgSave(), stringReply("Background saving started"), true),
		reads("scheduled", bgSave(), stringReply("Background saving scheduled"), false),
		reads("rewriting begun", bgRewriteAOF(), stringReply("Background append only file rewriting started"), true),
		reads("rewriting scheduled", bgRewriteAOF(), stringReply("Background append only file rewriting scheduled"), false),
		reads("cancelled", bgSaveCancel(), stringReply("Background saving cancelled"), struct{}{}),
		reads("a scheduled one cancelled", bgSaveCancel(), stringReply("Scheduled background saving cancelled"), struct{}{}),
		reads("last save", lastSave(), intReply(2_000_000_000), second),
		reads("time", serverTime(), arrayReply(stringReply("2000000000"), stringReply("123456")), moment),
		reads("settings of RESP3", configGet("*"), mapReply(stringReply("a"), stringReply("1")), map[string]string{"a": "1"}),
		reads("settings of RESP2", configGet("*"), arrayReply(stringReply("a"), stringReply("1")), map[string]string{"a": "1"}),
		reads("no settings", configGet("*"), arrayReply(), map[string]string{}),
		reads("modules", moduleList(), arrayReply(mapReply(stringReply("name"), stringReply("lua"), stringReply("ver"), intReply(1))),
			[]Module{{Name: "lua", Version: 1}}),
		reads("primary alone", role(), arrayReply(stringReply("master"), intReply(0), arrayReply()),
			RoleInfo{Role: "master", Replicas: []ReplicaInfo{}}),
		reads("primary", role(),
			arrayReply(stringReply("master"), intReply(166),
				arrayReply(arrayReply(stringReply("127.0.0.1"), stringReply("7000"), stringReply("28"), nilReply)), nilReply),
			RoleInfo{Role: "master", Offset: 166, Replicas: []ReplicaInfo{replica}}),
		reads("replica", role(),
			arrayReply(stringReply("slave"), stringReply("there"), intReply(7000), stringReply("connected"), intReply(152)),
			RoleInfo{Role: "slave", Primary: Address{Host: "there", Port: 7000}, Link: "connected", Offset: 152}),
		reads("sentinel", role(), arrayReply(stringReply("sentinel"), arrayReply(stringReply("a"), stringReply("b"))),
			RoleInfo{Role: "sentinel", Primaries: []string{"a", "b"}}),
		reads("a new role", role(), arrayReply(stringReply("observer"), mapReply(intReply(1), nilReply)), RoleInfo{Role: "observer"}),
	})
}

func TestRowsThatAreTooShortAreUnexpected(t *testing.T) {
	_, err := define(role()).reply(arrayReply(stringReply("master")))
	require.ErrorIs(t, err, ErrUnexpectedReply)
	require.ErrorContains(t, err, "an array of 2 or more")
}

func TestSentencesOfAnotherMeaningAreUnexpected(t *testing.T) {
	for _, definition := range []defined{define(bgSave()), define(bgRewriteAOF()), define(bgSaveCancel())} {
		_, err := definition.reply(stringReply("Background saving delayed"))
		require.ErrorIs(t, err, ErrUnexpectedReply)
	}
}

func TestParseInfoTellsSectionsApart(t *testing.T) {
	require.Equal(t, map[string]map[string]string{
		"server":   {"valkey_version": "9.1.2", "listener0": "name=tcp,bind=127.0.0.1,port=1", "availability_zone": ""},
		"modules":  {"module": "name=a,ver=1\nname=b,ver=2"},
		"keyspace": {"db0": "keys=1,expires=0,avg_ttl=0"},
		"cluster":  {},
	}, ParseInfo("before:all\r\n# Server\r\nvalkey_version:9.1.2\r\nlistener0:name=tcp,bind=127.0.0.1,port=1\r\navailability_zone:\r\n\r\n"+
		"# Modules\r\nmodule:name=a,ver=1\r\nmodule:name=b,ver=2\r\nno field\r\n\r\n# Keyspace\r\ndb0:keys=1,expires=0,avg_ttl=0\r\n# Cluster"))
	require.Empty(t, ParseInfo(""))
}

func TestErrorsShowNoRuleAndNoSetting(t *testing.T) {
	for message, shown := range map[string]string{
		"Error in ACL SETUSER modifier '>it's secret': why":                    "Error in ACL SETUSER modifier: why",
		"Unmatched parenthesis in acl selector starting at '(~secret'.":        "Unmatched parenthesis in acl selector starting at.",
		"Invalid argument 'secret' for CONFIG SET 'requirepass'":               "Invalid argument",
		"Error in ACL SETUSER modifier 'secret that is cut off":                "Error in ACL SETUSER modifier",
		"CONFIG SET failed (possibly related to argument 'maxmemory') - a why": "CONFIG SET failed (possibly related to argument 'maxmemory') - a why",
	} {
		require.EqualError(t, serverError("X", "ERR", message), "glide: X: ERR "+shown)
	}
}

func TestUnitsOfTheServersTimes(t *testing.T) {
	testReadings(t, []reading{
		reads("long ago", lastSave(), intReply(0), time.Unix(0, 0)),
		reads("no ticks", latencyHistory("e"), arrayReply(arrayReply(intReply(0), intReply(0))), []LatencySpike{{Time: time.Unix(0, 0)}}),
		reads("the longest", latencyHistory("e"), arrayReply(arrayReply(intReply(1), intReply(math.MaxInt64))),
			[]LatencySpike{{time.Unix(1, 0), math.MaxInt64}}),
	})
}
