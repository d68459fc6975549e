package glide

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// allSendings are the rows of all tables.
func allSendings() []sending {
	return append(append(stringSendings(), keySendings()...), connectionSendings()...)
}

// deliberateOmissions are commands that no method sends, and why. The list
// can only shrink by intent: a command that is both here and sent, or here
// and unknown to the server, fails the test.
var deliberateOmissions = map[string]string{
	// The same in another unit or form.
	"EXPIRE":     "Expire sends PEXPIRE",
	"EXPIREAT":   "ExpireAt sends PEXPIREAT",
	"EXPIRETIME": "ExpireTime sends PEXPIRETIME",
	"TTL":        "TTL sends PTTL",
	"GETSET":     "SetGet, which knows all options of SET; deprecated since 6.2 in Redis OSS",
	"SETEX":      "Set with ExpireIn; deprecated in Valkey 8.0",
	"PSETEX":     "Set with ExpireIn; deprecated in Valkey 8.0",
	"SETNX":      "SetIf with Absent; deprecated in Valkey 8.0",
	"SUBSTR":     "GetRange; deprecated in Valkey 8.0",

	// What would break the connection that all callers share.
	"CLIENT REPLY": "the client waits for replies: without one the connection is out of step for ever",
	"RESET":        "it takes the credentials and the protocol from the shared connection; a new client does what it is for",
	"QUIT":         "Close closes the client; this would only make it connect again",

	// What says nothing to a program.
	"CLIENT":      "not a command without a second word",
	"OBJECT":      "not a command without a second word",
	"CLIENT HELP": "a text for people: Do",
	"OBJECT HELP": "a text for people: Do",
}

// surface gives the checked-in list of the server's commands by group, from
// the COMMAND DOCS of Valkey 9.1.
func surface(t *testing.T) map[string][]string {
	t.Helper()
	list, err := os.ReadFile("testdata/commands.txt")
	require.NoError(t, err)
	groups := map[string][]string{}
	for line := range strings.Lines(string(list)) {
		group, name, _ := strings.Cut(strings.TrimSpace(line), " ")
		groups[group] = append(groups[group], name)
	}
	return groups
}

func TestEveryCommandIsSentOrOmittedDeliberately(t *testing.T) {
	sent := map[string]bool{}
	for _, row := range allSendings() {
		sent[row.definition.name] = true
	}
	known := map[string]bool{}
	for group, names := range surface(t) {
		for _, name := range names {
			known[name] = true
			reason, omitted := deliberateOmissions[name]
			require.NotEqual(t, sent[name], omitted, "%s of the group %s is either sent or omitted with a reason", name, group)
			if omitted {
				require.NotEmpty(t, reason)
				t.Logf("omitted: %-12s %s", name, reason)
			}
		}
	}
	for name := range sent {
		require.True(t, known[name], "%s is in no group of the list", name)
	}
	for name := range deliberateOmissions {
		require.True(t, known[name], "%s is omitted but in no group of the list", name)
	}
	t.Logf("%d commands sent, %d omitted deliberately", len(sent), len(deliberateOmissions))
}
