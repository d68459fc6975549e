package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/valkey-glide/go/benchmarks/internal/clients"
	"github.com/valkey-glide/go/benchmarks/internal/measure"
	"github.com/valkey-glide/go/benchmarks/internal/workloads"
)

// options are what the command line chooses.
type options struct {
	clients    []string
	mode       clients.Mode
	workloads  []string
	memory     bool // of idle clients
	callers    []int
	valueBytes []int
	rounds     int
	times      measure.Times
	server     string // host:port; empty: one is started
	json       string // path; empty: none is written
}

// Unless told otherwise, a run takes about seven minutes with all clients.
var (
	defaultRounds = 5
	defaultTimes  = measure.Times{WarmUp: time.Second, Duration: 3 * time.Second}
)

// With -quick it takes about one and a half; two are promised. What is saved
// is saved on the length: the median needs the number of rounds, and only the
// p99.9 at one caller needs the time.
var (
	quickRounds = 5
	quickTimes  = measure.Times{WarmUp: 250 * time.Millisecond, Duration: 500 * time.Millisecond}
)

// parse reads the flags; what is wrong with them names the flag.
func parse(arguments []string, usage io.Writer) (options, error) {
	var o options
	flags := flag.NewFlagSet("benchmarks", flag.ContinueOnError)
	flags.SetOutput(usage)
	names := flags.String("clients", strings.Join(clients.Names(), ","),
		"`names` of the clients; the first is compared with each of the others")
	mode := flags.String("mode", string(clients.Standalone), "standalone or cluster")
	loads := flags.String("workloads", "get-set",
		"`names` of the workloads, of "+strings.Join(append(workloads.Names(), memoryWorkload), ", "))
	callers := flags.String("callers", "1,16,100,1000", "how many goroutines call at once, a `list`")
	values := flags.String("value-bytes", "100", "sizes of the values, a `list`")
	flags.IntVar(&o.rounds, "rounds", defaultRounds, "how often each case is measured; the median counts")
	flags.DurationVar(&o.times.WarmUp, "warm-up", defaultTimes.WarmUp, "load before each measurement, not counted")
	flags.DurationVar(&o.times.Duration, "duration", defaultTimes.Duration, "length of each measurement")
	flags.StringVar(&o.server, "server", "", "`host:port` of a server to use, a node of it in cluster mode\n(default: one is started for the run)")
	flags.StringVar(&o.json, "json", "", "write the results to this `file`, too")
	quick := flags.Bool("quick", false, fmt.Sprintf("under two minutes: -rounds %d -warm-up %v -duration %v\nunless they are given",
		quickRounds, quickTimes.WarmUp, quickTimes.Duration))

	if err := flags.Parse(arguments); err != nil {
		return options{}, err
	}
	if flags.NArg() > 0 {
		return options{}, fmt.Errorf("%q is not a flag", flags.Arg(0))
	}
	if *quick {
		o.shorten(flags)
	}
	o.mode = clients.Mode(*mode)
	o.clients, o.workloads = strings.Split(*names, ","), strings.Split(*loads, ",")
	if i := slices.Index(o.workloads, memoryWorkload); i >= 0 {
		o.memory, o.workloads = true, slices.Delete(o.workloads, i, i+1)
	}
	var badCallers, badValues error
	o.callers, badCallers = positives("callers", *callers)
	o.valueBytes, badValues = positives("value-bytes", *values)
	if err := errors.Join(badCallers, badValues, o.validate()); err != nil {
		return options{}, err
	}
	return o, nil
}

// shorten makes a run quick in all that the user did not choose.
func (o *options) shorten(flags *flag.FlagSet) {
	given := map[string]bool{}
	flags.Visit(func(f *flag.Flag) { given[f.Name] = true })
	if !given["rounds"] {
		o.rounds = quickRounds
	}
	if !given["warm-up"] {
		o.times.WarmUp = quickTimes.WarmUp
	}
	if !given["duration"] {
		o.times.Duration = quickTimes.Duration
	}
}

func (o *options) validate() error {
	if o.mode != clients.Standalone && o.mode != clients.Cluster {
		return fmt.Errorf("-mode: %q is neither standalone nor cluster", o.mode)
	}
	if err := known("clients", o.clients, clients.Names()); err != nil {
		return err
	}
	if err := known("workloads", o.workloads, append(workloads.Names(), memoryWorkload)); err != nil {
		return err
	}
	switch {
	case o.rounds < 1:
		return fmt.Errorf("-rounds: %d is less than 1", o.rounds)
	case o.times.WarmUp < 0:
		return fmt.Errorf("-warm-up: %v is negative", o.times.WarmUp)
	case o.times.Duration <= 0:
		return fmt.Errorf("-duration: %v is not positive", o.times.Duration)
	}
	if o.server != "" {
		if _, err := targetOf(o.mode, o.server); err != nil {
			return fmt.Errorf("-server: %w", err)
		}
	}
	return nil
}

// known refuses names that are not among the existing, or come twice: a case
// would be measured twice and printed as two.
func known(name string, chosen, existing []string) error {
	for i, c := range chosen {
		if !slices.Contains(existing, c) {
			return fmt.Errorf("-%s: there is no %q, only %s", name, c, strings.Join(existing, ", "))
		}
		if slices.Contains(chosen[:i], c) {
			return fmt.Errorf("-%s: %q is there twice", name, c)
		}
	}
	return nil
}

func positives(name, list string) ([]int, error) {
	var numbers []int
	for text := range strings.SplitSeq(list, ",") {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 {
			return nil, fmt.Errorf("-%s: %q is not a positive number", name, text)
		}
		if slices.Contains(numbers, n) {
			return nil, fmt.Errorf("-%s: %d is there twice", name, n)
		}
		numbers = append(numbers, n)
	}
	return numbers, nil
}

func targetOf(mode clients.Mode, address string) (clients.Target, error) {
	host, service, err := net.SplitHostPort(address)
	if err != nil {
		return clients.Target{}, err
	}
	port, err := strconv.Atoi(service)
	if err != nil || port < 1 || port > 65535 {
		return clients.Target{}, fmt.Errorf("%q is not a port", service)
	}
	return clients.Target{Mode: mode, Host: host, Port: port}, nil
}
