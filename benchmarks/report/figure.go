package report

import (
	"fmt"
	"math"
	"strings"
	"time"
)

// figure is what is drawn: rows of panels above one legend.
type figure struct {
	name    string // of its files, without an ending
	title   string
	caption []string  // paragraphs below it on the page
	rows    [][]panel // none longer than the first
}

// panel is a pair of axes with lines in it.
type panel struct {
	title string
	x, y  axis
	lines []line
	marks []mark
}

// axis says how values are placed and told.
type axis struct {
	label    string
	log      bool      // what is not above zero is not drawn
	from, to float64   // where a linear axis begins and ends, if to is above from; else at zero and where it has to
	at       []float64 // where its ticks are; nil for even ones
	format   func(float64) string
}

// line joins points in their order. Lines of one name share a place in the legend.
type line struct {
	name   string
	color  int // of the palette
	dashed bool
	dots   bool
	pieces [][]xy // of the line; it is broken between them
}

type xy struct{ x, y float64 }

// mark is an instant or, if to is above from, a time that is shaded.
type mark struct {
	from, to float64
	label    string
}

// pieces keeps what can be drawn on the axes and breaks the line where something cannot.
func pieces(x, y axis, points []xy) [][]xy {
	var all [][]xy
	begin := true
	for _, p := range points {
		if x.log && p.x <= 0 || y.log && p.y <= 0 {
			begin = true
			continue
		}
		if begin {
			all = append(all, nil)
			begin = false
		}
		all[len(all)-1] = append(all[len(all)-1], p)
	}
	return all
}

// manyfold is the ratio of the largest to the smallest value from which on an axis is logarithmic if it may be either.
const manyfold = 20

// wide tells whether values above zero differ that much.
func wide(values []float64) bool {
	low, high := math.Inf(1), 0.0
	for _, v := range values {
		if v > 0 {
			low, high = min(low, v), max(high, v)
		}
	}
	return high > manyfold*low
}

// number tells 12500 as "12.5 k".
func number(v float64) string {
	for _, s := range []struct {
		size float64
		unit string
	}{{1e12, " T"}, {1e9, " G"}, {1e6, " M"}, {1e3, " k"}} {
		if math.Abs(v) >= s.size {
			return digits(v/s.size) + s.unit
		}
	}
	return digits(v)
}

// digits tells three significant ones, without zeros at the end.
func digits(v float64) string {
	s := fmt.Sprintf("%.3g", v)
	if strings.Contains(s, "e") {
		s = fmt.Sprintf("%.0f", v)
		if math.Abs(v) < 1 {
			s = fmt.Sprintf("%.1e", v)
		}
	}
	return s
}

// duration tells nanoseconds in a unit that fits.
func duration(ns float64) string {
	for _, s := range []struct {
		size time.Duration
		unit string
	}{{time.Second, " s"}, {time.Millisecond, " ms"}, {time.Microsecond, " us"}} {
		if math.Abs(ns) >= float64(s.size) {
			return digits(ns/float64(s.size)) + s.unit
		}
	}
	return digits(ns) + " ns"
}

// size tells bytes.
func size(b float64) string {
	if math.Abs(b) < 1000 {
		return digits(b) + " B"
	}
	return number(b) + "B"
}

// fileName makes a name of words.
func fileName(words ...string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '.':
			return r
		}
		return '-'
	}, strings.Join(words, "-"))
}
