package glidetest

import (
	"net"
	"sync"
	"time"
)

// link is one connection through a [Proxy].
type link struct {
	client net.Conn
	closed chan struct{}

	mutex     sync.Mutex // guards what follows
	server    net.Conn   // nil until connected
	isClosing bool
}

// chunk is data on its way.
type chunk struct {
	data []byte
	due  time.Time
}

// serve forwards until both sides have closed, one of them fails, or the link is cut.
func (p *Proxy) serve(l *link) {
	defer l.close()
	if !p.passes(l) {
		return
	}
	server, err := net.Dial("tcp", p.target)
	if err != nil || !l.connected(server) {
		return
	}
	var directions sync.WaitGroup
	directions.Go(func() { p.forward(l, l.client, server, true) })
	directions.Go(func() { p.forward(l, server, l.client, false) })
	directions.Wait()
}

// forward moves what comes from one side to the other. Reading does not wait for writing, so that a delay does not
// become a limit to throughput.
func (p *Proxy) forward(l *link, from, to net.Conn, toServer bool) {
	onTheWay := make(chan chunk, 1024)
	var reader sync.WaitGroup
	reader.Go(func() {
		defer close(onTheWay)
		for {
			data := make([]byte, 16<<10)
			n, err := from.Read(data)
			next := chunk{data[:n], time.Now().Add(p.delay(toServer))}
			select {
			case onTheWay <- next:
			case <-l.closed:
				return
			}
			if err != nil {
				return
			}
		}
	})
	for c := range onTheWay {
		select {
		case <-time.After(time.Until(c.due)):
		case <-l.closed:
		}
		if !p.passes(l) {
			break
		}
		if _, err := to.Write(c.data); err != nil {
			l.close()
			break
		}
	}
	// What follows is that the other side hears of the end, too; it may still answer.
	if half, ok := to.(*net.TCPConn); ok {
		_ = half.CloseWrite()
	}
	reader.Wait()
}

// connected hands the link its other side, unless the link was closed meanwhile.
func (l *link) connected(server net.Conn) bool {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	if l.isClosing {
		_ = server.Close()
		return false
	}
	l.server = server
	return true
}

func (l *link) close() {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	if l.isClosing {
		return
	}
	l.isClosing = true
	close(l.closed)
	_ = l.client.Close()
	if l.server != nil {
		_ = l.server.Close()
	}
}

func (l *link) isClosed() bool {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	return l.isClosing
}
