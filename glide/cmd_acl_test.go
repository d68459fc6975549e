package glide

import (
	"math"
	"testing"
	"time"
)

var _ = table(aclSendings)

func aclSendings() []sending {
	return []sending{
		sends(aclCat(), "ACL CAT"),
		sends(aclCatCommands("read"), "ACL CAT read"),
		sends(aclDelUser("u"), "ACL DELUSER u"),
		sends(aclDelUser("u", "v"), "ACL DELUSER u v"),
		sends(aclDryRun("u", "GET", "k"), "ACL DRYRUN u GET k"),
		sends(aclDryRun("u", "PING"), "ACL DRYRUN u PING"),
		sends(aclGenPass(256), "ACL GENPASS 256"),
		sends(aclGetUser("u"), "ACL GETUSER u"),
		sends(aclList(), "ACL LIST"),
		sends(aclLoad(), "ACL LOAD"),
		sends(aclLog(0), "ACL LOG 0"),
		sends(aclLog(math.MaxInt64), "ACL LOG 9223372036854775807"),
		sends(aclLogReset(), "ACL LOG RESET"),
		sends(aclSave(), "ACL SAVE"),
		sends(aclSetUser("u"), "ACL SETUSER u"),
		sends(aclSetUser("u", "on", ">p", "~k*", "+@read"), "ACL SETUSER u on >p ~k* +@read"),
		sends(aclUsers(), "ACL USERS"),
		sends(aclWhoAmI(), "ACL WHOAMI"),
	}
}

func TestACLCommandsSendTheirWords(t *testing.T) { testSendings(t, aclSendings()) }

func TestACLCommandsRefuse(t *testing.T) {
	testRefusals(t, []refusal{
		refuses(aclDelUser(), "no users"),
		refuses(aclLog(-1), "negative count"),
	})
}

func TestACLCommandsReadTheirReplies(t *testing.T) {
	text := stringReply
	permissions := [][]byte{text("commands"), text("-@all +get"), text("keys"), text("~k*"), text("channels"), text("&c*"), text("databases"), text("db=0")}
	user := ACLUser{
		Flags: []string{"nopass", "on"}, Passwords: []string{"30c9"},
		ACLPermissions: ACLPermissions{"-@all +get", "~k*", "&c*", "db=0"},
		Selectors:      []ACLPermissions{{"-@all +get", "~k*", "&c*", "db=0"}},
	}
	wire := func(sequence func(...[]byte) []byte, flags []byte) []byte {
		fields := append([][]byte{text("flags"), flags, text("passwords"), arrayReply(text("30c9"))}, permissions...)
		return sequence(append(fields, text("selectors"), arrayReply(sequence(permissions...)), text("new"), mapReply(intReply(1), nilReply))...)
	}
	entry := ACLLogEntry{
		Count: 2, Reason: "auth", Context: "toplevel", Object: "AUTH", Username: "u", Age: 91 * time.Millisecond,
		Client: ClientInfo{ID: 7, Name: "n"}, ID: 3, Created: time.UnixMilli(2_000_000_000_123), Updated: time.UnixMilli(2_000_000_000_456),
	}
	denied := func(sequence func(...[]byte) []byte, age []byte) []byte {
		return arrayReply(sequence(text("count"), intReply(2), text("reason"), text("auth"), text("context"), text("toplevel"),
			text("object"), text("AUTH"), text("username"), text("u"), text("age-seconds"), age, text("client-info"), text("id=7 name=n"),
			text("entry-id"), intReply(3), text("timestamp-created"), intReply(2_000_000_000_123),
			text("timestamp-last-updated"), intReply(2_000_000_000_456), text("new"), nilReply))
	}
	testReadings(t, []reading{
		reads("allowed", aclDryRun("u", "GET"), okReply, None[string]()),
		reads("forbidden", aclDryRun("u", "GET"), text("no permissions"), Some("no permissions")),
		reads("no user", aclGetUser("u"), nilReply, None[ACLUser]()),
		reads("user of RESP3", aclGetUser("u"), wire(mapReply, setReply(text("on"), text("nopass"))), Some(user)),
		reads("user of RESP2", aclGetUser("u"), wire(arrayReply, arrayReply(text("on"), text("nopass"))), Some(user)),
		reads("user of 6.2", aclGetUser("u"),
			arrayReply(text("keys"), arrayReply(text("a*"), text("b*")), text("channels"), arrayReply(text("*"))),
			Some(ACLUser{ACLPermissions: ACLPermissions{Keys: "~a* ~b*", Channels: "&*"}})),
		reads("user of 6.2 without keys", aclGetUser("u"), arrayReply(text("keys"), arrayReply()), Some(ACLUser{})),
		reads("denials of RESP3", aclLog(10), denied(mapReply, doubleReply(0.091)), []ACLLogEntry{entry}),
		reads("denials of RESP2", aclLog(10), denied(arrayReply, text("0.091")), []ACLLogEntry{entry}),
		reads("no denials", aclLog(10), arrayReply(), []ACLLogEntry{}),
		reads("denial before 7.2", aclLog(10), arrayReply(mapReply(text("count"), intReply(1), text("age-seconds"), doubleReply(0))),
			[]ACLLogEntry{{Count: 1}}),
	})
}
