package faults_test

import (
	"context"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/glidetest"
	"github.com/valkey-glide/go/glide/internal/testkit"
	"github.com/valkey-glide/go/glide/livetest/internal/harness"
)

// A relay passes everything on between clients and a server, until it is
// silenced: then nothing passes on the connections that it has, but on new
// ones. So it is when a firewall has forgotten a connection.
type relay struct {
	listener *net.TCPListener
	target   string

	mutex sync.Mutex // guards what follows
	links map[*relayed]bool
}

type relayed struct {
	client, server net.Conn
	silent         bool
}

func startRelay(t *testing.T, server *glidetest.Server) *relay {
	t.Helper()
	listener, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	require.NoError(t, err)
	r := &relay{listener: listener, target: server.Addr(), links: map[*relayed]bool{}}
	var pending sync.WaitGroup
	pending.Go(func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			pending.Go(func() { r.serve(client) })
		}
	})
	t.Cleanup(func() {
		_ = listener.Close()
		r.mutex.Lock()
		for link := range r.links {
			_ = link.client.Close()
		}
		r.mutex.Unlock()
		pending.Wait()
	})
	return r
}

func (r *relay) Host() string { return "127.0.0.1" }
func (r *relay) Port() int    { return r.listener.Addr().(*net.TCPAddr).Port }

// serve returns when the client has closed its connection; what the server does
// with its own does not count.
func (r *relay) serve(client net.Conn) {
	defer client.Close()
	server, err := net.Dial("tcp", r.target)
	if err != nil {
		return
	}
	defer server.Close()
	link := &relayed{client: client, server: server}
	r.mutex.Lock()
	r.links[link] = true
	r.mutex.Unlock()
	var replies sync.WaitGroup
	replies.Go(func() { r.forward(link, server, client) })
	r.forward(link, client, server)
	r.mutex.Lock()
	delete(r.links, link)
	r.mutex.Unlock()
	_ = server.Close()
	replies.Wait()
}

func (r *relay) forward(link *relayed, from, to net.Conn) {
	buffer := make([]byte, 4<<10)
	for {
		n, err := from.Read(buffer)
		if err != nil {
			return
		}
		r.mutex.Lock()
		silent := link.silent
		r.mutex.Unlock()
		if silent {
			continue
		}
		if _, err := to.Write(buffer[:n]); err != nil {
			return
		}
	}
}

// silence returns how many connections are silent now and still open.
func (r *relay) silence() int {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	for link := range r.links {
		link.silent = true
	}
	return len(r.links)
}

// count returns how many connections are open, and how many of them are silent.
func (r *relay) count() (open, silent int) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	for link := range r.links {
		if link.silent {
			silent++
		}
	}
	return len(r.links), silent
}

// waysToLeaveARequest leave a request in flight, with or without a caller that
// still waits for its reply, and close the client.
var waysToLeaveARequest = map[string]func(t *testing.T, incr func(ctx context.Context) error, closeClient func()){
	"a caller waits": func(t *testing.T, incr func(ctx context.Context) error, closeClient func()) {
		done := make(chan error)
		go func() { done <- incr(context.Background()) }()
		time.Sleep(50 * time.Millisecond)
		closeClient()
		require.ErrorIs(t, <-done, glide.ErrClosed)
	},
	"it was cancelled": func(t *testing.T, incr func(ctx context.Context) error, closeClient func()) {
		cancelled, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
		defer cancel()
		require.ErrorIs(t, incr(cancelled), context.DeadlineExceeded)
		closeClient()
	},
}

func TestCloseClosesConnectionsThatWaitForReplies(t *testing.T) {
	t.Parallel()
	for encryption, options := range map[string][]glidetest.Option{"plain": nil, "TLS": {glidetest.WithTLS()}} {
		for name, leave := range waysToLeaveARequest {
			t.Run(encryption+", "+name, func(t *testing.T) {
				t.Parallel()
				server := glidetest.Start(t, options...)
				relay := startRelay(t, server)
				client := harness.Connect(t, relay, harness.Patient, func(c *glide.Config) {
					if options != nil {
						c.TLS = &glide.TLS{RootCertificates: server.Certificates().CA}
					}
				})
				require.NoError(t, harness.SetAndCheck(client, 1))
				require.NotZero(t, relay.silence())
				incr := func(ctx context.Context) error { _, err := client.Incr(ctx, "counter"); return err }
				stalls := testkit.MeasureStalls(t)
				leave(t, incr, func() { _ = client.Close() })
				require.Eventually(t, func() bool { open, _ := relay.count(); return open == 0 }, time.Second+stalls(), time.Millisecond)
			})
		}
	}
}

func TestHalfOpenConnectionIsClosedWhenItIsReplaced(t *testing.T) {
	t.Parallel()
	relay, stalls := startRelay(t, glidetest.Start(t)), testkit.MeasureStalls(t)
	client := harness.Connect(t, relay, func(c *glide.Config) { c.RequestTimeout = 100 * time.Millisecond })
	// A busy machine may take longer than the timeout.
	require.Eventually(t, func() bool { return harness.SetAndCheck(client, 1) == nil }, harness.Patience, time.Millisecond)
	require.Equal(t, 1, relay.silence())
	require.ErrorIs(t, client.Set(ctx, "key", "value"), glide.ErrTimeout)
	require.Eventually(t, func() bool { return client.Set(ctx, "key", "value") == nil }, harness.Patience, time.Millisecond)
	replaced := func() bool { open, silent := relay.count(); return open == 1 && silent == 0 }
	require.Eventually(t, replaced, time.Second+stalls(), time.Millisecond)
}
