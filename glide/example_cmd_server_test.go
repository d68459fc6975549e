package glide_test

import (
	"fmt"

	"github.com/valkey-glide/go/glide"
)

func ExampleParseInfo() {
	client := exampleClient()
	defer client.Close()
	_ = client.Set(ctx, "greeting", "hello")

	text, err := client.Info(ctx, "keyspace", "replication")
	info := glide.ParseInfo(text)
	fmt.Println(info["replication"]["role"], info["replication"]["connected_slaves"], err)
	// Output: master 0 <nil>
}

func ExampleClient_FlushAll() {
	client := exampleClient()
	defer client.Close()
	_ = client.Set(ctx, "greeting", "hello")

	before, _ := client.DBSize(ctx)
	err := client.FlushAll(ctx, glide.FlushAsync)
	after, _ := client.DBSize(ctx)
	fmt.Println(before, after, err)
	// Output: 1 0 <nil>
}

func ExampleClient_ConfigGet() {
	client := exampleClient()
	defer client.Close()

	settings, err := client.ConfigGet(ctx, "maxmemory-policy", "appendonly")
	fmt.Println(settings["maxmemory-policy"], settings["appendonly"], err)
	// Output: noeviction no <nil>
}

// May an application run a command? Nothing is run.
func ExampleClient_ACLDryRun() {
	client := exampleClient()
	defer client.Close()
	_ = client.ACLSetUser(ctx, "app", "on", ">secret", "~app:*", "+@read")
	defer client.ACLDelUser(ctx, "app")

	for _, key := range []string{"app:name", "other"} {
		forbidden, err := client.ACLDryRun(ctx, "app", "GET", key)
		fmt.Println(key, forbidden.IsNil(), err)
	}
	// Output:
	// app:name true <nil>
	// other false <nil>
}

func ExampleClient_CommandInfo() {
	client := exampleClient()
	defer client.Close()

	commands, err := client.CommandInfo(ctx, "get", "teleport")
	for _, command := range commands {
		if info, ok := command.Get(); ok {
			fmt.Println(info.Name, info.Arity, info.Flags, info.FirstKey)
		}
	}
	fmt.Println(err)
	// Output:
	// get 2 [fast readonly] 1
	// <nil>
}

func ExampleClient_CommandGetKeys() {
	client := exampleClient()
	defer client.Close()

	keys, err := client.CommandGetKeys(ctx, "ZUNION", "2", "one", "two", "WEIGHTS", "1", "2")
	fmt.Println(keys, err)
	// Output: [one two] <nil>
}

func ExampleClient_Role() {
	client := exampleClient()
	defer client.Close()

	role, err := client.Role(ctx)
	fmt.Println(role.Role, len(role.Replicas), err)
	// Output: master 0 <nil>
}

// What took longer than slowlog-log-slower-than.
func ExampleClient_SlowLogGet() {
	client := exampleClient()
	defer client.Close()
	_ = client.SlowLogReset(ctx)

	entries, err := client.SlowLogGet(ctx, 10)
	for _, entry := range entries {
		fmt.Println(entry.Time, entry.Took, entry.Words)
	}
	fmt.Println(err)
	// Output: <nil>
}

func ExampleClient_MemoryUsage() {
	client := exampleClient()
	defer client.Close()
	_ = client.Set(ctx, "greeting", "hello")

	size, _ := client.MemoryUsage(ctx, "greeting")
	none, err := client.MemoryUsage(ctx, "nothing")
	fmt.Println(size.Value() > 5, none.IsNil(), err)
	// Output: true true <nil>
}
