package glide_test

import (
	"errors"
	"fmt"
	"time"

	"github.com/valkey-glide/go/glide"
)

func ExampleClient_Eval() {
	client := exampleClient()
	defer client.Close()

	// Nothing of others comes between the two.
	const script = `redis.call('RPUSH', KEYS[1], ARGV[1]) return redis.call('LRANGE', KEYS[1], 0, -1)`
	queue, err := client.Eval(ctx, script, []string{"queue"}, "job")
	fmt.Println(queue, err)
	// Output: [job] <nil>
}

// allow lets a key be counted up to a maximum in each period.
var allow = glide.NewScript(`
	local n = redis.call('INCR', KEYS[1])
	if n == 1 then redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
	return n <= tonumber(ARGV[1])`)

// The source is sent only where the server does not know it.
func ExampleClient_RunScript() {
	client := exampleClient()
	defer client.Close()

	for range 3 {
		allowed, err := client.RunScript(ctx, allow, []string{"requests"}, "2", fmt.Sprint(time.Minute.Milliseconds()))
		fmt.Println(allowed, err) // true is 1 and false is nil
	}
	// Output:
	// 1 <nil>
	// 1 <nil>
	// <nil> <nil>
}

func ExampleTransaction_RunScript() {
	client := exampleClient()
	defer client.Close()

	double := glide.NewScript(`return redis.call('INCRBY', KEYS[1], redis.call('GET', KEYS[1]))`)
	results, err := client.Exec(ctx, glide.NewTransaction().Set("n", "21").RunScript(double, []string{"n"}))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(glide.Result[any](results, 1))
	// Output: 42 <nil>
}

func ExampleClient_EvalSHA() {
	client := exampleClient()
	defer client.Close()

	sha1, _ := client.ScriptLoad(ctx, "return 'hello ' .. ARGV[1]")
	greeting, err := client.EvalSHA(ctx, sha1, nil, "you")
	fmt.Println(greeting, err)

	_ = client.ScriptFlush(ctx, glide.FlushAsync)
	_, err = client.EvalSHA(ctx, sha1, nil, "you")
	var server *glide.ServerError
	fmt.Println(errors.As(err, &server), server.Code)
	// Output:
	// hello you <nil>
	// true NOSCRIPT
}
