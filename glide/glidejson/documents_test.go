package glidejson_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/glidejson"
	"github.com/valkey-glide/go/glide/internal/moduletest"
)

type user struct {
	Name  string   `json:"name"`
	Age   int      `json:"age"`
	Tags  []string `json:"tags"`
	Home  *place   `json:"home,omitempty"`
	Admin bool     `json:"admin"`
}

type place struct {
	City string `json:"city"`
}

var ada = user{Name: "Ada", Age: 36, Tags: []string{"math"}, Home: &place{"London"}, Admin: true}

// store stores a document.
func store(t *testing.T, on glide.Commander, key string, document any) {
	t.Helper()
	require.True(t, moduletest.Value(glidejson.Set(ctx, on, key, "$", document))(t))
}

// raw stores JSON as it stands.
func raw(t *testing.T, on glide.Commander, key, text string) {
	t.Helper()
	store(t, on, key, json.RawMessage(text))
}

// requireDocument requires what a document is.
func requireDocument(t *testing.T, on glide.Commander, key, text string) {
	t.Helper()
	document := moduletest.Value(glidejson.Get[json.RawMessage](ctx, on, key))(t)
	require.JSONEq(t, text, string(document.Value()))
}

func TestDocumentsAreGoValues(t *testing.T) {
	onEveryFace(t, func(t *testing.T, on glide.Commander) {
		require.True(t, moduletest.Value(glidejson.Get[user](ctx, on, "{k}none"))(t).IsNil())
		store(t, on, "{k}a", ada)
		require.Equal(t, some(ada), moduletest.Value(glidejson.Get[user](ctx, on, "{k}a"))(t))
		require.Equal(t, some([]string{"Ada"}), moduletest.Value(glidejson.GetAt[string](ctx, on, "{k}a", "$.name"))(t))
		require.Equal(t, some([]string{}), moduletest.Value(glidejson.GetAt[string](ctx, on, "{k}a", "$.none"))(t))
		require.True(t, moduletest.Value(glidejson.GetAt[string](ctx, on, "{k}none", "$.none"))(t).IsNil())
		require.Equal(t, some("London"), moduletest.Value(glidejson.GetLegacy[string](ctx, on, "{k}a", ".home.city"))(t))
		_, err := glidejson.GetLegacy[string](ctx, on, "{k}a", ".none")
		moduletest.RequireServerError(t, err)

		_, err = glidejson.Get[int](ctx, on, "{k}a")
		require.ErrorIs(t, err, glide.ErrUnexpectedReply)
		require.NotContains(t, err.Error(), "Ada")
	})
}

func TestSetHasConditions(t *testing.T) {
	onEveryFace(t, func(t *testing.T, on glide.Commander) {
		require.False(t, moduletest.Value(glidejson.Set(ctx, on, "{k}a", "$", 1, glidejson.IfPresent))(t))
		require.True(t, moduletest.Value(glidejson.Set(ctx, on, "{k}a", "$", map[string]int{"x": 1}, glidejson.IfAbsent))(t))
		require.False(t, moduletest.Value(glidejson.Set(ctx, on, "{k}a", "$.x", 2, glidejson.IfAbsent))(t))
		require.True(t, moduletest.Value(glidejson.Set(ctx, on, "{k}a", "$.x", 2, glidejson.IfPresent))(t))
		require.True(t, moduletest.Value(glidejson.Set(ctx, on, "{k}a", ".y", "new"))(t), "a legacy path")
		require.False(t, moduletest.Value(glidejson.Set(ctx, on, "{k}a", "$.none.x", 1))(t), "nothing to set it in")
		requireDocument(t, on, "{k}a", `{"x":2,"y":"new"}`)
		_, err := glidejson.Set(ctx, on, "{k}b", "$.x", 1)
		moduletest.RequireServerError(t, err)
	})
}

func TestSeveralPaths(t *testing.T) {
	onEveryFace(t, func(t *testing.T, on glide.Commander) {
		raw(t, on, "{k}a", `{"a":1,"b":{"a":[2]}}`)
		require.Equal(t, some(map[string][]json.RawMessage{"$..a": {json.RawMessage("1"), json.RawMessage("[2]")}, "$.none": {}}),
			moduletest.Value(glidejson.GetPaths(ctx, on, "{k}a", "$..a", "$.none"))(t))
		require.Equal(t, some(map[string][]json.RawMessage{"$.a": {json.RawMessage("1")}}), moduletest.Value(glidejson.GetPaths(ctx, on, "{k}a", "$.a"))(t))
		require.True(t, moduletest.Value(glidejson.GetPaths(ctx, on, "{k}none", "$.a", "$.b"))(t).IsNil())
		require.Equal(t, some(map[string]json.RawMessage{".a": json.RawMessage("1"), "b.a[0]": json.RawMessage("2")}),
			moduletest.Value(glidejson.GetPathsLegacy(ctx, on, "{k}a", ".a", "b.a[0]"))(t))
		require.Equal(t, some(map[string]json.RawMessage{".a": json.RawMessage("1")}), moduletest.Value(glidejson.GetPathsLegacy(ctx, on, "{k}a", ".a"))(t))
	})
}

func TestTextIsLaidOut(t *testing.T) {
	onEveryFace(t, func(t *testing.T, on glide.Commander) {
		raw(t, on, "{k}a", `{"a":[1,"é"]}`)
		require.Equal(t, some(`{"a":[1,"é"]}`), moduletest.Value(glidejson.GetText(ctx, on, "{k}a", nil, glidejson.NoEscape))(t))
		require.Equal(t, some("{\n  \"a\": [\n    1,\n    \"é\"\n  ]\n}"),
			moduletest.Value(glidejson.GetText(ctx, on, "{k}a", nil, glidejson.Indent("  "), glidejson.NewLine("\n"), glidejson.Space(" ")))(t))
		require.Equal(t, some("[1]"), moduletest.Value(glidejson.GetText(ctx, on, "{k}a", []string{"$.a[0]"}))(t))
		require.True(t, moduletest.Value(glidejson.GetText(ctx, on, "{k}none", nil))(t).IsNil())
	})
}

func TestSeveralKeys(t *testing.T) {
	onEveryFace(t, func(t *testing.T, on glide.Commander) {
		require.NoError(t, glidejson.MSet(ctx, on, glidejson.Item{Key: "{k}a", Path: "$", Value: ada}, glidejson.Item{Key: "{k}b", Path: "$", Value: user{Name: "Bob"}}))
		users := moduletest.Value(glidejson.MGet[user](ctx, on, "{k}a", "{k}none", "{k}b"))(t)
		require.Equal(t, []glide.Optional[user]{some(ada), glide.None[user](), some(user{Name: "Bob"})}, users)
		require.Equal(t, []glide.Optional[[]int]{some([]int{36}), glide.None[[]int](), some([]int{0})},
			moduletest.Value(glidejson.MGetAt[int](ctx, on, "$.age", "{k}a", "{k}none", "{k}b"))(t))
		require.Equal(t, []glide.Optional[string]{some("London"), glide.None[string](), glide.None[string]()},
			moduletest.Value(glidejson.MGetLegacy[string](ctx, on, ".home.city", "{k}a", "{k}none", "{k}b"))(t))
	})
}

func TestKeysOfSeveralSlotsInACluster(t *testing.T) {
	for _, protocol := range []glide.Protocol{glide.RESP3, glide.RESP2} {
		client := suite.ClusterClient(t, protocol)
		var items []glidejson.Item
		var keys []string
		for i := range 100 {
			keys = append(keys, string(rune('a'+i%26))+string(rune('a'+i/26)))
			items = append(items, glidejson.Item{Key: keys[i], Path: "$", Value: map[string]int{"x": i}})
		}
		require.NoError(t, glidejson.MSet(ctx, client, items...))
		for _, on := range []glide.Commander{client} {
			for i, x := range moduletest.Value(glidejson.MGetLegacy[int](ctx, on, ".x", keys...))(t) {
				require.Equal(t, some(i), x)
			}
			for i, x := range moduletest.Value(glidejson.MGetAt[int](ctx, on, "$.x", keys...))(t) {
				require.Equal(t, some([]int{i}), x)
			}
		}
		documents := moduletest.Value(glidejson.MGet[map[string]int](ctx, client, append(keys, "none")...))(t)
		require.Len(t, documents, 101)
		require.Equal(t, map[string]int{"x": 99}, documents[99].Value())
		require.True(t, documents[100].IsNil())

		_, err := client.Exec(ctx, queued(glide.NewTransaction(), keys))
		require.ErrorIs(t, err, glide.ErrInvalidArgument)
	}
}

func queued(batch *glide.Transaction, keys []string) *glide.Transaction {
	glidejson.MGetIn[any](batch, keys...)
	return batch
}

func TestMerge(t *testing.T) {
	suite.Needs(t, "JSON.MERGE")
	onEveryFace(t, func(t *testing.T, on glide.Commander) {
		raw(t, on, "{k}a", `{"a":1,"b":{"c":2}}`)
		require.True(t, moduletest.Value(glidejson.Merge(ctx, on, "{k}a", "$", json.RawMessage(`{"a":null,"b":{"d":3}}`)))(t))
		requireDocument(t, on, "{k}a", `{"b":{"c":2,"d":3}}`)
		require.True(t, moduletest.Value(glidejson.Merge(ctx, on, "{k}new", "$", ada))(t))
		_, err := glidejson.Merge(ctx, on, "{k}none", "$.a", 1)
		moduletest.RequireServerError(t, err)
	})
}

func TestDeletingAndClearing(t *testing.T) {
	onEveryFace(t, func(t *testing.T, on glide.Commander) {
		raw(t, on, "{k}a", `{"a":1,"b":{"a":[2]},"c":{"d":1}}`)
		require.EqualValues(t, 2, moduletest.Value(glidejson.Del(ctx, on, "{k}a", "$..a"))(t))
		require.EqualValues(t, 0, moduletest.Value(glidejson.Del(ctx, on, "{k}a", ".a"))(t))
		require.EqualValues(t, 1, moduletest.Value(glidejson.Clear(ctx, on, "{k}a", "$.c"))(t))
		requireDocument(t, on, "{k}a", `{"b":{},"c":{}}`)
		require.EqualValues(t, 1, moduletest.Value(glidejson.Forget(ctx, on, "{k}a", "$"))(t))
		require.EqualValues(t, 0, moduletest.Value(glidejson.Del(ctx, on, "{k}a", "$"))(t))
		_, err := glidejson.Clear(ctx, on, "{k}a", "$")
		moduletest.RequireServerError(t, err)
	})
}

func TestTypes(t *testing.T) {
	onEveryFace(t, func(t *testing.T, on glide.Commander) {
		raw(t, on, "{k}a", `{"i":1,"n":1.5,"s":"","b":true,"z":null,"a":[],"o":{}}`)
		types := moduletest.Value(glidejson.Type(ctx, on, "{k}a", "$.*"))(t)
		require.ElementsMatch(t, []string{"integer", "number", "string", "boolean", "null", "array", "object"}, types.Value())
		require.Equal(t, some([]string{"object"}), moduletest.Value(glidejson.Type(ctx, on, "{k}a", "$"))(t))
		require.Equal(t, some([]string{}), moduletest.Value(glidejson.Type(ctx, on, "{k}a", "$.none"))(t))
		require.True(t, moduletest.Value(glidejson.Type(ctx, on, "{k}none", "$"))(t).IsNil())
		require.Equal(t, some("array"), moduletest.Value(glidejson.TypeLegacy(ctx, on, "{k}a", ".a"))(t))
		require.True(t, moduletest.Value(glidejson.TypeLegacy(ctx, on, "{k}a", ".none"))(t).IsNil())
		require.True(t, moduletest.Value(glidejson.TypeLegacy(ctx, on, "{k}none", "."))(t).IsNil())
	})
}
