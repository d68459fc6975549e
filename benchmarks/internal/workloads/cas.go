package workloads

import (
	"context"
	"fmt"
	"strconv"

	"github.com/valkey-glide/go/benchmarks/internal/clients"
)

// cas is optimistic locking: all callers increment one number, by WATCH, GET
// and a transaction, again and again until no other client came between. One
// operation is one increment, however many tries it takes.
type cas struct{}

const casKey = "benchmark:counter"

// An incrementer increments a number with the client's own optimistic locking.
type incrementer interface {
	Increment(ctx context.Context, key string) error
}

func (cas) Prepare(ctx context.Context, client clients.Client, _ Shape) error {
	return client.Set(ctx, casKey, "0")
}

func (cas) Caller(client clients.Client, _ Shape, _ int) (Operation, error) {
	i, ok := client.(incrementer)
	if !ok {
		return nil, fmt.Errorf("%T has no optimistic locking", client)
	}
	return func(ctx context.Context) error { return i.Increment(ctx, casKey) }, nil
}

// Check finds increments that were lost, or made twice.
func (cas) Check(ctx context.Context, client clients.Client, operations int64) error {
	counter, err := client.Get(ctx, casKey)
	if err == nil && counter != strconv.FormatInt(operations, 10) {
		err = fmt.Errorf("%d increments gave %s", operations, counter)
	}
	return err
}
