package delayproxy

import (
	"net"
	"sync"
	"syscall"
)

const (
	// A read takes what there is, up to this: under load many requests.
	readBytes = 64 << 10

	// A way that holds more than this waits before it reads on, as a network
	// would: the receiver has stopped reading.
	mostHeld = 16 << 20
)

// A way is one direction of a connection.
type way struct {
	from, to *net.TCPConn
	raw      syscall.RawConn // of to

	mutex  sync.Mutex // guards what follows
	eased  sync.Cond  // there is room again, or the end has come
	held   []byte     // received, not yet forwarded
	due    int        // so many of them may go
	ending bool       // nothing will be due after these
	ended  bool       // and they are gone
	slow   bool       // a goroutine of its own writes, as the receiver does not read
}

func newWay(from, to *net.TCPConn) (*way, error) {
	raw, err := to.SyscallConn()
	w := &way{from: from, to: to, raw: raw}
	w.eased.L = &w.mutex
	return w, err
}

// receive reads until the sender ends, reports every chunk, and of the end by
// one of no bytes.
func (w *way) receive(arrived func(size int)) {
	buffer := make([]byte, readBytes)
	for {
		n, err := w.from.Read(buffer)
		if n > 0 {
			w.hold(buffer[:n])
			arrived(n)
		}
		if err != nil {
			arrived(0)
			return
		}
	}
}

func (w *way) hold(data []byte) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	for len(w.held) > mostHeld && !w.ended {
		w.eased.Wait()
	}
	w.held = append(w.held, data...)
}

func (w *way) awaitEnd() {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	for !w.ended {
		w.eased.Wait()
	}
}

// pass lets so many more bytes go, or for none the end. It never waits: what
// the receiver's buffer does not take is left to a goroutine.
func (w *way) pass(size int) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	w.due += size
	w.ending = w.ending || size == 0
	if w.slow || w.ended {
		return
	}
	w.forwarded(w.tryWrite(w.held[:w.due]))
	if w.due > 0 && !w.ended {
		w.slow = true
		go w.drain()
	}
}

// tryWrite writes what the system takes at once.
func (w *way) tryWrite(data []byte) (written int, err error) {
	if len(data) == 0 {
		return 0, nil
	}
	failed := w.raw.Write(func(fd uintptr) bool {
		for err = syscall.EINTR; err == syscall.EINTR; {
			written, err = syscall.Write(int(fd), data)
		}
		return true
	})
	written = max(written, 0)
	if err == syscall.EAGAIN {
		err = nil
	}
	if failed != nil {
		err = failed
	}
	return written, err
}

// drain writes what is due until nothing is.
func (w *way) drain() {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	for w.due > 0 && !w.ended {
		data := w.held[:w.due]
		w.mutex.Unlock()
		written, err := w.to.Write(data)
		w.mutex.Lock()
		w.forwarded(written, err)
	}
	w.slow = false
}

// forwarded records what was written. After the last of it the receiver
// hears of the end; after an error both sides do, and nothing more is held.
func (w *way) forwarded(written int, err error) {
	w.due -= written
	if w.held = w.held[written:]; len(w.held) == 0 {
		w.held = nil // its array is used up from the front
	}
	switch {
	case err != nil:
		_ = w.to.Close()
		_ = w.from.Close()
		w.held, w.due, w.ended = nil, 0, true
	case w.ending && w.due == 0:
		_ = w.to.CloseWrite() // fails only where the receiver is gone
		w.ended = true
	}
	w.eased.Broadcast()
}
