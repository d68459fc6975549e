package main

import (
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/valkey-glide/go/benchmarks/internal/clients"
	"github.com/valkey-glide/go/benchmarks/internal/limit"
	"github.com/valkey-glide/go/benchmarks/internal/workloads"
)

func TestEveryChoiceIsMeasuredWithEveryOther(t *testing.T) {
	got := choices{
		modes: []clients.Mode{"a", "b"}, delays: []time.Duration{0, 1}, workloads: []string{"a", "b"},
		callers: []int{1, 16}, valueBytes: []int{10, 20, 30}, instances: []int{1, 2},
	}.loads()
	if len(got) != 96 {
		t.Fatalf("%d loads, want 96: %v", len(got), got)
	}
	for i, l := range got {
		if slices.Contains(got[:i], l) {
			t.Errorf("%v is there twice", l)
		}
	}
}

func TestLoadsAreNamedByAllThatIsNotUsual(t *testing.T) {
	for want, l := range map[string]load{
		"standalone: get-set, 100-byte values, 1 caller":                         {place{mode: "standalone"}, "get-set", workloads.Shape{Callers: 1, ValueBytes: 100, Instances: 1}},
		"cluster: mget, 10 KiB values, 16 callers":                               {place{mode: "cluster"}, "mget", workloads.Shape{Callers: 16, ValueBytes: 10240, Instances: 1}},
		"standalone, 1ms away: get-set, 1 MiB values, 100 callers of 10 clients": {place{"standalone", time.Millisecond}, "get-set", workloads.Shape{Callers: 100, ValueBytes: 1 << 20, Instances: 10}},
	} {
		if got := l.String(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestWhatCannotBeMeasuredIsLeftOutWithItsReason(t *testing.T) {
	few, many := workloads.Shape{Callers: 16, ValueBytes: 100, Instances: 1}, workloads.Shape{Callers: 10_000, ValueBytes: 100, Instances: 1}
	spread := many
	spread.Instances = 10
	for _, c := range []struct {
		client  string
		mode    clients.Mode
		shape   workloads.Shape
		leftOut bool
	}{
		{"glide", clients.Standalone, many, false},
		{"glide-official", clients.Standalone, few, false},
		{"glide-official", clients.Standalone, many, true},
		{"glide-official", clients.Standalone, spread, false},
		{"valkey-go-single", clients.Standalone, few, false},
		{"valkey-go-single", clients.Cluster, few, true},
		{limit.PerCaller, clients.Standalone, few, false},
		{limit.PerCaller, clients.Standalone, many, true},
	} {
		l := load{place{mode: c.mode}, "get-set", c.shape}
		if why := notMeasured(c.client, l); (why != "") != c.leftOut {
			t.Errorf("%s, %v: %q", c.client, l, why)
		}
	}
}

func TestEachRoundBeginsWithAnotherClient(t *testing.T) {
	names := []string{"a", "b", "c"}
	for round, want := range [][]string{{"a", "b", "c"}, {"b", "c", "a"}, {"c", "a", "b"}, {"a", "b", "c"}} {
		if got := rotated(names, round); !reflect.DeepEqual(got, want) {
			t.Errorf("round %d: %v, want %v", round, got, want)
		}
	}
	if !reflect.DeepEqual(names, []string{"a", "b", "c"}) {
		t.Errorf("the order of the tables was changed: %v", names)
	}
}
