package measure

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"time"

	"github.com/valkey-glide/go/benchmarks/internal/clients"
)

// furtherClients is how many clients are measured besides the first one. The
// memory of one alone would be lost in what the process needs anyway; that of
// 200 still varied with a thread that came or not.
const furtherClients = 500

// uncountedClients come between. What they bring besides their own memory
// comes once: the tables of Go's collector, stacks, the allocator's pages.
const uncountedClients = 200

// settling is how long what connecting left behind has to go.
const settling = 500 * time.Millisecond

// Memory measures what idle clients cost: one, and by how much the process
// grows with each further one. A value is written and read with each, so that
// what is made when it is first needed is there. The process must be a new
// one.
func Memory(ctx context.Context, dial func() (clients.Client, error)) (f Figures, err error) {
	var open []clients.Client
	defer func() {
		for _, client := range open {
			err = errors.Join(err, client.Close())
		}
	}()
	add := func(n int) error {
		for range n {
			client, err := dial()
			if err != nil {
				return fmt.Errorf("connecting: %w", err)
			}
			open = append(open, client)
			if err := client.Set(ctx, "benchmark:memory", "v"); err != nil {
				return err
			}
			if _, err := client.Get(ctx, "benchmark:memory"); err != nil {
				return err
			}
		}
		return nil
	}
	if err := add(1); err != nil {
		return f, err
	}
	one, err := resident()
	if err != nil {
		return f, err
	}
	if err := add(uncountedClients); err != nil {
		return f, err
	}
	some, err := resident()
	if err != nil {
		return f, err
	}
	if err := add(furtherClients); err != nil {
		return f, err
	}
	all, err := resident()
	f.OneClient, f.PerClient = one, (all-some)/furtherClients
	return f, err
}

// resident returns the resident memory of this process, without what Go's heap
// could return.
func resident() (float64, error) {
	time.Sleep(settling)
	debug.FreeOSMemory()
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0, fmt.Errorf("resident memory is read from /proc: %w", err)
	}
	_, rest, _ := bytes.Cut(status, []byte("VmRSS:"))
	kilobytes := 0.0
	if _, err := fmt.Sscanf(string(rest), "%f kB", &kilobytes); err != nil {
		return 0, fmt.Errorf("no VmRSS in /proc/self/status: %w", err)
	}
	return kilobytes * 1024, nil
}
