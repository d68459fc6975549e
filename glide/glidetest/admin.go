package glidetest

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"time"
)

// ReplyError is an error reply of a server, such as "WRONGTYPE …".
type ReplyError string

func (e ReplyError) Error() string { return string(e) }

// admin is a connection for raw commands: RESP2, one command at a time. It is not a client of this project, on purpose:
// tests look with it at what the client has done.
type admin struct {
	net.Conn
	reader *bufio.Reader
}

func dialAdmin(ctx context.Context, addr string, config *tls.Config, user, password string) (*admin, error) {
	connection, err := new(net.Dialer).DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil, err
	}
	if deadline, ok := ctx.Deadline(); ok {
		_ = connection.SetDeadline(deadline)
	}
	if config != nil {
		connection = tls.Client(connection, config)
	}
	a := &admin{Conn: connection, reader: bufio.NewReader(connection)}
	login := []string{"AUTH", user, password}
	if user == "" {
		login = []string{"AUTH", password}
	}
	if password != "" {
		if _, err := a.do(login...); err != nil {
			_ = a.Close()
			return nil, err
		}
	}
	return a, nil
}

func (a *admin) do(args ...string) (any, error) {
	request := fmt.Appendf(nil, "*%d\r\n", len(args))
	for _, arg := range args {
		request = fmt.Appendf(request, "$%d\r\n%s\r\n", len(arg), arg)
	}
	if _, err := a.Write(request); err != nil {
		return nil, err
	}
	reply, err := a.read()
	if err != nil {
		return nil, err
	}
	if err, ok := reply.(ReplyError); ok {
		return nil, err
	}
	return reply, nil
}

// read reads a reply. An error reply is a value here, as it may be one element of an array.
func (a *admin) read() (any, error) {
	line, err := a.reader.ReadString('\n')
	if err != nil {
		return nil, err
	}
	if len(line) < 3 {
		return nil, fmt.Errorf("glidetest: not a reply: %q", line)
	}
	kind, text := line[0], line[1:len(line)-2]
	switch kind {
	case '+':
		return text, nil
	case '-':
		return ReplyError(text), nil
	}
	number, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return nil, fmt.Errorf("glidetest: not a reply: %q", line)
	}
	switch {
	case kind == ':':
		return number, nil
	case kind == '$' && number < 0, kind == '*' && number < 0:
		return nil, nil
	case kind == '$':
		bulk := make([]byte, number+2)
		_, err := io.ReadFull(a.reader, bulk)
		return string(bulk[:number]), err
	case kind == '*':
		array := make([]any, number)
		for i := range array {
			if array[i], err = a.read(); err != nil {
				return nil, err
			}
		}
		return array, nil
	}
	return nil, fmt.Errorf("glidetest: not a reply: %q", line)
}

// info runs INFO and returns its fields.
func (a *admin) info() (map[string]string, error) {
	reply, err := a.do("INFO")
	if err != nil {
		return nil, err
	}
	return parseInfo(reply)
}

func parseInfo(reply any) (map[string]string, error) {
	text, ok := reply.(string)
	if !ok {
		return nil, errors.New("glidetest: INFO replied no text")
	}
	fields := map[string]string{}
	for line := range strings.Lines(text) {
		if key, value, ok := strings.Cut(strings.TrimSpace(line), ":"); ok {
			fields[key] = value
		}
	}
	return fields, nil
}

// poll calls done until it returns true or the context ends. Then the error says what was still missing: done's last
// one that was not itself due to the end of the context.
func poll(ctx context.Context, done func() (bool, error)) error {
	var missing error
	for wait := 2 * time.Millisecond; ; wait = min(2*wait, 20*time.Millisecond) {
		ok, err := done()
		if ok {
			return err
		}
		if missing == nil || !isTimeout(err) {
			missing = err
		}
		select {
		case <-ctx.Done():
			return errors.Join(ctx.Err(), missing)
		case <-time.After(wait):
		}
	}
}

func isTimeout(err error) bool {
	var timeout net.Error
	return errors.As(err, &timeout) && timeout.Timeout()
}
