package engine

import (
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide/internal/wire"
)

// The slots are what CLUSTER KEYSLOT returns.
func TestSlots(t *testing.T) {
	for key, slot := range map[string]int{
		"": 0, "foo": 12182, "bar": 5061, "123456789": 12739, "{foo}x": 12182, "x{foo}{bar}": 12182,
		"{}foo": 9500, "foo{": 7673, "{foo": 13308, "foo{}{bar}": 8363, "foo{{bar}}zap": 4015, "\x00\xff": 7920,
	} {
		if got := slotOf([]byte(key)); got != slot {
			t.Errorf("%q: %d, not %d", key, got, slot)
		}
	}
}

func TestKeysOfOneSlot(t *testing.T) {
	of := func(keys ...string) int {
		w := wire.NewRequest("DEL")
		defer w.Release()
		for _, key := range keys {
			w.Key(key)
		}
		return SlotOf(w.Keys())
	}
	require.Equal(t, NoSlot, of())
	require.Equal(t, 12182, of("foo"))
	require.Equal(t, 12182, of("foo", "{foo}1", "{foo}2"))
	require.Equal(t, SeveralSlots, of("foo", "bar", "foo"))
	require.Equal(t, SeveralSlots, of("foo", "foo", "bar"))
}
