package main

import (
	"errors"
	"flag"
	"io"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/valkey-glide/go/benchmarks/internal/clients"
	"github.com/valkey-glide/go/benchmarks/internal/measure"
)

func TestDefaultsAreAllClientsAtFourCallerCounts(t *testing.T) {
	got, err := parse(nil, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	want := options{
		clients:    []string{"glide", "glide-official", "go-redis", "valkey-go", "valkey-go-single"},
		mode:       clients.Standalone,
		workloads:  []string{"get-set"},
		callers:    []int{1, 16, 100, 1000},
		valueBytes: []int{100},
		rounds:     defaultRounds,
		times:      defaultTimes,
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestFlagsAreRead(t *testing.T) {
	got, err := parse(strings.Fields("-clients go-redis,glide -mode cluster -callers 2,3 -value-bytes 1,4096 "+
		"-rounds 7 -warm-up 2s -duration 9s -server [::1]:7000 -json out.json"), io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	want := options{
		clients:    []string{"go-redis", "glide"},
		mode:       clients.Cluster,
		workloads:  []string{"get-set"},
		callers:    []int{2, 3},
		valueBytes: []int{1, 4096},
		rounds:     7,
		times:      measure.Times{WarmUp: 2 * time.Second, Duration: 9 * time.Second},
		server:     "[::1]:7000",
		json:       "out.json",
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestMemoryIsAskedForLikeAWorkload(t *testing.T) {
	for arguments, want := range map[string]int{"memory": 0, "get-set,memory": 4} {
		got, err := parse([]string{"-workloads", arguments}, io.Discard)
		if err != nil || !got.memory || len(loads(got)) != want {
			t.Errorf("%s: %+v, %v", arguments, got, err)
		}
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

func TestQuickLeavesTimeForConnecting(t *testing.T) {
	o, err := parse([]string{"-quick"}, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	measurements := o.rounds * len(o.clients) * len(loads(o))
	if total := time.Duration(measurements) * (o.times.WarmUp + o.times.Duration); total > 80*time.Second {
		t.Errorf("%d measurements take %v, which leaves too little of two minutes for the rest", measurements, total)
	}
}

func TestWrongFlagsAreRefusedByName(t *testing.T) {
	for arguments, names := range map[string]string{
		"-clients redigo":       "-clients",
		"-clients glide,glide":  "twice",
		"-clients=":             "-clients",
		"-mode sentinel":        "-mode",
		"-workloads dance":      "-workloads",
		"-callers 1,x":          "-callers",
		"-callers 0":            "-callers",
		"-callers 1,1":          "twice",
		"-value-bytes -5":       "-value-bytes",
		"-rounds 0":             "-rounds",
		"-duration 0s":          "-duration",
		"-warm-up -1s":          "-warm-up",
		"-server localhost":     "-server",
		"-server localhost:tcp": "-server",
		"quick":                 "quick",
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
	for _, flag := range []string{"-clients", "-quick", "-server host:port", "get-set"} {
		if !strings.Contains(usage.String(), flag) {
			t.Errorf("the usage does not tell of %s:\n%s", flag, usage.String())
		}
	}
}
