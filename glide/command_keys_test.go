package glide_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/glidetest"
)

// The keys of a command decide which node of a cluster it goes to and which
// transaction it fits in. A definition that takes a key for a word, or a word
// for a key, works on a standalone server anyway: so every row of every
// table is held against what the server takes for keys.
func TestTheServerSeesTheSameKeys(t *testing.T) {
	server := glidetest.Start(t)
	unknown := map[string]bool{}
	for _, row := range glide.AllSent() {
		t.Run(strings.Join(row.Words, " "), func(t *testing.T) {
			keys, known := serverKeysOf(t, server, row)
			if !known {
				unknown[row.Name] = true
				return
			}
			require.ElementsMatch(t, keys, row.Keys)
		})
	}
	t.Logf("%s does not know %d commands: %v", server.Version(), len(unknown), unknown)
	if v := server.Version(); v.Name == "valkey" && v.Major == 9 && v.Minor == 1 {
		require.Empty(t, unknown)
	}
}

// serverKeysOf asks a server what of a command is a key, if it knows it.
func serverKeysOf(t *testing.T, server *glidetest.Server, command glide.Sent) (keys []string, known bool) {
	t.Helper()
	if len(command.Words) == 1 {
		return nil, true // older servers do not understand the question
	}
	reply, err := server.Command(slices.Concat([]string{"COMMAND", "GETKEYS"}, command.Words)...)
	if err == nil {
		for _, key := range reply.([]any) {
			keys = append(keys, key.(string))
		}
		return keys, true
	}
	var refused glidetest.ReplyError
	require.ErrorAs(t, err, &refused)
	switch string(refused) {
	case "ERR Invalid command specified", "ERR Invalid number of arguments specified for command":
		return nil, false // the command, or one of its options, is newer
	case "ERR The command has no key arguments",
		"ERR Invalid arguments specified for command": // keys of a second kind are left out
		return describedKeysOf(t, server, command), true
	default:
		require.NoError(t, err)
		return nil, false
	}
}

// describedKeysOf returns the words that stand where the command's description
// says that keys are: those, too, that are no keys but have slots as keys
// have, such as the channel of SPUBLISH.
func describedKeysOf(t *testing.T, server *glidetest.Server, command glide.Sent) (words []string) {
	t.Helper()
	name := strings.ReplaceAll(strings.ToLower(command.Name), " ", "|")
	infos, _ := server.MustCommand(t, "COMMAND", "INFO", name).([]any)
	info, _ := infos[0].([]any)
	if len(info) < 6 {
		return nil
	}
	first, last, step := info[3].(int64), info[4].(int64), info[5].(int64)
	if last < 0 {
		last += int64(len(command.Words))
	}
	for i := first; i > 0 && i <= last; i += step {
		words = append(words, command.Words[i])
	}
	return words
}
