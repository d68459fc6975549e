package glide_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/valkey-glide/go/glide"
)

// prefixed puts a prefix before the keys of the commands that it overrides. What it
// embeds has the others; for these a real program would refuse or override what
// takes keys, such as Do.
type prefixed struct {
	glide.UniversalClient
	prefix string
}

func (p prefixed) Get(ctx context.Context, key string) (glide.Optional[string], error) {
	return p.UniversalClient.Get(ctx, p.prefix+key)
}

func (p prefixed) Set(ctx context.Context, key, value string, options ...glide.SetOption) error {
	return p.UniversalClient.Set(ctx, p.prefix+key, value, options...)
}

// greet is a function of a program: it takes a client of either kind, a wrapper or
// a fake.
func greet(ctx context.Context, client glide.StringCommands, user string) (string, error) {
	name, err := client.Get(ctx, user)
	if err != nil {
		return "", err
	}
	return "Hello " + name.Or("stranger"), nil
}

// A wrapper embeds the client and overrides methods.
func ExampleUniversalClient_wrapper() {
	for _, client := range []glide.UniversalClient{exampleClient(), exampleClusterClient()} {
		defer client.Close()
		tenant := prefixed{client, "tenant:"}
		if err := tenant.Set(ctx, "user", "Ada"); err != nil {
			panic(err)
		}
		fmt.Println(greet(ctx, tenant, "user"))
		fmt.Println(client.Get(ctx, "tenant:user"))
	}
	// Output:
	// Hello Ada <nil>
	// Ada <nil>
	// Hello Ada <nil>
	// Ada <nil>
}

// fake is a client for tests without a server. Methods that it does not override
// panic: it embeds nothing.
type fake struct {
	glide.UniversalClient
	values map[string]string
	broken bool
}

func (f fake) Get(_ context.Context, key string) (glide.Optional[string], error) {
	if f.broken {
		return glide.None[string](), errors.New("no server")
	}
	value, ok := f.values[key]
	if !ok {
		return glide.None[string](), nil
	}
	return glide.Some(value), nil
}

func (f fake) Exec(_ context.Context, batch glide.Batch, _ ...glide.ExecOption) (glide.Results, error) {
	return glide.NewResults(batch, nil, int64(1))
}

// A fake for tests embeds the interface, without a client, and overrides what the
// tested code calls.
func ExampleUniversalClient_fake() {
	client := fake{values: map[string]string{"user:1": "Ada"}}
	fmt.Println(greet(ctx, client, "user:1"))
	fmt.Println(greet(ctx, client, "user:2"))
	fmt.Println(greet(ctx, fake{broken: true}, "user:1"))

	results, err := client.Exec(ctx, glide.NewTransaction().Set("user:1", "Ada").Incr("users"))
	fmt.Println(results, err)
	// Output:
	// Hello Ada <nil>
	// Hello stranger <nil>
	//  no server
	// [SET: <nil>, INCR: 1] <nil>
}
