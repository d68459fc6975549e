package connecting_test

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// A recorder is a server that is none: it answers what a client needs to take
// it for a primary, and keeps what it was told, passwords too.
type recorder struct {
	listener *net.TCPListener

	mutex       sync.Mutex // guards what follows
	commands    [][]string
	peers       []string // the names in clients' certificates
	tls         *tls.Config
	connections map[net.Conn]bool
}

func startRecorder(t *testing.T) *recorder {
	t.Helper()
	listener, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	require.NoError(t, err)
	r := &recorder{listener: listener, connections: map[net.Conn]bool{}}
	t.Cleanup(func() { _ = listener.Close(); r.cut() })
	go func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			r.mutex.Lock()
			r.connections[connection] = true
			config := r.tls
			r.mutex.Unlock()
			if config != nil {
				connection = tls.Server(connection, config)
			}
			go r.serve(connection)
		}
	}()
	return r
}

// listenWithTLS encrypts the connections to come.
func (r *recorder) listenWithTLS(config *tls.Config) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.tls = config
}

// lastPeer returns the name in the certificate of the client that came last.
func (r *recorder) lastPeer() string {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	return r.peers[len(r.peers)-1]
}

func (r *recorder) Host() string { return "127.0.0.1" }
func (r *recorder) Port() int    { return r.listener.Addr().(*net.TCPAddr).Port }

// cut closes all connections.
func (r *recorder) cut() {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	for connection := range r.connections {
		_ = connection.Close()
	}
	clear(r.connections)
}

// all returns the arguments of each command of a name, in order.
func (r *recorder) all(name string) (arguments [][]string) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	for _, command := range r.commands {
		if strings.EqualFold(command[0], name) {
			arguments = append(arguments, slices.Clone(command[1:]))
		}
	}
	return arguments
}

// last returns the arguments of the last command of a name.
func (r *recorder) last(name string) []string {
	all := r.all(name)
	if len(all) == 0 {
		return nil
	}
	return all[len(all)-1]
}

func (r *recorder) serve(connection net.Conn) {
	defer connection.Close()
	if encrypted, ok := connection.(*tls.Conn); ok {
		if encrypted.Handshake() != nil {
			return
		}
		r.mutex.Lock()
		r.peers = append(r.peers, encrypted.ConnectionState().PeerCertificates[0].Subject.CommonName)
		r.mutex.Unlock()
	}
	reader := bufio.NewReader(connection)
	for {
		command, err := readCommand(reader)
		if err != nil {
			return
		}
		r.mutex.Lock()
		r.commands = append(r.commands, command)
		r.mutex.Unlock()
		answer := "+OK\r\n"
		switch strings.ToUpper(command[0]) {
		case "HELLO":
			answer = "%1\r\n$5\r\nproto\r\n:" + command[1] + "\r\n"
		case "INFO":
			info := "role:master\r\nconnected_slaves:0\r\n"
			answer = fmt.Sprintf("$%d\r\n%s\r\n", len(info), info)
		case "PING":
			answer = "+PONG\r\n"
		}
		if _, err := io.WriteString(connection, answer); err != nil {
			return
		}
	}
}

// readCommand reads an array of bulk strings.
func readCommand(reader *bufio.Reader) ([]string, error) {
	number := func(kind byte) (int, error) {
		line, err := reader.ReadString('\n')
		if err != nil || len(line) < 3 || line[0] != kind {
			return 0, fmt.Errorf("not a command: %q, %w", line, err)
		}
		return strconv.Atoi(strings.TrimSpace(line[1:]))
	}
	count, err := number('*')
	if err != nil || count < 1 {
		return nil, fmt.Errorf("not a command: %w", err)
	}
	command := make([]string, count)
	for i := range command {
		size, err := number('$')
		if err != nil {
			return nil, err
		}
		word := make([]byte, size+2)
		if _, err := io.ReadFull(reader, word); err != nil {
			return nil, err
		}
		command[i] = string(word[:size])
	}
	return command, nil
}
