package libraries

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/bsm/redislock"
	"github.com/go-redsync/redsync/v4"
	redsyncredis "github.com/go-redsync/redsync/v4/redis"
	redsyncgoredis "github.com/go-redsync/redsync/v4/redis/goredis/v9"
	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/glidetest"
)

const (
	// ttl is long: no lock ends while a test holds it.
	ttl    = 10 * time.Minute
	often  = 1 << 20
	locker = 8
	rounds = 10
)

// exclude has several goroutines increase a number on the server in a way that loses
// counts unless one at a time does it.
func exclude(t *testing.T, on *target, critical func(work func())) {
	t.Helper()
	ctx, counter := t.Context(), name(t, "counter")
	require.NoError(t, on.rdb.Set(ctx, counter, 0, 0).Err())
	var wait sync.WaitGroup
	for range locker {
		wait.Go(func() {
			for range rounds {
				critical(func() {
					n, err := on.rdb.Get(ctx, counter).Int()
					if err == nil {
						err = on.rdb.Set(ctx, counter, n+1, 0).Err()
					}
					if err != nil {
						t.Error(err)
					}
				})
			}
		})
	}
	wait.Wait()
	n, err := on.rdb.Get(ctx, counter).Int()
	require.NoError(t, err)
	require.Equal(t, locker*rounds, n, "counts were lost")
}

func redsyncMutex(on *target, name string) *redsync.Mutex {
	return redsync.New(redsyncgoredis.NewPool(on.rdb)).
		NewMutex(name, redsync.WithExpiry(ttl), redsync.WithTries(often), redsync.WithRetryDelay(2*time.Millisecond))
}

func TestRedsync(t *testing.T) {
	each(t, func(t *testing.T, on *target) {
		ctx, lock := t.Context(), name(t, "lock")
		on.everyPrimary(t, "SCRIPT", "FLUSH")
		mutex := redsyncMutex(on, lock)
		require.NoError(t, mutex.LockContext(ctx))
		var taken *redsync.ErrTaken
		require.ErrorAs(t, redsyncMutex(on, lock).TryLockContext(ctx), &taken)

		require.NoError(t, on.rdb.Expire(ctx, lock, time.Minute).Err())
		extended, err := mutex.ExtendContext(ctx)
		require.NoError(t, err)
		require.True(t, extended)
		require.Greater(t, on.rdb.PTTL(ctx, lock).Val(), time.Minute)

		waiting, cancel := context.WithCancel(ctx)
		ended := make(chan error)
		go func() { ended <- redsyncMutex(on, lock).LockContext(waiting) }()
		cancel()
		require.Error(t, <-ended, "the lock is held")

		unlocked, err := mutex.UnlockContext(ctx)
		require.NoError(t, err)
		require.True(t, unlocked)
		require.Zero(t, on.rdb.Exists(ctx, lock).Val())
		_, err = mutex.UnlockContext(ctx)
		require.ErrorIs(t, err, redsync.ErrLockAlreadyExpired)
		extended, err = mutex.ExtendContext(ctx)
		require.Error(t, err)
		require.False(t, extended)

		exclude(t, on, func(work func()) {
			mutex := redsyncMutex(on, lock)
			if err := mutex.LockContext(ctx); err != nil {
				t.Error(err)
				return
			}
			work()
			if ok, err := mutex.UnlockContext(ctx); !ok || err != nil {
				t.Error(ok, err)
			}
		})
	})
}

// Redsync over several servers needs most of them.
func TestRedsyncNeedsAQuorum(t *testing.T) {
	var all []*glidetest.Server
	var pools []redsyncredis.Pool
	for range 3 {
		server := glidetest.Start(t)
		client, err := glide.NewClient(t.Context(), server.Config())
		require.NoError(t, err)
		rdb := open(client)
		t.Cleanup(func() {
			_ = rdb.Close()
			_ = client.Close()
		})
		all, pools = append(all, server), append(pools, redsyncgoredis.NewPool(rdb))
	}
	ctx := t.Context()
	locks := func(timeout time.Duration, options ...redsync.Option) *redsync.Mutex {
		const factor = 0.01
		options = append(options, redsync.WithExpiry(time.Duration(float64(timeout)/factor)), redsync.WithTries(1), redsync.WithTimeoutFactor(factor))
		return redsync.New(pools...).NewMutex("lock", options...)
	}
	holder := locks(patience)
	require.NoError(t, holder.LockContext(ctx))
	// From now on a quorum decides, without waiting for a server that is down.
	lock := locks(patience, redsync.WithValue(holder.Value()), redsync.WithFailFast(true))
	require.NoError(t, all[0].Kill())
	extended, err := lock.ExtendContext(ctx)
	require.NoError(t, err)
	require.True(t, extended, "two of three have extended it")
	var taken *redsync.ErrTaken
	require.ErrorAs(t, locks(patience, redsync.WithFailFast(true)).TryLockContext(ctx), &taken)
	unlocked, err := lock.UnlockContext(ctx)
	require.NoError(t, err)
	require.True(t, unlocked)
	require.NoError(t, all[1].Kill())
	var failed *redsync.RedisError
	require.ErrorAs(t, locks(100*time.Millisecond).TryLockContext(ctx), &failed, "one of three is not enough")
}

func TestRedislock(t *testing.T) {
	each(t, func(t *testing.T, on *target) {
		ctx, key := t.Context(), name(t, "lock")
		on.everyPrimary(t, "SCRIPT", "FLUSH")
		locks := redislock.New(on.rdb)
		lock, err := locks.Obtain(ctx, key, ttl, &redislock.Options{Metadata: "who"})
		require.NoError(t, err)
		require.Equal(t, "who", lock.Metadata())
		_, err = locks.Obtain(ctx, key, ttl, nil)
		require.ErrorIs(t, err, redislock.ErrNotObtained)

		require.NoError(t, lock.Refresh(ctx, 2*ttl, nil))
		left, err := lock.TTL(ctx)
		require.NoError(t, err)
		require.Greater(t, left, ttl)

		waiting, cancel := context.WithCancel(ctx)
		ended := make(chan error)
		go func() {
			_, err := locks.Obtain(waiting, key, ttl, &redislock.Options{RetryStrategy: redislock.LinearBackoff(time.Millisecond)})
			ended <- err
		}()
		cancel()
		require.ErrorIs(t, <-ended, context.Canceled)

		on.everyPrimary(t, "SCRIPT", "FLUSH") // as after a failover
		require.NoError(t, lock.Release(ctx))
		require.ErrorIs(t, lock.Release(ctx), redislock.ErrLockNotHeld)
		require.ErrorIs(t, lock.Refresh(ctx, ttl, nil), redislock.ErrNotObtained)
		left, err = lock.TTL(ctx)
		require.NoError(t, err)
		require.Zero(t, left)

		exclude(t, on, func(work func()) {
			lock, err := locks.Obtain(ctx, key, ttl, &redislock.Options{RetryStrategy: redislock.LinearBackoff(2 * time.Millisecond)})
			if err != nil {
				t.Error(err)
				return
			}
			work()
			if err := lock.Release(ctx); err != nil {
				t.Error(err)
			}
		})
	})
}

// A lock that is held stays so when connections are lost, and who waits for it gets it
// afterwards.
func TestRedislockWhenConnectionsAreLost(t *testing.T) {
	each(t, func(t *testing.T, on *target) {
		ctx, key := t.Context(), name(t, "lock")
		locks := redislock.New(on.rdb)
		lock, err := locks.Obtain(ctx, key, ttl, nil)
		require.NoError(t, err)
		obtained := make(chan *redislock.Lock, 1)
		go func() {
			// A lost connection is an error of Obtain, which a program repeats with its token.
			for ctx.Err() == nil {
				lock, err := locks.Obtain(ctx, key, ttl, &redislock.Options{Token: "second", RetryStrategy: redislock.LinearBackoff(time.Millisecond)})
				if err == nil {
					obtained <- lock
					return
				}
			}
		}()
		for range 5 {
			killed, err := on.killConnections()
			require.NoError(t, err)
			require.Positive(t, killed)
			require.Eventually(t, func() bool { return on.rdb.Get(ctx, key).Val() == lock.Token() }, patience, time.Millisecond)
		}
		require.Empty(t, obtained, "the lock is held")
		require.NoError(t, lock.Release(ctx))
		second := <-obtained
		require.Equal(t, "second", on.rdb.Get(ctx, key).Val())
		require.NoError(t, second.Release(ctx))
		require.Positive(t, on.client.Stats().Reconnects)
	})
}

// A deadline ends a call while the server does not answer.
func TestLocksEndWithTheirContext(t *testing.T) {
	each(t, func(t *testing.T, on *target) {
		key := name(t, "lock")
		require.NoError(t, on.rdb.Ping(t.Context()).Err())
		resume := on.pauseWrites(t)
		for _, obtain := range []func(context.Context) error{
			func(ctx context.Context) error { return redsyncMutex(on, key+"1").LockContext(ctx) },
			func(ctx context.Context) error {
				_, err := redislock.Obtain(ctx, on.rdb, key+"2", ttl, nil)
				return err
			},
		} {
			ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
			err := obtain(ctx)
			cancel()
			if !errors.Is(err, redsync.ErrFailed) {
				requireDeadline(t, err)
			}
		}
		resume()
		require.NoError(t, on.rdb.Set(t.Context(), key, 1, 0).Err())
	})
}

var _ redislock.RedisClient = (*redis.Client)(nil)
