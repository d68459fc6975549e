package main

import (
	"reflect"
	"slices"
	"testing"
)

func TestEveryChoiceIsMeasuredWithEveryOther(t *testing.T) {
	got := loads(options{workloads: []string{"a", "b"}, callers: []int{1, 16}, valueBytes: []int{10, 20, 30}})
	if len(got) != 12 {
		t.Fatalf("%d loads, want 12: %v", len(got), got)
	}
	for i, l := range got {
		if slices.Contains(got[:i], l) {
			t.Errorf("%v is there twice", l)
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
