package plot

import (
	"math"
	"strconv"
	"strings"
)

// A scale places values between low and high, from a pixel to another.
type scale struct {
	low, high float64
	from, to  float64
}

func (s scale) at(value float64) float64 {
	if s.high <= s.low { // one value alone
		return (s.from + s.to) / 2
	}
	return s.from + (s.to-s.from)*math.Log(value/s.low)/math.Log(s.high/s.low)
}

// ticks are round numbers inside: powers of ten and, where these are few, 2
// and 5 times them.
func (s scale) ticks() []float64 {
	steps := []float64{1, 2, 5}
	if s.high/s.low > 3000 {
		steps = steps[:1]
	}
	var all []float64
	for power := math.Floor(math.Log10(s.low)); power <= math.Log10(s.high); power++ {
		for _, step := range steps {
			if tick := step * math.Pow(10, power); tick >= s.low && tick <= s.high {
				all = append(all, tick)
			}
		}
	}
	return all
}

// short writes thousands as k and millions as M.
func short(value float64) string {
	unit := ""
	switch {
	case value >= 1e6:
		value, unit = value/1e6, "M"
	case value >= 1e3:
		value, unit = value/1e3, "k"
	}
	return strconv.FormatFloat(value, 'g', 4, 64) + unit
}

func escape(text string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;").Replace(text)
}
