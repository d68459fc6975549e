package glide_test

import (
	"errors"
	"fmt"

	"github.com/valkey-glide/go/glide"
)

// The result of a command in a batch is found by what the program remembered of
// it.
func ExampleLastQueued() {
	client := exampleClient()
	defer client.Close()
	pipeline := glide.NewPipeline().Set("name", "Ada")
	name := glide.LastQueued[glide.Optional[string]](pipeline.Get("name"))
	visits := glide.LastQueued[int64](pipeline.Incr("visits"))
	results, err := client.Exec(ctx, pipeline)
	if err != nil {
		panic(err)
	}
	fmt.Println(name.Result(results))
	fmt.Println(visits.Result(results))
	fmt.Println(results)
	// Output:
	// Ada <nil>
	// 1 <nil>
	// [SET: <nil>, GET: "Ada", INCR: 1]
}

func ExampleResults_Errors() {
	client := exampleClient()
	defer client.Close()
	results, err := client.Exec(ctx, glide.NewPipeline().Set("word", "seven").Incr("word").LPush("word", "x"))
	if err != nil {
		panic(err)
	}
	for index, err := range results.Errors() {
		fmt.Println(index, glide.Code(err))
	}
	// Output:
	// 1 ERR
	// 2 WRONGTYPE
}

func ExampleHGetAllAs() {
	client := exampleClient()
	defer client.Close()
	type User struct {
		Name   string `glide:"name"`
		Visits int    `glide:"visits"`
		Email  string `glide:"email,omitempty"`
	}
	fields, err := glide.EncodeHash(User{Name: "Ada", Visits: 3})
	if err != nil {
		panic(err)
	}
	if _, err := client.HSet(ctx, "user:1", fields); err != nil {
		panic(err)
	}
	user, err := glide.HGetAllAs[User](ctx, client, "user:1")
	fmt.Printf("%+v %v\n", user.Value(), err)
	// Output:
	// {Name:Ada Visits:3 Email:} <nil>
}

func ExampleDoAs() {
	client := exampleClient()
	defer client.Close()
	if _, err := client.RPush(ctx, "numbers", "1", "2", "3"); err != nil {
		panic(err)
	}
	numbers, err := glide.DoAs[[]int](ctx, client, "LRANGE", "numbers", "0", "-1")
	fmt.Println(numbers, err)
	// Output:
	// [1 2 3] <nil>
}

func ExampleRunScriptAs() {
	client := exampleClient()
	defer client.Close()
	script := glide.NewScript("return {'name', ARGV[1]}")
	user, err := glide.RunScriptAs[map[string]string](ctx, client, script, nil, "Ada")
	fmt.Println(user, err)
	// Output:
	// map[name:Ada] <nil>
}

func ExampleOptional_OrErr() {
	client := exampleClient()
	defer client.Close()
	errUnknown := errors.New("no such user")
	name, err := client.Get(ctx, "unknown user")
	if err != nil {
		panic(err)
	}
	_, err = name.OrErr(errUnknown)
	fmt.Println(name, err)
	// Output:
	// <nil> no such user
}
