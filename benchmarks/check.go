package main

import (
	"errors"
	"fmt"
	"io"
	"math"
)

// noticeable is how much a median must have changed, as a part of it, to be
// told at all.
const noticeable = 0.02

// A change is a figure of one client that two runs distinguish.
type change struct {
	load     load
	figure   *figure
	was, is  statistic
	elsewise float64 // what the other clients' figure became of what it was; NaN if no other was measured in both
}

func (c change) worse() bool { return (c.is.median < c.was.median) == c.figure.higher }

func (c change) String() string {
	others := "no other client to compare with"
	if !math.IsNaN(c.elsewise) {
		others = fmt.Sprintf("the others' %.2fx", c.elsewise)
	}
	return fmt.Sprintf("%v: %s %s -> %s, %.2fx (%s)", c.load, c.figure.title,
		c.figure.format(c.was.median), c.figure.format(c.is.median), c.is.median/c.was.median, others)
}

// checkFiles reports what became of the newer file's first client since the
// older one. Its error counts what became worse.
func checkFiles(w io.Writer, older, newer string) error {
	before, was, err := readJSON(older)
	if err != nil {
		return err
	}
	after, is, err := readJSON(newer)
	if err != nil {
		return err
	}
	// It differs a little each time.
	before.WakeUp, after.WakeUp = 0, 0
	if before.String() != after.String() {
		fmt.Fprintf(w, "The runs were not under the same circumstances.\n\nOlder:\n%v\n\nNewer:\n%v\n\n", before, after)
	}
	return check(w, was, is)
}

func check(w io.Writer, was, is outcome) error {
	if len(is.clients) == 0 {
		return errors.New("-check: there is nothing in the newer file")
	}
	client := is.clients[0]
	changes, compared, err := changesOf(client, was, is)
	if err != nil {
		return err
	}
	var worse, better []string
	for _, c := range changes {
		if c.worse() {
			worse = append(worse, c.String())
		} else {
			better = append(better, c.String())
		}
	}
	var missing []string
	for _, l := range was.loads {
		id := caseID{client, l}
		_, hadFigures := was.results[id]
		_, hasFigures := is.results[id]
		switch failure := is.failures[id]; {
		case !hadFigures || hasFigures:
		case failure != nil:
			worse = append(worse, fmt.Sprintf("%v: failed: %v", l, failure))
		default:
			missing = append(missing, l.String())
		}
	}
	tell(w, "Worse", worse)
	tell(w, "Better", better)
	tell(w, "Not measured again", missing)
	fmt.Fprintf(w, "%s: %d worse, %d better, of %s compared\n", client, len(worse), len(better), count(compared, "figure"))
	switch {
	case len(worse) > 0:
		return fmt.Errorf("%s is worse in %s", client, count(len(worse), "figure"))
	case compared == 0:
		return fmt.Errorf("-check: no case of %s is in both files", client)
	}
	return nil
}

func tell(w io.Writer, title string, lines []string) {
	if len(lines) == 0 {
		return
	}
	fmt.Fprintln(w, title)
	for _, line := range lines {
		fmt.Fprintln(w, "  "+line)
	}
	fmt.Fprintln(w)
}

// changesOf are the figures whose rounds do not overlap between the runs, in
// the order of the newer run, and how many figures were compared.
func changesOf(client string, was, is outcome) (changes []change, compared int, err error) {
	for _, l := range is.loads {
		before, measuredBefore := was.results[caseID{client, l}]
		after, measuredAfter := is.results[caseID{client, l}]
		if !measuredBefore || !measuredAfter {
			continue
		}
		if before.rounds < 2 || after.rounds < 2 {
			return nil, 0, fmt.Errorf("-check: %v was measured in one round, which has no spread", l)
		}
		for _, f := range figures {
			then, known := before.statistics[f]
			now, stillKnown := after.statistics[f]
			if !known || !stillKnown || f.title == "" || f.neutral {
				continue
			}
			compared++
			if then.overlaps(now) || math.Abs(now.median-then.median) < noticeable*then.median {
				continue
			}
			changes = append(changes, change{l, f, then, now, others(client, l, f, was, is)})
		}
	}
	return changes, compared, nil
}

// others is the median of what became of the other clients' figure: what the
// machine does to all shows there.
func others(client string, l load, f *figure, was, is outcome) float64 {
	var ratios []float64
	for _, other := range is.clients {
		then, known := was.results[caseID{other, l}].statistics[f]
		now, stillKnown := is.results[caseID{other, l}].statistics[f]
		if other != client && known && stillKnown && then.median != 0 {
			ratios = append(ratios, now.median/then.median)
		}
	}
	if len(ratios) == 0 {
		return math.NaN()
	}
	return statisticOf(ratios).median
}
