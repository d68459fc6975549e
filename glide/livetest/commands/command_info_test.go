package commands_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/internal/faces"
	"github.com/valkey-glide/go/glide/internal/testkit"
	"github.com/valkey-glide/go/glide/livetest/internal/harness"
)

func TestCommandInfoDescribesCommands(t *testing.T) {
	harness.OnEveryFace(t, func(t *testing.T, c faces.Face) {
		infos := harness.Value(c.CommandInfo(ctx, "get", "nothing", "XREAD", "eval", "config", "config|get"))(t)
		require.Len(t, infos, 6)
		require.True(t, infos[1].IsNil())

		get := infos[0].Value()
		require.Equal(t, "get", get.Name)
		require.EqualValues(t, 2, get.Arity)
		require.Equal(t, []string{"fast", "readonly"}, get.Flags)
		require.Equal(t, []int64{1, 1, 1}, []int64{get.FirstKey, get.LastKey, get.KeyStep})
		require.Equal(t, []string{"@fast", "@read", "@string"}, get.Categories)
		require.Equal(t, []glide.KeySpec{{
			Flags: []string{"RO", "access"},
			Begin: glide.KeyBegin{Type: "index", Index: 1},
			Find:  glide.KeyFind{Type: "range", KeyStep: 1},
		}}, get.KeySpecs)
		require.Equal(t, []glide.CommandInfo{}, get.Subcommands)

		xread := infos[2].Value()
		require.Contains(t, xread.Flags, "movablekeys")
		require.Equal(t, glide.KeyBegin{Type: "keyword", Keyword: "STREAMS", StartFrom: 1}, xread.KeySpecs[0].Begin)
		require.Equal(t, glide.KeyFind{Type: "range", LastKey: -1, KeyStep: 1, Limit: 2}, xread.KeySpecs[0].Find)
		require.Equal(t, glide.KeyFind{Type: "keynum", FirstKey: 1, KeyStep: 1}, infos[3].Value().KeySpecs[0].Find)

		config := infos[4].Value()
		require.EqualValues(t, -2, config.Arity)
		set := slices.IndexFunc(config.Subcommands, func(info glide.CommandInfo) bool { return info.Name == "config|set" })
		require.Equal(t, []string{"request_policy:all_nodes", "response_policy:all_succeeded"}, config.Subcommands[set].Tips)
		require.Equal(t, "config|get", infos[5].Value().Name)
	})
}

func TestCommandDescribesAllCommands(t *testing.T) {
	harness.OnEveryFace(t, func(t *testing.T, c faces.Face) {
		all := harness.Value(c.Command(ctx))(t)
		require.EqualValues(t, len(all), harness.Value(c.CommandCount(ctx))(t))
		i := slices.IndexFunc(all, func(info glide.CommandInfo) bool { return info.Name == "get" })
		require.Equal(t, harness.Value(c.CommandInfo(ctx, "get"))(t)[0].Value(), all[i])
	})
}

func TestCommandDocsDocumentCommands(t *testing.T) {
	version := harness.Value(testkit.SharedServer())(t).Version()
	harness.OnEveryFace(t, func(t *testing.T, c faces.Face) {
		docs := harness.Value(c.CommandDocs(ctx, "set", "SUBSTR", "nothing", "config", "sort"))(t)
		require.Len(t, docs, 4)
		set := docs["set"]
		require.NotEmpty(t, set.Summary)
		require.Equal(t, "1.0.0", set.Since)
		require.Equal(t, "string", set.Group)
		require.Equal(t, "O(1)", set.Complexity)
		require.Contains(t, set.History[0].Version, "2.6.12")
		require.NotEmpty(t, set.History[0].Description)
		key := set.Arguments[0]
		require.Equal(t, "key", key.Type)
		require.Equal(t, glide.Some(int64(0)), key.KeySpec)
		require.True(t, set.Arguments[1].KeySpec.IsNil())
		condition := set.Arguments[2]
		require.Equal(t, "oneof", condition.Type)
		require.Equal(t, []string{"optional"}, condition.Flags)
		require.Equal(t, "NX", condition.Arguments[0].Token)
		require.Equal(t, "pure-token", condition.Arguments[0].Type)

		if !version.AtLeast("9.0", "") { // from there on nothing counts as deprecated
			require.Equal(t, "2.0.0", docs["substr"].DeprecatedSince)
			require.Equal(t, []string{"deprecated"}, docs["substr"].Flags)
			require.Contains(t, docs["substr"].ReplacedBy, "GETRANGE")
		}
		require.NotEmpty(t, docs["config"].Subcommands["config|get"].Summary)

		require.Empty(t, harness.Value(c.CommandDocs(ctx, "nothing"))(t))
		require.EqualValues(t, harness.Value(c.CommandCount(ctx))(t), len(harness.Value(c.CommandDocs(ctx))(t)))
	})
}

func TestCommandGetKeysFindsTheKeys(t *testing.T) {
	harness.OnEveryFace(t, func(t *testing.T, c faces.Face) {
		for _, key := range harness.Hostile {
			require.Equal(t, []string{key, "other"}, harness.Value(c.CommandGetKeys(ctx, "MSET", key, "v", "other", "w"))(t))
		}
		require.Equal(t, []string{"s"}, harness.Value(c.CommandGetKeys(ctx, "xread", "COUNT", "1", "STREAMS", "s", "0"))(t))
		require.Equal(t, []glide.KeyAccess{{Key: "a", Flags: []string{"RW", "access", "delete"}}, {Key: "b", Flags: []string{"RW", "insert"}}},
			harness.Value(c.CommandGetKeysAndFlags(ctx, "LMOVE", "a", "b", "left", "right"))(t))
		for _, words := range [][]string{{"PING"}, {"NOTHING", "a"}, {"GET"}} {
			_, err := c.CommandGetKeys(ctx, words[0], words[1:]...)
			harness.RequireCode(t, "ERR", err)
			_, err = c.CommandGetKeysAndFlags(ctx, words[0], words[1:]...)
			harness.RequireCode(t, "ERR", err)
		}
	})
}

func TestCommandListFilters(t *testing.T) {
	harness.OnEveryFace(t, func(t *testing.T, c faces.Face) {
		require.Subset(t, harness.Value(c.CommandList(ctx))(t), []string{"get", "config|get", "config"})
		require.ElementsMatch(t, []string{"setbit", "setex", "setnx", "setrange"}, harness.Value(c.CommandList(ctx, glide.CommandsMatching("set?*")))(t))
		require.ElementsMatch(t, harness.Value(c.ACLCatCommands(ctx, "hash"))(t), harness.Value(c.CommandList(ctx, glide.CommandsOfCategory("hash")))(t))
		require.Equal(t, []string{}, harness.Value(c.CommandList(ctx, glide.CommandsOfCategory("nothing")))(t))
		require.Equal(t, []string{}, harness.Value(c.CommandList(ctx, glide.CommandsOfModule("nothing")))(t))
	})
}
