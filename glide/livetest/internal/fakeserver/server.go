package fakeserver

import (
	"bufio"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

const (
	// NoReply is what a [Handler] returns for a command that stays unanswered.
	NoReply = ""
	// Default is what a [Handler] returns for a command that is answered as if
	// there were no handler.
	Default = "default"
)

// A Handler answers a command with a reply as it goes over the wire, see
// [Bulk] and its like.
type Handler func(c *Conn, args []string) (reply string)

// Server is a fake server. Its methods may be called by several goroutines.
type Server struct {
	listener net.Listener
	settings settings
	serving  sync.WaitGroup

	mutex    sync.Mutex // guards what follows
	handlers map[string]Handler
	refusals map[string]Handler
	counts   map[string]int
	log      []Request
	conns    map[*Conn]bool
	accepted int
	closed   bool
}

// Request is a command that arrived.
type Request struct {
	At   time.Time
	Conn int // the number of the connection, from 1
	Args []string
}

type settings struct {
	authority *Authority // nil without TLS
	host      string
	listen    func(network, address string) (net.Listener, error)
	data      *Data
}

// Option sets up a server.
type Option func(*settings)

// WithTLS makes the server speak TLS with a certificate of the authority, which
// several servers may share.
func WithTLS(authority *Authority) Option { return func(s *settings) { s.authority = authority } }

// On sets the IP address that the server listens on. The default is 127.0.0.1.
func On(host string) Option { return func(s *settings) { s.host = host } }

// WithListener replaces [net.Listen], for listeners in other network
// namespaces.
func WithListener(listen func(network, address string) (net.Listener, error)) Option {
	return func(s *settings) { s.listen = listen }
}

// WithData makes servers share what commands have done, like a primary and a
// replica that is never behind.
func WithData(data *Data) Option { return func(s *settings) { s.data = data } }

// Start starts a server and ends it with the test.
func Start(tb testing.TB, options ...Option) *Server {
	tb.Helper()
	s := &Server{
		settings: settings{host: "127.0.0.1", listen: net.Listen},
		handlers: map[string]Handler{}, refusals: map[string]Handler{}, counts: map[string]int{}, conns: map[*Conn]bool{},
	}
	for _, option := range options {
		option(&s.settings)
	}
	if s.settings.data == nil {
		s.settings.data = &Data{}
	}
	listener, err := s.listen()
	if err != nil {
		tb.Fatal(err)
	}
	s.listener = listener
	s.serving.Go(s.accept)
	tb.Cleanup(s.Close)
	return s
}

// Ports are above those of glidetest's servers and below those from which
// systems serve outgoing connections. No port is given twice: clients of a
// server that is gone may still look there for it.
const firstPort, lastPort = 22768, 32767

var (
	given      = map[int]bool{}
	givenMutex sync.Mutex
)

func (s *Server) listen() (listener net.Listener, err error) {
	givenMutex.Lock()
	defer givenMutex.Unlock()
	for range 1000 {
		port := firstPort + rand.IntN(lastPort-firstPort+1)
		if given[port] {
			continue
		}
		given[port] = true
		listener, err = s.settings.listen("tcp", net.JoinHostPort(s.settings.host, strconv.Itoa(port)))
		if err == nil || !errors.Is(err, syscall.EADDRINUSE) {
			return listener, err
		}
	}
	return nil, fmt.Errorf("fakeserver: no free port: %w", err)
}

// Close ends the server and its connections. It may be called more than once.
func (s *Server) Close() {
	s.StopListening()
	s.mutex.Lock()
	s.closed = true
	for c := range s.conns {
		_ = c.raw.Close()
	}
	s.mutex.Unlock()
	s.serving.Wait()
}

// StopListening refuses new connections. Those that exist stay.
func (s *Server) StopListening() { _ = s.listener.Close() }

// Host is the host that the server listens on.
func (s *Server) Host() string {
	host, _, _ := net.SplitHostPort(s.listener.Addr().String())
	return host
}

// Port is the port that the server listens on.
func (s *Server) Port() int {
	_, port, _ := net.SplitHostPort(s.listener.Addr().String())
	n, _ := strconv.Atoi(port)
	return n
}

// Data is what the server's commands have done.
func (s *Server) Data() *Data { return s.settings.data }

// Handle sets the handler of a command such as "GET" or "CLUSTER SLOTS". It
// replaces the one before; nil removes it.
func (s *Server) Handle(command string, handler Handler) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.handlers[command] = handler
}

// Refuse sets what a server looks at before it runs a command, such as "GET" or
// "CLUSTER NODES", or puts it into a
// transaction: an error, such as a redirection, or [Default]. It replaces the
// one before; nil removes it.
func (s *Server) Refuse(command string, refusal Handler) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.refusals[command] = refusal
}

func (s *Server) refusal(c *Conn, args []string) string {
	one, two := names(args)
	s.mutex.Lock()
	refusal := s.refusals[two]
	if refusal == nil {
		refusal = s.refusals[one]
	}
	s.mutex.Unlock()
	if refusal == nil {
		return Default
	}
	return refusal(c, args)
}

// Count is how often a command such as "GET" or "CLUSTER SLOTS" arrived.
func (s *Server) Count(command string) int {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.counts[command]
}

// Requests are the commands that arrived of these names, in order.
func (s *Server) Requests(commands ...string) (found []Request) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	for _, request := range s.log {
		one, two := names(request.Args)
		if slices.Contains(commands, one) || two != "" && slices.Contains(commands, two) {
			found = append(found, request)
		}
	}
	return found
}

// Connections is how many connections are open.
func (s *Server) Connections() int {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return len(s.conns)
}

// Accepted is how many connections there have been.
func (s *Server) Accepted() int {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.accepted
}

// Break does something to all connections that are open.
func (s *Server) Break(how func(*Conn)) {
	s.mutex.Lock()
	conns := make([]*Conn, 0, len(s.conns))
	for c := range s.conns {
		conns = append(conns, c)
	}
	s.mutex.Unlock()
	for _, c := range conns {
		how(c)
	}
}

// KeepOut breaks all connections, and answers no greeting until letIn is called, or
// the test ends. It returns when a client has connected again, so that it knows
// that its connection is lost.
func (s *Server) KeepOut(tb testing.TB) (letIn func()) {
	tb.Helper()
	back := make(chan struct{})
	letIn = sync.OnceFunc(func() { close(back) })
	tb.Cleanup(letIn)
	s.Refuse("HELLO", func(*Conn, []string) string {
		<-back
		return Default
	})
	greetings := s.Count("HELLO")
	s.Break((*Conn).Reset)
	for begun := time.Now(); s.Count("HELLO") == greetings; time.Sleep(time.Millisecond) {
		if time.Since(begun) > time.Minute {
			tb.Fatal("no client has connected again")
		}
	}
	return letIn
}

func (s *Server) accept() {
	for {
		connection, err := s.listener.Accept()
		if err != nil {
			return
		}
		s.Adopt(connection)
	}
}

// Adopt serves a connection that was accepted elsewhere, for servers that
// replace one another behind an address.
func (s *Server) Adopt(connection net.Conn) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.closed {
		_ = connection.Close()
		return
	}
	s.accepted++
	tcp, _ := connection.(*net.TCPConn)
	c := &Conn{Server: s, Number: s.accepted, raw: tcp, stream: connection, protocol: 2}
	s.conns[c] = true
	s.serving.Go(func() {
		s.serve(c)
		_ = connection.Close()
		s.mutex.Lock()
		delete(s.conns, c)
		s.mutex.Unlock()
	})
}

func (s *Server) serve(c *Conn) {
	if s.settings.authority != nil {
		encrypted := tls.Server(c.stream, s.settings.authority.config())
		_ = encrypted.SetDeadline(time.Now().Add(10 * time.Second))
		if encrypted.Handshake() != nil {
			return
		}
		_ = encrypted.SetDeadline(time.Time{})
		c.stream = encrypted
	}
	reader := bufio.NewReaderSize(c.stream, 64<<10)
	// Large replies are written in parts: with the race detector, a copy of many
	// megabytes at once holds up the whole process.
	writer := bufio.NewWriterSize(c.stream, 64<<10)
	for {
		args, err := readCommand(reader)
		if err != nil {
			return
		}
		if c.silent.Load() {
			continue // nothing arrives any more
		}
		s.note(c, args)
		if s.handler(args) != nil {
			// What was answered before a fault must not be lost with it.
			_ = writer.Flush()
		}
		if _, err := writer.WriteString(c.answer(args)); err != nil {
			return
		}
		if reader.Buffered() == 0 && !c.silent.Load() {
			if err := writer.Flush(); err != nil {
				return
			}
		}
	}
}

// maximumLog bounds the memory of a server under load.
const maximumLog = 20_000

func (s *Server) note(c *Conn, args []string) {
	one, two := names(args)
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.counts[one]++
	if two != "" {
		s.counts[two]++
	}
	if len(s.log) < maximumLog {
		s.log = append(s.log, Request{time.Now(), c.Number, slices.Clone(args)})
	}
}

func (s *Server) handler(args []string) Handler {
	one, two := names(args)
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if handler := s.handlers[two]; handler != nil {
		return handler
	}
	return s.handlers[one]
}

// names are the names by which a command may be known: "CLUSTER" and
// "CLUSTER SLOTS".
func names(args []string) (one, two string) {
	one = strings.ToUpper(args[0])
	if len(args) > 1 {
		two = one + " " + strings.ToUpper(args[1])
	}
	return one, two
}

func readCommand(reader *bufio.Reader) ([]string, error) {
	n, err := readNumber(reader, '*')
	if err != nil || n < 1 {
		return nil, fmt.Errorf("fakeserver: an array of %d: %w", n, err)
	}
	args := make([]string, n)
	for i := range args {
		size, err := readNumber(reader, '$')
		if err != nil {
			return nil, err
		}
		word := make([]byte, size+2)
		if _, err := io.ReadFull(reader, word); err != nil {
			return nil, err
		}
		args[i] = string(word[:size])
	}
	return args, nil
}

func readNumber(reader *bufio.Reader, kind byte) (int, error) {
	line, err := reader.ReadString('\n')
	if err != nil {
		return 0, err
	}
	if line[0] != kind {
		return 0, fmt.Errorf("fakeserver: %q instead of %c", line, kind)
	}
	return strconv.Atoi(strings.TrimSpace(line[1:]))
}
