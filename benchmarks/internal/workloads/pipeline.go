package workloads

import (
	"context"
	"fmt"
	"math/rand/v2"

	"github.com/valkey-glide/go/benchmarks/internal/clients"
)

// pipeline is 100 GETs in one explicit pipeline, of consecutive ones of the
// keys of getSet: fewer where the values are so large that there are not 100.
type pipeline struct{ getSet }

const pipelineGets = 100

func (pipeline) valuesPerOperation(shape Shape) int {
	return min(pipelineGets, Keys(shape.ValueBytes))
}

// A pipeliner sends GETs as the client's own pipelines, made each time,
// and writes what they return to values.
type pipeliner interface {
	GetPipelined(ctx context.Context, keys, values []string) error
}

func (w pipeline) Caller(client clients.Client, shape Shape, number int) (Operation, error) {
	p, ok := client.(pipeliner)
	if !ok {
		return nil, fmt.Errorf("%T has no pipelines", client)
	}
	return readMany(w.valuesPerOperation(shape), shape, number, p.GetPipelined), nil
}

// readMany reads so many consecutive keys at once, beginning anywhere.
func readMany(count int, shape Shape, number int, read func(ctx context.Context, keys, values []string) error) Operation {
	random := rand.New(rand.NewPCG(uint64(number), getSetKeys))
	keys, values := keysFor(shape.ValueBytes), make([]string, count)
	return func(ctx context.Context) error {
		first := random.IntN(len(keys) - count + 1)
		clear(values)
		if err := read(ctx, keys[first:first+count], values); err != nil {
			return err
		}
		for i, value := range values {
			if len(value) != shape.ValueBytes {
				return fmt.Errorf("value %d has %d bytes, %d were stored", i, len(value), shape.ValueBytes)
			}
		}
		return nil
	}
}
