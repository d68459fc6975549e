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
	if err := (getSet{80}).Prepare(t.Context(), client, shape); err != nil {
		t.Fatal(err)
	}
	operation, err := getSet{80}.Caller(client, shape, 0)
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

func TestGetOnlyReads(t *testing.T) {
	client := &memory{values: map[string]string{}}
	shape := Shape{Callers: 1, ValueBytes: 100}
	workload, err := Named("get")
	if err != nil {
		t.Fatal(err)
	}
	if err := workload.Prepare(t.Context(), client, shape); err != nil {
		t.Fatal(err)
	}
	operation, err := workload.Caller(client, shape, 0)
	if err != nil {
		t.Fatal(err)
	}
	client.sets = 0
	for range 1000 {
		if err := operation(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if client.sets != 0 || client.gets != 1000 {
		t.Errorf("1000 operations were %d GET and %d SET", client.gets, client.sets)
	}
}

func TestLargeValuesHaveFewerKeys(t *testing.T) {
	for bytes, want := range map[int]int{1: 1000, 10 << 10: 1000, 100 << 10: 655, 1 << 20: 64, 1 << 30: 1} {
		if got := Keys(bytes); got != want {
			t.Errorf("%d keys for values of %d bytes, want %d", got, bytes, want)
		}
	}
	client, operation := prepared(t, Shape{Callers: 1, ValueBytes: 1 << 20})
	if len(client.values) != 64 {
		t.Errorf("%d keys were written, want 64", len(client.values))
	}
	for range 200 {
		if err := operation(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

func TestCallersShareTheMemoryOfAValue(t *testing.T) {
	short, long := valueOf(1<<20), valueOf(2<<20)
	if len(short) != 1<<20 || len(long) != 2<<20 {
		t.Fatalf("the values have %d and %d bytes", len(short), len(long))
	}
	if n := testing.AllocsPerRun(10, func() { short = valueOf(1 << 20) }); n != 0 {
		t.Errorf("a value that is there already allocates %v times", n)
	}
}

func TestValuesPerOperation(t *testing.T) {
	for name, want := range map[string]int{"get-set": 1, "get": 1, "pipeline": 100, "mget": 1000} {
		if got := ValuesPerOperation(name, Shape{ValueBytes: 100}); got != want {
			t.Errorf("%s: %d, want %d", name, got, want)
		}
	}
	for _, name := range []string{"pipeline", "mget"} {
		if got := ValuesPerOperation(name, Shape{ValueBytes: 1 << 20}); got != 64 {
			t.Errorf("%s of 1 MiB: %d, want as many as there are keys", name, got)
		}
	}
}

func TestFailureToPrepareIsTold(t *testing.T) {
	if err := (getSet{80}).Prepare(t.Context(), refusing{}, Shape{ValueBytes: 1}); !errors.Is(err, errRefused) {
		t.Errorf("err = %v, want %v", err, errRefused)
	}
}

var errRefused = errors.New("refused")

type refusing struct{ clients.Client }

func (refusing) Set(context.Context, string, string) error { return errRefused }

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
