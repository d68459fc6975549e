package glide_test

import "fmt"

func ExampleClient_Publish() {
	client := exampleClient()
	defer client.Close()

	receivers, err := client.Publish(ctx, "news", "nobody listens")
	fmt.Println(receivers, err)
	// Output: 0 <nil>
}

func ExampleClient_PubSubNumSub() {
	client := exampleClient()
	defer client.Close()

	subscribers, err := client.PubSubNumSub(ctx, "news", "weather")
	fmt.Println(subscribers["news"], subscribers["weather"], err)
	// Output: 0 0 <nil>
}
