package glide

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// A listed is a command of testdata/commands.tsv: what COMMAND DOCS of Valkey
// 9.1 lists, and what only Redis has, since which version; and why no method sends it if none does. The reasons can only
// become fewer by intent: a command that is both sent and omitted, neither, or
// unknown to the list, fails the test.
type listed struct{ group, name, since, omitted string }

func surface(t *testing.T) (commands []listed) {
	t.Helper()
	table, err := os.ReadFile("testdata/commands.tsv")
	require.NoError(t, err)
	for line := range strings.Lines(string(table)) {
		fields := append(strings.Split(strings.TrimSuffix(line, "\n"), "\t"), "")
		commands = append(commands, listed{fields[0], fields[1], fields[2], fields[3]})
	}
	return commands
}

func TestEveryCommandIsSentOrOmittedDeliberately(t *testing.T) {
	sent := map[string]bool{}
	for _, row := range allSendings() {
		sent[row.definition.name] = true
	}
	for _, kind := range subscriptionKinds {
		sent[kind.subscribe], sent[kind.unsubscribe] = true, true
	}
	known := map[string]bool{}
	omitted := 0
	for _, command := range surface(t) {
		known[command.name] = true
		require.NotEqual(t, sent[command.name], command.omitted != "", "%s of the group %s is either sent or omitted with a reason", command.name, command.group)
		if command.omitted != "" {
			omitted++
			t.Logf("omitted: %-12s %s", command.name, command.omitted)
		}
	}
	for name := range sent {
		require.True(t, known[name], "%s is in no group of the list", name)
	}
	t.Logf("%d commands sent, %d omitted deliberately", len(sent), omitted)
}
