package glidetest

import (
	"net"
	"slices"
	"sync"
	"testing"
	"time"
)

// Listener accepts connections like a server, but returns the same answer to
// everything, or never answers.
type Listener struct {
	listener net.Listener
	answer   []byte

	mutex       sync.Mutex // guards what follows
	attempts    []time.Time
	connections map[net.Conn]bool // nil when closed

	pending sync.WaitGroup
}

// StartListener starts a listener that writes the answer whenever it has read
// something, and ends it with the test. Without an answer it reads and stays
// silent.
func StartListener(tb testing.TB, answer []byte) *Listener {
	tb.Helper()
	listener, err := NewListener(answer)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { closeWith(tb, listener.Close) })
	return listener
}

// NewListener is like [StartListener], for programs that are not tests. The
// listener must be closed.
func NewListener(answer []byte) (*Listener, error) {
	listener, err := net.Listen("tcp", address(0))
	if err != nil {
		return nil, err
	}
	l := &Listener{listener: listener, answer: slices.Clone(answer), connections: map[net.Conn]bool{}}
	l.pending.Go(func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return // closed
			}
			l.accept(connection)
		}
	})
	return l, nil
}

// Addr returns the address of the listener as host:port.
func (l *Listener) Addr() string { return l.listener.Addr().String() }

// Host returns the host of Addr.
func (l *Listener) Host() string { return host }

// Port returns the port of Addr.
func (l *Listener) Port() int {
	port := 0
	if addr, ok := l.listener.Addr().(*net.TCPAddr); ok {
		port = addr.Port
	}
	return port
}

// Attempts returns the times at which connections were accepted, in order.
func (l *Listener) Attempts() []time.Time {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	return slices.Clone(l.attempts)
}

// Close ends the listener and its connections. It may be called more than once.
func (l *Listener) Close() error {
	_ = l.listener.Close() // fails only if it was closed before
	l.mutex.Lock()
	for connection := range l.connections {
		_ = connection.Close()
	}
	l.connections = nil
	l.mutex.Unlock()
	l.pending.Wait()
	return nil
}

func (l *Listener) accept(connection net.Conn) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	l.attempts = append(l.attempts, time.Now())
	if l.connections == nil {
		_ = connection.Close()
		return
	}
	l.connections[connection] = true
	l.pending.Go(func() {
		l.serve(connection)
		l.mutex.Lock()
		delete(l.connections, connection)
		l.mutex.Unlock()
	})
}

func (l *Listener) serve(connection net.Conn) {
	defer connection.Close()
	buffer := make([]byte, 4<<10)
	for {
		if _, err := connection.Read(buffer); err != nil {
			return
		}
		if _, err := connection.Write(l.answer); err != nil {
			return
		}
	}
}
