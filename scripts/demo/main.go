// Demo connects to its own server, uses typed commands, drives 100,000 operations at once,
// and shows what callers see while a primary of a cluster is killed.
package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"os/signal"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/glidetest"
)

const operations = 100_000

func main() {
	log.SetFlags(0)
	// Servers end with this process, also if it is interrupted.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	for _, part := range []func(context.Context) error{operationsAtOnce, failoverUnderLoad} {
		if err := part(ctx); err != nil {
			stop()
			log.Fatal(err)
		}
	}
}

func operationsAtOnce(ctx context.Context) error {
	server, err := glidetest.StartServer(ctx)
	if err != nil {
		return err
	}
	defer server.Close()
	fmt.Printf("started %s on %s\n", server.Version(), server.Addr())

	client, err := glide.NewClient(ctx, glide.Config{
		Addresses:      []glide.Address{{Host: server.Host(), Port: server.Port()}},
		RequestTimeout: 30 * time.Second,
		InflightLimit:  operations,
	})
	if err != nil {
		return err
	}
	defer client.Close()

	if err := client.Set(ctx, "greeting", "hello", glide.ExpireIn(time.Minute)); err != nil {
		return err
	}
	greeting, err := client.Get(ctx, "greeting")
	if err != nil {
		return err
	}
	fmt.Printf("SET greeting hello; GET greeting: %s\n", greeting.Or("nobody greets"))

	var done, failed atomic.Int64
	var group sync.WaitGroup
	begun := time.Now()
	for i := range operations {
		group.Go(func() {
			if _, err := client.IncrBy(ctx, fmt.Sprint("counter:", i%1000), 1); err != nil {
				failed.Add(1)
			}
			done.Add(1)
		})
	}
	showProgress(&done)
	group.Wait()
	took := time.Since(begun)

	total, err := sum(ctx, client)
	if err != nil {
		return err
	}
	fmt.Printf("%d increments in %v: %.0f a second, %d failed, the counters add up to %d\n",
		operations, took.Round(time.Millisecond), operations/took.Seconds(), failed.Load(), total)
	return nil
}

// sum adds up what the counters hold.
func sum(ctx context.Context, client *glide.Client) (total int64, err error) {
	for i := range 1000 {
		count, err := client.IncrBy(ctx, fmt.Sprint("counter:", i), 0)
		if err != nil {
			return 0, err
		}
		total += count
	}
	return total, nil
}

func showProgress(done *atomic.Int64) {
	const width = 40
	for n := int64(0); n < operations; time.Sleep(20 * time.Millisecond) {
		n = done.Load()
		filled := int(n * width / operations)
		fmt.Fprintf(os.Stderr, "\r[%s%s] %6d of %d", strings.Repeat("#", filled), strings.Repeat(".", width-filled), n, operations)
	}
	fmt.Fprintln(os.Stderr)
}
