package engine

import (
	"errors"
	"fmt"

	"github.com/valkey-glide/go/glide/internal/ffi"
	"github.com/valkey-glide/go/glide/internal/resp"
)

// Failure is a request that was not answered with a reply.
type Failure struct {
	Outcome resp.Outcome
	Code    string
	Message string
	// TimedOut reports that the request would have been tried again if there had
	// been more time, and Deadline that the time was that of the context.
	TimedOut, Deadline bool
}

func (f *Failure) Error() string {
	if f.Code != "" {
		return f.Code + " " + f.Message
	}
	return f.Message
}

var (
	errTimeout = &Failure{Outcome: resp.OutcomeTimeout, Message: "no reply in time"}
	errClosed  = &Failure{Outcome: resp.OutcomeClosed, Message: "the client is closed"}
	errTooMany = &Failure{Outcome: resp.OutcomeInflightLimit, Message: "too many calls wait for replies"}
)

// refused is the error of a submission that the library did not accept.
func refused(status ffi.Status) error {
	if errors.Is(status, ffi.Closed) {
		return errClosed
	}
	return &Failure{Outcome: resp.OutcomeInternal, Message: fmt.Sprintf("the library refused the request: %v", status)}
}
