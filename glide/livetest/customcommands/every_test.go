package customcommands_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/glidetest"
	"github.com/valkey-glide/go/glide/livetest/internal/harness"
)

// notTried are the commands that would end the test, by name, and why.
var notTried = map[string]string{
	"SHUTDOWN":  "there would be no server",
	"REPLICAOF": "the server would be another's replica",
	"SLAVEOF":   "the server would be another's replica",
	"DEBUG":     "its purpose is to do harm",
	"SELECT":    "the client takes note of it: see Select",
}

// Everything a server offers, one word after the other: afterwards the shared
// connection is the same one, in the same state, and answers as before.
func TestNoCommandOfTheServerHarmsTheSharedConnection(t *testing.T) {
	t.Parallel()
	server := glidetest.Start(t)
	client := harness.Standalone.Connect(t, glide.ClusterConfig{
		Addresses: harness.AddressesOf(server), RequestTimeout: harness.Patience, ClientName: "shared",
	}).(*glide.Client)
	id, err := client.ClientID(ctx)
	require.NoError(t, err)
	before := stateOf(t, server, id)
	require.NotEmpty(t, before)
	commands := commandsOf(t, server)
	require.Greater(t, len(commands), 200)
	refused := map[string]bool{}
	for _, c := range commands {
		if _, skipped := notTried[strings.ToUpper(c.words[0])]; skipped {
			continue
		}
		for more := range 3 {
			words := slices.Clone(c.words)
			for len(words) < c.arity+more {
				words = append(words, "1")
			}
			// Those that block have connections for themselves.
			bounded, cancel := context.WithTimeout(ctx, 2*time.Second)
			_, err := client.Do(bounded, words...)
			cancel()
			if errors.Is(err, glide.ErrInvalidArgument) {
				refused[strings.ToUpper(strings.Join(c.words, " "))] = true
			}
			require.NotErrorIs(t, err, glide.ErrConnectionLost, "%q", words)
			value := fmt.Sprint(words)
			require.NoError(t, client.Set(ctx, "canary", value), "after %q", words)
			read, err := client.Get(ctx, "canary")
			require.NoError(t, err, "after %q", words)
			require.Equal(t, value, read.Value(), "after %q", words)
			if len(c.words) == 2 && strings.EqualFold(c.words[1], "SETNAME") {
				require.NoError(t, client.ClientSetName(ctx, "shared"))
			}
			require.Equal(t, before, stateOf(t, server, id), "after %q", words)
		}
	}
	for _, name := range []string{"MONITOR", "CLIENT REPLY", "SYNC", "PSYNC", "REPLCONF", "SUBSCRIBE", "RESET", "MULTI", "WATCH", "SCRIPT DEBUG"} {
		require.True(t, refused[name], "%s is not refused", name)
	}
	t.Logf("%d commands of %s; refused: %q", len(commands), server.Version(), slices.Sorted(keysOf(refused)))
}

func keysOf(m map[string]bool) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		for key := range m {
			if !yield(key) {
				return
			}
		}
	}
}

type offered struct {
	words []string
	// arity is how many words it has at least.
	arity int
}

// commandsOf returns the commands and subcommands that a server offers.
func commandsOf(t *testing.T, server *glidetest.Server) (all []offered) {
	t.Helper()
	var add func(description any)
	add = func(description any) {
		fields := description.([]any)
		name, arity := fields[0].(string), fields[1].(int64)
		if len(fields) > 9 {
			if subcommands := fields[9].([]any); len(subcommands) > 0 {
				for _, subcommand := range subcommands {
					add(subcommand)
				}
				return
			}
		}
		all = append(all, offered{strings.Split(name, "|"), int(max(arity, -arity))})
	}
	for _, description := range server.MustCommand(t, "COMMAND").([]any) {
		add(description)
	}
	slices.SortFunc(all, func(a, b offered) int { return slices.Compare(a.words, b.words) })
	return all
}

// stateOf is what a connection is to the server, without what changes with
// each command.
func stateOf(t *testing.T, server *glidetest.Server, id int64) map[string]string {
	t.Helper()
	for _, connection := range harness.ClientsOf(t, server) {
		if connection["id"] == fmt.Sprint(id) {
			state := map[string]string{}
			for _, field := range []string{"name", "flags", "db", "sub", "psub", "ssub", "multi", "watch", "user", "resp", "redir"} {
				state[field] = connection[field]
			}
			return state
		}
	}
	require.FailNow(t, "the connection is gone")
	return nil
}
