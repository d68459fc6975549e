package glideotel

import (
	"context"
	"errors"

	"github.com/valkey-glide/go/glide"
	"go.opentelemetry.io/otel/attribute"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
)

// serverCodes are the codes of errors of Valkey and Redis. They are a closed set
// because scripts and modules choose other ones, and may put arguments there.
var serverCodes = []string{
	"ASK", "BUSY", "BUSYGROUP", "BUSYKEY", "CLUSTERDOWN", "CROSSSLOT", "DENIED", "ERR", "EXECABORT", "INPROG",
	"INVALIDOBJ", "IOERR", "LOADING", "MASTERDOWN", "MISCONF", "MOVED", "NOADDR", "NOAUTH", "NOGOODSLAVE", "NOGROUP",
	"NOMASTERLINK", "NOPERM", "NOPROTO", "NOQUORUM", "NOREPLICAS", "NOSCRIPT", "NOSUB", "NOTBUSY", "NOTREADY", "OOM",
	"READONLY", "REDIRECT", "TRYAGAIN", "UNBLOCKED", "UNKILLABLE", "WRONGPASS", "WRONGTYPE",
}

// otherError is the type of errors that have none.
const otherError = "_OTHER"

// errorClasses are the types of errors that servers do not return. The first one
// that an error matches is its type, so causes precede their consequences.
var errorClasses = []struct {
	err       error
	errorType string
}{
	{glide.ErrLibrary, "library"},
	{glide.ErrCertificate, "certificate"},
	{glide.ErrAuthentication, "authentication"},
	{glide.ErrConfiguration, "configuration"},
	{glide.ErrInvalidArgument, "invalid_argument"},
	{glide.ErrUnexpectedReply, "unexpected_reply"},
	{glide.ErrTransactionAborted, "transaction_aborted"},
	{glide.ErrCallback, "callback"},
	{glide.ErrClosed, "closed"},
	{glide.ErrCircuitOpen, "circuit_open"},
	{glide.ErrInflightLimit, "inflight_limit"},
	{glide.ErrUnreachable, "unreachable"},
	{glide.ErrConnectionLost, "connection_lost"},
	{glide.ErrTimeout, "timeout"},
	{context.DeadlineExceeded, "timeout"},
	{context.Canceled, "canceled"},
	{glide.ErrInternal, "internal"},
}

// A failure is what is exported of an error.
type failure struct {
	errorType string
	// code is that of the server, if it is known.
	code string
	// description is a text without any part of the error's own.
	description string
}

// failureOf returns what is exported of an error, which is not nil.
func (h *hook) failureOf(err error) failure {
	if code := serverCode(err); code != "" {
		if _, known := h.codes[code]; known {
			return failure{errorType: code, code: code}
		}
	}
	for _, class := range errorClasses {
		if errors.Is(err, class.err) {
			return failure{errorType: class.errorType, description: class.err.Error()}
		}
	}
	return failure{errorType: otherError}
}

// serverCode returns the code of the server's error, if an error is one.
func serverCode(err error) string {
	var server *glide.ServerError
	if errors.As(err, &server) {
		return server.Code
	}
	return ""
}

// appendTo appends the attributes.
func (f failure) appendTo(attributes []attribute.KeyValue) []attribute.KeyValue {
	attributes = append(attributes, semconv.ErrorTypeKey.String(f.errorType))
	if f.code != "" {
		attributes = append(attributes, semconv.DBResponseStatusCode(f.code))
	}
	return attributes
}
