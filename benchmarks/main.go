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

// run does what the arguments ask for. Cases that failed are told among the
// results and are its error.
func run(ctx context.Context, arguments []string) error {
	options, err := parse(arguments, os.Stderr)
	if err != nil {
		return err
	}
	if options.check != nil {
		return checkFiles(os.Stdout, options.check[0], options.check[1])
	}
	environment, out, err := results(ctx, options)
	if err != nil {
		return err
	}
	if err := report(options.outputs, environment, out); err != nil {
		return err
	}
	if n := len(out.failures); n > 0 {
		return fmt.Errorf("%d of %d cases failed", n, n+len(out.results))
	}
	return nil
}

// results are measured, or read from a file.
func results(ctx context.Context, options options) (environment, outcome, error) {
	if options.from != "" {
		return readJSON(options.from)
	}
	server, err := deploy(ctx, options)
	if err != nil {
		return environment{}, outcome{}, err
	}
	defer server.end()
	environment := thisEnvironment(options, server)
	out, err := measureAll(ctx, options, server, os.Stderr)
	return environment, out, err
}

// report prints the tables and writes what else is asked for. The figures
// themselves are saved first.
func report(outputs outputs, environment environment, out outcome) error {
	if outputs.json != "" {
		if err := writeJSON(outputs.json, environment, out); err != nil {
			return err
		}
	}
	fmt.Printf("%v\n\n", environment)
	printTables(os.Stdout, environment, out)
	if environment.Set != "" {
		fmt.Printf("\nGoals on %s\n", environment.machine())
		printAligned(os.Stdout, goalRows(out))
		fmt.Println(goalNote(environment, out))
	}
	var plots []string
	if outputs.svg != "" {
		var err error
		if plots, err = writePlots(outputs.svg, out); err != nil {
			return err
		}
	}
	if outputs.markdown == "" {
		return nil
	}
	return writeMarkdown(outputs.markdown, environment, out, plots)
}
