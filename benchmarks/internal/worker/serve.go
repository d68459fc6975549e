package worker

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"time"

	"github.com/valkey-glide/go/benchmarks/internal/clients"
	"github.com/valkey-glide/go/benchmarks/internal/measure"
	"github.com/valkey-glide/go/benchmarks/internal/workloads"
)

// connectTimeout is generous, for the same reason as clients.RequestTimeout.
const connectTimeout = 10 * time.Second

// Main is the whole life of a worker process: it carries out orders with the
// named client until its input ends.
func Main(client string) error {
	return serve(client, os.Stdin, os.NewFile(answersFD, "answers"))
}

func serve(client string, orders io.Reader, answers io.Writer) error {
	in, out := json.NewDecoder(orders), json.NewEncoder(answers)
	for {
		var order Order
		if err := in.Decode(&order); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return fmt.Errorf("reading an order: %w", err)
		}
		var reply answer
		await := func() error {
			if err := out.Encode(answer{Waits: true}); err != nil {
				return err
			}
			return in.Decode(&turn{})
		}
		if err := carryOut(client, order, &reply, await); err != nil {
			reply = answer{Error: err.Error()}
		}
		if err := out.Encode(reply); err != nil {
			return fmt.Errorf("writing an answer: %w", err)
		}
	}
}

// carryOut fills in the answer. It calls turn as measure.Count does.
func carryOut(name string, order Order, reply *answer, turn func() error) (err error) {
	if order.Workload == workloads.Memory {
		reply.Figures, err = measure.Memory(context.Background(), func() (clients.Client, error) {
			connecting, cancel := context.WithTimeout(context.Background(), connectTimeout)
			defer cancel()
			return clients.Dial(connecting, name, order.Target)
		})
		return err
	}
	workload, err := workloads.Named(order.Workload)
	if err != nil {
		return err
	}
	var instances []clients.Client
	defer func() {
		for _, instance := range instances {
			if closing := instance.Close(); closing != nil {
				err = errors.Join(err, fmt.Errorf("closing: %w", closing))
			}
		}
		// The next case of this client starts from a small heap, as the first
		// did.
		debug.FreeOSMemory()
	}()
	connecting, cancel := context.WithTimeout(context.Background(), connectTimeout)
	defer cancel()
	for range max(order.Shape.Instances, 1) {
		instance, err := clients.Dial(connecting, name, order.Target)
		if err != nil {
			return fmt.Errorf("connecting: %w", err)
		}
		instances = append(instances, instance)
	}
	// The operations have no separate deadline: each client's request
	// timeout bounds them.
	if order.Operations > 0 {
		allowTracing()
		reply.Made, err = measure.Count(context.Background(), instances, workload, order.Shape, order.Times.WarmUp, order.Operations, turn)
		return err
	}
	reply.Figures, err = measure.Run(context.Background(), instances, workload, order.Shape, order.Times, order.Servers)
	return err
}
