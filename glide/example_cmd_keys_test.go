package glide_test

import (
	"fmt"
	"slices"
	"time"

	"github.com/valkey-glide/go/glide"
)

func ExampleClient_Keys() {
	client := exampleClient()
	defer client.Close()
	_ = client.MSet(ctx, map[string]string{"user:1": "alice", "user:2": "bob", "visits": "42"})

	var users []string
	for key, err := range client.AllKeys(ctx, glide.Match("user:*"), glide.Count(100)) {
		if err != nil {
			fmt.Println(err)
			return
		}
		users = append(users, key)
	}
	slices.Sort(users) // they come in no order
	fmt.Println(users)
	// Output: [user:1 user:2]
}

// Page by page, with a cursor that may be kept between them.
func ExampleClient_Scan() {
	client := exampleClient()
	defer client.Close()
	_ = client.Set(ctx, "visits", "42")

	for cursor := glide.ScanStart; ; {
		page, err := client.Scan(ctx, cursor, glide.Type("string"))
		if err != nil {
			fmt.Println(err)
			return
		}
		for _, key := range page.Items {
			fmt.Println(key)
		}
		if page.Last() {
			return
		}
		cursor = page.Cursor
	}
	// Output: visits
}

func ExampleClient_TTL() {
	client := exampleClient()
	defer client.Close()
	_ = client.Set(ctx, "settings", "dark")
	_ = client.Set(ctx, "session", "alice", glide.ExpireIn(time.Minute))

	for _, key := range []string{"nothing", "settings", "session"} {
		ttl, err := client.TTL(ctx, key)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(key, ttl.Exists(), ttl.Expires(), ttl.Value().Round(time.Minute))
	}
	// Output:
	// nothing false false 0s
	// settings true false 0s
	// session true true 1m0s
}

func ExampleClient_Expire() {
	client := exampleClient()
	defer client.Close()
	_ = client.Set(ctx, "session", "alice")

	first, _ := client.Expire(ctx, "session", time.Hour, glide.IfAbsent)
	shorter, _ := client.Expire(ctx, "session", time.Minute, glide.IfGreater)
	longer, _ := client.Expire(ctx, "session", 2*time.Hour, glide.IfGreater)
	fmt.Println(first, shorter, longer)
	// Output: true false true
}

func ExampleClient_Del() {
	client := exampleClient()
	defer client.Close()
	_ = client.MSet(ctx, map[string]string{"a": "1", "b": "2"})

	deleted, err := client.Del(ctx, "a", "b", "c")
	fmt.Println(deleted, err)
	// Output: 2 <nil>
}

// By what other keys hold.
func ExampleClient_Sort() {
	client := exampleClient()
	defer client.Close()
	_, _ = client.Do(ctx, "SADD", "team", "1", "2", "3")
	_ = client.MSet(ctx, map[string]string{"age:1": "41", "age:2": "23", "age:3": "37", "name:1": "Alice", "name:2": "Bob"})

	names, err := client.Sort(ctx, "team", glide.SortBy("age:*"), glide.SortGet("name:*"))
	for _, name := range names {
		fmt.Println(name.Or("unknown"))
	}
	fmt.Println(err)
	// Output:
	// Bob
	// unknown
	// Alice
	// <nil>
}

// A copy that lives for a minute.
func ExampleClient_Restore() {
	client := exampleClient()
	defer client.Close()
	_ = client.Set(ctx, "original", "value")

	dump, _ := client.Dump(ctx, "original")
	err := client.Restore(ctx, "copy", dump.Value(), glide.ExpireIn(time.Minute))
	stored, _ := client.Get(ctx, "copy")
	fmt.Println(stored.Value(), err)
	// Output: value <nil>
}
