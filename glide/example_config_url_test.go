package glide_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/valkey-glide/go/glide"
)

func ExampleParseURL() {
	config, err := glide.ParseURL("valkey://app:s3cr%40t@cache.example,replica.example:6380/2?read_from=prefer_replica&request_timeout=100ms")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(config.Addresses, config.Database, config.RequestTimeout)
	fmt.Println(config.Credentials)
	// Output:
	// [cache.example:6379 replica.example:6380] 2 100ms
	// {Username:app Password:(secret)}
}

func ExampleParseURL_wrong() {
	_, err := glide.ParseURL("valkey://:secret@localhost?timeout=1s")
	fmt.Println(errors.Is(err, glide.ErrConfiguration))
	fmt.Println(err)
	// Output:
	// true
	// glide: configuration: wrong configuration: URL has an unknown parameter timeout
}

func ExampleParseURL_connect() {
	ctx := context.Background()
	config, err := glide.ParseURL("valkeys://:secret@localhost:6379")
	if err != nil {
		fmt.Println(err)
		return
	}
	client, err := glide.NewClient(ctx, config)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Close()
}

// A program takes the URL of a server or of a cluster.
func ExampleOpen() {
	client, err := glide.Open(ctx, exampleURL(), func(c *glide.Config) { c.ClientName = "example" })
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Close()
	fmt.Println(client.Set(ctx, "greeting", "hello"))
	fmt.Println(client.Get(ctx, "greeting"))
	// Output:
	// <nil>
	// hello <nil>
}

func ExampleParseClusterURL() {
	config, err := glide.ParseClusterURL("valkey-cluster://app:s3cr%40t@node1:7000,node2:7000?read_from=prefer_replica")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(config.Addresses)
	_, err = glide.ParseClusterURL("redis://:secret@node1?pool_size=100")
	fmt.Println(err)
	// Output:
	// [node1:7000 node2:7000]
	// glide: configuration: wrong configuration: URL has the parameter pool_size of another client: commands share one connection to each server, and dedicated_limit and dedicated_idle_time are about the others
}
