package glide_test

import (
	"fmt"
	"time"

	"github.com/valkey-glide/go/glide"
)

func ExampleClient_Get() {
	client := exampleClient()
	defer client.Close()

	greeting, err := client.Get(ctx, "greeting")
	if err != nil {
		fmt.Println(err) // what is missing is no error
		return
	}
	fmt.Println(greeting.IsNil(), greeting.Or("nobody greets"))

	_ = client.Set(ctx, "greeting", "hello")
	greeting, _ = client.Get(ctx, "greeting")
	fmt.Println(greeting.Value())
	// Output:
	// true nobody greets
	// hello
}

// Bytes go in and come out without being copied to strings.
func ExampleClient_GetBytes() {
	client := exampleClient()
	defer client.Close()

	picture := []byte{0x89, 'P', 'N', 'G', '\r', '\n', 0}
	_ = client.Set(ctx, "picture", glide.View(picture))
	stored, err := client.GetBytes(ctx, "picture")
	fmt.Printf("%q %v\n", stored.Value(), err)
	// Output: "\x89PNG\r\n\x00" <nil>
}

// One buffer for all pictures.
func ExampleClient_GetInto() {
	client := exampleClient()
	defer client.Close()

	buffer := make([]byte, 0, 1<<20)
	for _, name := range []string{"mountain", "river"} {
		_ = client.Set(ctx, name, "a picture of a "+name)
		picture, err := client.GetInto(ctx, name, buffer)
		fmt.Printf("%s %v\n", picture.Value(), err)
	}
	// Output:
	// a picture of a mountain <nil>
	// a picture of a river <nil>
}

func ExampleClient_Set() {
	client := exampleClient()
	defer client.Close()

	_ = client.Set(ctx, "session", "alice", glide.ExpireIn(time.Hour))
	_ = client.Set(ctx, "session", "bob", glide.KeepTTL)
	ttl, err := client.TTL(ctx, "session")
	fmt.Println(ttl.Value().Round(time.Minute), err)
	// Output: 1h0m0s <nil>
}

// A lock that is released by its holder only, and by itself after a while.
// Where the server knows DELIFEQ, [glide.Client.DelIfEq] releases it in one
// step.
func ExampleClient_SetIf() {
	client := exampleClient()
	defer client.Close()

	for _, token := range []string{"alice", "bob"} {
		locked, err := client.SetIf(ctx, "lock", token, glide.IfAbsent, glide.ExpireIn(10*time.Second))
		fmt.Println(token, locked, err)
	}
	// Output:
	// alice true <nil>
	// bob false <nil>
}

func ExampleClient_SetGet() {
	client := exampleClient()
	defer client.Close()

	for _, leader := range []string{"alice", "bob"} {
		old, err := client.SetGet(ctx, "leader", leader)
		fmt.Println(old.Or("nobody"), "->", leader, err)
	}
	// Output:
	// nobody -> alice <nil>
	// alice -> bob <nil>
}

func ExampleClient_GetEx() {
	client := exampleClient()
	defer client.Close()

	_ = client.Set(ctx, "session", "alice", glide.ExpireIn(time.Minute))
	user, err := client.GetEx(ctx, "session", glide.ExpireIn(time.Hour)) // it was used: it lives on
	fmt.Println(user.Value(), err)
	// Output: alice <nil>
}

func ExampleClient_IncrBy() {
	client := exampleClient()
	defer client.Close()

	visits, _ := client.Incr(ctx, "visits")
	fmt.Println(visits)
	visits, _ = client.IncrBy(ctx, "visits", 41)
	fmt.Println(visits)
	share, _ := client.IncrByFloat(ctx, "share", 0.25)
	fmt.Println(share)
	// Output:
	// 1
	// 42
	// 0.25
}

func ExampleClient_MGet() {
	client := exampleClient()
	defer client.Close()

	_ = client.MSet(ctx, map[string]string{"a": "1", "c": "3"})
	values, err := client.MGet(ctx, "a", "b", "c")
	for _, value := range values {
		fmt.Println(value.Or("missing"))
	}
	fmt.Println(err)
	// Output:
	// 1
	// missing
	// 3
	// <nil>
}

func ExampleClient_LCSIdx() {
	client := exampleClient()
	defer client.Close()

	_ = client.MSet(ctx, map[string]string{"first": "ohmytext", "second": "mynewtext"})
	common, _ := client.LCS(ctx, "first", "second")
	fmt.Println(common)
	matches, err := client.LCSIdx(ctx, "first", "second", glide.WithMatchLen)
	for _, match := range matches.Matches {
		fmt.Println(match.First, match.Second, match.Length)
	}
	fmt.Println(matches.Length, err)
	// Output:
	// mytext
	// {4 7} {5 8} 4
	// {2 3} {0 1} 2
	// 6 <nil>
}
