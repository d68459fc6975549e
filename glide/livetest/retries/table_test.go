package retries_test

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide/glidetest"
	"github.com/valkey-glide/go/glide/internal/moduletest"
	"github.com/valkey-glide/go/glide/internal/testkit"
)

// table reads one of the library's lists of commands that only read.
func table(t *testing.T, list string) (names []string) {
	t.Helper()
	source, err := os.ReadFile("../../../ffi/src/command/read_only.rs")
	require.NoError(t, err)
	body := regexp.MustCompile(`(?s)const ` + list + `: .*?= \[\n(.*?)\n\];`).FindSubmatch(source)
	require.NotNil(t, body, list)
	for _, name := range regexp.MustCompile(`b"([^"]+)"`).FindAllSubmatch(body[1], -1) {
		names = append(names, string(name[1]))
	}
	require.NotEmpty(t, names)
	require.True(t, slices.IsSorted(names), "%s is searched in order", list)
	return names
}

// described is what a server says of its commands: their flags by their names.
func described(t *testing.T, server *glidetest.Server) map[string][]string {
	t.Helper()
	flags := map[string][]string{}
	var note func(commands any)
	note = func(commands any) {
		list, _ := commands.([]any)
		for _, command := range list {
			fields := command.([]any)
			if subcommands, _ := fields[9].([]any); len(subcommands) > 0 {
				note(fields[9])
				continue
			}
			name := strings.ToUpper(strings.ReplaceAll(text(fields[0]), "|", " "))
			flags[name] = []string{}
			for _, flag := range fields[2].([]any) {
				flags[name] = append(flags[name], text(flag))
			}
		}
	}
	note(server.MustCommand(t, "COMMAND"))
	require.Greater(t, len(flags), 200)
	return flags
}

func text(reply any) string {
	switch reply := reply.(type) {
	case string:
		return reply
	case []byte:
		return string(reply)
	}
	return ""
}

// servers are the programs that are installed, by what they are.
func servers(t *testing.T) map[string][]glidetest.Option {
	t.Helper()
	found := map[string][]glidetest.Option{"default": nil}
	const debian = "/usr/bin/redis-check-rdb"
	if _, err := os.Stat(debian); err == nil {
		found[debian] = []glidetest.Option{glidetest.WithBinary(debian)}
	}
	for _, name := range []string{"redis/redis-server", "redis8/redis-server", "valkey/valkey-server", "valkey-9.1.2/valkey-server"} {
		if path, ok := testkit.InstalledServer(name); ok {
			found[name] = []glidetest.Option{glidetest.WithBinary(path)}
		}
	}
	t.Logf("%d servers", len(found))
	return found
}

// What only reads is in the table, and what does anything else is not, by the
// word of every server that is installed.
func TestTableOfCommandsThatOnlyReadIsWhatServersSay(t *testing.T) {
	t.Parallel()
	flagged, asking, besideKeys := table(t, "FLAGGED"), table(t, "ASKING"), table(t, "BESIDE_KEYS")
	// Elsewhere: XREAD may block, and is among those that ask; cursors of CLUSTERSCAN
	// are to stay with the primary.
	elsewhere := []string{"CLUSTERSCAN", "XREAD"}
	for name, options := range servers(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			flags := described(t, glidetest.Start(t, options...))
			for command, flags := range flags {
				only := slices.Contains(flags, "readonly") && !slices.Contains(elsewhere, command)
				for _, flag := range []string{"write", "may_replicate", "blocking", "pubsub"} {
					only = only && !slices.Contains(flags, flag)
				}
				require.Equal(t, only, slices.Contains(flagged, command), "%s: %v", command, flags)
			}
			for _, command := range asking {
				known, ok := flags[command]
				require.True(t, ok || command == "CLUSTER SHARDS", command)
				require.NotContains(t, known, "write", command)
				require.NotContains(t, known, "may_replicate", command)
			}
			for _, command := range besideKeys {
				require.NotContains(t, flags[command], "write", command)
			}
		})
	}
}

// The same of the commands of filters, sketches and digests. CF.COMPACT and the
// DEBUG commands are flagged too, and are not for clients.
func TestTableOfBloomCommandsThatOnlyReadIsWhatTheModuleSays(t *testing.T) {
	t.Parallel()
	path := glidetest.ModulePath(moduletest.Bloom.File)
	if _, err := os.Stat(path); err != nil {
		t.Skip("scripts/install-server modules has not installed one: ", err)
	}
	listed := table(t, "OF_MODULES")
	count := 0
	for command, flags := range described(t, glidetest.Start(t, glidetest.WithModule(path))) {
		kind, name, dotted := strings.Cut(command, ".")
		if !dotted || name == "DEBUG" || name == "COMPACT" || !slices.Contains([]string{"BF", "CF", "CMS", "TOPK", "TDIGEST"}, kind) {
			continue
		}
		count++
		require.Equal(t, slices.Contains(flags, "readonly"), slices.Contains(listed, command), "%s: %v", command, flags)
	}
	require.Greater(t, count, 40)
}
