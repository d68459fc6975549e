package workloads

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"

	"github.com/valkey-glide/go/benchmarks/internal/clients"
)

// getSet is a cache in use: 80 % GET and 20 % SET, each of a random one of
// 1000 keys that all exist.
type getSet struct{}

const (
	getSetKeys     = 1000
	getSetReadsPer = 80 // of 100 operations
)

// getSetKey names the keys; all callers share the strings.
var getSetKey = func() (keys [getSetKeys]string) {
	for i := range keys {
		keys[i] = fmt.Sprintf("benchmark:%04d", i)
	}
	return keys
}()

func (getSet) Prepare(ctx context.Context, client clients.Client, shape Shape) error {
	value := strings.Repeat("v", shape.ValueBytes)
	for _, key := range getSetKey {
		if err := client.Set(ctx, key, value); err != nil {
			return err
		}
	}
	return nil
}

func (getSet) Caller(client clients.Client, shape Shape, number int) (Operation, error) {
	value := strings.Repeat("v", shape.ValueBytes)
	random := rand.New(rand.NewPCG(uint64(number), getSetKeys))

	return func(ctx context.Context) error {
		key := getSetKey[random.IntN(getSetKeys)]
		if random.IntN(100) >= getSetReadsPer {
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
