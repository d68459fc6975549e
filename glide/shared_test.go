package glide_test

import (
	"context"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/glidetest"
)

// sharedServer starts the one server that the tests of commands and the
// examples share, when it is first asked for. They do not run in parallel,
// and each begins with an empty one. What changes its configuration, closes
// other connections or pauses it has a server of its own.
var sharedServer = sync.OnceValues(func() (*glidetest.Server, error) {
	return glidetest.StartServer(context.Background())
})

// closeSharedServer ends it, if it was started. TestMain calls it.
func closeSharedServer() error {
	server, err := sharedServer()
	if err != nil {
		return nil
	}
	return server.Close()
}

var protocols = []struct {
	name     string
	protocol glide.Protocol
}{{"RESP3", glide.RESP3}, {"RESP2", glide.RESP2}}

func speaking(protocol glide.Protocol) func(*glide.Config) {
	return func(config *glide.Config) { config.Protocol = protocol }
}

// onShared runs a test with each protocol on the shared server, empty.
func onShared(t *testing.T, test func(t *testing.T, client *glide.Client)) {
	t.Helper()
	server, err := sharedServer()
	require.NoError(t, err)
	onEachProtocol(t, server, test)
}

// onEachProtocol runs a test with each protocol on a server, empty.
func onEachProtocol(t *testing.T, server *glidetest.Server, test func(t *testing.T, client *glide.Client)) {
	t.Helper()
	for _, p := range protocols {
		t.Run(p.name, func(t *testing.T) {
			client := connect(t, server, patient, speaking(p.protocol))
			_, err := client.Do(ctx, "FLUSHALL")
			require.NoError(t, err)
			test(t, client)
		})
	}
}

// onOwn runs a test with each protocol on a server that nobody else uses.
func onOwn(t *testing.T, test func(t *testing.T, server *glidetest.Server, client *glide.Client)) {
	t.Helper()
	for _, p := range protocols {
		t.Run(p.name, func(t *testing.T) {
			server := glidetest.Start(t)
			test(t, server, connect(t, server, patient, speaking(p.protocol)))
		})
	}
}

// ctx is for tests that are not about contexts.
var ctx = context.Background()

// needs skips a test of what the server is too old for, or of the other
// family; TestTheServersCommands counts and names such commands.
func needs(t *testing.T, what, valkey, redis string) {
	t.Helper()
	server, err := sharedServer()
	require.NoError(t, err)
	if !server.Version().AtLeast(valkey, redis) {
		t.Skipf("%s lacks %s", server.Version(), what)
	}
}

// value takes the error out of a reply that has none.
func value[T any](v T, err error) func(t *testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		require.NoError(t, err)
		return v
	}
}

// requireCode requires an error with which the server answered.
func requireCode(t *testing.T, code string, err error) {
	t.Helper()
	var server *glide.ServerError
	require.ErrorAs(t, err, &server)
	require.Equal(t, code, server.Code, err)
}

// words gives the strings of an array of any.
func words(t *testing.T, array any) []string {
	t.Helper()
	texts := []string{}
	for _, item := range array.([]any) {
		texts = append(texts, item.(string))
	}
	return texts
}

// TestTheServersCommands says which of the commands that have methods this
// server lacks: what their tests do not try here. The newest server must have
// them all, and no others in these groups.
func TestTheServersCommands(t *testing.T) {
	server, err := sharedServer()
	require.NoError(t, err)
	client := connect(t, server, patient)
	listed := surfaceOf(t)
	var known []string
	for _, name := range words(t, value(client.Do(ctx, "COMMAND", "LIST"))(t)) {
		known = append(known, strings.ToUpper(strings.ReplaceAll(name, "|", " ")))
	}
	lacking := slices.DeleteFunc(slices.Clone(listed), func(name string) bool { return slices.Contains(known, name) })
	t.Logf("%s lacks %d of %d commands: %s", server.Version(), len(lacking), len(listed), strings.Join(lacking, ", "))
	if server.Version().AtLeast("9.1", "") {
		require.Empty(t, lacking)
	}
	if v := server.Version(); v.Name == "valkey" && v.Major == 9 && v.Minor == 1 {
		require.ElementsMatch(t, listed, commandsOf(t, client, "string", "generic", "connection"))
	}
}

// commandsOf gives the server's commands of the groups.
func commandsOf(t *testing.T, client *glide.Client, groups ...string) (names []string) {
	t.Helper()
	docs, ok := value(client.Do(ctx, "COMMAND", "DOCS"))(t).(map[string]any)
	require.True(t, ok)
	for name, doc := range docs {
		fields := doc.(map[string]any)
		if !slices.Contains(groups, fields["group"].(string)) {
			continue
		}
		names = append(names, strings.ToUpper(name))
		if subcommands, ok := fields["subcommands"].(map[string]any); ok {
			for sub := range subcommands {
				names = append(names, strings.ToUpper(strings.ReplaceAll(sub, "|", " ")))
			}
		}
	}
	return names
}

// exampleClient gives a client of the shared server, which is empty.
func exampleClient() *glide.Client {
	server, err := sharedServer()
	if err != nil {
		panic(err)
	}
	config := configFor(server)
	patient(&config)
	client, err := glide.NewClient(ctx, config)
	if err == nil {
		_, err = client.Do(ctx, "FLUSHALL")
	}
	if err != nil {
		panic(err)
	}
	return client
}

// surfaceOf gives the checked-in list of commands, see surface_test.go.
func surfaceOf(t *testing.T) (names []string) {
	t.Helper()
	list, err := os.ReadFile("testdata/commands.txt")
	require.NoError(t, err)
	for line := range strings.Lines(string(list)) {
		_, name, _ := strings.Cut(strings.TrimSpace(line), " ")
		names = append(names, name)
	}
	return names
}
