package plot

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// sample has two lines in two panels; one of the lines lacks a point.
func sample() Plot {
	ticks := []Tick{{1, "1"}, {16, "16"}, {1000, "1000"}}
	panel := Panel{
		Title: "op/s", XTitle: "callers", Ticks: ticks,
		Lines: []Line{
			{Name: "ours", Points: []Point{{1, 10_000, 9_000, 11_000}, {16, 80_000, 70_000, 90_000}, {1000, 400_000, 390_000, 410_000}}},
			{Name: "theirs <b>", Points: []Point{{1, 9_000, 8_000, 9_500}, {1000, 50_000, 40_000, 60_000}}},
			{Name: "the limit", Muted: true, Points: []Point{{16, 1e6, 1e6, 1e6}}},
		},
	}
	other := panel
	other.Title = "p99 µs"
	return Plot{Title: `A & B "quoted"`, Panels: []Panel{panel, other}}
}

// texts are what is written in a drawing, which must be well-formed.
func texts(t *testing.T, svg []byte) string {
	t.Helper()
	var all strings.Builder
	decoder := xml.NewDecoder(bytes.NewReader(svg))
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return all.String()
		}
		if err != nil {
			t.Fatalf("not well-formed: %v\n%s", err, svg)
		}
		if characters, ok := token.(xml.CharData); ok {
			all.Write(characters)
			all.WriteByte('\n')
		}
	}
}

func TestDrawingSaysWhatItShows(t *testing.T) {
	written := texts(t, sample().SVG())
	for _, want := range []string{`A & B "quoted"`, "ours", "theirs <b>", "the limit", "op/s", "p99 µs", "callers", "16", "100k"} {
		if !strings.Contains(written, want+"\n") {
			t.Errorf("%q is not written", want)
		}
	}
}

func TestDrawingStandsAloneAndAdapts(t *testing.T) {
	svg := string(sample().SVG())
	for _, forbidden := range []string{"url(", "href", "@import", "@font-face", "<script", "NaN", "Inf"} {
		if strings.Contains(svg, forbidden) {
			t.Errorf("it has %q", forbidden)
		}
	}
	for _, want := range []string{"prefers-color-scheme:dark", light.ground, dark.ground, light.lines[0], dark.lines[0], `class="ground"`} {
		if !strings.Contains(svg, want) {
			t.Errorf("%q is missing", want)
		}
	}
	if again := string(sample().SVG()); again != svg {
		t.Error("the same plot is drawn differently the second time")
	}
}

var lines = regexp.MustCompile(`<path class="line" d="(M[^"]*L[^"]*)"`)

// curve returns the corners of the nth line that has several points.
func curve(t *testing.T, svg []byte, n int) (x, y []float64) {
	t.Helper()
	found := lines.FindAllStringSubmatch(string(svg), -1)
	if len(found) <= n {
		t.Fatalf("there are only %d curves", len(found))
	}
	for _, corner := range strings.FieldsFunc(found[n][1], func(r rune) bool { return r == 'M' || r == 'L' }) {
		across, down, _ := strings.Cut(corner, " ")
		a, errA := strconv.ParseFloat(across, 64)
		b, errB := strconv.ParseFloat(down, 64)
		if err := errors.Join(errA, errB); err != nil {
			t.Fatal(err)
		}
		x, y = append(x, a), append(y, b)
	}
	return x, y
}

func TestMoreIsHigherAndEqualRatiosAreEqualDistances(t *testing.T) {
	p := Plot{Panels: []Panel{{
		Ticks: []Tick{{1, "1"}, {10, "10"}, {100, "100"}},
		Lines: []Line{{Name: "a", Points: []Point{{X: 1, Y: 50}, {X: 10, Y: 500}, {X: 100, Y: 5000}}}},
	}}}
	x, y := curve(t, p.SVG(), 0)
	if len(x) != 3 || !(x[0] < x[1] && x[1] < x[2]) || !(y[0] > y[1] && y[1] > y[2]) {
		t.Fatalf("the curve goes through %v, %v", x, y)
	}
	if math.Abs((x[1]-x[0])-(x[2]-x[1])) > 0.2 || math.Abs((y[0]-y[1])-(y[1]-y[2])) > 0.2 {
		t.Errorf("ten times is not the same distance everywhere: %v, %v", x, y)
	}
}

func TestCurvesStayInsideTheDrawing(t *testing.T) {
	svg := sample().SVG()
	for n := range 4 { // two lines with several points in each of two panels
		x, y := curve(t, svg, n)
		for i := range x {
			if x[i] < left || x[i] > 2*panelWidth-right || y[i] < titleHeight || y[i] > titleHeight+3*legendHeight+panelHeight-below {
				t.Errorf("curve %d goes through %.1f, %.1f", n, x[i], y[i])
			}
		}
	}
}

func TestWhatCannotBeDrawnIsLeftOut(t *testing.T) {
	for name, p := range map[string]Plot{
		"nothing":       {},
		"an empty line": {Panels: []Panel{{Title: "op/s", Lines: []Line{{Name: "a"}}}}},
		"zero and less": {Panels: []Panel{{Ticks: []Tick{{1, "1"}}, Lines: []Line{{Name: "a", Points: []Point{{X: 1, Y: 0}, {X: 2, Y: -1}}}}}}},
		"not a number":  {Panels: []Panel{{Ticks: []Tick{{1, "1"}}, Lines: []Line{{Name: "a", Points: []Point{{X: 1, Y: math.NaN()}}}}}}},
		"one point":     {Panels: []Panel{{Ticks: []Tick{{5, "5"}}, Lines: []Line{{Name: "a", Points: []Point{{5, 7, 7, 7}}}}}}},
	} {
		svg := p.SVG()
		texts(t, svg)
		if bytes.Contains(svg, []byte("NaN")) || bytes.Contains(svg, []byte("Inf")) {
			t.Errorf("%s: the drawing has numbers that are none:\n%s", name, svg)
		}
	}
}

func TestTicksAreRoundAndFew(t *testing.T) {
	for _, c := range []struct {
		low, high float64
		want      []float64
	}{
		{3, 60, []float64{5, 10, 20, 50}},
		{900, 2100, []float64{1000, 2000}},
		{5, 60_000, []float64{10, 100, 1000, 10_000}},
		{0.3, 3, []float64{0.5, 1, 2}},
	} {
		got := scale{low: c.low, high: c.high}.ticks()
		if len(got) != len(c.want) {
			t.Errorf("from %v to %v: %v, want %v", c.low, c.high, got, c.want)
			continue
		}
		for i := range got {
			if math.Abs(got[i]/c.want[i]-1) > 1e-9 {
				t.Errorf("from %v to %v: %v, want %v", c.low, c.high, got, c.want)
			}
		}
	}
	for value, want := range map[float64]string{0.5: "0.5", 20: "20", 5000: "5k", 2e6: "2M"} {
		if got := short(value); got != want {
			t.Errorf("%v is written %q, want %q", value, got, want)
		}
	}
}
