package glide

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

var _ = table(connectionSendings)

func connectionSendings() []sending {
	list := func(filters ...ClientFilter) command[[]ClientInfo] { return clientList(filters...) }
	kill := func(filters ...ClientFilter) command[int64] { return clientKill(filters...) }
	track := func(options ...ClientTrackingOption) command[struct{}] { return clientTracking(true, options...) }
	return []sending{
		sends(auth(Credentials{Password: "p"}), "AUTH p"),
		sends(auth(Credentials{"u", "p"}), "AUTH u p"),
		sends(auth(Credentials{"u", ""}), "AUTH u "),
		sends(clientCaching(true), "CLIENT CACHING YES"),
		sends(clientCaching(false), "CLIENT CACHING NO"),
		sends(clientCapa("redirect", "other"), "CLIENT CAPA redirect other"),
		sends(clientGetName(), "CLIENT GETNAME"),
		sends(clientGetRedir(), "CLIENT GETREDIR"),
		sends(clientID(), "CLIENT ID"),
		sends(clientImportSource(true), "CLIENT IMPORT-SOURCE ON"),
		sends(clientImportSource(false), "CLIENT IMPORT-SOURCE OFF"),
		sends(clientInfo(), "CLIENT INFO"),
		sends(kill(ClientsByID(1)), "CLIENT KILL ID 1"),
		sends(kill(ClientsByID(1, 2), SkipMe(false)), "CLIENT KILL ID 1 2 SKIPME NO"),
		sends(kill(ClientsOlderThan(time.Hour)), "CLIENT KILL MAXAGE 3600"),
		sends(list(), "CLIENT LIST"),
		sends(list(NormalClients), "CLIENT LIST TYPE NORMAL"),
		sends(list(PrimaryClients), "CLIENT LIST TYPE MASTER"),
		sends(list(ReplicaClients), "CLIENT LIST TYPE REPLICA"),
		sends(list(PubSubClients), "CLIENT LIST TYPE PUBSUB"),
		sends(list(ClientsByUser("u")), "CLIENT LIST USER u"),
		sends(list(ClientsByAddress("a:1")), "CLIENT LIST ADDR a:1"),
		sends(list(ClientsByLocalAddress("a:1")), "CLIENT LIST LADDR a:1"),
		sends(list(ClientsByName("n")), "CLIENT LIST NAME n"),
		sends(list(ClientsByFlags("N")), "CLIENT LIST FLAGS N"),
		sends(list(ClientsByLibraryName("l")), "CLIENT LIST LIB-NAME l"),
		sends(list(ClientsByLibraryVersion("1")), "CLIENT LIST LIB-VER 1"),
		sends(list(ClientsByDatabase(3)), "CLIENT LIST DB 3"),
		sends(list(ClientsByCapabilities("r")), "CLIENT LIST CAPA r"),
		sends(list(ClientsByIP("::1")), "CLIENT LIST IP ::1"),
		sends(list(ClientsIdleFor(time.Nanosecond)), "CLIENT LIST IDLE 1"),
		sends(list(SkipMe(true)), "CLIENT LIST SKIPME YES"),
		sends(list(Not(PubSubClients), Not(ClientsByID(1, 2)), Not(ClientsByUser("u")), Not(ClientsByDatabase(0)), ClientsByUser("v")),
			"CLIENT LIST NOT-TYPE PUBSUB NOT-ID 1 2 NOT-USER u NOT-DB 0 USER v"),
		sends(clientNoEvict(true), "CLIENT NO-EVICT ON"),
		sends(clientNoTouch(false), "CLIENT NO-TOUCH OFF"),
		sends(clientPause(time.Second), "CLIENT PAUSE 1000"),
		sends(clientPause(time.Second, WritesOnly), "CLIENT PAUSE 1000 WRITE"),
		sends(clientSetInfo(LibraryName("l")), "CLIENT SETINFO LIB-NAME l"),
		sends(clientSetInfo(LibraryVersion("1")), "CLIENT SETINFO LIB-VER 1"),
		sends(clientSetName("n"), "CLIENT SETNAME n"),
		sends(clientTracking(false), "CLIENT TRACKING OFF"),
		sends(track(), "CLIENT TRACKING ON"),
		sends(track(OptIn, NoLoop), "CLIENT TRACKING ON OPTIN NOLOOP"),
		sends(track(OptOut, RedirectTo(7)), "CLIENT TRACKING ON OPTOUT REDIRECT 7"),
		sends(track(Broadcast()), "CLIENT TRACKING ON BCAST"),
		sends(track(Broadcast("a:", "b:")), "CLIENT TRACKING ON PREFIX a: PREFIX b: BCAST"),
		sends(clientTrackingInfo(), "CLIENT TRACKINGINFO"),
		sends(clientUnblock(7), "CLIENT UNBLOCK 7"),
		sends(clientUnblock(7, UnblockWithError), "CLIENT UNBLOCK 7 ERROR"),
		sends(clientUnpause(), "CLIENT UNPAUSE"),
		sends(echo("m"), "ECHO m"),
		sends(hello(), "HELLO"),
		sends(ping(), "PING"),
		sends(pingMessage("m"), "PING m"),
		sends(selectDatabase(3), "SELECT 3"),
	}
}

func TestConnectionCommandsSendTheirWords(t *testing.T) { testSendings(t, connectionSendings()) }

func TestConnectionCommandsRefuse(t *testing.T) {
	testRefusals(t, []refusal{
		refuses(clientCapa(), "no capabilities"),
		refuses(clientKill(), "no filters"),
		refuses(clientKill(NormalClients, PubSubClients), "more than one TYPE"),
		refuses(clientList(ClientsByID(1), ClientsByID(2)), "more than one ID"),
		refuses(clientList(Not(ClientsByID(1)), Not(ClientsByID(2))), "more than one NOT-ID"),
		refuses(clientList(Not(nil)), "nil option"),
		refuses(clientList(nil), "nil option"),
		refuses(clientSetInfo(ClientAttribute{}), "no attribute"),
		refuses(clientTracking(false, NoLoop), "options have no meaning for OFF"),
		refuses(clientTracking(true, OptIn, Broadcast()), "more than one mode of tracking"),
		refuses(clientTracking(true, OptIn, OptOut), "more than one mode of tracking"),
		refuses(clientTracking(true, Broadcast("a"), Broadcast("b")), "more than one mode of tracking"),
		refuses(clientUnblock(1, UnblockWithError, UnblockWithError), "more than one outcome"),
	})
}

func TestPrefixesAreTheCommandsOwn(t *testing.T) {
	prefixes := []string{"a:"}
	option := Broadcast(prefixes...)
	prefixes[0] = "b:"
	require.Equal(t, []string{"CLIENT", "TRACKING", "ON", "PREFIX", "a:", "BCAST"}, define(clientTracking(true, option)).words)
}

const clientLine = "id=3 addr=127.0.0.1:46690 laddr=127.0.0.1:27999 fd=9 name=n age=4 idle=2 flags=N capa=r db=1 sub=1 psub=2 ssub=3 " +
	"multi=-1 watch=4 qbuf=26 tot-mem=17002 omem=5 events=r cmd=client|list user=default redir=-1 resp=2 lib-name=l=m lib-ver= " +
	"tot-net-in=6 tot-net-out=7 tot-cmds=8 next=year"

func TestConnectionCommandsReadTheirReplies(t *testing.T) {
	info := ClientInfo{
		ID: 3, Address: "127.0.0.1:46690", LocalAddress: "127.0.0.1:27999", Name: "n", User: "default",
		Age: 4 * time.Second, Idle: 2 * time.Second, Flags: "N", Capabilities: "r", Database: 1, Protocol: RESP2,
		Command: "client|list", LibraryName: "l=m", Channels: 1, Patterns: 2, ShardChannels: 3, Queued: -1, Watched: 4,
		Redirect: -1, Memory: 17002, OutputMemory: 5, Received: 6, Sent: 7, Commands: 8,
		Other: map[string]string{"fd": "9", "qbuf": "26", "events": "r", "next": "year"},
	}
	flags := []string{"noloop", "on"}
	testReadings(t, []reading{
		reads("no name", clientGetName(), nilReply, None[string]()),
		reads("pong", ping(), stringReply("PONG"), struct{}{}),
		reads("client", clientInfo(), stringReply(clientLine+"\n"), info),
		reads("clients", clientList(), stringReply(clientLine+"\n"+clientLine+"\n"), []ClientInfo{info, info}),
		reads("no clients", clientList(), stringReply(""), []ClientInfo{}),
		reads("socket with a blank", clientInfo(), stringReply("addr=/tmp/my socket:0 id=1"), ClientInfo{ID: 1, Address: "/tmp/my socket:0"}),
		reads("tracking of RESP3", clientTrackingInfo(),
			mapReply(stringReply("flags"), setReply(stringReply("on"), stringReply("noloop")), stringReply("redirect"), intReply(0),
				stringReply("prefixes"), arrayReply(stringReply("a:"))),
			TrackingInfo{flags, 0, []string{"a:"}}),
		reads("tracking of RESP2", clientTrackingInfo(),
			arrayReply(stringReply("flags"), arrayReply(stringReply("on"), stringReply("noloop")), stringReply("redirect"), intReply(0),
				stringReply("prefixes"), arrayReply(), stringReply("new"), mapReply(intReply(1), nilReply)),
			TrackingInfo{flags, 0, []string{}}),
		reads("hello of RESP3", hello(),
			mapReply(stringReply("server"), stringReply("valkey"), stringReply("version"), stringReply("9.1.2"), stringReply("proto"), intReply(3),
				stringReply("id"), intReply(7), stringReply("mode"), stringReply("standalone"), stringReply("role"), stringReply("master"),
				stringReply("availability_zone"), stringReply("z"), stringReply("new"), nilReply,
				stringReply("modules"), arrayReply(mapReply(stringReply("name"), stringReply("lua"), stringReply("ver"), intReply(1),
					stringReply("path"), stringReply("/lua"), stringReply("args"), arrayReply(stringReply("a")), stringReply("new"), nilReply))),
			HelloInfo{"valkey", "9.1.2", RESP3, 7, "standalone", "master", "z", []Module{{"lua", 1, "/lua", []string{"a"}}}}),
		reads("hello of RESP2", hello(),
			arrayReply(stringReply("proto"), intReply(2), stringReply("modules"), arrayReply(arrayReply(stringReply("name"), stringReply("lua")))),
			HelloInfo{Protocol: RESP2, Modules: []Module{{Name: "lua"}}}),
	})
}

func TestClientsOfAnotherFormAreUnexpected(t *testing.T) {
	for _, line := range []string{"id=x", "age=", "id", "id=1\n\nid=2"} {
		_, err := define(clientList()).reply(stringReply(line))
		require.ErrorIs(t, err, ErrUnexpectedReply, line)
	}
}
