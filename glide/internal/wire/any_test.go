package wire

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestWhatAnyReturnsIsReadAgain(t *testing.T) {
	for _, value := range []any{
		nil, true, false, int64(math.MinInt64), 1.5, math.Inf(1), "", "OK", "a\x00\r\n\xff", []any{}, map[string]any{},
		[]any{int64(1), nil, []any{"x", map[string]any{"OK": "OK", "k": []any{true}}}},
	} {
		data, ok := AppendAny(nil, value)
		require.True(t, ok)
		r := NewReader(data, nil)
		got, err := r.Any()
		require.NoError(t, err)
		require.Equal(t, value, got)
		require.Empty(t, r.Rest())
	}
	data, ok := AppendAny([]byte("x"), []any{[]byte("bytes")})
	require.True(t, ok)
	r := NewReader(data[1:], nil)
	got, err := r.Any()
	require.NoError(t, err)
	require.Equal(t, []any{"bytes"}, got)
}

func TestWhatAnyNeverReturnsIsRefused(t *testing.T) {
	for _, value := range []any{int32(1), struct{}{}, []any{1}, map[string]any{"k": uint8(1)}, []string{"a"}} {
		_, ok := AppendAny(nil, value)
		require.False(t, ok, "%T", value)
	}
}
