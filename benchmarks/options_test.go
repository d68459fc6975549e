package main

import (
	"errors"
	"flag"
	"io"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/valkey-glide/go/benchmarks/internal/clients"
	"github.com/valkey-glide/go/benchmarks/internal/measure"
	"github.com/valkey-glide/go/benchmarks/internal/syscalls"
	"github.com/valkey-glide/go/benchmarks/internal/workloads"
)

func TestDefaultsAreAllClientsAtFourCallerCounts(t *testing.T) {
	got, err := parse(nil, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	want := options{clients: withoutMissing(defaultClients(), io.Discard), rounds: defaultRounds, times: defaultTimes, syscalls: syscalls.Auto, passes: defaultPasses}
	for _, callers := range []int{1, 16, 100, 1000} {
		want.loads = append(want.loads, load{
			place{mode: clients.Standalone}, "get-set", workloads.Shape{Callers: callers, ValueBytes: 100, Instances: 1},
		})
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	if got.clients[0] != "glide" || !slices.Contains(got.clients, "rueidis") {
		t.Errorf("the clients are %v", got.clients)
	}
}

func TestFlagsAreRead(t *testing.T) {
	got, err := parse(strings.Fields("-clients go-redis,glide -mode standalone -delay 0,1ms -callers 2 -value-bytes 4096 -instances 3 "+
		"-rounds 7 -warm-up 2s -duration 9s -server [::1]:7000 -json out.json -markdown out.md -svg plots -machine laptop -syscalls none"), io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	shape := workloads.Shape{Callers: 2, ValueBytes: 4096, Instances: 3}
	want := options{
		clients: []string{"go-redis", "glide"},
		loads: []load{
			{place{clients.Standalone, 0}, "get-set", shape},
			{place{clients.Standalone, time.Millisecond}, "get-set", shape},
		},
		rounds:  7,
		times:   measure.Times{WarmUp: 2 * time.Second, Duration: 9 * time.Second},
		server:  "[::1]:7000",
		outputs: outputs{"out.json", "out.md", "plots"},

		machine: "laptop", syscalls: syscalls.None, passes: defaultPasses,
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestReportIsAllFilesInOneFolder(t *testing.T) {
	got, err := parse(strings.Fields("-report results -json elsewhere.json"), io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	if want := (outputs{"elsewhere.json", filepath.Join("results", "README.md"), "results"}); got.outputs != want {
		t.Errorf("%+v, want %+v", got.outputs, want)
	}
}

func TestCheckTakesTwoFilesAndNothingElse(t *testing.T) {
	got, err := parse(strings.Fields("-check old.json new.json"), io.Discard)
	if err != nil || !slices.Equal(got.check, []string{"old.json", "new.json"}) {
		t.Errorf("%v, %v", got.check, err)
	}
	if _, err := parse(strings.Fields("-check old.json"), io.Discard); err == nil || !strings.Contains(err.Error(), "-check") {
		t.Errorf("err = %v with one file", err)
	}
}

func TestSetChoosesCasesClientsAndTimesThatAreNotGiven(t *testing.T) {
	got, err := parse(strings.Fields("-set goals -rounds 2"), io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	if got.set != "goals" || got.rounds != 2 || got.times != sets["goals"].times || slices.Contains(got.clients, "glide-official") {
		t.Errorf("%+v", got)
	}
	if got, err = parse(strings.Fields("-set goals -clients glide,go-redis -quick"), io.Discard); err != nil {
		t.Fatal(err)
	}
	if got.times != quickTimes || !slices.Equal(got.clients, []string{"glide", "go-redis"}) {
		t.Errorf("%v, %+v", got.clients, got.times)
	}
}

func TestQuickShortensOnlyWhatIsNotGiven(t *testing.T) {
	got, err := parse([]string{"-duration", "9s", "-quick"}, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	if got.rounds != quickRounds || got.times.WarmUp != quickTimes.WarmUp || got.times.Duration != 9*time.Second {
		t.Errorf("%d rounds of %+v", got.rounds, got.times)
	}
}

// netTime is how long a run takes without what lies between the measurements.
func netTime(t *testing.T, arguments string) time.Duration {
	t.Helper()
	o, err := parse(strings.Fields(arguments), io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	const attaching = 600 * time.Millisecond // and detaching
	counted := 0
	for _, load := range o.loads {
		for _, client := range o.clients {
			if notMeasured(client, load) == "" && isCounted(caseID{client, load}) {
				counted++
			}
		}
	}
	return time.Duration(o.rounds*cases(o))*(o.times.WarmUp+o.times.Duration) +
		time.Duration(o.passes*counted)*(countingWarmUp+measure.CountedTime+attaching)
}

func TestRunsLeaveTimeForConnecting(t *testing.T) {
	for arguments, most := range map[string]time.Duration{
		"-quick":      100 * time.Second,  // of two minutes
		"-set goals":  1110 * time.Second, // of twenty minutes
		"-set report": 38 * time.Minute,   // of three quarters of an hour
	} {
		if total := netTime(t, arguments); total > most {
			t.Errorf("%s: the measurements take %v, which leaves too little for the rest", arguments, total)
		}
		t.Logf("%s: %v", arguments, netTime(t, arguments))
	}
}

func TestWrongFlagsAreRefusedByName(t *testing.T) {
	for arguments, names := range map[string]string{
		"-clients redigo":                   "-clients",
		"-clients glide,glide":              "twice",
		"-clients=":                         "-clients",
		"-mode sentinel":                    "-mode",
		"-workloads dance":                  "-workloads",
		"-callers 1,x":                      "-callers",
		"-callers 0":                        "-callers",
		"-callers 1,1":                      "twice",
		"-value-bytes -5":                   "-value-bytes",
		"-rounds 0":                         "-rounds",
		"-duration 0s":                      "-duration",
		"-warm-up -1s":                      "-warm-up",
		"-server localhost":                 "-server",
		"-server localhost:tcp":             "-server",
		"quick":                             "quick",
		"-mode cluster,cluster":             "twice",
		"-delay soon":                       "-delay",
		"-delay -1ms":                       "-delay",
		"-delay 1ms,1000us":                 "twice",
		"-delay 1ms -mode cluster":          "-delay",
		"-instances 0":                      "-instances",
		"-set dreams":                       "goals, report",
		"-set goals -callers 1":             "-callers",
		"-set goals -server localhost:6379": "-server",
		"-mode standalone,cluster -server localhost:6379": "-server",
	} {
		if _, err := parse(strings.Fields(arguments), io.Discard); err == nil || !strings.Contains(err.Error(), names) {
			t.Errorf("%s: err = %v, want one that says %q", arguments, err, names)
		}
	}
}

func TestHelpIsNotAFailure(t *testing.T) {
	var usage strings.Builder
	if _, err := parse([]string{"-h"}, &usage); !errors.Is(err, flag.ErrHelp) {
		t.Errorf("err = %v", err)
	}
	for _, flag := range []string{"-clients", "-quick", "-server host:port", "get-set", "report: the goals"} {
		if !strings.Contains(usage.String(), flag) {
			t.Errorf("the usage does not tell of %s:\n%s", flag, usage.String())
		}
	}
}
