package harness

import (
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Link is a proxy that breaks connections in ways that [glidetest.Proxy] does
// not have: what a network loses is lost permanently.
type Link struct {
	listener net.Listener
	pumps    sync.WaitGroup

	mutex   sync.Mutex // guards what follows
	target  string
	links   map[*Through]bool
	held    chan struct{} // closed while nothing is held
	holding bool
	delay   time.Duration
	cut     bool
	closed  bool
}

// StartLink starts a proxy for the server at an address and ends it with the
// test.
func StartLink(tb testing.TB, target string) *Link {
	tb.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(tb, err)
	l := &Link{target: target, listener: listener, links: map[*Through]bool{}, held: make(chan struct{})}
	close(l.held)
	l.pumps.Go(func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			l.adopt(client.(*net.TCPConn))
		}
	})
	tb.Cleanup(l.close)
	return l
}

// Host is the host that the proxy listens on.
func (l *Link) Host() string { return "127.0.0.1" }

// Port is the port that the proxy listens on.
func (l *Link) Port() int { return l.listener.Addr().(*net.TCPAddr).Port }

// Lead leads new connections to another server, as a name does whose address
// has changed. Those that are open stay with the server that they are to.
func (l *Link) Lead(target string) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	l.target = target
}

// Break does something to all connections that are open.
func (l *Link) Break(how func(*Through)) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	for through := range l.links {
		how(through)
	}
}

// Hold holds everything back, on new connections too, until [Link.Release]
// delivers it.
func (l *Link) Hold() {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	if !l.holding {
		l.holding, l.held = true, make(chan struct{})
	}
}

// Release ends [Link.Hold].
func (l *Link) Release() {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	if l.holding {
		l.holding = false
		close(l.held)
	}
}

// Slow delays what is sent in either direction from now on.
func (l *Link) Slow(delay time.Duration) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	l.delay = delay
}

// Cut closes all connections, and new ones as soon as anything is sent on them,
// until [Link.Mend].
func (l *Link) Cut() {
	l.mutex.Lock()
	l.cut = true
	l.mutex.Unlock()
	l.Break((*Through).Close)
}

// Mend ends [Link.Cut].
func (l *Link) Mend() {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	l.cut = false
}

func (l *Link) close() {
	_ = l.listener.Close()
	l.Release()
	l.mutex.Lock()
	l.closed = true
	for through := range l.links {
		through.Close()
	}
	l.mutex.Unlock()
	l.pumps.Wait()
}

func (l *Link) adopt(client *net.TCPConn) {
	l.mutex.Lock()
	target := l.target
	l.mutex.Unlock()
	connection, err := net.Dial("tcp", target)
	if err != nil {
		_ = client.SetLinger(0)
		_ = client.Close()
		return
	}
	through := &Through{client: client, server: connection.(*net.TCPConn)}
	l.mutex.Lock()
	defer l.mutex.Unlock()
	if l.closed {
		through.Close()
		return
	}
	l.links[through] = true
	l.pumps.Go(func() {
		var directions sync.WaitGroup
		directions.Go(func() { l.pump(through, through.client, through.server, true) })
		directions.Go(func() { l.pump(through, through.server, through.client, false) })
		directions.Wait()
		through.Close()
		l.mutex.Lock()
		delete(l.links, through)
		l.mutex.Unlock()
	})
}

func (l *Link) pump(through *Through, from, to *net.TCPConn, isRequest bool) {
	buffer := make([]byte, 64<<10)
	for {
		n, err := from.Read(buffer)
		if err != nil {
			_ = to.CloseWrite()
			return
		}
		if l.loses(through, isRequest) {
			continue
		}
		if _, err := to.Write(buffer[:n]); err != nil {
			return
		}
	}
}

// loses waits for as long as a connection is held or slow, and reports whether
// what was read on it is lost.
func (l *Link) loses(through *Through, isRequest bool) bool {
	l.mutex.Lock()
	held, delay, cut := l.held, l.delay, l.cut
	l.mutex.Unlock()
	<-held
	if cut {
		through.Close()
		return true
	}
	time.Sleep(delay)
	through.mutex.Lock()
	defer through.mutex.Unlock()
	return through.losesAll || through.losesReplies && !isRequest
}

// Through is a connection through a [Link].
type Through struct {
	client, server *net.TCPConn

	mutex        sync.Mutex // guards what follows
	losesAll     bool
	losesReplies bool
}

// Close closes both sides with FIN.
func (t *Through) Close() {
	_ = t.client.Close()
	_ = t.server.Close()
}

// Reset closes both sides with RST.
func (t *Through) Reset() {
	_ = t.client.SetLinger(0)
	_ = t.server.SetLinger(0)
	t.Close()
}

// CloseReplies closes the direction to the client only.
func (t *Through) CloseReplies() { _ = t.client.CloseWrite() }

// Corrupt sends the client a TLS record that cannot be decrypted.
func (t *Through) Corrupt() {
	_, _ = t.client.Write([]byte("\x17\x03\x03\x00\x20" + strings.Repeat("x", 32)))
}

// Lose loses all that is sent from now on, and keeps the connection open.
func (t *Through) Lose() {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	t.losesAll = true
}

// LoseReplies loses the replies from now on: commands still arrive.
func (t *Through) LoseReplies() {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	t.losesReplies = true
}
