package worker

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"time"

	"github.com/valkey-glide/go/benchmarks/internal/measure"
)

// Argument is the first argument of a worker process; the client's name is
// the second.
const Argument = "worker"

// Patience is how much longer than its own times a measurement may take
// before the worker counts as stuck: connecting, preparing, and the slowest
// reply that a request timeout permits.
const Patience = 30 * time.Second

// A Process measures one client. It is used by one goroutine.
type Process struct {
	client  string
	command *exec.Cmd
	orders  io.WriteCloser
	answers *os.File
}

// Start runs this executable again as a worker.
func Start(client string) (*Process, error) {
	executable, err := os.Executable()
	if err != nil {
		return nil, err
	}
	return start(client, exec.Command(executable, Argument, client))
}

func start(client string, command *exec.Cmd) (*Process, error) {
	orders, err := command.StdinPipe()
	if err != nil {
		return nil, err
	}
	answers, written, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer written.Close() // the worker has its own
	command.ExtraFiles = []*os.File{written}
	command.Stdout, command.Stderr = os.Stderr, os.Stderr
	if err := command.Start(); err != nil {
		answers.Close()
		return nil, fmt.Errorf("starting the worker for %s: %w", client, err)
	}
	return &Process{client, command, orders, answers}, nil
}

// Measure has one order carried out. After an error that is Broken the
// process is gone; another must be started for the next order.
func (p *Process) Measure(ctx context.Context, order Order) (measure.Figures, error) {
	reply, err := p.carryOut(ctx, order, func() error { return errors.New("it waits for a turn that nobody has") })
	return reply.Figures, err
}

// Count has operations made while another process counts what they cost. It
// calls begin with the worker's process right before them, and end right after;
// it returns how many there were.
func (p *Process) Count(ctx context.Context, order Order, begin func(pid int) error, end func() error) (int64, error) {
	begun := false
	reply, err := p.carryOut(ctx, order, func() error {
		if begun {
			return end()
		}
		begun = true
		return begin(p.command.Process.Pid)
	})
	return reply.Made, err
}

// carryOut calls await whenever the worker waits for a turn. The worker finishes
// also after an error of await, which is the result then.
func (p *Process) carryOut(ctx context.Context, order Order, await func() error) (answer, error) {
	in, out := json.NewEncoder(p.orders), json.NewDecoder(p.answers)
	if err := in.Encode(order); err != nil {
		return answer{}, p.broken(err)
	}
	// A worker that is stuck or no longer wanted is killed: its end of the
	// pipe closes, and the read below ends.
	limit := order.Times.WarmUp + order.Times.Duration + Patience
	ctx, cancel := context.WithTimeoutCause(ctx, limit, fmt.Errorf("killed after %v", limit))
	defer cancel()
	defer context.AfterFunc(ctx, func() { _ = p.command.Process.Kill() })()

	var failed error
	for {
		var reply answer
		err := out.Decode(&reply)
		if err == nil && reply.Waits {
			if failed == nil {
				failed = await()
			}
			if err = in.Encode(turn{}); err == nil {
				continue
			}
		}
		switch {
		case err != nil && ctx.Err() != nil:
			return answer{}, p.broken(context.Cause(ctx))
		case err != nil:
			return answer{}, p.broken(err)
		case failed != nil:
			return answer{}, failed
		case reply.Error != "":
			return answer{}, errors.New(reply.Error)
		}
		return reply, nil
	}
}

// Broken is the error of a worker process that ended instead of answering.
type Broken struct {
	Client string
	Cause  error
}

func (b *Broken) Error() string {
	return fmt.Sprintf("the worker for %s ended without an answer: %v", b.Client, b.Cause)
}

func (b *Broken) Unwrap() error { return b.Cause }

func (p *Process) broken(cause error) error {
	_ = p.command.Process.Kill()
	if err := p.Close(); err != nil {
		cause = fmt.Errorf("%w (%w)", cause, err)
	}
	return &Broken{p.client, cause}
}

// Close ends the process: it does so by itself when its input ends, and is
// killed if it does not.
func (p *Process) Close() error {
	p.orders.Close()
	defer p.answers.Close()
	stuck := time.AfterFunc(5*time.Second, func() { _ = p.command.Process.Kill() })
	defer stuck.Stop()
	return p.command.Wait()
}
