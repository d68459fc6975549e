package main

import (
	"cmp"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/valkey-glide/go/benchmarks/internal/clients"
	"github.com/valkey-glide/go/benchmarks/internal/limit"
	"github.com/valkey-glide/go/benchmarks/internal/measure"
	"github.com/valkey-glide/go/benchmarks/internal/syscalls"
	"github.com/valkey-glide/go/benchmarks/internal/workloads"
)

// options are what the command line chooses.
type options struct {
	clients []string
	loads   []load
	rounds  int
	times   measure.Times
	server  string // host:port; empty: one is started
	set     string // of cases, whose goals are told, too; empty: the lists chose
	outputs outputs

	machine  string // its name in the tables; empty: the CPU's model alone
	syscalls string // what counts them
	passes   int    // how often

	from  string   // path of results to tell again; empty: it is measured
	check []string // paths of two results to compare; none: it is measured
}

// outputs are paths of what is written besides the tables; empty: it is not.
type outputs struct{ json, markdown, svg string }

// Unless told otherwise, a run takes about eleven minutes with all clients.
var (
	defaultRounds = 5
	defaultTimes  = measure.Times{WarmUp: time.Second, Duration: 3 * time.Second}
)

// With -quick it takes about one and a half; two are promised. What is saved
// is saved on the length: the median needs the number of rounds, and only the
// p99.9 at one caller needs the time.
var (
	quickRounds = 5
	quickTimes  = measure.Times{WarmUp: 100 * time.Millisecond, Duration: 250 * time.Millisecond}
)

// parse reads the flags; what is wrong with them names the flag. What a user
// may want to know besides goes to notes.
func parse(arguments []string, notes io.Writer) (options, error) {
	var o options
	flags := flag.NewFlagSet("benchmarks", flag.ContinueOnError)
	flags.SetOutput(notes)
	names := flags.String("clients", "", "`names` of the clients, of "+strings.Join(allClients(), ", ")+
		";\nthe first is compared with each of the others (default all that are there, but for "+limit.Core+"…)")
	set := flags.String("set", "", "a `name` of a set of cases, instead of the lists that follow:\n"+setList())
	modes := flags.String("mode", string(clients.Standalone), "standalone or cluster, a `list`")
	delays := flags.String("delay", "0", "times added to each round trip, as 1ms, a `list`; 0 is none; standalone only")
	loads := flags.String("workloads", "get-set",
		"`names` of the workloads, of "+strings.Join(workloads.Names(), ", "))
	values := flags.String("value-bytes", "100", "sizes of the values, a `list`")
	callers := flags.String("callers", "1,16,100,1000", "how many goroutines call at once, a `list`")
	instances := flags.String("instances", "1", "how many clients of a kind are in its process, a `list`;\nthe callers are dealt out to them")
	flags.IntVar(&o.rounds, "rounds", defaultRounds, "how often each case is measured; the median counts")
	flags.DurationVar(&o.times.WarmUp, "warm-up", defaultTimes.WarmUp, "load before each measurement, not counted")
	flags.DurationVar(&o.times.Duration, "duration", defaultTimes.Duration, "length of each measurement")
	flags.StringVar(&o.server, "server", "", "`host:port` of a server to use, a node of it in cluster mode\n(default: one is started for the run)")
	flags.StringVar(&o.machine, "machine", "", "a `name` of this machine for the tables, besides its CPU's model")
	flags.StringVar(&o.syscalls, "syscalls", syscalls.Auto, "what counts system calls, apart from the rounds: "+
		strings.Join(syscalls.Names(), ", ")+";\nauto is perf if the kernel permits it, else strace")
	flags.StringVar(&o.outputs.json, "json", "", "write the results to this `file`, too")
	flags.StringVar(&o.outputs.markdown, "markdown", "", "write tables as Markdown to this `file`, too")
	flags.StringVar(&o.outputs.svg, "svg", "", "write plots to this `folder`, too")
	report := flags.String("report", "", "write all three to this `folder`: results.json, README.md, plots")
	flags.StringVar(&o.from, "from", "", "measure nothing: tell again what -json wrote to this `file`")
	check := flags.Bool("check", false, "measure nothing: compare two files that -json wrote, the older first,\nand fail if the first client has become worse")
	quick := flags.Bool("quick", false, fmt.Sprintf("under two minutes with the default cases: -rounds %d -warm-up %v -duration %v\nunless they are given",
		quickRounds, quickTimes.WarmUp, quickTimes.Duration))

	if err := flags.Parse(arguments); err != nil {
		return options{}, err
	}
	given := map[string]bool{}
	flags.Visit(func(f *flag.Flag) { given[f.Name] = true })
	if *check {
		o.check = flags.Args()
		if len(o.check) != 2 {
			return options{}, fmt.Errorf("-check takes two files, the older first; %d are given", len(o.check))
		}
		return o, nil
	}
	if flags.NArg() > 0 {
		return options{}, fmt.Errorf("%q is not a flag", flags.Arg(0))
	}
	if *report != "" {
		o.outputs.json = cmp.Or(o.outputs.json, filepath.Join(*report, "results.json"))
		o.outputs.markdown = cmp.Or(o.outputs.markdown, filepath.Join(*report, "README.md"))
		o.outputs.svg = cmp.Or(o.outputs.svg, *report)
	}

	o.clients, o.passes = defaultClients(), defaultPasses
	if *set != "" {
		if err := o.choose(*set, given); err != nil {
			return options{}, err
		}
	} else {
		var c choices
		if err := c.read(*modes, *delays, *loads, *values, *callers, *instances); err != nil {
			return options{}, err
		}
		o.loads = c.loads()
	}
	if *quick {
		o.shorten(given)
	}
	if given["clients"] {
		o.clients = strings.Split(*names, ",")
	} else {
		o.clients = withoutMissing(o.clients, notes)
	}
	if err := o.validate(); err != nil {
		return options{}, err
	}
	return o, nil
}

// allClients are those in Go and the programs that are the limit.
func allClients() []string { return append(clients.Names(), limit.Names()...) }

// defaultClients leave out what must be built first.
func defaultClients() []string { return append(clients.Names(), limit.DefaultNames()...) }

// withoutMissing leaves the server's program out where it is not installed,
// and says so.
func withoutMissing(names []string, notes io.Writer) []string {
	if !slices.ContainsFunc(names, limit.IsName) {
		return names
	}
	_, err := limit.Find(limit.PerCaller)
	if err == nil {
		return names
	}
	fmt.Fprintf(notes, "%s is left out: %v\n", limit.PerCaller, err)
	return slices.DeleteFunc(slices.Clone(names), limit.IsName)
}

// choose takes a named set of cases with its clients and times.
func (o *options) choose(name string, given map[string]bool) error {
	for _, list := range []string{"mode", "delay", "workloads", "value-bytes", "callers", "instances"} {
		if given[list] {
			return fmt.Errorf("-set: it chooses the cases, so -%s cannot be given", list)
		}
	}
	s, ok := sets[name]
	if !ok {
		return fmt.Errorf("-set: there is no %q, only %s", name, strings.Join(setNames(), ", "))
	}
	o.loads, o.clients, o.set = s.loads(), s.clients(), name
	if !given["rounds"] {
		o.rounds = s.rounds
	}
	if !given["warm-up"] {
		o.times.WarmUp = s.times.WarmUp
	}
	if !given["duration"] {
		o.times.Duration = s.times.Duration
	}
	return nil
}

// shorten makes a run quick in all that the user did not choose.
func (o *options) shorten(given map[string]bool) {
	o.passes = 1
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

// read takes the lists of the command line.
func (c *choices) read(modes, delays, loads, values, callers, instances string) error {
	c.workloads = strings.Split(loads, ",")
	err := known("workloads", c.workloads, workloads.Names())
	for _, each := range []struct {
		to         *[]int
		name, list string
	}{
		{&c.valueBytes, "value-bytes", values},
		{&c.callers, "callers", callers},
		{&c.instances, "instances", instances},
	} {
		numbers, wrong := positives(each.name, each.list)
		*each.to, err = numbers, errors.Join(err, wrong)
	}
	for text := range strings.SplitSeq(modes, ",") {
		mode := clients.Mode(text)
		if mode != clients.Standalone && mode != clients.Cluster {
			err = errors.Join(err, fmt.Errorf("-mode: %q is neither standalone nor cluster", text))
		}
		if slices.Contains(c.modes, mode) {
			err = errors.Join(err, fmt.Errorf("-mode: %q is there twice", text))
		}
		c.modes = append(c.modes, mode)
	}
	for text := range strings.SplitSeq(delays, ",") {
		delay, wrong := time.ParseDuration(text)
		if wrong != nil || delay < 0 {
			err = errors.Join(err, fmt.Errorf("-delay: %q is not a time", text))
		}
		if slices.Contains(c.delays, delay) {
			err = errors.Join(err, fmt.Errorf("-delay: %q is there twice", text))
		}
		c.delays = append(c.delays, delay)
	}
	return err
}

func (o *options) validate() error {
	if err := known("clients", o.clients, allClients()); err != nil {
		return err
	}
	for _, client := range o.clients {
		if !limit.IsName(client) {
			continue
		}
		if _, err := limit.Find(client); err != nil {
			return fmt.Errorf("-clients: %w", err)
		}
	}
	if err := known("syscalls", []string{o.syscalls}, syscalls.Names()); err != nil {
		return err
	}
	if o.syscalls != syscalls.Auto && o.syscalls != syscalls.None {
		if _, err := syscalls.Find(o.syscalls); err != nil {
			return fmt.Errorf("-syscalls: %w", err)
		}
	}
	switch {
	case o.rounds < 1:
		return fmt.Errorf("-rounds: %d is less than 1", o.rounds)
	case o.times.WarmUp < 0:
		return fmt.Errorf("-warm-up: %v is negative", o.times.WarmUp)
	case o.times.Duration <= 0:
		return fmt.Errorf("-duration: %v is not positive", o.times.Duration)
	}
	modes := map[clients.Mode]bool{}
	for _, l := range o.loads {
		modes[l.place.mode] = true
		if l.place.mode == clients.Cluster && l.place.delay > 0 {
			return errors.New("-delay: in a cluster the nodes tell clients where they are, which leads past the proxy that delays")
		}
	}
	if o.server == "" {
		return nil
	}
	if len(modes) > 1 {
		return errors.New("-server: the cases need a standalone server and a cluster: give one -mode")
	}
	if _, err := targetOf(clients.Standalone, o.server); err != nil {
		return fmt.Errorf("-server: %w", err)
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
