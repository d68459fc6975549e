package glidebloom_test

import (
	"fmt"

	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/glidebloom"
)

func Example() {
	client := suite.ExampleClient()
	defer client.Close()

	err := glidebloom.BFReserve(ctx, client, "seen", 0.001, 1_000_000)
	fmt.Println(err)
	for _, user := range []string{"ada", "bob", "ada"} {
		isNew, err := glidebloom.BFAdd(ctx, client, "seen", user)
		fmt.Println(user, isNew, err)
	}
	// Output:
	// <nil>
	// ada true <nil>
	// bob true <nil>
	// ada false <nil>
}

func ExampleIn() {
	client := suite.ExampleClient()
	defer client.Close()

	batch := glide.NewPipeline()
	glidebloom.In(batch).BFMAdd("seen", "ada", "bob").BFMExists("seen", "bob", "eve")
	results, err := client.Exec(ctx, batch)
	if err != nil {
		fmt.Println(err)
		return
	}
	known, err := glide.Result[[]bool](results, 1)
	fmt.Println(known, err)
	// Output: [true false] <nil>
}

func ExampleBFInsert() {
	client := suite.ExampleClient()
	defer client.Close()

	added, err := glidebloom.BFInsert(ctx, client, "seen", []string{"ada", "bob"}, glidebloom.Capacity(2), glidebloom.NonScaling)
	fmt.Println(added, err)
	_, err = glidebloom.BFAdd(ctx, client, "seen", "eve")
	fmt.Println("full:", err != nil)
	// Output:
	// [true true] <nil>
	// full: true
}
