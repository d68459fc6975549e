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

// Memory is what idle clients cost, in bytes of resident memory.
type Memory struct {
	OneClient float64 `json:"one_client"` // the whole process with one
	PerClient float64 `json:"per_client"` // each of the further ones
}

// settling is how long what connecting left behind has to go.
const settling = 500 * time.Millisecond

// RunMemory makes a client and then so many more, with each of which a value
// is written and read, so that what is made when it is first needed is there.
// The process is to be a new one.
func RunMemory(ctx context.Context, dial func() (clients.Client, error), further int) (_ Memory, err error) {
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
		return Memory{}, err
	}
	one, err := resident()
	if err != nil {
		return Memory{}, err
	}
	if err := add(further); err != nil {
		return Memory{}, err
	}
	all, err := resident()
	return Memory{one, (all - one) / float64(further)}, err
}

// resident gives the resident memory of this process, without what Go's heap
// could give back.
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
