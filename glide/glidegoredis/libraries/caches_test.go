package libraries

import (
	"context"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	gocache "github.com/eko/gocache/lib/v4/cache"
	"github.com/eko/gocache/lib/v4/marshaler"
	"github.com/eko/gocache/lib/v4/store"
	gocacheredis "github.com/eko/gocache/store/redis/v4"
	"github.com/go-redis/cache/v9"
	"github.com/stretchr/testify/require"
)

type page struct {
	Title string
	Body  string
	Views int
}

var front = page{"front", strings.Repeat("news ", 1000), 17}

func TestGoRedisCache(t *testing.T) {
	each(t, func(t *testing.T, on *target) {
		ctx := t.Context()
		pages := cache.New(&cache.Options{Redis: on.rdb, StatsEnabled: true})
		key := name(t, "front")
		var got page
		require.ErrorIs(t, pages.Get(ctx, key, &got), cache.ErrCacheMiss)
		require.NoError(t, pages.Set(&cache.Item{Ctx: ctx, Key: key, Value: front, TTL: time.Hour}))
		require.NoError(t, pages.Get(ctx, key, &got))
		require.Equal(t, front, got)
		require.Equal(t, cache.Stats{Hits: 1, Misses: 1}, *pages.Stats())
		require.Greater(t, on.rdb.TTL(ctx, key).Val(), time.Minute)
		require.NoError(t, pages.Set(&cache.Item{Ctx: ctx, Key: key, Value: page{}, SetNX: true}))
		require.NoError(t, pages.Get(ctx, key, &got))
		require.Equal(t, front, got, "there was one")
		require.NoError(t, pages.Set(&cache.Item{Ctx: ctx, Key: key, Value: page{Views: 18}, SetXX: true}))
		got = page{}
		require.NoError(t, pages.Get(ctx, key, &got))
		require.Equal(t, page{Views: 18}, got)
		require.NoError(t, pages.Delete(ctx, key))
		require.False(t, pages.Exists(ctx, key))

		// Of many callers that miss, one makes the value. It is kept in the process, too.
		pages = cache.New(&cache.Options{Redis: on.rdb, LocalCache: cache.NewTinyLFU(100, time.Hour), StatsEnabled: true})
		var made atomic.Int64
		var wait sync.WaitGroup
		for range 50 {
			wait.Go(func() {
				var got page
				err := pages.Once(&cache.Item{Ctx: ctx, Key: key, Value: &got, Do: func(*cache.Item) (any, error) {
					made.Add(1)
					return &front, nil
				}})
				if err != nil || got != front {
					t.Error(err, got)
				}
			})
		}
		wait.Wait()
		require.Equal(t, int64(1), made.Load())
		require.NoError(t, cache.New(&cache.Options{Redis: on.rdb}).Get(ctx, key, &got))
		require.Equal(t, front, got)

		resume := on.pauseWrites(t)
		short, cancel := context.WithTimeout(ctx, 100*time.Millisecond)
		defer cancel()
		requireDeadline(t, pages.Set(&cache.Item{Ctx: short, Key: key, Value: front}))
		resume()
	})
}

func TestGocache(t *testing.T) {
	each(t, func(t *testing.T, on *target) {
		ctx := t.Context()
		texts := gocache.New[string](gocacheredis.NewRedis(on.rdb, store.WithExpiration(time.Hour)))
		key := name(t, "a")
		_, err := texts.Get(ctx, key)
		require.ErrorIs(t, err, store.NotFound{})
		require.NoError(t, texts.Set(ctx, key, "text"))
		got, left, err := texts.GetWithTTL(ctx, key)
		require.NoError(t, err)
		require.Equal(t, "text", got)
		require.Greater(t, left, time.Minute)
		require.NoError(t, texts.Delete(ctx, key))
		_, err = texts.Get(ctx, key)
		require.ErrorIs(t, err, store.NotFound{})

		// A tag has keys of several slots.
		for _, what := range []string{"a", "b", "c", "d"} {
			require.NoError(t, texts.Set(ctx, name(t, what), what, store.WithTags([]string{"letters"})))
		}
		require.NoError(t, texts.Set(ctx, name(t, "1"), "1", store.WithTags([]string{"digits"})))
		require.NoError(t, texts.Invalidate(ctx, store.WithInvalidateTags([]string{"letters"})))
		for _, what := range []string{"a", "b", "c", "d"} {
			_, err = texts.Get(ctx, name(t, what))
			require.ErrorIs(t, err, store.NotFound{})
		}
		got, err = texts.Get(ctx, name(t, "1"))
		require.NoError(t, err)
		require.Equal(t, "1", got)

		pages := marshaler.New(gocache.New[any](gocacheredis.NewRedis(on.rdb)))
		require.NoError(t, pages.Set(ctx, name(t, "front"), front))
		read, err := pages.Get(ctx, name(t, "front"), new(page))
		require.NoError(t, err)
		require.Equal(t, &front, read)

		loaded := gocache.NewLoadable(func(context.Context, any) (string, []store.Option, error) { return "loaded", nil, nil }, texts)
		got, err = loaded.Get(ctx, name(t, "loaded"))
		require.NoError(t, err)
		require.Equal(t, "loaded", got)
		require.NoError(t, loaded.Close())
		require.Equal(t, "loaded", on.rdb.Get(ctx, name(t, "loaded")).Val())

		resume := on.pauseWrites(t)
		short, cancel := context.WithTimeout(ctx, 100*time.Millisecond)
		defer cancel()
		requireDeadline(t, texts.Set(short, key, "late"))
		resume()

		require.NoError(t, texts.Clear(ctx))
		require.Zero(t, on.rdb.DBSize(ctx).Val(), "all nodes are empty")
	})
}
