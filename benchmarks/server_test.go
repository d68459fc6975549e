package main

import (
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/valkey-glide/go/benchmarks/internal/clients"
	"github.com/valkey-glide/go/glide/glidetest"
)

// deployed starts what the arguments ask for.
func deployed(t *testing.T, arguments string) (*deployment, options) {
	t.Helper()
	o, err := parse(strings.Fields(arguments), io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	d, err := deploy(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.close(); err != nil {
			t.Errorf("ending the servers: %v", err)
		}
	})
	return d, o
}

func TestDelayIsAddedToTheRoundTrip(t *testing.T) {
	server := glidetest.Start(t)
	const delay = 5 * time.Millisecond
	d, o := deployed(t, "-clients go-redis -callers 1 -delay 0,5ms -server "+server.Addr())
	if len(d.targets) != 2 {
		t.Fatalf("there are %d targets, want one near and one away", len(d.targets))
	}
	shortest := map[time.Duration]time.Duration{}
	for _, l := range o.loads {
		client, err := clients.Dial(t.Context(), "go-redis", d.targets[l.place])
		if err != nil {
			t.Fatal(err)
		}
		defer client.Close()
		for range 50 {
			began := time.Now()
			if err := client.Set(t.Context(), "benchmark:key", "value"); err != nil {
				t.Fatal(err)
			}
			if took := time.Since(began); shortest[l.place.delay] == 0 || took < shortest[l.place.delay] {
				shortest[l.place.delay] = took
			}
		}
	}
	if added := shortest[delay] - shortest[0]; added < delay-time.Millisecond || added > delay+time.Millisecond {
		t.Errorf("the shortest round trips took %v near and %v away, want %v more", shortest[0], shortest[delay], delay)
	}
}

func TestProcessOfAServerIsKnownWhereItRunsHere(t *testing.T) {
	here := place{mode: clients.Standalone}
	server := glidetest.Start(t)
	given, _ := deployed(t, "-clients go-redis -callers 1 -server "+server.Addr())
	started, _ := deployed(t, "-clients go-redis -callers 1")
	if !strings.Contains(given.String(), server.Addr()+" ") {
		t.Errorf("the version of the given server is missing in %q", given)
	}
	for name, d := range map[string]*deployment{"given": given, "started": started} {
		pids := d.serversOf(here)
		if len(pids) != 1 {
			t.Errorf("%s: the processes are %v, want one", name, pids)
		}
		// With a delay, the proxy stands before the same server.
		if far := d.serversOf(place{clients.Standalone, time.Millisecond}); !slices.Equal(far, pids) {
			t.Errorf("%s: the processes are %v, and %v where they are away", name, pids, far)
		}
	}
	if a, b := given.serversOf(here), started.serversOf(here); slices.Equal(a, b) {
		t.Errorf("two servers are the process %v", a)
	}
	if pids := given.serversOf(place{mode: clients.Cluster}); len(pids) != 0 {
		t.Errorf("a cluster that is not there has the processes %v", pids)
	}
}

func TestGivenServerThatIsNotThereIsOneClearError(t *testing.T) {
	o, err := parse(strings.Fields("-server 127.0.0.1:1"), io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := deploy(t.Context(), o); err == nil || !strings.Contains(err.Error(), "-server") {
		t.Errorf("err = %v", err)
	}
}
