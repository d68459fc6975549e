// Package delayproxy makes a server on this machine as slow to reach as one
// that is further away: a proxy that holds everything back for a fixed time,
// and limits nothing else.
//
// Every chunk that arrives, in either direction, is due half the round
// trip later. As that time is the same for all, the chunks of all connections
// are due in the order in which they came: they stand in one queue, and one
// thread sleeps until the first is due, and forwards it. So a connection
// costs no thread, chunks never wait for each other's sleep, and the clock's
// precision is a matter of one place.
package delayproxy

import (
	"errors"
	"net"
	"sync"
	"time"
)

// A Proxy forwards TCP connections to one server.
type Proxy struct {
	target   string
	oneWay   time.Duration
	listener *net.TCPListener

	mutex    sync.Mutex // guards what follows
	arrived  sync.Cond  // something is queued, or the proxy is closed
	queue    []chunk
	open     map[*net.TCPConn]bool
	isClosed bool

	pending sync.WaitGroup // one for each goroutine
}

// A chunk says that so many of the bytes that a direction holds are due. None
// are the end of them.
type chunk struct {
	due  time.Time
	way  *way
	size int
}

// Start starts a proxy on loopback that adds this time to each round trip to
// the target. It must be closed.
func Start(target string, roundTrip time.Duration) (*Proxy, error) {
	listener, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		return nil, err
	}
	p := &Proxy{target: target, oneWay: roundTrip / 2, listener: listener, open: map[*net.TCPConn]bool{}}
	p.arrived.L = &p.mutex
	p.pending.Go(p.accept)
	p.pending.Go(p.forward)
	return p, nil
}

// Host and Port are where the proxy listens.
func (p *Proxy) Host() string { return "127.0.0.1" }

func (p *Proxy) Port() int { return p.listener.Addr().(*net.TCPAddr).Port }

// Close ends the proxy and its connections. It may be called more than once.
func (p *Proxy) Close() error {
	err := p.listener.Close()
	if errors.Is(err, net.ErrClosed) {
		err = nil
	}
	p.mutex.Lock()
	p.isClosed = true
	for connection := range p.open {
		_ = connection.Close()
	}
	p.arrived.Signal()
	p.mutex.Unlock()
	p.pending.Wait()
	return err
}

func (p *Proxy) accept() {
	for {
		client, err := p.listener.AcceptTCP()
		if err != nil {
			return // closed
		}
		p.pending.Go(func() {
			// Who cannot be served is told as a network would: the
			// connection ends.
			_ = p.serve(client)
		})
	}
}

// serve reads from both sides until both have ended.
func (p *Proxy) serve(client *net.TCPConn) error {
	if !p.enter(client) {
		return net.ErrClosed
	}
	defer p.leave(client)
	connection, err := net.Dial("tcp", p.target)
	if err != nil {
		return err
	}
	server := connection.(*net.TCPConn)
	if !p.enter(server) {
		return net.ErrClosed
	}
	defer p.leave(server)

	there, errThere := newWay(client, server)
	back, errBack := newWay(server, client)
	if err := errors.Join(errThere, errBack); err != nil {
		return err
	}
	var ways sync.WaitGroup
	for _, w := range []*way{there, back} {
		ways.Go(func() {
			w.receive(func(size int) { p.enqueue(w, size) })
			w.awaitEnd()
		})
	}
	ways.Wait()
	return nil
}

// enter keeps the connection to be closed with the proxy. It returns false
// where that has happened.
func (p *Proxy) enter(connection *net.TCPConn) bool {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if p.isClosed {
		_ = connection.Close()
		return false
	}
	p.open[connection] = true
	return true
}

func (p *Proxy) leave(connection *net.TCPConn) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	delete(p.open, connection)
	_ = connection.Close()
	p.arrived.Signal() // forward may have waited for the last
}

func (p *Proxy) enqueue(w *way, size int) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	// The clock is read under the lock, so that the queue is in order.
	p.queue = append(p.queue, chunk{time.Now().Add(p.oneWay), w, size})
	if len(p.queue) == 1 {
		p.arrived.Signal()
	}
}

// forward lets every chunk pass when it is due. When the proxy is closed it
// lets pass what there is, which wakes all who wait for its end.
func (p *Proxy) forward() {
	sleep, wake := newSleeper()
	defer wake()
	var batch []chunk
	for {
		p.mutex.Lock()
		for len(p.queue) == 0 && !(p.isClosed && len(p.open) == 0) {
			p.arrived.Wait()
		}
		closed := p.isClosed
		batch, p.queue = p.queue, batch[:0]
		p.mutex.Unlock()
		if len(batch) == 0 {
			return
		}
		for i, c := range batch {
			for wait := time.Until(c.due); wait > 0 && !closed; wait = time.Until(c.due) {
				sleep(wait)
			}
			c.way.pass(c.size)
			batch[i] = chunk{}
		}
	}
}
