package glidegoredis

import (
	"context"
	"errors"
	"io"
	"net"
	"os"

	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/internal/abi"
	"github.com/valkey-glide/go/glide/internal/engine"
	"github.com/valkey-glide/go/glide/internal/wire"
)

// A replyError is an error that a command is answered with.
type replyError struct{ code, message string }

func (e replyError) Error() string { return e.code + " " + e.message }

// A connectError is why no server could be reached. Nothing was sent.
type connectError struct {
	text     string
	timedOut bool
}

func (e *connectError) Error() string   { return e.text }
func (e *connectError) Timeout() bool   { return e.timedOut }
func (e *connectError) Temporary() bool { return true }

func (c *conn) opError(op string, err error) error {
	return &net.OpError{Op: op, Net: address{}.Network(), Addr: address{}, Err: err}
}

// fail writes what a request failed with. If no server has answered it, that is the
// end of the connection, as it would be of one to a server: replies that come later
// would be taken for those of other requests.
func (c *conn) fail(err error) {
	var (
		reply      replyError
		protocol   *protocolError
		failure    *engine.Failure
		unanswered *wire.Failure
		server     *wire.ServerError
	)
	switch {
	case errors.As(err, &reply):
		c.encoder.serverError(reply.code, reply.message)
	case errors.As(err, &protocol):
		c.encoder.serverError("ERR", protocol.Error())
		c.lose(io.EOF)
	case errors.As(err, &server):
		c.encoder.serverError(server.Code, server.Message)
	case errors.As(err, &unanswered):
		c.unanswered(unanswered.Outcome, unanswered.Code, unanswered.Message, unanswered.TimedOut)
	case errors.As(err, &failure):
		c.unanswered(failure.Outcome, failure.Code, failure.Message, failure.TimedOut)
	default:
		c.public(err)
	}
}

// public writes what a call of package glide failed with.
func (c *conn) public(err error) {
	var server *glide.ServerError
	switch {
	case errors.As(err, &server):
		c.encoder.serverError(server.Code, server.Message)
	case errors.Is(err, glide.ErrInvalidArgument):
		c.encoder.serverError("ERR", err.Error())
	case errors.Is(err, glide.ErrClosed):
		c.lose(c.opError("read", net.ErrClosed))
	case errors.Is(err, glide.ErrTimeout), errors.Is(err, context.Canceled):
		c.lose(c.opError("read", c.timeoutError()))
	case errors.Is(err, glide.ErrConnectionLost), errors.Is(err, glide.ErrUnreachable):
		c.lose(io.EOF)
	default:
		c.lose(err)
	}
}

// lose ends the connection, after what was encoded.
func (c *conn) lose(err error) {
	if c.err == nil {
		c.err = err
	}
}

func (c *conn) unanswered(outcome abi.Outcome, code, message string, timedOut bool) {
	switch outcome {
	case abi.OutcomeServerError:
		c.encoder.serverError(code, message)
	case abi.OutcomeConnectionLost:
		c.lose(io.EOF)
	case abi.OutcomeClosed:
		c.lose(c.opError("read", net.ErrClosed))
	case abi.OutcomeTimeout:
		c.lose(c.opError("read", c.timeoutError()))
	case abi.OutcomeUnreachable, abi.OutcomeCertificate, abi.OutcomeConfiguration, abi.OutcomeAuthentication:
		if code != "" && outcome == abi.OutcomeAuthentication {
			c.encoder.serverError(code, withoutCode(message, code))
			return
		}
		c.lose(c.opError("dial", &connectError{message, timedOut}))
	default:
		c.encoder.serverError("ERR", "glide: "+message)
	}
}

// timeoutError is what ended a command that was given up.
func (c *conn) timeoutError() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return net.ErrClosed
	}
	return os.ErrDeadlineExceeded
}

// codeOf returns the code of a server's error, or the empty string.
func codeOf(err error) string {
	var failure *engine.Failure
	if errors.As(err, &failure) && failure.Outcome == abi.OutcomeServerError {
		return failure.Code
	}
	return ""
}

// arity is the error of a command with the wrong number of words.
func arity(command string) error {
	return replyError{"ERR", "wrong number of arguments for '" + command + "' command"}
}
