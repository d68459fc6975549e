// Package harness is what the black-box tests share: clients of both kinds and
// every face, load with books, faulty links, connections for raw commands, and
// the check that nothing is left at the end.
package harness

import (
	"context"
	"flag"
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/internal/testkit"
)

// Patience is how long a call or a test waits where it is not about time and
// the machine may be busy.
const Patience = 30 * time.Second

// ctx is for what is not about contexts.
var ctx = context.Background()

// Main runs the tests of a package and ends the servers that they shared. It
// fails the run if goroutines or sockets, or anything in the library, are left
// at its end.
func Main(m *testing.M) {
	// What the library starts once per process is not left over.
	warmUp()
	goroutines, open := runtime.NumGoroutine(), Sockets()
	run(m, func() string { return awaitNothingLeft(goroutines, open) })
}

// MainCold is Main for tests of how the library starts in a process: no client
// has been made before them. Of what is left only the library's is checked.
func MainCold(m *testing.M) { run(m, func() string { return "" }) }

func run(m *testing.M, left func() string) {
	flag.Parse()
	// These tests mostly wait, so more of them may run at once than there are
	// CPUs.
	if parallel := flag.Lookup("test.parallel"); parallel.Value.String() == fmt.Sprint(runtime.GOMAXPROCS(0)) {
		_ = flag.Set("test.parallel", "12")
	}
	code := m.Run()
	testkit.CloseShared()
	if code == 0 {
		if left := left(); left != "" {
			fmt.Println(left)
			code = 1
		}
		if alive := testkit.AwaitNothingAlive(); alive != "" {
			fmt.Println("left in the library:", alive)
			code = 1
		}
	}
	os.Exit(code)
}

// warmUp makes a client that has no one to connect to.
func warmUp() {
	ctx, cancel := context.WithTimeout(context.Background(), Patience)
	defer cancel()
	client, err := glide.NewClient(ctx, glide.Config{Addresses: []glide.Address{{Host: "127.0.0.1", Port: 1}}, LazyConnect: true})
	if err != nil {
		fmt.Println("the library does not work:", err)
		os.Exit(1)
	}
	_, _ = client.Get(ctx, "key")
	client.Close()
	time.Sleep(100 * time.Millisecond)
}

func awaitNothingLeft(goroutines, before int) (left string) {
	// Connections that wait for their server end no later than this.
	for begun := time.Now(); time.Since(begun) < 15*time.Second; time.Sleep(20 * time.Millisecond) {
		// One goroutine may come and go with the library's driver.
		n, open := runtime.NumGoroutine(), Sockets()
		if n <= goroutines+1 && open <= before {
			return ""
		}
		left = fmt.Sprintf("%d goroutines are left, there were %d; %d sockets are left, there were %d", n, goroutines, open, before)
	}
	stacks := make([]byte, 1<<20)
	return left + "\n" + string(stacks[:runtime.Stack(stacks, true)])
}

// Sockets is how many sockets this process has open, where the system tells.
func Sockets() (n int) {
	entries, _ := os.ReadDir("/proc/self/fd")
	for _, entry := range entries {
		if target, err := os.Readlink("/proc/self/fd/" + entry.Name()); err == nil && strings.HasPrefix(target, "socket:") {
			n++
		}
	}
	return n
}
