package glide

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/valkey-glide/go/glide/internal/abi"
	"github.com/valkey-glide/go/glide/internal/engine"
	"github.com/valkey-glide/go/glide/internal/wire"
)

// The errors of this package, for [errors.Is]. An error that a server returned
// is a [*ServerError] instead. An error may match several of these: a call
// that timed out while every server refused the client is an
// [ErrAuthentication], an [ErrTimeout] and the server's [*ServerError].
var (
	// ErrTimeout is returned if a call was not answered in time. The server
	// may have run the command. If the context's deadline was the cause, the
	// error is also a [context.DeadlineExceeded]. If the client knows why the
	// call had to wait, the error includes that too: an [ErrUnreachable] with
	// the last connection error, or the [*ServerError] of a server that asked
	// the client to try again later.
	ErrTimeout = errors.New("no reply in time")

	// ErrConnectionLost is returned if the connection broke after a command
	// was sent. The server may have run the command. A command for several
	// nodes also returns it if one of them cannot be reached, because the
	// others may have run their parts. The client reconnects automatically.
	ErrConnectionLost = errors.New("the connection was lost")

	// ErrUnreachable is returned if the client cannot connect to a server. The
	// error contains the address and the last connection error: the system's
	// error, or the [*ServerError] with which the server refused the
	// connection.
	ErrUnreachable = errors.New("the server cannot be reached")

	// ErrAuthentication is returned if a server refused the credentials or a
	// command needed to connect. The error is also the server's
	// [*ServerError]. The command was not sent.
	ErrAuthentication = errors.New("the server refused the credentials")

	// ErrCertificate is returned if a server's TLS certificate was refused: it
	// has expired, belongs to another host, or its authority is not trusted.
	// The error says which. The command was not sent.
	ErrCertificate = errors.New("the server's certificate was refused")

	// ErrClosed is returned if the client was closed before or during the
	// call.
	ErrClosed = errors.New("the client is closed")

	// ErrInflightLimit is returned if as many requests are in flight, or wait
	// for a connection to the server, as [Config.InflightLimit] allows. The
	// command was not sent. With [Config.InflightWait] it means that the call
	// timed out while it waited, and the error is an [ErrTimeout] too. So is
	// that of a call that waited for one of the connections that
	// [Config.DedicatedLimit] allows.
	ErrInflightLimit = errors.New("too many requests in flight")

	// ErrCircuitOpen is returned while the circuit breaker is open. The
	// command was not sent.
	ErrCircuitOpen = errors.New("the circuit breaker is open")

	// ErrConfiguration is returned for an invalid configuration. The error
	// names the field, or is also the [*ServerError] of a server that refuses
	// the configuration, such as a database that does not exist.
	ErrConfiguration = errors.New("wrong configuration")

	// ErrTransactionAborted is returned if the server did not run a
	// transaction because a watched key had changed. Read the keys again and
	// retry.
	ErrTransactionAborted = errors.New("a watched key has changed")

	// ErrInvalidArgument is returned for an invalid argument. The command was
	// not sent.
	ErrInvalidArgument = errors.New("invalid argument")

	// ErrUnexpectedReply is returned if a reply has a type that the command
	// does not return. The server has run the command.
	ErrUnexpectedReply = errors.New("unexpected reply")

	// ErrCallback is returned by the receive methods of a client that delivers
	// its messages to a callback.
	ErrCallback = errors.New("a callback receives the messages")

	// ErrLibrary is returned if the library cannot be loaded. The error says
	// why, and which command helps. On a system that is not supported the error
	// is also an [errors.ErrUnsupported].
	ErrLibrary = abi.ErrLibrary

	// ErrInternal is a bug in this package or its core.
	ErrInternal = errors.New("internal error")
)

// ServerError is an error that a server returned.
type ServerError struct {
	// Command is the name of the command.
	Command string
	// Code is the error's first word, such as WRONGTYPE, NOAUTH or ERR.
	Code string
	// Message is the rest of the error.
	Message string
}

func (e *ServerError) Error() string {
	return strings.TrimSpace(fmt.Sprintf("glide: %s: %s %s", e.Command, e.Code, e.Message))
}

// Code returns the code of the error that a server returned, such as WRONGTYPE, or
// the empty string if err is not a [*ServerError].
func Code(err error) string {
	var server *ServerError
	if errors.As(err, &server) {
		return server.Code
	}
	return ""
}

// SafeToRetry reports whether the command is guaranteed not to have run on any
// server. If it is false, the command may have run, or the client does not
// know. The client itself retries, within the time of the call, requests
// that were never sent and requests that only read.
func SafeToRetry(err error) bool {
	var nodes *NodeErrors
	if errors.As(err, &nodes) {
		return nodes.isSafeToRetry()
	}
	for _, unsent := range []error{ErrInflightLimit, ErrCircuitOpen, ErrInvalidArgument, ErrUnreachable, ErrAuthentication, ErrCertificate, ErrConfiguration, ErrTransactionAborted, ErrLibrary} {
		if errors.Is(err, unsent) {
			return true
		}
	}
	return false
}

// failure is an error of a command, or of connecting, that is none of the
// server's.
type failure struct {
	operation string
	detail    string
	causes    []error
}

func (f *failure) Error() string {
	text := "glide: " + f.operation + ": " + f.causes[0].Error()
	if f.detail != "" && f.detail != f.causes[0].Error() {
		text += ": " + f.detail
	}
	return text
}

func (f *failure) Unwrap() []error { return f.causes }

// invalid is the error of an argument that cannot be meant.
func invalid(operation, detail string) error {
	return &failure{operation, detail, []error{ErrInvalidArgument}}
}

// configurationError names the field that is wrong.
func configurationError(field, detail string) error {
	return &failure{"configuration", field + " " + detail, []error{ErrConfiguration}}
}

// outcomes are the errors for the ways a request can end.
var outcomes = map[abi.Outcome]error{
	abi.OutcomeTimeout:         ErrTimeout,
	abi.OutcomeConnectionLost:  ErrConnectionLost,
	abi.OutcomeClosed:          ErrClosed,
	abi.OutcomeInflightLimit:   ErrInflightLimit,
	abi.OutcomeConfiguration:   ErrConfiguration,
	abi.OutcomeUnreachable:     ErrUnreachable,
	abi.OutcomeAuthentication:  ErrAuthentication,
	abi.OutcomeCircuitOpen:     ErrCircuitOpen,
	abi.OutcomeInternal:        ErrInternal,
	abi.OutcomeInvalidRequest:  ErrInvalidArgument,
	abi.OutcomeUnexpectedReply: ErrUnexpectedReply,
	abi.OutcomeCertificate:     ErrCertificate,
}

// operationError is the public error for what the engine or a reader returned.
func operationError(operation string, err error) error {
	var (
		engineFailure *engine.Failure
		unanswered    *wire.Failure
		server        *wire.ServerError
		unexpected    *wire.TypeError
		before        *errorBefore
		nodes         *NodeErrors
	)
	if errors.As(err, &nodes) {
		return nodes
	}
	if errors.As(err, &before) {
		operation = before.command
	}
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return &failure{operation, err.Error(), []error{ErrTimeout, err}}
	case errors.Is(err, context.Canceled):
		return &failure{operation, "", []error{err}}
	case errors.Is(err, ErrTransactionAborted):
		return &failure{operation, "", []error{ErrTransactionAborted}}
	case errors.As(err, &server):
		return serverError(operation, server.Code, server.Message)
	case errors.As(err, &unanswered):
		f := &engine.Failure{Outcome: unanswered.Outcome, Code: unanswered.Code, Message: unanswered.Message, TimedOut: unanswered.TimedOut}
		return engineError(operation, f)
	case errors.As(err, &unexpected):
		return &failure{operation, unexpected.Error(), []error{ErrUnexpectedReply}}
	case errors.As(err, &engineFailure):
		return engineError(operation, engineFailure)
	default:
		return &failure{operation, err.Error(), []error{ErrInternal, err}}
	}
}

// engineError is the public error for a request that the library could not
// answer with a reply. If the request was given up because its time was over,
// the error is an [ErrTimeout] as well as its cause.
func engineError(operation string, f *engine.Failure) error {
	var late []error
	if f.TimedOut {
		late = append(late, ErrTimeout)
	}
	if f.Deadline {
		late = append(late, context.DeadlineExceeded)
	}
	if f.Outcome == abi.OutcomeServerError {
		server := serverError(operation, f.Code, f.Message)
		if len(late) == 0 {
			return server
		}
		return &failure{operation, f.Error(), append(late, server)}
	}
	cause, ok := outcomes[f.Outcome]
	if !ok {
		cause = ErrInternal
	}
	causes := append([]error{cause}, late...)
	if f.Code != "" {
		// The message has the code, after the server's address.
		_, message, _ := strings.Cut(f.Message, f.Code)
		causes = append(causes, serverError(operation, f.Code, strings.TrimSpace(message)))
	}
	return &failure{operation, f.Message, causes}
}

func serverError(operation, code, message string) error {
	// The server repeats the arguments of a command that it does not know, the
	// rule for a user that it does not understand and, before version 7.0, the
	// value of a setting; they may be secrets.
	message, _, _ = strings.Cut(message, ", with args beginning with")
	for _, before := range []string{"modifier", "selector starting at", "Invalid argument"} {
		message = withoutQuoted(message, before)
	}
	return &ServerError{operation, code, message}
}

// withoutQuoted takes out of a message what is quoted after some words; it may
// have quotes in it.
func withoutQuoted(message, words string) string {
	before, rest, ok := strings.Cut(message, words+" '")
	if !ok {
		return message
	}
	if end := strings.LastIndex(rest, "'"); end >= 0 {
		return before + words + rest[end+1:]
	}
	return before + words
}
