package glide_test

import (
	"context"
	"fmt"
	"time"

	"github.com/valkey-glide/go/glide"
)

// exampleSubscriber returns a client that is subscribed.
func exampleSubscriber(subscriptions glide.Subscriptions) *glide.Client {
	config := exampleConfig()
	config.Subscriptions = subscriptions
	client, err := glide.NewClient(ctx, config)
	if err != nil {
		panic(err)
	}
	return client
}

func ExampleClient_Messages() {
	subscriber := exampleSubscriber(glide.Subscriptions{Channels: []string{"news"}, Patterns: []string{"weather:*"}})
	defer subscriber.Close()
	publisher := exampleClient()
	defer publisher.Close()

	_, _ = publisher.Publish(ctx, "news", "it works")
	_, _ = publisher.Publish(ctx, "weather:berlin", "rain")
	_, _ = publisher.Publish(ctx, "news", "stop")

	for message, err := range subscriber.Messages(ctx) {
		if err != nil || message.Payload == "stop" {
			break
		}
		fmt.Printf("%s %q %s\n", message.Channel, message.Pattern, message.Payload)
	}
	// Output:
	// news "" it works
	// weather:berlin "weather:*" rain
}

func ExampleClient_NextMessage() {
	subscriber := exampleSubscriber(glide.Subscriptions{Channels: []string{"quiet"}})
	defer subscriber.Close()

	ctx, cancel := context.WithTimeout(ctx, 10*time.Millisecond)
	defer cancel()
	_, err := subscriber.NextMessage(ctx)
	fmt.Println(err)
	// Output: glide: NextMessage: no reply in time: context deadline exceeded
}

func ExampleClient_TryMessage() {
	subscriber := exampleSubscriber(glide.Subscriptions{Channels: []string{"quiet"}})
	defer subscriber.Close()

	_, ok, err := subscriber.TryMessage()
	fmt.Println(ok, err)
	// Output: false <nil>
}

func ExampleClient_Subscribe() {
	client := exampleClient()
	defer client.Close()

	if err := client.Subscribe(ctx, "orders", "stock"); err != nil {
		fmt.Println(err)
		return
	}
	receivers, _ := client.Publish(ctx, "orders", "42")
	message, err := client.NextMessage(ctx)
	fmt.Println(receivers, message.Channel, message.Payload, err)

	_ = client.Unsubscribe(ctx, "orders")
	state, err := client.Subscriptions(ctx)
	fmt.Println(state.Current.Channels, err)
	// Output:
	// 1 orders 42 <nil>
	// [stock] <nil>
}

func ExampleSubscriptions_callback() {
	done := make(chan struct{})
	subscriber := exampleSubscriber(glide.Subscriptions{
		Channels: []string{"news"},
		Callback: func(m glide.Message) {
			fmt.Println(m.Channel, m.Payload)
			close(done)
		},
	})
	defer subscriber.Close()
	publisher := exampleClient()
	defer publisher.Close()

	_, _ = publisher.Publish(ctx, "news", "hello")
	<-done
	// Output: news hello
}
