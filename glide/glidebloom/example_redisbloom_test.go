package glidebloom_test

import (
	"fmt"

	"github.com/valkey-glide/go/glide/glidebloom"
)

func ExampleCFAdd() {
	client := suite.ExampleClient()
	defer client.Close()

	glidebloom.CFAdd(ctx, client, "invited", "ada")
	before, _ := glidebloom.CFExists(ctx, client, "invited", "ada")
	glidebloom.CFDel(ctx, client, "invited", "ada")
	after, _ := glidebloom.CFExists(ctx, client, "invited", "ada")
	fmt.Println(before, after)
	// Output: true false
}

func ExampleCMSIncrBy() {
	client := suite.ExampleClient()
	defer client.Close()

	glidebloom.CMSInitByProb(ctx, client, "visits", 0.001, 0.01)
	glidebloom.CMSIncrBy(ctx, client, "visits", glidebloom.Count("/", 3), glidebloom.Count("/about", 1))
	counts, err := glidebloom.CMSQuery(ctx, client, "visits", "/", "/about", "/none")
	fmt.Println(counts, err)
	// Output: [3 1 0] <nil>
}

func ExampleTopKIncrBy() {
	client := suite.ExampleClient()
	defer client.Close()

	glidebloom.TopKReserve(ctx, client, "trending", 2)
	glidebloom.TopKIncrBy(ctx, client, "trending", glidebloom.Count("go", 9), glidebloom.Count("rust", 7), glidebloom.Count("c", 1))
	list, err := glidebloom.TopKListWithCount(ctx, client, "trending")
	fmt.Println(list, err)
	// Output: [{go 9} {rust 7}] <nil>
}

func ExampleTDigestQuantile() {
	client := suite.ExampleClient()
	defer client.Close()

	glidebloom.TDigestCreate(ctx, client, "latency")
	glidebloom.TDigestAdd(ctx, client, "latency", 10, 11, 12, 13, 250)
	quantiles, err := glidebloom.TDigestQuantile(ctx, client, "latency", 0.5, 1)
	fmt.Println(quantiles, err)
	// Output: [12 250] <nil>
}
