package glidejson_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/glidejson"
	"github.com/valkey-glide/go/glide/internal/moduletest"
)

// none is a value that is not there.
func none[T any]() glide.Optional[T] { return glide.None[T]() }

// ints are matches: numbers, and nil for what is none.
func ints(values ...any) []glide.Optional[int64] {
	matches := []glide.Optional[int64]{}
	for _, value := range values {
		if number, ok := value.(int); ok {
			matches = append(matches, some(int64(number)))
		} else {
			matches = append(matches, none[int64]())
		}
	}
	return matches
}

func TestNumbers(t *testing.T) {
	onEveryFace(t, func(t *testing.T, on glide.Commander) {
		raw(t, on, "{k}a", `{"a":1,"b":{"a":2.5},"c":{"a":"x"}}`)
		floats := moduletest.Value(glidejson.NumIncrBy(ctx, on, "{k}a", "$..a", 2))(t)
		require.ElementsMatch(t, []glide.Optional[float64]{some(3.0), some(4.5), none[float64]()}, floats)
		floats = moduletest.Value(glidejson.NumMultBy(ctx, on, "{k}a", "$.b.a", 2))(t)
		require.Equal(t, []glide.Optional[float64]{some(9.0)}, floats)
		require.Empty(t, moduletest.Value(glidejson.NumMultBy(ctx, on, "{k}a", "$.none", 2))(t))
		require.Equal(t, 2.5, moduletest.Value(glidejson.NumIncrByLegacy(ctx, on, "{k}a", ".a", -0.5))(t))
		require.Equal(t, 1e10, moduletest.Value(glidejson.NumMultByLegacy(ctx, on, "{k}a", ".a", 4e9))(t))
		_, err := glidejson.NumIncrByLegacy(ctx, on, "{k}a", ".c.a", 1)
		moduletest.RequireServerError(t, err)
		_, err = glidejson.NumIncrBy(ctx, on, "{k}none", "$", 1)
		moduletest.RequireServerError(t, err)
	})
}

func TestStringsAndBooleans(t *testing.T) {
	onEveryFace(t, func(t *testing.T, on glide.Commander) {
		raw(t, on, "{k}a", `{"a":"x","b":{"a":1},"t":true}`)
		require.ElementsMatch(t, ints(4, nil), moduletest.Value(glidejson.StrAppend(ctx, on, "{k}a", "$..a", `"y"`))(t))
		require.EqualValues(t, 5, moduletest.Value(glidejson.StrAppendLegacy(ctx, on, "{k}a", ".a", "z"))(t))
		require.Equal(t, some(`x"y"z`), moduletest.Value(glidejson.GetLegacy[string](ctx, on, "{k}a", ".a"))(t))
		require.ElementsMatch(t, ints(5, nil), moduletest.Value(glidejson.StrLen(ctx, on, "{k}a", "$..a"))(t))
		require.Equal(t, some[int64](5), moduletest.Value(glidejson.StrLenLegacy(ctx, on, "{k}a", ".a"))(t))
		require.True(t, moduletest.Value(glidejson.StrLenLegacy(ctx, on, "{k}none", ".a"))(t).IsNil())

		require.Equal(t, []glide.Optional[bool]{some(false)}, moduletest.Value(glidejson.Toggle(ctx, on, "{k}a", "$.t"))(t))
		require.Equal(t, []glide.Optional[bool]{none[bool]()}, moduletest.Value(glidejson.Toggle(ctx, on, "{k}a", "$.b.a"))(t))
		require.True(t, moduletest.Value(glidejson.ToggleLegacy(ctx, on, "{k}a", ".t"))(t))
		require.False(t, moduletest.Value(glidejson.ToggleLegacy(ctx, on, "{k}a", ".t"))(t))
		for _, fails := range []error{
			failure(glidejson.StrAppendLegacy(ctx, on, "{k}a", ".t", "x")), failure(glidejson.StrAppend(ctx, on, "{k}none", "$", "x")),
			failure(glidejson.ToggleLegacy(ctx, on, "{k}a", ".a")), failure(glidejson.Toggle(ctx, on, "{k}none", "$")),
		} {
			moduletest.RequireServerError(t, fails)
		}
	})
}

func failure[T any](_ T, err error) error { return err }

func TestArrays(t *testing.T) {
	onEveryFace(t, func(t *testing.T, on glide.Commander) {
		raw(t, on, "{k}a", `{"a":[1],"b":{"a":"x"}}`)
		require.ElementsMatch(t, ints(4, nil), moduletest.Value(glidejson.ArrAppend(ctx, on, "{k}a", "$..a", 2, "x", place{"Rome"}))(t))
		require.EqualValues(t, 5, moduletest.Value(glidejson.ArrAppendLegacy(ctx, on, "{k}a", ".a", nil))(t))
		require.Equal(t, ints(6), moduletest.Value(glidejson.ArrInsert(ctx, on, "{k}a", "$.a", -1, true))(t))
		require.EqualValues(t, 7, moduletest.Value(glidejson.ArrInsertLegacy(ctx, on, "{k}a", ".a", 0, 0))(t))
		requireDocument(t, on, "{k}a", `{"a":[0,1,2,"x",{"city":"Rome"},true,null],"b":{"a":"x"}}`)

		require.ElementsMatch(t, ints(3, nil), moduletest.Value(glidejson.ArrIndex(ctx, on, "{k}a", "$..a", "x"))(t))
		require.Equal(t, ints(-1), moduletest.Value(glidejson.ArrIndex(ctx, on, "{k}a", "$.a", "x", glidejson.Between(4, 0)))(t))
		require.EqualValues(t, 2, moduletest.Value(glidejson.ArrIndexLegacy(ctx, on, "{k}a", ".a", 2, glidejson.Between(1, -1)))(t))
		require.ElementsMatch(t, ints(7, nil), moduletest.Value(glidejson.ArrLen(ctx, on, "{k}a", "$..a"))(t))
		require.Equal(t, some[int64](7), moduletest.Value(glidejson.ArrLenLegacy(ctx, on, "{k}a", ".a"))(t))
		require.True(t, moduletest.Value(glidejson.ArrLenLegacy(ctx, on, "{k}none", "."))(t).IsNil())

		require.Equal(t, ints(5), moduletest.Value(glidejson.ArrTrim(ctx, on, "{k}a", "$.a", 1, 5))(t))
		require.EqualValues(t, 4, moduletest.Value(glidejson.ArrTrimLegacy(ctx, on, "{k}a", ".a", 1, -1))(t))
		require.Equal(t, []glide.Optional[bool]{some(true)}, moduletest.Value(glidejson.ArrPop[bool](ctx, on, "{k}a", "$.a", -1))(t))
		require.Equal(t, []glide.Optional[any]{none[any]()}, moduletest.Value(glidejson.ArrPop[any](ctx, on, "{k}a", "$.b.a", -1))(t))
		require.Equal(t, some(2), moduletest.Value(glidejson.ArrPopLegacy[int](ctx, on, "{k}a", ".a", 0))(t))
		require.Equal(t, some(place{"Rome"}), moduletest.Value(glidejson.ArrPopLegacy[place](ctx, on, "{k}a", ".a", 100))(t))
		require.EqualValues(t, 0, moduletest.Value(glidejson.ArrTrimLegacy(ctx, on, "{k}a", ".a", 5, 9))(t))
		require.True(t, moduletest.Value(glidejson.ArrPopLegacy[int](ctx, on, "{k}a", ".a", -1))(t).IsNil())
		for _, fails := range []error{
			failure(glidejson.ArrAppend(ctx, on, "{k}none", "$", 1)), failure(glidejson.ArrAppendLegacy(ctx, on, "{k}a", ".b", 1)),
			failure(glidejson.ArrInsert(ctx, on, "{k}a", "$.a", 100, 1)), failure(glidejson.ArrPop[int](ctx, on, "{k}none", "$", -1)),
			failure(glidejson.ArrIndex(ctx, on, "{k}none", "$", 1)), failure(glidejson.ArrTrim(ctx, on, "{k}none", "$", 0, 0)),
		} {
			moduletest.RequireServerError(t, fails)
		}
	})
}

func TestObjects(t *testing.T) {
	onEveryFace(t, func(t *testing.T, on glide.Commander) {
		raw(t, on, "{k}a", `{"a":{"x":1,"y":2},"b":{"a":1}}`)
		require.ElementsMatch(t, []glide.Optional[[]string]{some([]string{"x", "y"}), none[[]string]()}, moduletest.Value(glidejson.ObjKeys(ctx, on, "{k}a", "$..a"))(t))
		require.Equal(t, some([]string{"x", "y"}), moduletest.Value(glidejson.ObjKeysLegacy(ctx, on, "{k}a", ".a"))(t))
		require.True(t, moduletest.Value(glidejson.ObjKeysLegacy(ctx, on, "{k}none", "."))(t).IsNil())
		require.ElementsMatch(t, ints(2, nil), moduletest.Value(glidejson.ObjLen(ctx, on, "{k}a", "$..a"))(t))
		require.Equal(t, some[int64](2), moduletest.Value(glidejson.ObjLenLegacy(ctx, on, "{k}a", "."))(t))
		require.True(t, moduletest.Value(glidejson.ObjLenLegacy(ctx, on, "{k}none", "."))(t).IsNil())
		_, err := glidejson.ObjKeysLegacy(ctx, on, "{k}a", ".b.a")
		moduletest.RequireServerError(t, err)
	})
}

func TestRespAndDebug(t *testing.T) {
	onEveryFace(t, func(t *testing.T, on glide.Commander) {
		raw(t, on, "{k}a", `{"a":[1,2.5,"x",true,null]}`)
		inside := []any{"[", int64(1), "2.5", "x", "true", nil}
		require.Equal(t, []any{inside}, moduletest.Value(glidejson.Resp(ctx, on, "{k}a", "$.a"))(t))
		require.Equal(t, any([]any{"{", "a", inside}), moduletest.Value(glidejson.RespLegacy(ctx, on, "{k}a", "."))(t))
		require.Empty(t, moduletest.Value(glidejson.Resp(ctx, on, "{k}none", "$"))(t))

		memory := moduletest.Value(glidejson.DebugMemory(ctx, on, "{k}a", "$.a"))(t)
		require.Len(t, memory, 1)
		require.Positive(t, memory[0].Value())
		require.Positive(t, moduletest.Value(glidejson.DebugMemoryLegacy(ctx, on, "{k}a", "."))(t).Value())
		require.Empty(t, moduletest.Value(glidejson.DebugMemory(ctx, on, "{k}none", "$"))(t))
		require.NotEmpty(t, moduletest.Value(glidejson.DebugHelp(ctx, on))(t))
	})
}
