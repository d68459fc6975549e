package glide

import "testing"

var _ = table(commandSendings)

func commandSendings() []sending {
	return []sending{
		sends(allCommands(), "COMMAND"),
		sends(commandCount(), "COMMAND COUNT"),
		sends(commandDocs(), "COMMAND DOCS"),
		sends(commandDocs("get", "config|get"), "COMMAND DOCS get config|get"),
		sends(commandGetKeys("MSET", "a", "b"), "COMMAND GETKEYS MSET a b"),
		sends(commandGetKeysAndFlags("MSET", "a", "b"), "COMMAND GETKEYSANDFLAGS MSET a b"),
		sends(commandInfo("get", "set"), "COMMAND INFO get set"),
		sends(commandList(), "COMMAND LIST"),
		sends(commandList(CommandsOfModule("m")), "COMMAND LIST FILTERBY MODULE m"),
		sends(commandList(CommandsOfCategory("read")), "COMMAND LIST FILTERBY ACLCAT read"),
		sends(commandList(CommandsMatching("x*")), "COMMAND LIST FILTERBY PATTERN x*"),
	}
}

func TestCommandsAboutCommandsSendTheirWords(t *testing.T) { testSendings(t, commandSendings()) }

func TestCommandsAboutCommandsRefuse(t *testing.T) {
	testRefusals(t, []refusal{
		refuses(commandInfo(), "no names"),
		refuses(commandList(CommandsOfModule("m"), CommandsMatching("x*")), "more than one filter"),
		refuses(commandList(nil), "nil option"),
	})
}

func TestCommandsAboutCommandsReadTheirReplies(t *testing.T) {
	text, number := stringReply, intReply
	type sequence = func(...[]byte) []byte
	spec := func(fields sequence, begin, find []byte) []byte {
		return fields(text("notes"), text("n"), text("flags"), setReply(text("access"), text("RO")), text("begin_search"), begin,
			text("find_keys"), find, text("new"), nilReply)
	}
	command := func(fields sequence) []byte {
		ranged := fields(text("type"), text("range"), text("spec"), fields(text("lastkey"), number(-1), text("keystep"), number(1), text("limit"), number(2)))
		counted := fields(text("type"), text("keynum"), text("new"), nilReply, text("spec"),
			fields(text("keynumidx"), number(0), text("firstkey"), number(1), text("keystep"), number(2)))
		unknown := fields(text("type"), text("unknown"), text("spec"), fields())
		return arrayReply(text("xread"), number(-4), setReply(text("readonly"), text("blocking")), number(1), number(2), number(3),
			setReply(text("@stream"), text("@read")), arrayReply(text("tip")),
			arrayReply(
				spec(fields, fields(text("type"), text("index"), text("spec"), fields(text("index"), number(1))), ranged),
				spec(fields, fields(text("type"), text("keyword"), text("spec"), fields(text("keyword"), text("STREAMS"), text("startfrom"), number(-2))), counted),
				spec(fields, unknown, unknown)),
			arrayReply(arrayReply(text("xread|more"), number(1), setReply(), number(0), number(0), number(0))), nilReply)
	}
	flags := []string{"RO", "access"}
	info := CommandInfo{
		Name: "xread", Arity: -4, Flags: []string{"blocking", "readonly"}, FirstKey: 1, LastKey: 2, KeyStep: 3,
		Categories: []string{"@read", "@stream"}, Tips: []string{"tip"},
		KeySpecs: []KeySpec{
			{"n", flags, KeyBegin{Type: "index", Index: 1}, KeyFind{Type: "range", LastKey: -1, KeyStep: 1, Limit: 2}},
			{"n", flags, KeyBegin{Type: "keyword", Keyword: "STREAMS", StartFrom: -2}, KeyFind{Type: "keynum", FirstKey: 1, KeyStep: 2}},
			{"n", flags, KeyBegin{Type: "unknown"}, KeyFind{Type: "unknown"}},
		},
		Subcommands: []CommandInfo{{Name: "xread|more", Arity: 1, Flags: []string{}}},
	}
	docs := func(fields sequence) []byte {
		token := fields(text("name"), text("and"), text("display_text"), text("AND"), text("type"), text("pure-token"), text("token"), text("AND"))
		return fields(text("bitop"), fields(text("summary"), text("s"), text("since"), text("2.6.0"), text("group"), text("bitmap"),
			text("complexity"), text("O(N)"), text("module"), text("m"), text("doc_flags"), setReply(text("syscmd"), text("deprecated")),
			text("deprecated_since"), text("9"), text("replaced_by"), text("OTHER"), text("new"), nilReply,
			text("history"), setReply(arrayReply(text("7.0.0"), text("changed"))),
			text("arguments"), arrayReply(
				fields(text("name"), text("operation"), text("type"), text("oneof"), text("arguments"), arrayReply(token)),
				fields(text("name"), text("key"), text("type"), text("key"), text("key_spec_index"), number(1), text("new"), nilReply,
					text("flags"), arrayReply(text("optional"), text("multiple")), text("summary"), text("t"), text("since"), text("3"), text("deprecated_since"), text("4"))),
			text("subcommands"), fields(text("bitop|x"), fields(text("summary"), text("u")))))
	}
	doc := CommandDoc{
		Summary: "s", Since: "2.6.0", Group: "bitmap", Complexity: "O(N)", Module: "m", Flags: []string{"deprecated", "syscmd"},
		DeprecatedSince: "9", ReplacedBy: "OTHER", History: []CommandChange{{"7.0.0", "changed"}},
		Arguments: []CommandArgument{
			{Name: "operation", Type: "oneof", Arguments: []CommandArgument{{Name: "and", DisplayText: "AND", Type: "pure-token", Token: "AND"}}},
			{Name: "key", Type: "key", KeySpec: Some(int64(1)), Flags: []string{"multiple", "optional"}, Summary: "t", Since: "3", DeprecatedSince: "4"},
		},
		Subcommands: map[string]CommandDoc{"bitop|x": {Summary: "u"}},
	}
	testReadings(t, []reading{
		reads("commands of RESP3", commandInfo("a"), arrayReply(command(mapReply), nilReply), []Optional[CommandInfo]{Some(info), None[CommandInfo]()}),
		reads("commands of RESP2", allCommands(), arrayReply(command(arrayReply)), []CommandInfo{info}),
		reads("command of 6.2", allCommands(), arrayReply(arrayReply(text("get"), number(2), arrayReply(), number(1), number(1), number(1), arrayReply())),
			[]CommandInfo{{Name: "get", Arity: 2, Flags: []string{}, FirstKey: 1, LastKey: 1, KeyStep: 1, Categories: []string{}}}),
		reads("docs of RESP3", commandDocs(), docs(mapReply), map[string]CommandDoc{"bitop": doc}),
		reads("docs of RESP2", commandDocs(), docs(arrayReply), map[string]CommandDoc{"bitop": doc}),
		reads("no docs", commandDocs("x"), arrayReply(), map[string]CommandDoc{}),
		reads("keys with flags", commandGetKeysAndFlags("MSET"), arrayReply(arrayReply(text("a"), setReply(text("update"), text("OW")))),
			[]KeyAccess{{"a", []string{"OW", "update"}}}),
	})
}
