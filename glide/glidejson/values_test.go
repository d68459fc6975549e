package glidejson_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/glidejson"
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
		floats := value(glidejson.NumIncrBy(ctx, on, "{k}a", "$..a", 2))(t)
		require.ElementsMatch(t, []glide.Optional[float64]{some(3.0), some(4.5), none[float64]()}, floats)
		floats = value(glidejson.NumMultBy(ctx, on, "{k}a", "$.b.a", 2))(t)
		require.Equal(t, []glide.Optional[float64]{some(9.0)}, floats)
		require.Empty(t, value(glidejson.NumMultBy(ctx, on, "{k}a", "$.none", 2))(t))
		require.Equal(t, 2.5, value(glidejson.NumIncrByLegacy(ctx, on, "{k}a", ".a", -0.5))(t))
		require.Equal(t, 1e10, value(glidejson.NumMultByLegacy(ctx, on, "{k}a", ".a", 4e9))(t))
		_, err := glidejson.NumIncrByLegacy(ctx, on, "{k}a", ".c.a", 1)
		requireServerError(t, err)
		_, err = glidejson.NumIncrBy(ctx, on, "{k}none", "$", 1)
		requireServerError(t, err)
	})
}

func TestStringsAndBooleans(t *testing.T) {
	onEveryFace(t, func(t *testing.T, on glide.Commander) {
		raw(t, on, "{k}a", `{"a":"x","b":{"a":1},"t":true}`)
		require.ElementsMatch(t, ints(4, nil), value(glidejson.StrAppend(ctx, on, "{k}a", "$..a", `"y"`))(t))
		require.EqualValues(t, 5, value(glidejson.StrAppendLegacy(ctx, on, "{k}a", ".a", "z"))(t))
		require.Equal(t, some(`x"y"z`), value(glidejson.GetLegacy[string](ctx, on, "{k}a", ".a"))(t))
		require.ElementsMatch(t, ints(5, nil), value(glidejson.StrLen(ctx, on, "{k}a", "$..a"))(t))
		require.Equal(t, some[int64](5), value(glidejson.StrLenLegacy(ctx, on, "{k}a", ".a"))(t))
		require.True(t, value(glidejson.StrLenLegacy(ctx, on, "{k}none", ".a"))(t).IsNil())

		require.Equal(t, []glide.Optional[bool]{some(false)}, value(glidejson.Toggle(ctx, on, "{k}a", "$.t"))(t))
		require.Equal(t, []glide.Optional[bool]{none[bool]()}, value(glidejson.Toggle(ctx, on, "{k}a", "$.b.a"))(t))
		require.True(t, value(glidejson.ToggleLegacy(ctx, on, "{k}a", ".t"))(t))
		require.False(t, value(glidejson.ToggleLegacy(ctx, on, "{k}a", ".t"))(t))
		for _, fails := range []error{
			failure(glidejson.StrAppendLegacy(ctx, on, "{k}a", ".t", "x")), failure(glidejson.StrAppend(ctx, on, "{k}none", "$", "x")),
			failure(glidejson.ToggleLegacy(ctx, on, "{k}a", ".a")), failure(glidejson.Toggle(ctx, on, "{k}none", "$")),
		} {
			requireServerError(t, fails)
		}
	})
}

func failure[T any](_ T, err error) error { return err }

func TestArrays(t *testing.T) {
	onEveryFace(t, func(t *testing.T, on glide.Commander) {
		raw(t, on, "{k}a", `{"a":[1],"b":{"a":"x"}}`)
		require.ElementsMatch(t, ints(4, nil), value(glidejson.ArrAppend(ctx, on, "{k}a", "$..a", 2, "x", place{"Rome"}))(t))
		require.EqualValues(t, 5, value(glidejson.ArrAppendLegacy(ctx, on, "{k}a", ".a", nil))(t))
		require.Equal(t, ints(6), value(glidejson.ArrInsert(ctx, on, "{k}a", "$.a", -1, true))(t))
		require.EqualValues(t, 7, value(glidejson.ArrInsertLegacy(ctx, on, "{k}a", ".a", 0, 0))(t))
		requireDocument(t, on, "{k}a", `{"a":[0,1,2,"x",{"city":"Rome"},true,null],"b":{"a":"x"}}`)

		require.ElementsMatch(t, ints(3, nil), value(glidejson.ArrIndex(ctx, on, "{k}a", "$..a", "x"))(t))
		require.Equal(t, ints(-1), value(glidejson.ArrIndex(ctx, on, "{k}a", "$.a", "x", glidejson.Between(4, 0)))(t))
		require.EqualValues(t, 2, value(glidejson.ArrIndexLegacy(ctx, on, "{k}a", ".a", 2, glidejson.Between(1, -1)))(t))
		require.ElementsMatch(t, ints(7, nil), value(glidejson.ArrLen(ctx, on, "{k}a", "$..a"))(t))
		require.Equal(t, some[int64](7), value(glidejson.ArrLenLegacy(ctx, on, "{k}a", ".a"))(t))
		require.True(t, value(glidejson.ArrLenLegacy(ctx, on, "{k}none", "."))(t).IsNil())

		require.Equal(t, ints(5), value(glidejson.ArrTrim(ctx, on, "{k}a", "$.a", 1, 5))(t))
		require.EqualValues(t, 4, value(glidejson.ArrTrimLegacy(ctx, on, "{k}a", ".a", 1, -1))(t))
		require.Equal(t, []glide.Optional[bool]{some(true)}, value(glidejson.ArrPop[bool](ctx, on, "{k}a", "$.a", -1))(t))
		require.Equal(t, []glide.Optional[any]{none[any]()}, value(glidejson.ArrPop[any](ctx, on, "{k}a", "$.b.a", -1))(t))
		require.Equal(t, some(2), value(glidejson.ArrPopLegacy[int](ctx, on, "{k}a", ".a", 0))(t))
		require.Equal(t, some(place{"Rome"}), value(glidejson.ArrPopLegacy[place](ctx, on, "{k}a", ".a", 100))(t))
		require.EqualValues(t, 0, value(glidejson.ArrTrimLegacy(ctx, on, "{k}a", ".a", 5, 9))(t))
		require.True(t, value(glidejson.ArrPopLegacy[int](ctx, on, "{k}a", ".a", -1))(t).IsNil())
		for _, fails := range []error{
			failure(glidejson.ArrAppend(ctx, on, "{k}none", "$", 1)), failure(glidejson.ArrAppendLegacy(ctx, on, "{k}a", ".b", 1)),
			failure(glidejson.ArrInsert(ctx, on, "{k}a", "$.a", 100, 1)), failure(glidejson.ArrPop[int](ctx, on, "{k}none", "$", -1)),
			failure(glidejson.ArrIndex(ctx, on, "{k}none", "$", 1)), failure(glidejson.ArrTrim(ctx, on, "{k}none", "$", 0, 0)),
		} {
			requireServerError(t, fails)
		}
	})
}

func TestObjects(t *testing.T) {
	onEveryFace(t, func(t *testing.T, on glide.Commander) {
		raw(t, on, "{k}a", `{"a":{"x":1,"y":2},"b":{"a":1}}`)
		require.ElementsMatch(t, []glide.Optional[[]string]{some([]string{"x", "y"}), none[[]string]()}, value(glidejson.ObjKeys(ctx, on, "{k}a", "$..a"))(t))
		require.Equal(t, some([]string{"x", "y"}), value(glidejson.ObjKeysLegacy(ctx, on, "{k}a", ".a"))(t))
		require.True(t, value(glidejson.ObjKeysLegacy(ctx, on, "{k}none", "."))(t).IsNil())
		require.ElementsMatch(t, ints(2, nil), value(glidejson.ObjLen(ctx, on, "{k}a", "$..a"))(t))
		require.Equal(t, some[int64](2), value(glidejson.ObjLenLegacy(ctx, on, "{k}a", "."))(t))
		require.True(t, value(glidejson.ObjLenLegacy(ctx, on, "{k}none", "."))(t).IsNil())
		_, err := glidejson.ObjKeysLegacy(ctx, on, "{k}a", ".b.a")
		requireServerError(t, err)
	})
}

func TestRespAndDebug(t *testing.T) {
	onEveryFace(t, func(t *testing.T, on glide.Commander) {
		raw(t, on, "{k}a", `{"a":[1,2.5,"x",true,null]}`)
		inside := []any{"[", int64(1), "2.5", "x", "true", nil}
		require.Equal(t, []any{inside}, value(glidejson.Resp(ctx, on, "{k}a", "$.a"))(t))
		require.Equal(t, any([]any{"{", "a", inside}), value(glidejson.RespLegacy(ctx, on, "{k}a", "."))(t))
		require.Empty(t, value(glidejson.Resp(ctx, on, "{k}none", "$"))(t))

		memory := value(glidejson.DebugMemory(ctx, on, "{k}a", "$.a"))(t)
		require.Len(t, memory, 1)
		require.Positive(t, memory[0].Value())
		require.Positive(t, value(glidejson.DebugMemoryLegacy(ctx, on, "{k}a", "."))(t).Value())
		require.Empty(t, value(glidejson.DebugMemory(ctx, on, "{k}none", "$"))(t))
		require.NotEmpty(t, value(glidejson.DebugHelp(ctx, on))(t))
	})
}
