package harness

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide/glidetest"
	"github.com/valkey-glide/go/glide/internal/testkit"
)

// Raw is a connection for raw commands that are sent many at a time. It is not
// thread-safe.
type Raw struct {
	connection net.Conn
	reader     *bufio.Reader
	unread     int
}

// DialRaw connects to a server without TLS and ends the connection with the
// test.
func DialRaw(tb testing.TB, server *glidetest.Server) *Raw {
	tb.Helper()
	connection, err := net.DialTimeout("tcp", server.PlainAddr(), Patience)
	require.NoError(tb, err)
	tb.Cleanup(func() { _ = connection.Close() })
	r := &Raw{connection: connection, reader: bufio.NewReader(connection)}
	if password := server.Password(); password != "" {
		require.NoError(tb, r.Send("AUTH", password))
		_, err := r.Receive()
		require.NoError(tb, err)
	}
	return r
}

// Close closes the connection.
func (r *Raw) Close() { _ = r.connection.Close() }

// Send sends a command. Its reply must be received.
func (r *Raw) Send(args ...string) error {
	request := fmt.Appendf(nil, "*%d\r\n", len(args))
	for _, arg := range args {
		request = fmt.Appendf(request, "$%d\r\n%s\r\n", len(arg), arg)
	}
	_ = r.connection.SetDeadline(time.Now().Add(Patience))
	_, err := r.connection.Write(request)
	r.unread++
	return err
}

// Receive returns the next reply: nil, int64, string or []any.
func (r *Raw) Receive() (any, error) {
	r.unread--
	return r.read()
}

// ReceiveAll receives what has been sent and returns the first error.
func (r *Raw) ReceiveAll() (first error) {
	for r.unread > 0 {
		if _, err := r.Receive(); err != nil && first == nil {
			first = err
		}
	}
	return first
}

// Do sends a command and returns its reply.
func (r *Raw) Do(args ...string) (any, error) {
	if err := r.Send(args...); err != nil {
		return nil, err
	}
	return r.Receive()
}

func (r *Raw) read() (any, error) {
	line, err := r.reader.ReadString('\n')
	if err != nil {
		return nil, err
	}
	text := strings.TrimSuffix(line[1:], "\r\n")
	switch line[0] {
	case '+':
		return text, nil
	case '-':
		return nil, glidetest.ReplyError(text)
	}
	n, err := strconv.ParseInt(text, 10, 64)
	switch {
	case err != nil:
		return nil, err
	case line[0] == ':':
		return n, nil
	case n < 0:
		return nil, nil
	case line[0] == '$':
		word := make([]byte, n+2)
		_, err := io.ReadFull(r.reader, word)
		return string(word[:n]), err
	}
	items := make([]any, n)
	for i := range items {
		if items[i], err = r.read(); err != nil {
			return nil, err
		}
	}
	return items, nil
}

// ClientsOf returns what CLIENT LIST says of the connections of users to a
// server, without the one that asks.
func ClientsOf(tb testing.TB, server *glidetest.Server) []map[string]string {
	tb.Helper()
	asks := func(client map[string]string) bool { return client["cmd"] == "client|list" }
	return slices.DeleteFunc(testkit.Clients(tb, server, "TYPE", "NORMAL"), asks)
}
