package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/valkey-glide/go/benchmarks/internal/limit"
	"github.com/valkey-glide/go/benchmarks/internal/plot"
)

// An axis is what grows from left to right in a plot.
type axis struct {
	name   string // in the files' names
	title  string
	of     func(*load) *int
	format func(int) string
}

var axes = []axis{
	{"callers", "callers", func(l *load) *int { return &l.shape.Callers }, thousands},
	{"value-bytes", "bytes of a value", func(l *load) *int { return &l.shape.ValueBytes }, bytesShort},
	{"instances", "clients in the process", func(l *load) *int { return &l.shape.Instances }, thousands},
}

// plotted are the figures drawn side by side.
var plotted = []*figure{opsPerSecond, p99, cpuPerOp}

// writePlots draws, for each axis, one file for all loads that differ in it
// alone, and returns the files' paths.
func writePlots(folder string, out outcome) ([]string, error) {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return nil, err
	}
	var paths []string
	for _, axis := range axes {
		for _, family := range families(out.loads, axis) {
			path := filepath.Join(folder, axis.fileName(family[0]))
			if err := os.WriteFile(path, draw(out, axis, family).SVG(), 0o644); err != nil {
				return nil, err
			}
			paths = append(paths, path)
		}
	}
	return paths, nil
}

// families are the loads that differ in nothing but the axis, in its order.
// One alone is no curve.
func families(loads []load, axis axis) [][]load {
	var order []load
	members := map[load][]load{}
	for _, l := range loads {
		key := l
		*axis.of(&key) = 0
		if members[key] == nil {
			order = append(order, key)
		}
		members[key] = append(members[key], l)
	}
	var all [][]load
	for _, key := range order {
		if family := members[key]; len(family) > 1 {
			slices.SortFunc(family, func(a, b load) int { return *axis.of(&a) - *axis.of(&b) })
			all = append(all, family)
		}
	}
	return all
}

// parts say what a family's loads have in common, for its title or file name.
func (a axis) parts(l load, title bool) []string {
	parts := []string{l.place.String(), l.workload}
	if !title {
		parts[0] = strings.NewReplacer(", ", "-", " away", "").Replace(parts[0])
	}
	add := func(name, short, long string) {
		if a.name == name {
			return
		}
		if title {
			short = long
		}
		parts = append(parts, short)
	}
	add("value-bytes", fmt.Sprintf("%db", l.shape.ValueBytes), size(l.shape.ValueBytes)+" values")
	add("callers", fmt.Sprintf("%d-callers", l.shape.Callers), count(l.shape.Callers, "caller"))
	if l.shape.Instances > 1 {
		add("instances", fmt.Sprintf("%d-instances", l.shape.Instances), count(l.shape.Instances, "client"))
	}
	return parts
}

func (a axis) fileName(l load) string {
	return strings.Join(a.parts(l, false), "-") + "-by-" + a.name + ".svg"
}

func draw(out outcome, axis axis, family []load) plot.Plot {
	p := plot.Plot{Title: strings.Join(axis.parts(family[0], true), ", ")}
	for _, f := range plotted {
		panel := plot.Panel{Title: f.title, XTitle: axis.title}
		for _, l := range family {
			panel.Ticks = append(panel.Ticks, plot.Tick{At: float64(*axis.of(&l)), Label: axis.format(*axis.of(&l))})
		}
		for _, client := range out.clients {
			line := plot.Line{Name: client, Muted: limit.IsName(client)}
			for _, l := range family {
				if s, ok := out.results[caseID{client, l}].statistics[f]; ok {
					line.Points = append(line.Points, plot.Point{X: float64(*axis.of(&l)), Y: s.median, Low: s.low, High: s.high})
				}
			}
			panel.Lines = append(panel.Lines, line)
		}
		p.Panels = append(p.Panels, panel)
	}
	return p
}

func thousands(n int) string {
	if n >= 10_000 && n%1000 == 0 {
		return fmt.Sprintf("%dk", n/1000)
	}
	return fmt.Sprint(n)
}

func bytesShort(n int) string {
	switch {
	case n >= 1<<20 && n%(1<<20) == 0:
		return fmt.Sprintf("%dM", n>>20)
	case n >= 1<<10 && n%(1<<10) == 0:
		return fmt.Sprintf("%dK", n>>10)
	default:
		return fmt.Sprint(n)
	}
}
