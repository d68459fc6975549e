package glide_test

import (
	"fmt"

	"github.com/valkey-glide/go/glide"
)

func ExampleClient_Stats() {
	client := exampleClient()
	defer client.Close()

	if err := client.Set(ctx, "greeting", "hello"); err != nil {
		panic(err)
	}
	stats := client.Stats()
	fmt.Println(stats.Connections, "connection,", stats.InFlight, "in flight,", stats.TimedOut, "timed out")
	// Output: 1 connection, 0 in flight, 0 timed out
}

// A function that counts lost connections, for example for an alert.
func ExampleConfig_events() {
	config := glide.Config{
		Events: func(event glide.Event) {
			switch event.Kind {
			case glide.ConnectionLost, glide.FailoverFollowed:
				fmt.Println(event)
			}
		},
	}
	config.Events(glide.Event{Kind: glide.ConnectionLost, Address: glide.Address{Host: "10.0.0.1", Port: 6379}, Reason: "the server closed the connection"})
	// Output: connection lost: 10.0.0.1:6379: the server closed the connection
}
