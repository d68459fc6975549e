package glidesearch_test

import (
	"regexp"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/glidesearch"
	"github.com/valkey-glide/go/glide/glidetest"
)

// calls gives how often a server has run a command by now, by its own count.
func calls(t *testing.T, server *glidetest.Server, command string) int {
	t.Helper()
	info, _ := server.MustCommand(t, "INFO", "commandstats").(string)
	match := regexp.MustCompile(`(?i)cmdstat_` + regexp.QuoteMeta(command) + `:calls=(\d+)`).FindStringSubmatch(info)
	if match == nil {
		return 0
	}
	count, err := strconv.Atoi(match[1])
	require.NoError(t, err)
	return count
}

// A query is asked again by a script once its reply could not be converted;
// the next ones are scripts at once, and none is where it need not be.
func TestQueriesAreScriptsOnlyWhereTheyMustBe(t *testing.T) {
	server := suite.Server(t)
	for _, row := range []struct {
		name            string
		protocol        glide.Protocol
		options         []glidesearch.SearchOption
		searches, evals int
	}{
		{"RESP2", glide.RESP2, nil, 10, 0},
		{"RESP3", glide.RESP3, nil, 11, 10},
		{"RESP2 with scores", glide.RESP2, []glidesearch.SearchOption{glidesearch.WithScores}, 10, 10},
	} {
		t.Run(row.name, func(t *testing.T) {
			client := suite.Client(t, row.protocol)
			require.NoError(t, glidesearch.Create(ctx, client, "index", schema))
			value(client.HSet(ctx, "book", map[string]string{"title": "sea"}))(t)
			server.MustCommand(t, "CONFIG", "RESETSTAT")
			for range 10 {
				found := value(glidesearch.Search(ctx, client, "index", "sea", row.options...))(t)
				require.Len(t, found.Documents, 1)
			}
			require.Equal(t, row.searches, calls(t, server, "FT.SEARCH"))
			require.Equal(t, row.evals, calls(t, server, "eval_ro"))
		})
	}
}
