package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/valkey-glide/go/benchmarks/internal/measure"
)

func TestMarkdownHasGoalsRatiosFiguresAndPlots(t *testing.T) {
	file := filepath.Join(t.TempDir(), "results", "README.md")
	plot := filepath.Join(filepath.Dir(file), "plots", "a.svg")
	out := sample()
	out.failures[caseID{"valkey-go", out.loads[0]}] = errors.New("one | two\nthree")
	if err := writeMarkdown(file, environment{Set: "goals", Server: "valkey 8", CPU: "Some CPU", CPUs: 4}, out, []string{plot}); err != nil {
		t.Fatal(err)
	}
	bytes, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	text := string(bytes)
	for _, want := range []string{
		"valkey 8",
		"## Goals on Some CPU, 4 CPUs",
		"## glide against the others on Some CPU, 4 CPUs",
		"1 goals reached, 1 missed",
		"| standalone: get-set, 100-byte values, 16 callers | op/s | ≥ 1.00 | 2.00x | reached | go-redis | 200000 | 100000 |",
		"![a](plots/a.svg)",
		"| standalone: get-set, 100-byte values, 16 callers | 200000 | 2.00x | - | ~1.00x | ~1.00x | ~1.00x | ~1.00x | ~0.50x | 20.0% (30.0%) |",
		"| go-redis | 100000 ±10% |",
		`Failed: valkey-go: one \| two three`,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing in\n%s", want, text)
		}
	}
	// Every row of a table has as many cells as its head.
	cells := 0
	for line := range strings.SplitSeq(strings.ReplaceAll(text, `\|`, ""), "\n") {
		n := strings.Count(line, "|")
		if n > 0 && cells > 0 && n != cells {
			t.Errorf("%d bars instead of %d: %s", n, cells, line)
		}
		cells = n
	}
}

func TestMarkdownWithoutASetHasNoGoals(t *testing.T) {
	var text strings.Builder
	printMarkdown(&text, environment{}, sample(), nil)
	if strings.Contains(text.String(), "## Goals") || strings.Contains(text.String(), "## Curves") {
		t.Errorf("%s", text.String())
	}
}

func TestMarkdownOfOneClientComparesNothing(t *testing.T) {
	out := sample()
	out.clients = out.clients[:1]
	out.results[caseID{"glide", out.loads[0]}] = summarize(out.loads[0], []measure.Figures{{OpsPerSecond: 5}})
	var text strings.Builder
	printMarkdown(&text, environment{}, out, nil)
	if strings.Contains(text.String(), "against the others") || !strings.Contains(text.String(), "| glide | 5 |") {
		t.Errorf("%s", text.String())
	}
}
