package plot

import (
	"fmt"
	"strings"
)

// A theme has the colours for one kind of ground. Those of the lines can be
// distinguished with any kind of colour vision; the markers help.
type theme struct {
	ground, text, faint, grid, muted string
	lines                            [6]string
}

var (
	light = theme{"#ffffff", "#1f2328", "#59636e", "#e3e6ea", "#8b949e",
		[6]string{"#d1490c", "#0067a5", "#00805c", "#a8437f", "#6f5bc9", "#8a6a00"}}
	dark = theme{"#0d1117", "#e6edf3", "#9198a1", "#262c36", "#767e88",
		[6]string{"#ff8a4c", "#58a6ff", "#34d3a2", "#f2a0cd", "#b5a6ff", "#f0c649"}}
)

// style is light where the reader's preference is not known. It has no
// variables, which programs other than browsers do not know.
var style = light.rules() + "@media(prefers-color-scheme:dark){" + dark.rules() + "}" +
	"text{font-family:system-ui,sans-serif;font-size:12px}.title{font-size:15px;font-weight:600}.figure{font-weight:600}" +
	".tick{font-size:11px}.line{fill:none;stroke-width:1.6;stroke-linejoin:round}.ours .line{stroke-width:3}" +
	".muted .line{stroke-dasharray:5 4}.spread{opacity:.55}"

func (t theme) rules() string {
	var text strings.Builder
	fmt.Fprintf(&text, ".ground{fill:%s}.grid{stroke:%s}text{fill:%s}.tick{fill:%s}.marker{stroke:%s}",
		t.ground, t.grid, t.text, t.faint, t.ground)
	line := func(class, colour string) {
		fmt.Fprintf(&text, ".%s .line,.%s .spread{stroke:%s}.%s .marker{fill:%s}", class, class, colour, class, colour)
	}
	for i, colour := range t.lines {
		line(fmt.Sprintf("c%d", i), colour)
	}
	line("muted", t.muted)
	return text.String()
}

func class(number int, line Line) string {
	switch {
	case line.Muted:
		return "muted"
	case number == 0:
		return "c0 ours"
	default:
		return fmt.Sprintf("c%d", number%len(light.lines))
	}
}

// marker is a small shape around a point: a circle, square, diamond or
// triangle.
func marker(number int, x, y float64) string {
	shape := []string{
		"m-4 0a4 4 0 1 0 8 0a4 4 0 1 0 -8 0",
		"m-3.5 -3.5h7v7h-7z",
		"m0 -4.8l4.8 4.8l-4.8 4.8l-4.8 -4.8z",
		"m0 -4.5l4.4 7.7h-8.8z",
	}[number%4]
	return fmt.Sprintf(`<path class="marker" d="M%.1f %.1f%sz"/>`, x, y, strings.TrimSuffix(shape, "z"))
}
