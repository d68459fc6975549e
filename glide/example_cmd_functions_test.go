package glide_test

import (
	"fmt"

	"github.com/valkey-glide/go/glide"
)

func ExampleClient_FCall() {
	client := exampleClient()
	defer client.Close()

	const code = `#!lua name=greetings
redis.register_function{
	function_name = 'greet',
	callback = function(keys, args) return 'hello ' .. args[1] end,
	flags = {'no-writes'},
}`
	library, err := client.FunctionLoad(ctx, code, glide.Replace)
	fmt.Println(library, err)
	greeting, err := client.FCallRO(ctx, "greet", nil, "you")
	fmt.Println(greeting, err)
	_ = client.FunctionDelete(ctx, library)
	// Output:
	// greetings <nil>
	// hello you <nil>
}

func ExampleClient_FunctionList() {
	client := exampleClient()
	defer client.Close()
	_, _ = client.FunctionLoad(ctx, "#!lua name=nothing\nredis.register_function('nop', function() end)", glide.Replace)

	libraries, err := client.FunctionList(ctx, glide.LibrariesMatching("no*"))
	for _, library := range libraries {
		for _, function := range library.Functions {
			fmt.Println(library.Name, function.Name, function.Description.Or("says nothing"))
		}
	}
	fmt.Println(err)
	_ = client.FunctionFlush(ctx)
	// Output:
	// nothing nop says nothing
	// <nil>
}

// Libraries are brought to another server.
func ExampleClient_FunctionRestore() {
	client := exampleClient()
	defer client.Close()
	_, _ = client.FunctionLoad(ctx, "#!lua name=mine\nredis.register_function('one', function() return 1 end)", glide.Replace)

	dump, _ := client.FunctionDump(ctx)
	_ = client.FunctionFlush(ctx)
	err := client.FunctionRestore(ctx, dump, glide.ReplaceLibraries)
	fmt.Println(err)
	fmt.Println(client.FCall(ctx, "one", nil))
	_ = client.FunctionFlush(ctx)
	// Output:
	// <nil>
	// 1 <nil>
}
