package glidetest

import (
	"errors"
	"net"
	"slices"
	"sync"
	"testing"
	"time"
)

// Proxy forwards connections between a client and a server, and simulates
// network faults. At first it forwards everything.
//
// In a cluster, clients connect to the addresses that the nodes announce. Make
// each node announce the address of its proxy: node.Command("CONFIG", "SET",
// "cluster-announce-port", strconv.Itoa(proxy.Port())). The other nodes
// announce it about a second later.
type Proxy struct {
	target string
	port   int

	mutex    sync.Mutex // guards what follows
	state    proxyState
	changed  chan struct{} // closed, and replaced, when state changes
	listener net.Listener  // nil while connections are refused
	toServer time.Duration
	toClient time.Duration
	attempts []time.Time
	links    map[*link]bool

	pending sync.WaitGroup // one for each goroutine
}

type proxyState int

const (
	forwarding proxyState = iota
	blackhole
	rejecting
	refusing
	closed
)

// StartProxy starts a proxy for the server at an address, host:port, and ends
// it with the test.
func StartProxy(tb testing.TB, target string) *Proxy {
	tb.Helper()
	proxy, err := NewProxy(target)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { closeWith(tb, proxy.Close) })
	return proxy
}

// NewProxy is like [StartProxy], for programs that are not tests. The proxy
// must be closed.
func NewProxy(target string) (*Proxy, error) {
	for range 20 {
		port, err := reservePort()
		if err != nil {
			return nil, err
		}
		p := &Proxy{target: target, port: port, changed: make(chan struct{}), links: map[*link]bool{}}
		if err := p.listen(); err == nil {
			return p, nil
		}
		releasePort(port) // somebody was faster
	}
	return nil, errors.New("glidetest: found no free port for a proxy")
}

// Addr returns the address of the proxy as host:port.
func (p *Proxy) Addr() string { return address(p.port) }

// Host returns the host of Addr.
func (p *Proxy) Host() string { return host }

// Port returns the port of Addr.
func (p *Proxy) Port() int { return p.port }

// SetDelay delays data that is received from now on, in each direction by a
// duration. It does not limit throughput.
func (p *Proxy) SetDelay(toServer, toClient time.Duration) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.toServer, p.toClient = toServer, toClient
}

// Cut closes all connections. New ones are still accepted: call [Proxy.Reject]
// or [Proxy.Refuse] first to prevent that.
func (p *Proxy) Cut() {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	for l := range p.links {
		l.close()
	}
}

// Blackhole accepts connections but forwards nothing, also on existing
// connections. Like packets that a network loses and a system sends again, the
// data arrives after [Proxy.Forward].
func (p *Proxy) Blackhole() { p.set(blackhole) }

// Reject accepts new connections and closes them at once. They count as [Proxy.Attempts].
func (p *Proxy) Reject() { p.set(rejecting) }

// Refuse makes the system refuse new connections, as if no process listened.
// The proxy does not see these attempts.
func (p *Proxy) Refuse() { p.set(refusing) }

// Forward ends [Proxy.Blackhole], [Proxy.Reject] and [Proxy.Refuse].
func (p *Proxy) Forward() error {
	p.set(forwarding)
	return p.listen()
}

// Attempts returns the times at which connections were accepted, in order.
func (p *Proxy) Attempts() []time.Time {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	return slices.Clone(p.attempts)
}

// Connections returns the number of open connections.
func (p *Proxy) Connections() int {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	return len(p.links)
}

// Close ends the proxy and its connections. It may be called more than once.
func (p *Proxy) Close() error {
	p.set(closed)
	p.Cut()
	p.pending.Wait()
	releasePort(p.port)
	return nil
}

func (p *Proxy) set(state proxyState) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if p.state == closed {
		return
	}
	p.state = state
	close(p.changed)
	p.changed = make(chan struct{})
	if (state == refusing || state == closed) && p.listener != nil {
		_ = p.listener.Close()
		p.listener = nil
	}
}

// listen accepts connections, unless it does already.
func (p *Proxy) listen() error {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if p.listener != nil {
		return nil
	}
	if p.state == closed {
		return errors.New("glidetest: the proxy is closed")
	}
	listener, err := net.Listen("tcp", p.Addr())
	if err != nil {
		return err
	}
	p.listener = listener
	p.pending.Go(func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return // closed
			}
			p.accept(connection)
		}
	})
	return nil
}

func (p *Proxy) accept(client net.Conn) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.attempts = append(p.attempts, time.Now())
	if p.state != forwarding && p.state != blackhole {
		_ = client.Close()
		return
	}
	l := &link{client: client, closed: make(chan struct{})}
	p.links[l] = true
	p.pending.Go(func() {
		p.serve(l)
		p.mutex.Lock()
		delete(p.links, l)
		p.mutex.Unlock()
	})
}

func (p *Proxy) delay(toServer bool) time.Duration {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if toServer {
		return p.toServer
	}
	return p.toClient
}

// passes waits while the proxy is a black hole. It returns false when the link is closed meanwhile.
func (p *Proxy) passes(l *link) bool {
	for {
		p.mutex.Lock()
		state, changed := p.state, p.changed
		p.mutex.Unlock()
		if state != blackhole {
			return !l.isClosed()
		}
		select {
		case <-changed:
		case <-l.closed:
			return false
		}
	}
}
