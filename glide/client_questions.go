package glide

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"runtime/debug"
	"strings"
	"sync/atomic"
	"unicode/utf8"

	"github.com/valkey-glide/go/glide/internal/abi"
	"github.com/valkey-glide/go/glide/internal/engine"
	"github.com/valkey-glide/go/glide/internal/pb"
	"github.com/valkey-glide/go/glide/internal/wire"
	"google.golang.org/protobuf/proto"
)

// functions are those of a configuration, which are called when connections are
// made.
type functions struct {
	translate   func(context.Context, Address) (Address, error)
	credentials func(context.Context) (Credentials, error)
	// logger is that of the client, if it has one.
	logger *slog.Logger
	// panicked tells that the log has a panic of theirs: others are errors of
	// connections only.
	panicked *atomic.Bool
}

// newProgram returns what answers the library's questions of a client, and
// names it in the client's request. Without functions it is nil.
func newAnswerer(e *engine.Engine, request *pb.ConnectionRequest, f functions) *engine.Answerer {
	if f.translate == nil && f.credentials == nil {
		return nil
	}
	f.panicked = new(atomic.Bool)
	answerer, name := e.NewAnswerer(f.answer, func(why string) []byte { return answered(nil, errors.New(why)) })
	request.Answerer = name
	request.AsksForAddresses = f.translate != nil
	request.AsksForCredentials = f.credentials != nil
	return answerer
}

// answer answers a question, even if the function panics.
func (f functions) answer(ctx context.Context, question wire.Question) (message []byte) {
	defer func() {
		if panicked := recover(); panicked != nil {
			if !f.panicked.Swap(true) {
				logPanic(f.logger, "a function for connections", panicked)
			}
			message = answered(nil, fmt.Errorf("the function panicked: %v", panicked))
		}
	}()
	return answered(f.ask(ctx, question))
}

func (f functions) ask(ctx context.Context, question wire.Question) (*pb.Answer, error) {
	if question.About == abi.QuestionCredentials {
		return f.askForCredentials(ctx)
	}
	address, err := f.translate(ctx, Address{Host: question.Host, Port: question.Port})
	if err != nil {
		return nil, err
	}
	host, port := address.orDefault()
	switch {
	case address.isPath() && port == 0:
	case port < 1 || port > math.MaxUint16:
		return nil, fmt.Errorf("the function returned the port %d", port)
	case !utf8.ValidString(host):
		return nil, errors.New("the function returned a host that is not UTF-8")
	}
	return &pb.Answer{Address: &pb.Address{Host: host, Port: uint32(port)}}, nil
}

func (f functions) askForCredentials(ctx context.Context) (*pb.Answer, error) {
	credentials, err := f.credentials(ctx)
	v := validation{}
	message := v.credentials(credentials, nil)
	switch {
	case err != nil:
		return nil, err
	case v.err != nil:
		return nil, errors.New("the function returned a username or password that is not UTF-8")
	case message == nil:
		message = &pb.Credentials{} // nothing to authenticate with
	}
	return &pb.Answer{Credentials: message}, nil
}

// answered is an answer as it crosses the boundary.
func answered(answer *pb.Answer, err error) []byte {
	if err != nil {
		text := strings.ToValidUTF8(err.Error(), "?")
		if text == "" {
			text = "the function failed with an error without a text"
		}
		answer = &pb.Answer{Failure: text}
	}
	message, err := proto.Marshal(answer)
	if err != nil {
		message, _ = proto.Marshal(&pb.Answer{Failure: "the answer of the function cannot be passed on"})
	}
	return message
}

// logPanic tells the client's logger, or else that of the process, or else slog's own,
// that something of the program's panicked.
func logPanic(logger *slog.Logger, what string, panicked any) {
	if logger == nil {
		logger = engine.Logger()
	}
	if logger == nil {
		logger = slog.Default()
	}
	logger.Error("glide: "+what+" panicked", "panic", fmt.Sprint(panicked), "stack", string(debug.Stack()))
}
