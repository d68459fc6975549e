package glide_test

import "fmt"

func ExampleClient_PFCount() {
	client := exampleClient()
	defer client.Close()

	_, _ = client.PFAdd(ctx, "visitors:monday", "alice", "bob", "alice")
	_, _ = client.PFAdd(ctx, "visitors:tuesday", "bob", "carol")
	monday, err := client.PFCount(ctx, "visitors:monday")
	fmt.Println(monday, err)
	both, err := client.PFCount(ctx, "visitors:monday", "visitors:tuesday")
	fmt.Println(both, err)
	// Output:
	// 2 <nil>
	// 3 <nil>
}
