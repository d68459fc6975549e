package glide_test

import (
	"fmt"
	"strconv"
	"time"

	"github.com/valkey-glide/go/glide"
)

// What is watched and what is waited for belongs to one connection.
func ExampleClient_Dedicated() {
	client := exampleClient()
	defer client.Close()

	err := client.Dedicated(ctx, func(c *glide.DedicatedClient) error {
		if err := c.Watch(ctx, "seats"); err != nil {
			return err
		}
		taken, err := c.SCard(ctx, "seats")
		if err != nil || taken >= 2 {
			return err // nothing is watched any more
		}
		_, err = c.Exec(ctx, glide.NewTransaction().SAdd("seats", "17B"))
		return err // ErrTransactionAborted if somebody else took one
	})
	seats, _ := client.SMembers(ctx, "seats")
	fmt.Println(seats, err)
	// Output: [17B] <nil>
}

// A discount of a tenth of the price at that moment.
func ExampleClient_Optimistic() {
	client := exampleClient()
	defer client.Close()
	_ = client.Set(ctx, "price", "50")

	results, err := client.Optimistic(ctx, []string{"price"}, func(c *glide.DedicatedClient) (*glide.Transaction, error) {
		text, err := c.Get(ctx, "price")
		if err != nil {
			return nil, err
		}
		price, err := strconv.Atoi(text.Or("0"))
		if err != nil {
			return nil, err
		}
		return glide.NewTransaction().Set("price", strconv.Itoa(price-price/10)).Get("price"), nil
	})
	if err != nil {
		panic(err)
	}
	price, err := glide.Result[glide.Optional[string]](results, 1)
	fmt.Println(price.Value(), err)
	// Output: 45 <nil>
}

func ExampleClusterClient_Dedicated() {
	client := exampleClusterClient()
	defer client.Close()

	err := client.Node(glide.PrimaryOfKey("{ann}")).Dedicated(ctx, func(c *glide.DedicatedClient) error {
		if err := c.Set(ctx, "{ann}:wallet", "100"); err != nil {
			return err
		}
		replicas, err := c.Wait(ctx, 0, time.Second) // for what was written here
		fmt.Println(replicas >= 0)
		return err
	})
	fmt.Println(err)
	// Output:
	// true
	// <nil>
}

// A call that waits does not delay others: it has a dedicated connection.
func ExampleClient_BLPop_waiting() {
	client := exampleClient()
	defer client.Close()

	jobs := make(chan string)
	go func() {
		job, err := client.BLPop(ctx, 5*time.Second, "jobs")
		if err != nil {
			panic(err)
		}
		jobs <- job.Value().Element
	}()
	_, _ = client.RPush(ctx, "jobs", "sweep")
	fmt.Println(<-jobs)
	// Output: sweep
}
