// Lock lets one process at a time do something. A lock expires, so that a process
// that dies does not keep it, and only its holder can release it. A process that was
// suspended for longer may not know that: use locks for what may, rarely, be done twice.
//
// Commands: SET with NX and PX, EVALSHA with GET and DEL.
//
//	go run ./lock
//
// It connects to VALKEY_URL: by default valkey://localhost:6379, for a cluster valkey-cluster://host:7000.
//
// Output:
//
//	10 workers had the lock, one at a time
package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log"
	mathrand "math/rand/v2"
	"os"
	"sync"
	"time"

	"github.com/valkey-glide/go/glide"
	"golang.org/x/sync/errgroup"
)

var errExpired = errors.New("the lock has expired")

// release deletes the key if it has the value, as DelIfEq does with Valkey 9.0 and later.
var release = glide.NewScript(`
	if redis.call('GET', KEYS[1]) == ARGV[1] then
		return redis.call('DEL', KEYS[1])
	end
	return 0`)

// Lock is held until Release is called or it expires.
type Lock struct {
	client     glide.Commands
	key, token string
}

// Acquire waits until the lock is free or the context ends.
func Acquire(ctx context.Context, client glide.Commands, key string, lasts time.Duration) (*Lock, error) {
	lock := &Lock{client, key, rand.Text()}
	pause := 5 * time.Millisecond // it grows, and has a random part, so that not all ask at once
	for {
		free, err := client.SetIf(ctx, key, lock.token, glide.IfAbsent, glide.ExpireIn(lasts))
		if err != nil && !glide.SafeToRetry(err) { // it may be held now, by nobody
			if releaseErr := lock.Release(ctx); !errors.Is(releaseErr, errExpired) {
				err = errors.Join(err, releaseErr)
			}
		}
		if err != nil {
			return nil, err
		}
		if free {
			return lock, nil
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(pause/2 + mathrand.N(pause)):
			pause = min(2*pause, lasts/4)
		}
	}
}

// Release frees the lock, even if the context has ended.
func (l *Lock) Release(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	released, err := glide.RunScriptAs[bool](ctx, l.client, release, []string{l.key}, l.token)
	if err == nil && !released {
		return errExpired
	}
	return err
}

func main() {
	if err := run(context.Background()); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	client, err := glide.Open(ctx, cmp.Or(os.Getenv("VALKEY_URL"), "valkey://localhost:6379"))
	if err != nil {
		return err
	}
	defer client.Close()

	var alone sync.Mutex
	workers, ctx := errgroup.WithContext(ctx)
	for range 10 {
		workers.Go(func() error {
			lock, err := Acquire(ctx, client, "example:lock", 10*time.Second)
			if err != nil {
				return err
			}
			if !alone.TryLock() {
				return errors.New("another worker has the lock")
			}
			alone.Unlock()
			return lock.Release(ctx)
		})
	}
	if err := workers.Wait(); err != nil {
		return err
	}
	fmt.Println("10 workers had the lock, one at a time")
	return nil
}
