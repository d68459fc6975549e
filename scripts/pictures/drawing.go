package main

import (
	"bytes"
	"fmt"
	"html"
	"os"
	"regexp"
	"runtime"
)

// A drawing is a picture that stands alone: light or dark as the reader prefers, and with
// no font but the reader's. Lengths are in pixels.
type drawing struct {
	width, height float64
	title         string
	body          bytes.Buffer
}

const style = `<style>
svg { color-scheme: light dark; --ink: light-dark(#1f2328, #e6edf3); --paper: light-dark(#ffffff, #0d1117); --soft: light-dark(#f3f5f8, #1c232c);
 --line: light-dark(#8b949e, #7d8590); --first: light-dark(#0969da, #58a6ff); --second: light-dark(#9a6700, #d29922); --alarm: light-dark(#cf222e, #ff7b72); }
text { font: 13px system-ui, sans-serif; fill: var(--ink); }
.title { font-weight: 600; font-size: 15px; } .small { font-size: 11.5px; } .middle { text-anchor: middle; } .end { text-anchor: end; } .alarm { fill: var(--alarm); }
.paper { fill: var(--paper); } .box { fill: var(--soft); stroke: var(--line); } .band { fill: none; stroke: var(--line); stroke-dasharray: 4 4; }
.arrow { fill: none; stroke: var(--ink); stroke-width: 1.3; marker-end: url(#head); } .back { stroke-dasharray: 5 3; }
.axis { stroke: var(--line); } .first { fill: none; stroke: var(--first); stroke-width: 2; } .second { fill: none; stroke: var(--second); stroke-width: 2; }
.mark { stroke: var(--alarm); stroke-dasharray: 3 3; }
</style>
<defs><marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto-start-reverse"><path d="M0 0 L8 4 L0 8 z" fill="context-stroke"/></marker></defs>
`

func (d *drawing) svg() []byte {
	var out bytes.Buffer
	fmt.Fprintf(&out, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %g %g" width="%g" height="%g" role="img">`+"\n", d.width, d.height, d.width, d.height)
	fmt.Fprintf(&out, "<title>%s</title>\n%s", html.EscapeString(d.title), style)
	fmt.Fprintf(&out, `<rect class="paper" width="%g" height="%g"/>`+"\n", d.width, d.height)
	fmt.Fprintf(&out, `<text class="title" x="16" y="26">%s</text>`+"\n", html.EscapeString(d.title))
	out.Write(d.body.Bytes())
	out.WriteString("</svg>\n")
	return out.Bytes()
}

func (d *drawing) text(x, y float64, class, text string) {
	fmt.Fprintf(&d.body, `<text class="%s" x="%g" y="%g">%s</text>`+"\n", class, x, y, html.EscapeString(text))
}

// box draws a box with lines of text in its middle.
func (d *drawing) box(x, y, width, height float64, lines ...string) {
	fmt.Fprintf(&d.body, `<rect class="box" x="%g" y="%g" width="%g" height="%g" rx="6"/>`+"\n", x, y, width, height)
	const lineHeight = 16
	first := y + height/2 - lineHeight*float64(len(lines)-1)/2 + 4.5
	for i, line := range lines {
		class := "middle"
		if i > 0 {
			class = "middle small"
		}
		d.text(x+width/2, first+lineHeight*float64(i), class, line)
	}
}

// path draws a line through points, in SVG's words, with a class.
func (d *drawing) path(class, points string) {
	fmt.Fprintf(&d.body, `<path class="%s" d="%s"/>`+"\n", class, points)
}

func (d *drawing) line(class string, x1, y1, x2, y2 float64) {
	d.path(class, fmt.Sprintf("M%g %g L%g %g", x1, y1, x2, y2))
}

var cpuModel = regexp.MustCompile(`(?m)^model name\s*:\s*(.+)$`)

// machine says what the machine is.
func machine() string {
	model := runtime.GOARCH
	if info, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		if match := cpuModel.FindSubmatch(info); match != nil {
			model = string(match[1])
		}
	}
	return fmt.Sprintf("%s, %d CPUs", model, runtime.NumCPU())
}
