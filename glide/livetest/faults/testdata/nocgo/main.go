// Nocgo sets and gets 10,000 keys at once. The tests run it without cgo.
package main

import (
	"context"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/internal/engine"
)

func main() {
	ctx := context.Background()
	config, err := glide.ParseURL(os.Args[1])
	if err != nil {
		panic(err)
	}
	client, err := glide.NewClient(ctx, config)
	if err != nil {
		panic(err)
	}
	var group sync.WaitGroup
	for i := range 10_000 {
		group.Go(func() {
			key, value := fmt.Sprint("key:", i), fmt.Sprint("value of ", i)
			if err := client.Set(ctx, key, value); err != nil {
				panic(err)
			}
			if got, err := client.Get(ctx, key); err != nil || got.Value() != value {
				panic(fmt.Sprint(got.Value(), err))
			}
		})
	}
	group.Wait()
	client.Close()
	if _, err := client.Get(ctx, "key"); err == nil {
		panic("closed, but answers")
	}
	for range 200 {
		if engine.Live() == (engine.Alive{}) {
			fmt.Println("all done")
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	panic("something is left in the library")
}
