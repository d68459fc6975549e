package glide_test

import (
	"fmt"

	"github.com/valkey-glide/go/glide"
)

func ExampleClient_Ping() {
	client := exampleClient()
	defer client.Close()

	fmt.Println(client.Ping(ctx))
	answer, _ := client.PingMessage(ctx, "are you there?")
	fmt.Println(answer)
	// Output:
	// <nil>
	// are you there?
}

func ExampleClient_ClientList() {
	client := exampleClient()
	defer client.Close()
	_ = client.ClientSetName(ctx, "worker")

	own, _ := client.ClientID(ctx)
	connections, err := client.ClientList(ctx, glide.ClientsByID(own))
	for _, connection := range connections {
		fmt.Println(connection.Name, connection.User, connection.Database, connection.Command)
	}
	fmt.Println(err)
	// Output:
	// worker default 0 client|list
	// <nil>
}

func ExampleClient_Hello() {
	client := exampleClient()
	defer client.Close()

	info, err := client.Hello(ctx)
	fmt.Println(info.Mode, info.Role, info.Protocol == glide.RESP3, err)
	// Output: standalone master true <nil>
}

func ExampleClient_ClientTracking() {
	client := exampleClient()
	defer client.Close()

	_ = client.ClientTracking(ctx, true, glide.Broadcast("user:"), glide.NoLoop)
	info, err := client.ClientTrackingInfo(ctx)
	fmt.Println(info.Flags, info.Prefixes, err)
	// Output: [bcast noloop on] [user:] <nil>
}
