package glide_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide/glidetest"
)

func TestGetCostsFewAllocations(t *testing.T) {
	client := connect(t, glidetest.Start(t), patient)
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

func BenchmarkGet(b *testing.B) {
	client := connect(b, glidetest.Start(b), patient)
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
