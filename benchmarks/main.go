// Command benchmarks compares this project's client with other Go clients for
// Valkey and Redis OSS, on the same server, interleaved. README.md says what
// is measured, with which settings, and how to read the result.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/valkey-glide/go/benchmarks/internal/worker"
)

func main() {
	if len(os.Args) == 3 && os.Args[1] == worker.Argument {
		exitOn(worker.Main(os.Args[2]))
		return
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	exitOn(run(ctx, os.Args[1:]))
}

func exitOn(err error) {
	switch {
	case err == nil:
	case errors.Is(err, flag.ErrHelp):
		os.Exit(2)
	default:
		fmt.Fprintln(os.Stderr, "benchmarks:", err)
		os.Exit(1)
	}
}

// run measures what the arguments ask for, prints the tables, and writes the
// JSON file. Cases that failed are told among the results and are its error.
func run(ctx context.Context, arguments []string) error {
	options, err := parse(arguments, os.Stderr)
	if err != nil {
		return err
	}
	server, err := deploy(ctx, options)
	if err != nil {
		return err
	}
	defer server.end()

	environment := thisEnvironment(options, server)
	fmt.Printf("%v\n\n", environment)
	outcome, err := measureAll(ctx, options, server.target, os.Stderr)
	if err != nil {
		return err
	}
	printTables(os.Stdout, outcome)
	if options.json != "" {
		if err := writeJSON(options.json, environment, outcome); err != nil {
			return err
		}
	}
	if n := len(outcome.failures) + len(outcome.memoryFailures); n > 0 {
		return fmt.Errorf("%d of %d cases failed", n, n+len(outcome.results)+len(outcome.memory))
	}
	return nil
}
