package costs_test

import (
	"bytes"
	"context"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/glidetest"
	"github.com/valkey-glide/go/glide/livetest/internal/harness"
)

func TestGetCostsFewAllocations(t *testing.T) {
	client := harness.Connect(t, glidetest.Start(t), harness.Patient)
	ctx := context.Background()
	require.NoError(t, client.Set(ctx, "key", "a value of more than a few bytes"))
	allocations := testing.AllocsPerRun(2000, func() {
		if _, err := client.Get(ctx, "key"); err != nil {
			t.Fatal(err)
		}
	})
	t.Logf("%v allocations", allocations)
	// The result is one. Under the race detector pools drop what they are
	// given now and then, which the whole average does not show.
	require.LessOrEqual(t, allocations, 2.0)
}

func TestGetIntoAllocatesNoMoreThanGet(t *testing.T) {
	client := harness.Connect(t, glidetest.Start(t), harness.Patient)
	ctx := context.Background()
	require.NoError(t, client.Set(ctx, "key", "a value of more than a few bytes"))
	buffer := make([]byte, 0, 100)
	get := testing.AllocsPerRun(2000, func() {
		if _, err := client.Get(ctx, "key"); err != nil {
			t.Fatal(err)
		}
	})
	getInto := testing.AllocsPerRun(2000, func() {
		if _, err := client.GetInto(ctx, "key", buffer); err != nil {
			t.Fatal(err)
		}
	})
	t.Logf("Get %v, GetInto %v", get, getInto)
	require.LessOrEqual(t, getInto, get)
}

func TestAValueIsReadIntoTheCallersBuffer(t *testing.T) {
	client := harness.Connect(t, glidetest.Start(t), harness.Patient)
	ctx := context.Background()
	for _, size := range []int{0, 100, 20_000, 1 << 20} {
		stored := bytes.Repeat([]byte{'v'}, size)
		require.NoError(t, client.Set(ctx, "key", glide.View(stored)))
		buffer := make([]byte, 7, 1<<20)
		const calls = 100
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		var got glide.Optional[[]byte]
		for range calls {
			var err error
			got, err = client.GetInto(ctx, "key", buffer)
			require.NoError(t, err)
		}
		runtime.ReadMemStats(&after)
		allocated := (after.TotalAlloc - before.TotalAlloc) / calls
		require.Equal(t, stored, append([]byte{}, got.Value()...))
		if size > 0 {
			require.Same(t, &buffer[0], &got.Value()[0])
		}
		t.Logf("%d bytes: %d allocated", size, allocated)
		require.Less(t, allocated, uint64(1000+size/10))
	}
	small, err := client.GetInto(ctx, "key", make([]byte, 10))
	require.NoError(t, err)
	require.Len(t, small.Value(), 1<<20)
	buffer := []byte("as it was")
	none, err := client.GetInto(ctx, "no such key", buffer)
	require.NoError(t, err)
	require.True(t, none.IsNil())
	require.Equal(t, "as it was", string(buffer))
}

func BenchmarkGet(b *testing.B) {
	client := harness.Connect(b, glidetest.Start(b), harness.Patient)
	ctx := context.Background()
	if err := client.Set(ctx, "key", "value"); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := client.Get(ctx, "key"); err != nil {
			b.Fatal(err)
		}
	}
}
