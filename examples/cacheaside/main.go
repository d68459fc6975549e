// Cacheaside keeps what a slow database returns. Callers who ask for the same at once share
// one query, values expire at different times, and without the server it is only slow.
//
// Commands: GET, SET with PX.
//
//	go run ./cacheaside
//
// It connects to VALKEY_URL: by default valkey://localhost:6379, for a cluster valkey-cluster://host:7000.
//
// Output:
//
//	100 callers, 1 query: Ada
package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"log"
	"math/rand/v2"
	"os"
	"time"

	"github.com/valkey-glide/go/glide"
	"golang.org/x/sync/errgroup"
	"golang.org/x/sync/singleflight"
)

// Cache keeps values of T, encoded as JSON. Load queries the database. What has changed
// and was not deleted, or was just being loaded, is returned for as long as Lasts.
type Cache[T any] struct {
	Client glide.StringCommands
	Prefix string
	Lasts  time.Duration
	Load   func(ctx context.Context, id string) (T, error)

	calls singleflight.Group
}

// Get returns the value from the cache or else from the database. The query goes on if
// the context of its first caller ends, because others wait for it too.
func (c *Cache[T]) Get(ctx context.Context, id string) (value T, err error) {
	result := c.calls.DoChan(id, func() (any, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
		defer cancel()
		return c.get(ctx, id)
	})
	select {
	case <-ctx.Done():
		return value, ctx.Err()
	case r := <-result:
		value, _ = r.Val.(T)
		return value, r.Err
	}
}

func (c *Cache[T]) get(ctx context.Context, id string) (value T, err error) {
	cached, err := c.Client.GetBytes(ctx, c.Prefix+id)
	if err != nil {
		log.Printf("cache: %v", err) // the database is asked instead
	}
	if text, ok := cached.Get(); ok && json.Unmarshal(text, &value) == nil {
		return value, nil
	}
	value, err = c.Load(ctx, id)
	if err != nil {
		return value, err
	}
	text, err := json.Marshal(value)
	if err != nil {
		return value, err
	}
	lasts := c.Lasts + rand.N(c.Lasts/10+1) // so that not all expire at once
	if err := c.Client.Set(ctx, c.Prefix+id, glide.View(text), glide.ExpireIn(lasts)); err != nil {
		log.Printf("cache: %v", err)
	}
	return value, nil
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

	queries := 0
	load := func(context.Context, string) (string, error) { // of the database
		queries++
		return "Ada", nil
	}
	cache := Cache[string]{Client: client, Prefix: "example:cacheaside:", Lasts: time.Minute, Load: load}
	var callers errgroup.Group
	for range 100 {
		callers.Go(func() error {
			_, err := cache.Get(ctx, "ada")
			return err
		})
	}
	if err := callers.Wait(); err != nil {
		return err
	}
	name, err := cache.Get(ctx, "ada")
	if err != nil {
		return err
	}
	fmt.Printf("100 callers, %d query: %s\n", queries, name)
	_, err = client.Del(ctx, cache.Prefix+"ada") // a program does this with every change
	return err
}
