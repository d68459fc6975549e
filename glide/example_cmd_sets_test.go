package glide_test

import (
	"fmt"
	"slices"

	"github.com/valkey-glide/go/glide"
)

func ExampleClient_SInter() {
	client := exampleClient()
	defer client.Close()

	_, _ = client.SAdd(ctx, "likes:alice", "tea", "jazz", "chess")
	_, _ = client.SAdd(ctx, "likes:bob", "jazz", "coffee", "chess")
	both, err := client.SInter(ctx, "likes:alice", "likes:bob")
	slices.Sort(both) // they come in no order
	fmt.Println(both, err)
	alone, err := client.SDiff(ctx, "likes:alice", "likes:bob")
	fmt.Println(alone, err)
	// Output:
	// [chess jazz] <nil>
	// [tea] <nil>
}

func ExampleClient_SMIsMember() {
	client := exampleClient()
	defer client.Close()

	_, _ = client.SAdd(ctx, "guests", "alice", "bob")
	invited, err := client.SMIsMember(ctx, "guests", "alice", "eve")
	fmt.Println(invited, err)
	// Output: [true false] <nil>
}

// Every ticket is drawn once, no matter who draws.
func ExampleClient_SPop() {
	client := exampleClient()
	defer client.Close()

	_, _ = client.SAdd(ctx, "tickets", "17")
	for range 2 {
		ticket, err := client.SPop(ctx, "tickets")
		fmt.Println(ticket.Or("none left"), err)
	}
	// Output:
	// 17 <nil>
	// none left <nil>
}

func ExampleClient_SRandMemberCount() {
	client := exampleClient()
	defer client.Close()

	_, _ = client.SAdd(ctx, "coin", "heads", "tails")
	sides, _ := client.SRandMemberCount(ctx, "coin", 5) // up to five different ones
	throws, err := client.SRandMemberCount(ctx, "coin", -5)
	fmt.Println(len(sides), len(throws), err)
	// Output: 2 5 <nil>
}

func ExampleClient_SetMembers() {
	client := exampleClient()
	defer client.Close()

	_, _ = client.SAdd(ctx, "files", "a.txt", "b.txt", "c.png")
	texts := []string{}
	for name, err := range client.SetMembers(ctx, "files", glide.Match("*.txt")) {
		if err != nil {
			fmt.Println(err)
			return
		}
		texts = append(texts, name)
	}
	slices.Sort(texts)
	fmt.Println(texts)
	// Output: [a.txt b.txt]
}
