package atmostonce_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/livetest/internal/fakeserver"
	"github.com/valkey-glide/go/glide/livetest/internal/harness"
)

// effects are commands that do something, though servers do not count all of
// them as writes; the last ones are no one's.
var effects = [][]string{
	{"PUBLISH", "channel", "message"}, {"SPUBLISH", "channel", "message"},
	{"SCRIPT", "LOAD", "return 1"}, {"SCRIPT", "FLUSH"}, {"SCRIPT", "KILL"},
	{"FUNCTION", "LOAD", "#!lua name=a"}, {"FUNCTION", "DELETE", "a"}, {"FUNCTION", "FLUSH"}, {"FUNCTION", "RESTORE", "x"},
	{"CONFIG", "SET", "maxmemory", "0"}, {"CONFIG", "RESETSTAT"}, {"CONFIG", "REWRITE"},
	{"CLIENT", "KILL", "ID", "7"}, {"CLIENT", "PAUSE", "1"}, {"CLIENT", "UNBLOCK", "7"},
	{"ACL", "SETUSER", "a"}, {"ACL", "DELUSER", "a"}, {"ACL", "LOG", "RESET"},
	{"LATENCY", "RESET"}, {"SLOWLOG", "RESET"}, {"MEMORY", "PURGE"}, {"BGSAVE"}, {"BGREWRITEAOF"}, {"SAVE"}, {"SWAPDB", "0", "1"},
	{"CLUSTER", "FORGET", "x"}, {"CLUSTER", "BUMPEPOCH"}, {"CLUSTER", "ADDSLOTS", "1"}, {"FAILOVER"}, {"DEBUG", "SLEEP", "0"},
	{"MODULE", "LOAD", "x"}, {"GETEX", "k", "PERSIST"}, {"GETDEL", "k"}, {"GETSET", "k", "v"}, {"PFCOUNT", "a{k}", "b{k}"}, {"PFMERGE", "a{k}", "b{k}"},
	{"SORT", "k", "STORE", "k"}, {"GEORADIUS", "k", "0", "0", "1", "m", "STORE", "k"}, {"XREADGROUP", "GROUP", "g", "c", "STREAMS", "k", ">"},
	{"EVAL", "return 1", "0"}, {"EVALSHA", "x", "0"}, {"FCALL", "f", "0"},
	{"EVAL", "return 1", "1", "k"}, {"FCALL", "f", "1", "k"},
	{"MODULE.WRITE", "k"}, {"NO-SUCH-COMMAND", "k"}, {"json.numincrby", "k", "$", "1"},
}

// harmless are of those above: to run them twice changes nothing.
var harmless = map[string]bool{"PFCOUNT": true}

func TestCommandWithAnEffectIsSentOnceHoweverItIsCounted(t *testing.T) {
	for _, kind := range []harness.Kind{harness.Standalone, harness.Cluster} {
		for _, words := range effects {
			t.Run(string(kind)+", "+strings.Join(words, " "), func(t *testing.T) {
				t.Parallel()
				server := fakeserver.Start(t)
				name := strings.ToUpper(words[0])
				two := name
				if name == "CLUSTER" || name == "CLIENT" {
					two += " " + words[1] // others are of connecting
				}
				client := kind.Connect(t, glide.ClusterConfig{Addresses: harness.AddressesOf(server), RequestTimeout: time.Second})
				before := server.Count(two)
				server.Handle(two, func(c *fakeserver.Conn, _ []string) string {
					if server.Count(two) == before+1 {
						c.Close()
						return fakeserver.NoReply
					}
					return fakeserver.OK
				})
				_, err := client.Do(ctx, words...)
				watch(client, 100*time.Millisecond)
				if harmless[name] {
					return
				}
				require.LessOrEqual(t, server.Count(two)-before, 1, "it is sent again: %v", err)
				require.Error(t, err)
				if server.Count(two) > before { // or it is refused
					require.False(t, glide.SafeToRetry(err), "%v", err)
				}
			})
		}
	}
}
