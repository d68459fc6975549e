package engine

import (
	"errors"
	"fmt"

	"github.com/valkey-glide/go/glide/internal/abi"
)

// Failure is a request that was not answered with a reply.
type Failure struct {
	Outcome abi.Outcome
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

// tooManyInFlight is what the library says of a request that exceeds the limit.
const tooManyInFlight = "too many requests in flight"

var (
	errTimeout = &Failure{Outcome: abi.OutcomeTimeout, Message: "no reply in time"}
	errClosed  = &Failure{Outcome: abi.OutcomeClosed, Message: "the client is closed"}
	errTooMany = &Failure{Outcome: abi.OutcomeInflightLimit, Message: "too many calls wait for replies"}
)

// refused is the error of a submission that the library did not accept.
func refused(status abi.Status) error {
	if errors.Is(status, abi.StatusClosed) {
		return errClosed
	}
	return &Failure{Outcome: abi.OutcomeInternal, Message: fmt.Sprintf("the library refused the request: %v", status)}
}
