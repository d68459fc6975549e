package atmostonce_test

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/livetest/internal/fakeserver"
	"github.com/valkey-glide/go/glide/livetest/internal/harness"
)

// inNamespaces is set in a process that is alone in its network namespace.
const inNamespaces = "GLIDE_LIVETEST_NAMESPACES"

const (
	clientAddress = "10.9.0.1"
	serverAddress = "10.9.0.2"
)

// TestWriteRunsOnceWhenTheLinkGoesDownAndUp has servers in a network namespace
// of their own. They run each write and then lose the link, for longer than the
// system waits for acknowledgements.
func TestWriteRunsOnceWhenTheLinkGoesDownAndUp(t *testing.T) {
	t.Parallel()
	for _, end := range []string{"server", "client"} {
		t.Run("the "+end+"'s end", func(t *testing.T) {
			t.Parallel()
			output, err := runInNamespace(t, "^TestLinkInNamespaces$", end)
			if errors.Is(err, errNoNamespaces) {
				t.Skipf("THIS TEST DID NOT RUN: this machine allows no network namespaces: %v\n%s", err, output)
			}
			require.NoError(t, err, output)
			require.Contains(t, output, "--- PASS: TestLinkInNamespaces", output)
			for line := range strings.Lines(output) {
				if strings.Contains(line, "_test.go:") {
					t.Log(strings.TrimSpace(line))
				}
			}
		})
	}
}

var errNoNamespaces = errors.New("no namespaces")

// runInNamespace runs a test of this binary in a process that has a network
// separate namespace.
func runInNamespace(t *testing.T, run, end string) (output string, err error) {
	t.Helper()
	if _, err := exec.LookPath("ip"); err != nil {
		return err.Error(), errNoNamespaces
	}
	command := func(name string, args ...string) *exec.Cmd {
		c := exec.Command(name, args...)
		c.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET, Pdeathsig: syscall.SIGKILL}
		if os.Geteuid() != 0 {
			c.SysProcAttr.Cloneflags |= syscall.CLONE_NEWUSER
			c.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}}
			c.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}}
		}
		return c
	}
	// A pair of interfaces is what it takes.
	if text, err := command("ip", "link", "add", "glide0", "type", "veth", "peer", "name", "glide1").CombinedOutput(); err != nil {
		return fmt.Sprint(err, ": ", string(text)), errNoNamespaces
	}
	c := command(os.Args[0], "-test.run", run, "-test.v", "-test.count=1", "-test.timeout=60s")
	c.Env = append(os.Environ(), inNamespaces+"="+end)
	var text bytes.Buffer
	c.Stdout, c.Stderr = &text, &text
	// The death signal is that of the thread that starts the process.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	err = c.Run()
	return text.String(), err
}

// A pair of network namespaces: the process's own, with the client, and another
// one with servers.
type namespaces struct {
	listen func(network, address string) (net.Listener, error)
	ip     func(args ...string) error // in the servers' namespace
}

// joinNamespaces makes the servers' namespace and the link to it. They are gone
// with the process.
func joinNamespaces(t *testing.T) namespaces {
	t.Helper()
	work := make(chan func())
	thread := make(chan int)
	go func() {
		runtime.LockOSThread() // and never unlocked: the thread ends with the goroutine
		if err := syscall.Unshare(syscall.CLONE_NEWNET); err != nil {
			thread <- 0
			return
		}
		thread <- syscall.Gettid()
		for do := range work {
			do()
		}
	}()
	id := <-thread
	require.NotZero(t, id, "a thread cannot have a namespace of its own")
	inside := func(do func() error) error {
		done := make(chan error)
		work <- func() { done <- do() }
		return <-done
	}
	n := namespaces{
		listen: func(network, address string) (listener net.Listener, err error) {
			err = inside(func() (err error) { listener, err = net.Listen(network, address); return err })
			return listener, err
		},
		ip: func(args ...string) error { return inside(func() error { return ip(args...) }) },
	}
	t.Cleanup(func() { close(work) })
	require.NoError(t, ip("link", "set", "lo", "up"))
	require.NoError(t, ip("link", "add", "v0", "type", "veth", "peer", "name", "v1", "netns", strconv.Itoa(id)))
	require.NoError(t, ip("addr", "add", clientAddress+"/24", "dev", "v0"))
	require.NoError(t, ip("link", "set", "v0", "up"))
	require.NoError(t, n.ip("addr", "add", serverAddress+"/24", "dev", "v1"))
	require.NoError(t, n.ip("link", "set", "v1", "up"))
	return n
}

func ip(args ...string) error {
	text, err := exec.Command("ip", args...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("ip %v: %w: %s", args, err, text)
	}
	return nil
}

// TestLinkInNamespaces is what TestWriteRunsOnceWhenTheLinkGoesDownAndUp runs in
// a separate process.
func TestLinkInNamespaces(t *testing.T) {
	end := os.Getenv(inNamespaces)
	if end == "" {
		t.Skip("run by TestWriteRunsOnceWhenTheLinkGoesDownAndUp")
	}
	namespaces := joinNamespaces(t)
	setLink := func(state string) {
		var err error
		if end == "server" {
			err = namespaces.ip("link", "set", "v1", state)
		} else {
			err = ip("link", "set", "v0", state)
		}
		if err != nil {
			t.Error(err)
		}
	}
	authority := fakeserver.NewAuthority(t, serverAddress)
	type write struct {
		name      string
		server    *fakeserver.Server
		client    harness.Client
		increment harness.Increment
		err       error
		took      time.Duration
		ended     chan struct{}
	}
	var writes []*write
	down := make(chan struct{})
	var ran atomic.Int64
	for _, kind := range []harness.Kind{harness.Standalone, harness.Cluster} {
		for _, encryption := range []*fakeserver.Authority{nil, authority} {
			for _, timeout := range []time.Duration{0, 20 * time.Second} { // 0 is the default
				for name, increment := range harness.Increments {
					config := glide.ClusterConfig{RequestTimeout: timeout}
					options := encrypted(encryption, &config, fakeserver.On(serverAddress), fakeserver.WithListener(namespaces.listen))
					server := fakeserver.Start(t, options...)
					config.Addresses = harness.AddressesOf(server)
					for _, command := range []string{"INCR", "EVAL"} {
						server.Handle(command, func(c *fakeserver.Conn, args []string) string {
							reply := c.Run(args)
							ran.Add(1)
							<-down // before the reply could arrive
							return reply
						})
					}
					writes = append(writes, &write{
						name:   fmt.Sprintf("%s, %s, TLS %t, timeout %v", kind, name, encryption != nil, timeout),
						server: server, client: kind.Connect(t, config), increment: increment, ended: make(chan struct{}),
					})
				}
			}
		}
	}
	var group sync.WaitGroup
	for _, w := range writes {
		group.Go(func() {
			begun := time.Now()
			_, w.err = w.increment(ctx, w.client, "counter")
			w.took = time.Since(begun)
			close(w.ended)
		})
		group.Go(func() {
			<-down
			// Something must be unacknowledged for the system to notice.
			for range 5 {
				_, _ = w.client.Get(ctx, "other")
				time.Sleep(100 * time.Millisecond)
			}
		})
	}
	require.Eventually(t, func() bool { return ran.Load() == int64(len(writes)) }, 10*time.Second, time.Millisecond)
	setLink("down")
	close(down)
	time.Sleep(5600 * time.Millisecond)
	setLink("up")
	if end == "client" {
		// The address stays; the route to the neighbours comes with the link.
		require.NoError(t, ip("addr", "replace", clientAddress+"/24", "dev", "v0"))
	}
	// Each client is served again.
	for _, w := range writes {
		require.Eventually(t, func() bool { _, err := w.client.Get(ctx, "other"); return err == nil }, 15*time.Second, 20*time.Millisecond, w.name)
	}
	time.Sleep(time.Second) // for what is sent again
	for _, w := range writes {
		select {
		case <-w.ended:
		case <-time.After(25 * time.Second): // more than the longest timeout
			t.Fatalf("%s: the call does not end", w.name)
		}
	}
	group.Wait()
	for _, w := range writes {
		runs := w.server.Data().Runs("counter")
		// The system delivers the reply after all if it has not given up.
		if runs != 1 || w.err != nil && glide.SafeToRetry(w.err) {
			t.Errorf("%s: ran %d times, error after %v: %v (safe to retry: %t)", w.name, runs, w.took, w.err, glide.SafeToRetry(w.err))
		}
	}
	t.Logf("%d writes, the link was down at the %s", len(writes), end)
}
