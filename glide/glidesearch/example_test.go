package glidesearch_test

import (
	"fmt"
	"time"

	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/glidesearch"
)

// shop returns a client of a server that has an index of products.
func shop() *glide.Client {
	client := suite.ExampleClient()
	client.HSet(ctx, "product:1", map[string]string{"name": "desk lamp", "kind": "light", "price": "20"})
	client.HSet(ctx, "product:2", map[string]string{"name": "floor lamp", "kind": "light", "price": "60"})
	client.HSet(ctx, "product:3", map[string]string{"name": "desk", "kind": "table", "price": "200"})
	err := glidesearch.Create(ctx, client, "products", []glidesearch.Field{
		glidesearch.TextField{Name: "name"},
		glidesearch.TagField{Name: "kind"},
		glidesearch.NumericField{Name: "price", Sortable: true},
	}, glidesearch.Prefixes("product:"))
	if err != nil {
		panic(err)
	}
	awaitComplete(client, "products")
	return client
}

// awaitComplete waits until what was there before an index is in it.
func awaitComplete(client *glide.Client, index string) {
	for {
		info, err := glidesearch.Info(ctx, client, index)
		if err != nil {
			panic(err)
		}
		if !info.Indexing && info.Indexed == 1 {
			return
		}
		time.Sleep(time.Millisecond)
	}
}

func ExampleSearch() {
	client := shop()
	defer client.Close()

	lamps, _ := glidesearch.Search(ctx, client, "products", "lamp @price:[0 100]",
		glidesearch.SortBy("price", glidesearch.Descending), glidesearch.Return("name", "price"))
	fmt.Println(lamps.Total)
	for _, lamp := range lamps.Documents {
		fmt.Println(lamp.Key, lamp.Fields["name"], lamp.Fields["price"])
	}
	// Output:
	// 2
	// product:2 floor lamp 60
	// product:1 desk lamp 20
}

func ExampleAggregate() {
	client := shop()
	defer client.Close()

	kinds, _ := glidesearch.Aggregate(ctx, client, "products", "*",
		glidesearch.GroupBy([]string{"@kind"}, glidesearch.Count().As("products"), glidesearch.Avg("@price").As("price")),
		glidesearch.Apply("upper(@kind)", "name"),
		glidesearch.OrderBy(glidesearch.Sorting{Field: "@price", Order: glidesearch.Ascending}))
	for _, kind := range kinds {
		fmt.Println(kind["name"], kind["products"], kind["price"])
	}
	// Output:
	// LIGHT 2 40
	// TABLE 1 200
}

func ExampleInfo() {
	client := shop()
	defer client.Close()

	info, _ := glidesearch.Info(ctx, client, "products")
	fmt.Println(info.KeyType, info.Prefixes, info.Documents)
	for _, field := range info.Fields {
		fmt.Println(field.Name, field.Type)
	}
	// Output:
	// HASH [product:] 3
	// name TEXT
	// kind TAG
	// price NUMERIC
}

func ExampleIn() {
	client := shop()
	defer client.Close()

	batch := glide.NewTransaction().HSet("product:4", map[string]string{"name": "chair", "kind": "seat", "price": "80"})
	glidesearch.In(batch).Search("products", "@kind:{seat}")
	results, _ := client.Exec(ctx, batch)
	seats, err := glide.Result[glidesearch.SearchResult](results, 1)
	fmt.Println(seats.Documents[0].Fields["name"], err)
	// Output:
	// chair <nil>
}
