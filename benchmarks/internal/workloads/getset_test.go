package workloads

import (
	"context"
	"errors"
	"sync"
	"testing"

	"github.com/valkey-glide/go/benchmarks/internal/clients"
)

// memory is a client without a server.
type memory struct {
	mu         sync.Mutex
	values     map[string]string
	gets, sets int
}

func (m *memory) Get(_ context.Context, key string) (string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.gets++
	value, ok := m.values[key]
	if !ok {
		return "", clients.ErrNoValue
	}
	return value, nil
}

func (m *memory) Set(_ context.Context, key, value string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.sets++
	m.values[key] = value
	return nil
}

func (m *memory) Close() error { return nil }

func prepared(t *testing.T, shape Shape) (*memory, Operation) {
	t.Helper()
	client := &memory{values: map[string]string{}}
	if err := (getSet{}).Prepare(t.Context(), client, shape); err != nil {
		t.Fatal(err)
	}
	operation, err := getSet{}.Caller(client, shape, 0)
	if err != nil {
		t.Fatal(err)
	}
	return client, operation
}

func TestGetSetReadsFourOfFive(t *testing.T) {
	client, operation := prepared(t, Shape{Callers: 1, ValueBytes: 100})
	if len(client.values) != 1000 {
		t.Errorf("%d keys were prepared, want 1000", len(client.values))
	}
	client.gets, client.sets = 0, 0
	const operations = 20_000
	for range operations {
		if err := operation(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if share := float64(client.gets) / operations; share < 0.79 || share > 0.81 {
		t.Errorf("%.1f %% of the operations were GET, want 80 %%", 100*share)
	}
	if client.gets+client.sets != operations {
		t.Errorf("%d operations were %d commands", operations, client.gets+client.sets)
	}
}

func TestGetSetRefusesWrongReplies(t *testing.T) {
	for name, spoil := range map[string]func(*memory){
		"a value of another length": func(m *memory) {
			for key := range m.values {
				m.values[key] = "short"
			}
		},
		"no value": func(m *memory) { clear(m.values) },
	} {
		client, operation := prepared(t, Shape{Callers: 1, ValueBytes: 100})
		spoil(client)
		var err error
		for range 100 {
			spoil(client)
			err = errors.Join(err, operation(t.Context()))
		}
		if err == nil {
			t.Errorf("%s was taken for a good reply", name)
		}
	}
}

func TestGetSetItselfDoesNotAllocate(t *testing.T) {
	_, operation := prepared(t, Shape{Callers: 1, ValueBytes: 100})
	ctx := t.Context()
	if n := testing.AllocsPerRun(1000, func() { _ = operation(ctx) }); n != 0 {
		t.Errorf("an operation allocates %v times besides the client", n)
	}
}
