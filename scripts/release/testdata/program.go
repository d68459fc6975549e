package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/valkey-glide/go/glide"
)

// The program prints what it reads from a server, and where the library was.
func main() {
	ctx, begin := context.Background(), time.Now()
	config, _ := glide.ParseURL(os.Args[1])
	config.ConnectionTimeout = time.Minute
	config.RequestTimeout = time.Minute
	client, err := glide.NewClient(ctx, config)
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	defer client.Close()
	took := time.Since(begin)
	err = client.Set(ctx, "greeting", "hello")
	greeting, err2 := client.Get(ctx, "greeting")
	library, err3 := glide.Library()
	fmt.Println(greeting.Or("nothing"), library.Path, library.ABI, library.Version, took.Microseconds(), err, err2, err3)
}
