package glide_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/valkey-glide/go/glide"
)

func ExampleClient_Do() {
	client := exampleClient()
	defer client.Close()

	length, err := client.Do(ctx, "RPUSH", "queue", "a", "b")
	fmt.Println(length, err)
	jobs, err := client.Do(ctx, "LRANGE", "queue", "0", "-1")
	fmt.Println(jobs, err)
	// Output:
	// 2 <nil>
	// [a b] <nil>
}

// What the server answers with an error for has its code.
func ExampleClient_Do_error() {
	client := exampleClient()
	defer client.Close()
	_ = client.Set(ctx, "greeting", "hello")

	_, err := client.Do(ctx, "LLEN", "greeting")
	var server *glide.ServerError
	fmt.Println(errors.As(err, &server), server.Command, server.Code)
	// Output: true LLEN WRONGTYPE
}

// A blocking command is bounded by its context alone.
func ExampleClient_Do_blocking() {
	client := exampleClient()
	defer client.Close()

	patience, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	job, err := client.Do(patience, "BLPOP", "queue", "0.01")
	fmt.Println(job, err)
	// Output: <nil> <nil>
}

func ExampleClient_DoBytes() {
	client := exampleClient()
	defer client.Close()

	_, _ = client.DoBytes(ctx, []byte("SETRANGE"), []byte("bits"), []byte("2"), []byte{0xff})
	bits, err := client.DoBytes(ctx, []byte("GET"), []byte("bits"))
	fmt.Printf("%v %v\n", bits, err)
	// Output: [0 0 255] <nil>
}
