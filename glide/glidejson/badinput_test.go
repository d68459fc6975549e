package glidejson_test

import (
	"context"
	"encoding/json"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/glidejson"
	"github.com/valkey-glide/go/glide/internal/moduletest"
)

func TestWhatIsNoJSONIsNotSent(t *testing.T) {
	// There is nothing to send it to.
	client := &glide.Client{}
	for _, value := range []any{json.RawMessage(`{"secret`), math.NaN(), make(chan int), func() {}} {
		_, err := glidejson.Set(ctx, client, "key", "$", value)
		require.ErrorIs(t, err, glide.ErrInvalidArgument)
		require.True(t, glide.SafeToRetry(err))
		require.NotContains(t, err.Error(), "secret")
		require.True(t, strings.HasPrefix(err.Error(), "glide: JSON.SET: invalid argument: "), err)
	}
	batch := glide.NewPipeline()
	glidejson.In(batch).Set("key", "$", math.NaN())
	_, err := client.Exec(ctx, batch)
	require.ErrorIs(t, err, glide.ErrInvalidArgument)
}

func TestNothingToRunItOn(t *testing.T) {
	for _, on := range []glide.Commander{nil, (*glide.Client)(nil), (*glide.ClusterClient)(nil), &glide.Client{}, glide.Node{}} {
		_, err := glidejson.Get[any](ctx, on, "key")
		require.ErrorIs(t, err, glide.ErrClosed)
	}
	glidejson.In(nil).Del("key", "$")
	glidejson.GetIn[any]((*glide.Pipeline)(nil), "key")
}

func TestInvalidPaths(t *testing.T) {
	onEveryFace(t, func(t *testing.T, on glide.Commander) {
		store(t, on, "{k}a", ada)
		for _, path := range []string{"$[", "$.", "$..[?(", "$\x00", "$.a b c(", "$" + strings.Repeat("[", 10_000)} {
			_, err := glidejson.GetAt[any](ctx, on, "{k}a", path)
			moduletest.RequireServerError(t, err)
		}
		_, err := glidejson.ArrLenLegacy(ctx, on, "{k}a", "..[")
		moduletest.RequireServerError(t, err)
		requireDocument(t, on, "{k}a", `{"name":"Ada","age":36,"tags":["math"],"home":{"city":"London"},"admin":true}`)
	})
}

func TestKeysOfAnotherType(t *testing.T) {
	for _, protocol := range []glide.Protocol{glide.RESP3, glide.RESP2} {
		client := suite.Client(t, protocol)
		require.NoError(t, client.Set(ctx, "text", "x"))
		_, err := glidejson.Get[any](ctx, client, "text")
		moduletest.RequireServerError(t, err)
		_, err = glidejson.Set(ctx, client, "text", "$.a", 1)
		moduletest.RequireServerError(t, err)
	}
}

func TestALargeDocument(t *testing.T) {
	onEveryFace(t, func(t *testing.T, on glide.Commander) {
		large := map[string]string{"text": strings.Repeat("0123456789", 1_000_000), "hostile": "\x00\r\n\u2028\"\\</"}
		store(t, on, "{k}a", large)
		document := moduletest.Value(glidejson.Get[map[string]string](ctx, on, "{k}a"))(t).Value()
		require.Len(t, document["text"], 10_000_000)
		require.True(t, large["text"] == document["text"])
		require.Equal(t, large["hostile"], document["hostile"])
		require.Equal(t, ints(10_000_000), moduletest.Value(glidejson.StrLen(ctx, on, "{k}a", "$.text"))(t))
	})
}

// nested is an array in an array, so deep.
func nested(depth int) string { return strings.Repeat("[", depth) + strings.Repeat("]", depth) }

func TestDeepNesting(t *testing.T) {
	onEveryFace(t, func(t *testing.T, on glide.Commander) {
		raw(t, on, "{k}a", nested(100))
		requireDocument(t, on, "{k}a", nested(100))
		require.Equal(t, some([]string{"array"}), moduletest.Value(glidejson.Type(ctx, on, "{k}a", "$"))(t))
		// The module nests 128 deep; encoding/json knows 10,000.
		_, err := glidejson.Set(ctx, on, "{k}b", "$", json.RawMessage(nested(9_000)))
		moduletest.RequireServerError(t, err)
		_, err = glidejson.Set(ctx, on, "{k}b", "$", json.RawMessage(nested(20_000)))
		require.ErrorIs(t, err, glide.ErrInvalidArgument)
	})
}

// A reply of arrays in arrays can be more than the core reads: that costs the
// connection, and the next call has another.
func TestTooDeepAReplyCostsItsConnectionAlone(t *testing.T) {
	for _, protocol := range []glide.Protocol{glide.RESP3, glide.RESP2} {
		for _, on := range []glide.Commander{suite.Client(t, protocol), suite.ClusterClient(t, protocol)} {
			raw(t, on, "{k}a", nested(99))
			require.Len(t, moduletest.Value(glidejson.Resp(ctx, on, "{k}a", "$"))(t), 1)
			raw(t, on, "{k}a", nested(100))
			// It only reads, so it is sent again as long as there is time.
			short, cancel := context.WithTimeout(ctx, 500*time.Millisecond)
			_, err := glidejson.Resp(short, on, "{k}a", "$")
			cancel()
			require.ErrorIs(t, err, glide.ErrConnectionLost)
			require.Eventually(t, func() bool {
				_, err := glidejson.Set(ctx, on, "{k}a", "$", 1)
				return err == nil
			}, 30*time.Second, 10*time.Millisecond)
		}
	}
}
