package cluster_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/internal/testkit"
	"github.com/valkey-glide/go/glide/livetest/internal/harness"
)

func TestCommandsOverManySlotsAreSplitAndPutTogether(t *testing.T) {
	harness.OnSharedCluster(t, func(t *testing.T, client *glide.ClusterClient) {
		const n = 1000
		values := map[string]string{}
		var keys, asked []string
		var expected []glide.Optional[string]
		for i := range n {
			keys = append(keys, harness.KeyOf(i))
			values[harness.KeyOf(i)] = harness.ValueOf(i)
			asked = append(asked, harness.KeyOf(i))
			expected = append(expected, glide.Some(harness.ValueOf(i)))
			if i%3 == 0 { // one that is not there
				asked = append(asked, "missing:"+harness.KeyOf(i))
				expected = append(expected, glide.Optional[string]{})
			}
			if i%7 == 0 { // one that was asked for already
				asked = append(asked, harness.KeyOf(i/2))
				expected = append(expected, glide.Some(harness.ValueOf(i/2)))
			}
		}
		duplicates, missing := (n+6)/7, (n+2)/3
		require.Len(t, asked, n+duplicates+missing)

		t.Run("alone", func(t *testing.T) {
			require.NoError(t, client.MSet(ctx, values))
			require.Equal(t, expected, harness.Value(client.MGet(ctx, asked...))(t))
			require.Equal(t, int64(n+duplicates), harness.Value(client.Exists(ctx, asked...))(t))
			require.Equal(t, int64(n+duplicates), harness.Value(client.Touch(ctx, asked...))(t))
			// What was deleted is not there to be deleted again.
			require.Equal(t, int64(n), harness.Value(client.Del(ctx, asked...))(t))
			require.Zero(t, harness.Value(client.Exists(ctx, asked...))(t))
			require.NoError(t, client.MSet(ctx, values))
			require.Equal(t, int64(n), harness.Value(client.Unlink(ctx, asked...))(t))
			require.Zero(t, harness.Value(client.DBSize(ctx))(t))
		})
		t.Run("in a pipeline", func(t *testing.T) {
			results := harness.Value(client.Exec(ctx, glide.NewPipeline().
				Set("before", "1").MSet(values).MGet(asked...).Exists(asked...).Get("before").Touch(asked...).
				Del(asked...).MGet(keys...).MSet(values).Unlink(asked...).Exists(asked...), glide.FailOnError))(t)
			for i, want := range map[int]int64{3: int64(n + duplicates), 5: int64(n + duplicates), 6: n, 9: n, 10: 0} {
				require.Equal(t, want, harness.Value(glide.Result[int64](results, i))(t), "at %d", i)
			}
			require.Equal(t, expected, harness.Value(glide.Result[[]glide.Optional[string]](results, 2))(t))
			require.Equal(t, glide.Some("1"), harness.Value(glide.Result[glide.Optional[string]](results, 4))(t))
			require.Equal(t, make([]glide.Optional[string], n), harness.Value(glide.Result[[]glide.Optional[string]](results, 7))(t))
		})
		t.Run("by many callers", func(t *testing.T) {
			require.NoError(t, client.MSet(ctx, values))
			errs := testkit.Concurrently(100, func(i int) error {
				mine := slices.Concat(asked[i:i+50], asked[i*3:i*3+10])
				got, err := client.MGet(ctx, mine...)
				if err == nil && !slices.Equal(got, slices.Concat(expected[i:i+50], expected[i*3:i*3+10])) {
					err = errors.New("another caller's values, or in another order")
				}
				return err
			})
			require.NoError(t, errors.Join(errs...))
		})
	})
}

func TestWhatCannotBeSplitIsCrossslotInItsOwnPlace(t *testing.T) {
	harness.OnSharedCluster(t, func(t *testing.T, client *glide.ClusterClient) {
		require.NoError(t, client.Set(ctx, "foo", "1")) // of one node
		require.NoError(t, client.Set(ctx, "bar", "2")) // of another
		harness.RequireCode(t, "CROSSSLOT", client.Rename(ctx, "foo", "bar"))
		_, err := client.SUnionStore(ctx, "union", "set1", "set2")
		harness.RequireCode(t, "CROSSSLOT", err)
		results := harness.Value(client.Exec(ctx, glide.NewPipeline().
			Get("foo").Rename("foo", "bar").Get("bar").SUnionStore("union", "set1", "set2").Set("foo", "3").Get("foo")))(t)
		harness.RequireCode(t, "CROSSSLOT", results.Err(1))
		harness.RequireCode(t, "CROSSSLOT", results.Err(3))
		for i, want := range map[int]string{0: "1", 2: "2", 5: "3"} {
			require.Equal(t, glide.Some(want), harness.Value(glide.Result[glide.Optional[string]](results, i))(t), fmt.Sprint("at ", i))
		}
		_, err = client.Exec(ctx, glide.NewPipeline().Get("foo").Rename("foo", "bar"), glide.FailOnError)
		harness.RequireCode(t, "CROSSSLOT", err)
		// Its neighbours in a shared submission are not hurt either.
		errs := testkit.Concurrently(100, func(i int) error {
			if i%2 == 0 {
				_, err := client.Get(ctx, "foo")
				return err
			}
			return client.Rename(ctx, "foo", "bar")
		})
		for i, err := range errs {
			if i%2 == 0 {
				require.NoError(t, err)
			} else {
				harness.RequireCode(t, "CROSSSLOT", err)
			}
		}
	})
}
