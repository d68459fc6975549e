package glidejson_test

import (
	"encoding/json"
	"fmt"

	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/glidejson"
)

type product struct {
	Name   string   `json:"name"`
	Price  float64  `json:"price"`
	Labels []string `json:"labels"`
}

func Example() {
	client := suite.ExampleClient()
	defer client.Close()

	glidejson.Set(ctx, client, "product:1", "$", product{"lamp", 20, []string{"home"}})
	glidejson.NumMultBy(ctx, client, "product:1", "$.price", 0.5)
	glidejson.ArrAppend(ctx, client, "product:1", "$.labels", "sale", "light")

	lamp, err := glidejson.Get[product](ctx, client, "product:1")
	fmt.Println(lamp.Value(), err)
	none, err := glidejson.Get[product](ctx, client, "product:2")
	fmt.Println(none.IsNil(), err)
	// Output:
	// {lamp 10 [home sale light]} <nil>
	// true <nil>
}

func ExampleSet() {
	client := suite.ExampleClient()
	defer client.Close()

	glidejson.Set(ctx, client, "settings", "$", json.RawMessage(`{"theme": "dark"}`))
	set, _ := glidejson.Set(ctx, client, "settings", "$.theme", "light", glidejson.IfAbsent)
	fmt.Println("set:", set)
	set, _ = glidejson.Set(ctx, client, "settings", "$.language", "en", glidejson.IfAbsent)
	fmt.Println("set:", set)

	text, _ := glidejson.GetText(ctx, client, "settings", nil)
	fmt.Println(text.Value())
	// Output:
	// set: false
	// set: true
	// {"theme":"dark","language":"en"}
}

func ExampleGetAt() {
	client := suite.ExampleClient()
	defer client.Close()

	glidejson.Set(ctx, client, "shop", "$", map[string]any{"products": []product{{Name: "lamp", Price: 20}, {Name: "chair", Price: 90}}})
	names, _ := glidejson.GetAt[string](ctx, client, "shop", "$.products[*].name")
	cheap, _ := glidejson.GetAt[product](ctx, client, "shop", "$.products[?(@.price<50)]")
	fmt.Println(names.Value(), cheap.Value())
	// Output:
	// [lamp chair] [{lamp 20 []}]
}

func ExampleMGet() {
	client := suite.ExampleClient()
	defer client.Close()

	glidejson.MSet(ctx, client,
		glidejson.Item{Key: "product:1", Path: "$", Value: product{Name: "lamp"}},
		glidejson.Item{Key: "product:2", Path: "$", Value: product{Name: "chair"}})
	products, _ := glidejson.MGet[product](ctx, client, "product:1", "product:2", "product:3")
	for _, p := range products {
		fmt.Println(p.Or(product{Name: "sold out"}).Name)
	}
	// Output:
	// lamp
	// chair
	// sold out
}

// What a JSONPath matches and is of another type is nil.
func ExampleArrLen() {
	client := suite.ExampleClient()
	defer client.Close()

	glidejson.Set(ctx, client, "key", "$", map[string]any{"a": []int{1, 2, 3}, "b": "no array"})
	lengths, _ := glidejson.ArrLen(ctx, client, "key", "$.*")
	for _, length := range lengths {
		if !length.IsNil() {
			fmt.Println(length.Value())
		}
	}
	length, _ := glidejson.ArrLenLegacy(ctx, client, "key", ".a")
	fmt.Println(length.Value())
	// Output:
	// 3
	// 3
}

func ExampleIn() {
	client := suite.ExampleClient()
	defer client.Close()

	order := glide.NewTransaction()
	glidejson.In(order).
		Set("product:1", "$", product{Name: "lamp", Price: 20}).
		NumIncrBy("product:1", "$.price", 5)
	order.Incr("orders")
	glidejson.GetIn[product](order, "product:1")

	results, _ := client.Exec(ctx, order)
	orders, _ := glide.Result[int64](results, 2)
	lamp, err := glide.Result[glide.Optional[product]](results, 3)
	fmt.Println(orders, lamp.Value(), err)
	// Output:
	// 1 {lamp 25 []} <nil>
}
