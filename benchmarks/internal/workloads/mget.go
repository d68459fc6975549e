package workloads

import (
	"context"
	"fmt"

	"github.com/valkey-glide/go/benchmarks/internal/clients"
)

// mget reads all keys of getSet at once, which in a cluster are of as many
// slots, in the way that is best for the client.
type mget struct{ getSet }

func (mget) valuesPerOperation(shape Shape) int { return Keys(shape.ValueBytes) }

// A multiGetter reads many keys and writes their values to values.
type multiGetter interface {
	MGet(ctx context.Context, keys, values []string) error
}

func (w mget) Caller(client clients.Client, shape Shape, number int) (Operation, error) {
	m, ok := client.(multiGetter)
	if !ok {
		return nil, fmt.Errorf("%T has no MGET", client)
	}
	return readMany(w.valuesPerOperation(shape), shape, number, m.MGet), nil
}
