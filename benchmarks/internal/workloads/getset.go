package workloads

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"

	"github.com/valkey-glide/go/benchmarks/internal/clients"
)

// getSet is a cache in use: so many of 100 operations are GET and the rest
// SET, each of a random one of its keys, which all exist.
type getSet struct{ readsOf100 int }

// writers is how many SETs are under way while the keys are prepared: one
// after the other would take more than a second where the server is 1 ms away.
const writers = 50

func (getSet) Prepare(ctx context.Context, client clients.Client, shape Shape) error {
	keys, value := keysFor(shape.ValueBytes), valueOf(shape.ValueBytes)
	failures := make([]error, writers)
	var writing sync.WaitGroup
	for writer := range writers {
		writing.Go(func() {
			for i := writer; i < len(keys) && failures[writer] == nil; i += writers {
				failures[writer] = client.Set(ctx, keys[i], value)
			}
		})
	}
	writing.Wait()
	return errors.Join(failures...)
}

func (w getSet) Caller(client clients.Client, shape Shape, number int) (Operation, error) {
	keys, value := keysFor(shape.ValueBytes), valueOf(shape.ValueBytes)
	random := rand.New(rand.NewPCG(uint64(number), getSetKeys))

	return func(ctx context.Context) error {
		key := keys[random.IntN(len(keys))]
		if random.IntN(100) >= w.readsOf100 {
			return client.Set(ctx, key, value)
		}
		got, err := client.Get(ctx, key)
		if err != nil {
			return err
		}
		// The length tells a wrong reply well enough and costs nothing.
		if len(got) != len(value) {
			return fmt.Errorf("GET gave %d bytes, %d were stored", len(got), len(value))
		}
		return nil
	}, nil
}
