package commands_test

import (
	"context"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide/internal/testkit"
	"github.com/valkey-glide/go/glide/livetest/internal/harness"
)

// ctx is for tests that are not about contexts.
var ctx = context.Background()

// words returns the strings of an array of any.
func words(t *testing.T, array any) []string {
	t.Helper()
	texts := []string{}
	for _, item := range array.([]any) {
		texts = append(texts, item.(string))
	}
	return texts
}

// TestTheServersCommands says which of the commands that have methods this
// server lacks: what their tests do not try here. The list must be that of the
// newest server.
func TestTheServersCommands(t *testing.T) {
	server, err := testkit.SharedServer()
	require.NoError(t, err)
	client := harness.Connect(t, server, harness.Patient)
	listed, ofRedis, sent := surfaceOf(t)
	var known []string
	for _, name := range words(t, harness.Value(client.Do(ctx, "COMMAND", "LIST"))(t)) {
		known = append(known, strings.ToUpper(strings.ReplaceAll(name, "|", " ")))
	}
	lacking := slices.DeleteFunc(slices.Clone(sent), func(name string) bool { return slices.Contains(known, name) })
	t.Logf("%s lacks %d of %d commands: %s", server.Version(), len(lacking), len(sent), strings.Join(lacking, ", "))
	switch v := server.Version(); {
	case v.Name == "valkey" && v.Major == 9 && v.Minor == 1:
		require.ElementsMatch(t, listed, known)
	case v.Name == "redis" && v.Major == 8 && v.Minor == 6:
		for _, name := range known {
			require.True(t, slices.Contains(listed, name) || slices.Contains(ofRedis, name), name)
		}
	}
}

// surfaceOf returns the commands of glide/testdata/commands.tsv, see command_surface_test.go there:
// those of Valkey, those that only Redis has, and of both those that a method sends.
func surfaceOf(t *testing.T) (listed, ofRedis, sent []string) {
	t.Helper()
	table, err := os.ReadFile("../../testdata/commands.tsv")
	require.NoError(t, err)
	for line := range strings.Lines(string(table)) {
		fields := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		if strings.HasPrefix(fields[2], "redis ") {
			ofRedis = append(ofRedis, fields[1])
		} else {
			listed = append(listed, fields[1])
		}
		if len(fields) < 4 {
			sent = append(sent, fields[1])
		}
	}
	return listed, ofRedis, sent
}
