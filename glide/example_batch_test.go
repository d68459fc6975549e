package glide_test

import (
	"fmt"

	"github.com/valkey-glide/go/glide"
)

func ExampleClient_Exec() {
	client := exampleClient()
	defer client.Close()
	purchase := glide.NewTransaction().
		DecrBy("stock", 1).
		RPush("orders", "order:17").
		Get("greeting")
	for range 2 { // reusable
		results, err := client.Exec(ctx, purchase)
		if err != nil {
			panic(err)
		}
		stock, err := glide.Result[int64](results, 0)
		if err != nil {
			panic(err)
		}
		greeting, err := glide.Result[glide.Optional[string]](results, 2)
		if err != nil {
			panic(err)
		}
		fmt.Println(stock, greeting.IsNil())
	}
	// Output:
	// -1 true
	// -2 true
}

// A command that fails in a batch fails in its own place.
func ExampleResults_Err() {
	client := exampleClient()
	defer client.Close()
	results, err := client.Exec(ctx, glide.NewPipeline().Set("word", "seven").Incr("word").Get("word"))
	if err != nil {
		panic(err)
	}
	fmt.Println(results.Err(1))
	word, err := glide.Result[glide.Optional[string]](results, 2)
	fmt.Println(word.Value(), err)

	_, err = client.Exec(ctx, glide.NewPipeline().Incr("word"), glide.FailOnError)
	fmt.Println(err)
	// Output:
	// glide: INCR: ERR value is not an integer or out of range
	// seven <nil>
	// glide: INCR: ERR value is not an integer or out of range
}

func ExampleClusterClient_Exec() {
	client := exampleClusterClient()
	defer client.Close()
	// What belongs together has one slot by what is between the braces.
	transfer := glide.NewTransaction().DecrBy("{ann}:wallet", 5).IncrBy("{ann}:savings", 5)
	results, err := client.Exec(ctx, transfer)
	if err != nil {
		panic(err)
	}
	savings, err := glide.Result[int64](results, 1)
	fmt.Println(savings, err)

	_, err = client.Exec(ctx, glide.NewTransaction().Incr("{ann}:wallet").Incr("{bob}:wallet"))
	fmt.Println(err)
	// Output:
	// 5 <nil>
	// glide: transaction: invalid argument: its keys are of more than one slot
}

func ExampleClusterClient_Nodes() {
	client := exampleClusterClient()
	defer client.Close()
	if err := client.MSet(ctx, map[string]string{"foo": "1", "bar": "2", "hello": "3"}); err != nil {
		panic(err)
	}
	sizes, err := client.Nodes(glide.AllPrimaries).DBSize(ctx)
	if err != nil {
		panic(err)
	}
	total := int64(0)
	for _, size := range sizes { // by address
		total += size
	}
	fmt.Println(len(sizes), "primaries,", total, "keys")
	// Output: 3 primaries, 3 keys
}

func ExampleClusterClient_Node() {
	client := exampleClusterClient()
	defer client.Close()
	role, err := client.Node(glide.ReplicaOfKey("foo")).Role(ctx)
	fmt.Println(role.Role, err)
	// Output: slave <nil>
}

func ExampleClusterClient_Keys() {
	client := exampleClusterClient()
	defer client.Close()
	if err := client.MSet(ctx, map[string]string{"user:1": "ann", "user:2": "bob", "stock": "7"}); err != nil {
		panic(err)
	}
	users := 0
	for _, err := range client.AllKeys(ctx, glide.Match("user:*"), glide.Count(100)) {
		if err != nil {
			panic(err)
		}
		users++
	}
	fmt.Println(users)
	// Output: 2
}
