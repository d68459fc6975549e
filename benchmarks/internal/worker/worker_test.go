package worker

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/valkey-glide/go/benchmarks/internal/clients"
	"github.com/valkey-glide/go/benchmarks/internal/measure"
	"github.com/valkey-glide/go/benchmarks/internal/workloads"
	"github.com/valkey-glide/go/glide/glidetest"
)

// TestMain lets the test executable be a worker, as the benchmark's is.
func TestMain(m *testing.M) {
	if len(os.Args) == 3 && os.Args[1] == Argument {
		if os.Args[2] == "crashing" {
			os.Exit(7)
		}
		if err := Main(os.Args[2]); err != nil {
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

func startHere(t *testing.T, client string) *Process {
	t.Helper()
	process, err := start(client, exec.Command(os.Args[0], Argument, client))
	if err != nil {
		t.Fatal(err)
	}
	return process
}

// unreachable is an order that fails early: nothing listens on port 1.
var unreachable = Order{
	Target:   clients.Target{Mode: clients.Standalone, Host: "127.0.0.1", Port: 1},
	Workload: "get-set",
	Shape:    workloads.Shape{Callers: 1, ValueBytes: 1},
}

func TestServeAnswersEachOrderAndEndsWithItsInput(t *testing.T) {
	var orders, answers bytes.Buffer
	in := json.NewEncoder(&orders)
	for range 2 {
		if err := in.Encode(Order{Workload: "no such"}); err != nil {
			t.Fatal(err)
		}
	}
	if err := serve("go-redis", &orders, &answers); err != nil {
		t.Fatal(err)
	}
	out := json.NewDecoder(&answers)
	for range 2 {
		var reply answer
		if err := out.Decode(&reply); err != nil || !strings.Contains(reply.Error, `"no such"`) {
			t.Errorf("answer %+v, %v; want an error that names the workload", reply, err)
		}
	}
	if err := out.Decode(&answer{}); !errors.Is(err, io.EOF) {
		t.Errorf("there is a third answer: %v", err)
	}
}

func TestWorkerOutlivesAFailedMeasurement(t *testing.T) {
	process := startHere(t, "valkey-go")
	for range 2 {
		_, err := process.Measure(t.Context(), unreachable)
		var broken *Broken
		if err == nil || errors.As(err, &broken) || !strings.Contains(err.Error(), "connecting") {
			t.Errorf("err = %v, want the connection's failure", err)
		}
	}
	if err := process.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
}

func TestWorkerThatEndsIsReportedAsBroken(t *testing.T) {
	_, err := startHere(t, "crashing").Measure(t.Context(), unreachable)
	var broken *Broken
	if !errors.As(err, &broken) || broken.Client != "crashing" {
		t.Errorf("err = %v, want a Broken that names the client", err)
	}
}

func TestInstancesAreSoManyClientsAtOnce(t *testing.T) {
	server := glidetest.Start(t)
	connections := func() int {
		list, _ := server.MustCommand(t, "CLIENT", "LIST").(string)
		return strings.Count(list, "\n")
	}
	before, most := connections(), 0
	measured := make(chan error, 1)
	go func() {
		err := carryOut("valkey-go-single", Order{ // one connection each
			Target:   clients.Target{Mode: clients.Standalone, Host: server.Host(), Port: server.Port()},
			Workload: "get-set",
			Shape:    workloads.Shape{Callers: 6, ValueBytes: 10, Instances: 3},
			Times:    measure.Times{Duration: 500 * time.Millisecond},
		}, &answer{}, nil)
		measured <- err
	}()
	for {
		select {
		case err := <-measured:
			if err != nil {
				t.Fatal(err)
			}
			if most-before != 3 {
				t.Errorf("there were %d connections more, want one of each client", most-before)
			}
			return
		case <-time.After(20 * time.Millisecond):
			most = max(most, connections())
		}
	}
}

func TestOperationsAreCountedBetweenBeginAndEnd(t *testing.T) {
	server := glidetest.Start(t)
	process := startHere(t, "valkey-go")
	defer process.Close()
	order := Order{
		Target:   clients.Target{Mode: clients.Standalone, Host: server.Host(), Port: server.Port()},
		Workload: "get", Shape: workloads.Shape{Callers: 3, ValueBytes: 10}, Operations: 500,
	}
	gets := func() int {
		stats, _ := server.MustCommand(t, "INFO", "commandstats").(string)
		_, rest, _ := strings.Cut(stats, "cmdstat_get:calls=")
		n := 0
		_, _ = fmt.Sscan(strings.SplitN(rest, ",", 2)[0], &n)
		return n
	}
	var before, after int
	made, err := process.Count(t.Context(), order,
		func(pid int) error {
			if pid != process.command.Process.Pid {
				t.Errorf("the process is %d, want %d", pid, process.command.Process.Pid)
			}
			before = gets()
			return nil
		},
		func() error { after = gets(); return nil })
	if err != nil || made != 500 || after-before != 500 {
		t.Errorf("%d operations, %v; the server counted %d; want 500", made, err, after-before)
	}

	nobody := errors.New("nobody counts")
	if _, err := process.Count(t.Context(), order, func(int) error { return nobody }, nil); !errors.Is(err, nobody) {
		t.Errorf("err = %v, want that of begin", err)
	}
	order.Operations, order.Times = 0, measure.Times{Duration: 50 * time.Millisecond}
	if got, err := process.Measure(t.Context(), order); err != nil || got.OpsPerSecond <= 0 {
		t.Errorf("afterwards: %+v, %v", got, err)
	}
}
