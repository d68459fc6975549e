// Package plot draws curves as SVG, in panels side by side under one legend.
//
// A drawing stands alone: it has its own background, which is light or dark as
// the reader prefers, no font but the reader's, and nothing from elsewhere.
// Both axes are logarithmic, so that a ratio is the same distance everywhere.
package plot

import (
	"fmt"
	"math"
	"strings"
	"unicode/utf8"
)

// A Plot is one drawing.
type Plot struct {
	Title  string
	Panels []Panel // with the same lines, by name and order
}

// A Panel has one figure of all lines.
type Panel struct {
	Title  string // of the figure, with its unit
	XTitle string
	Ticks  []Tick // on the axis from left to right
	Lines  []Line
}

// A Tick is a value that is written at the axis.
type Tick struct {
	At    float64
	Label string
}

// A Line is drawn through its points. The first is drawn strongest.
type Line struct {
	Name   string
	Points []Point // from left to right; those that are not positive are left out
	Muted  bool    // it stands in the background
}

// A Point has the extremes above and below it.
type Point struct{ X, Y, Low, High float64 }

// The measures of a drawing, in pixels.
const (
	panelWidth, panelHeight = 310.0, 290.0
	left, right             = 48.0, 14.0 // of a panel, beside its curves
	above, below            = 30.0, 44.0
	titleHeight             = 34.0
	legendHeight            = 20.0 // of a row
	legendLeft              = 14.0
	letterWidth             = 6.8 // about, at the size of the legend
)

// SVG is the drawing.
func (p Plot) SVG() []byte {
	d := &drawing{}
	width := panelWidth * float64(max(len(p.Panels), 1))
	entries, rows := p.legend(width)
	height := titleHeight + float64(rows)*legendHeight + panelHeight

	d.printf(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %.0f %.0f" width="%.0f" height="%.0f" role="img" aria-label="%s">`,
		width, height, width, height, escape(p.Title))
	d.printf(`<style>%s</style>`, style)
	d.printf(`<rect class="ground" width="%.0f" height="%.0f" rx="6"/>`, width, height)
	d.printf(`<text class="title" x="%.0f" y="23">%s</text>`, legendLeft, escape(p.Title))
	for _, e := range entries {
		d.printf(`<g class="%s"><path class="line" d="M%.1f %.1fh22"/>%s</g>`, e.class, e.x, e.y-4, marker(e.number, e.x+11, e.y-4))
		d.printf(`<text x="%.1f" y="%.1f">%s</text>`, e.x+28, e.y, escape(e.name))
	}
	for i, panel := range p.Panels {
		panel.draw(d, float64(i)*panelWidth, height-panelHeight)
	}
	d.printf(`</svg>`)
	return []byte(d.text.String())
}

type drawing struct{ text strings.Builder }

func (d *drawing) printf(format string, arguments ...any) {
	fmt.Fprintf(&d.text, format, arguments...)
	d.text.WriteByte('\n')
}

// An entry of the legend, and where it stands.
type entry struct {
	name, class string
	number      int
	x, y        float64
}

func (p Plot) legend(width float64) (entries []entry, rows int) {
	if len(p.Panels) == 0 {
		return nil, 0
	}
	x, rows := legendLeft, 1
	for i, line := range p.Panels[0].Lines {
		wide := 28 + letterWidth*float64(utf8.RuneCountInString(line.Name)) + 16
		if x+wide > width && x > legendLeft {
			x, rows = legendLeft, rows+1
		}
		entries = append(entries, entry{line.Name, class(i, line), i, x, titleHeight + float64(rows)*legendHeight - 6})
		x += wide
	}
	return entries, rows
}

func (p Panel) draw(d *drawing, x, y float64) {
	horizontal := p.horizontal(x+left, x+panelWidth-right)
	vertical := p.vertical(y+panelHeight-below, y+above)
	d.printf(`<text class="figure" x="%.1f" y="%.1f">%s</text>`, x+left, y+above-12, escape(p.Title))
	for _, tick := range vertical.ticks() {
		at := vertical.at(tick)
		d.printf(`<path class="grid" d="M%.1f %.1fH%.1f"/>`, x+left, at, x+panelWidth-right)
		d.printf(`<text class="tick" text-anchor="end" x="%.1f" y="%.1f">%s</text>`, x+left-6, at+4, short(tick))
	}
	for _, tick := range p.Ticks {
		d.printf(`<text class="tick" text-anchor="middle" x="%.1f" y="%.1f">%s</text>`,
			horizontal.at(tick.At), y+panelHeight-below+16, escape(tick.Label))
	}
	d.printf(`<text class="tick" text-anchor="middle" x="%.1f" y="%.1f">%s</text>`,
		(horizontal.from+horizontal.to)/2, y+panelHeight-10, escape(p.XTitle))
	for i := len(p.Lines) - 1; i >= 0; i-- { // the first lies on top
		p.Lines[i].draw(d, i, horizontal, vertical)
	}
}

func (l Line) draw(d *drawing, number int, horizontal, vertical scale) {
	var path, rest strings.Builder
	for _, point := range l.Points {
		if !(point.X > 0 && point.Y > 0) {
			continue
		}
		step := 'L'
		if path.Len() == 0 {
			step = 'M'
		}
		x, y := horizontal.at(point.X), vertical.at(point.Y)
		fmt.Fprintf(&path, "%c%.1f %.1f", step, x, y)
		if point.Low > 0 && point.High > point.Low {
			fmt.Fprintf(&rest, `<path class="spread" d="M%.1f %.1fV%.1f"/>`, x, vertical.at(point.Low), vertical.at(point.High))
		}
		rest.WriteString(marker(number, x, y))
	}
	if path.Len() > 0 {
		d.printf(`<g class="%s"><path class="line" d="%s"/>%s</g>`, class(number, l), path.String(), rest.String())
	}
}

// horizontal spans the ticks, a little way from the edges.
func (p Panel) horizontal(from, to float64) scale {
	s := scale{low: math.Inf(1), from: from + 12, to: to - 12}
	for _, tick := range p.Ticks {
		s.low, s.high = min(s.low, tick.At), max(s.high, tick.At)
	}
	return s
}

// vertical spans what is drawn, and one step of 1, 2 and 5 at least.
func (p Panel) vertical(from, to float64) scale {
	s := scale{low: math.Inf(1), from: from, to: to}
	for _, line := range p.Lines {
		for _, point := range line.Points {
			if point.Y > 0 {
				s.low, s.high = min(s.low, point.Y), max(s.high, point.Y)
			}
			if point.Low > 0 && point.High > point.Low {
				s.low, s.high = min(s.low, point.Low), max(s.high, point.High)
			}
		}
	}
	if s.high == 0 { // nothing is drawn
		s.low, s.high = 1, 10
	}
	s.low, s.high = s.low/1.15, s.high*1.15
	if s.high < 4*s.low {
		middle := math.Sqrt(s.low * s.high)
		s.low, s.high = middle/2, middle*2
	}
	return s
}
