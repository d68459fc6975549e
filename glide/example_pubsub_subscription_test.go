package glide_test

import (
	"fmt"

	"github.com/valkey-glide/go/glide"
)

// Two parts of a program share a client. Each has a subscription with its own
// buffer; the server has one to the channel that both have.
func ExampleClient_Subscription() {
	client := exampleClient()
	defer client.Close()

	prices, err := client.Subscription(ctx, glide.SubscriptionConfig{Channels: []string{"prices", "end"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer prices.Close()
	audit, err := client.Subscription(ctx, glide.SubscriptionConfig{Patterns: []string{"pric*"}, BufferLimit: 1})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer audit.Close()

	_, _ = client.Publish(ctx, "prices", "10")
	_, _ = client.Publish(ctx, "prices", "11")
	_, _ = client.Publish(ctx, "end", "")
	for message, err := range prices.All(ctx) {
		if err != nil || message.Channel == "end" {
			break
		}
		fmt.Println(message.Channel, message.Payload)
	}

	// This one was not read meanwhile.
	message, err := audit.Next(ctx)
	fmt.Println(message.Pattern, message.Payload, audit.Stats().Dropped, err)
	// Output:
	// prices 10
	// prices 11
	// pric* 11 1 <nil>
}
