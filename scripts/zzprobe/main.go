package main

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/glidetest"
)

func main() {
	callers, _ := strconv.Atoi(os.Args[1])
	n, _ := strconv.Atoi(os.Args[2])
	s, err := glidetest.StartServer(context.Background())
	if err != nil {
		panic(err)
	}
	defer s.Close()
	c, err := glide.NewClient(context.Background(), glide.Config{Addresses: []glide.Address{{Host: s.Host(), Port: s.Port()}}, RequestTimeout: 5 * time.Second})
	if err != nil {
		panic(err)
	}
	defer c.Close()
	ctx := context.Background()
	c.Set(ctx, "k", fmt.Sprintf("%0100d", 1))
	var g sync.WaitGroup
	var r0, r1 syscall.Rusage
	syscall.Getrusage(0, &r0)
	begun := time.Now()
	for range callers {
		g.Go(func() {
			for range n / callers {
				if _, err := c.Get(ctx, "k"); err != nil {
					panic(err)
				}
			}
		})
	}
	g.Wait()
	took := time.Since(begun)
	syscall.Getrusage(0, &r1)
	cpu := time.Duration(r1.Utime.Nano() + r1.Stime.Nano() - r0.Utime.Nano() - r0.Stime.Nano())
	fmt.Printf("%d callers: %.0f op/s, %v/op, cpu %v/op, vcsw %.2f/op\n", callers, float64(n)/took.Seconds(), took/time.Duration(n), cpu/time.Duration(n), float64(r1.Nvcsw-r0.Nvcsw)/float64(n))
}
