package report

import (
	"math"

	"gonum.org/v1/plot"
)

// scale is the part of an axis that is shown, and its ticks.
type scale struct {
	from, to float64
	ticks    []plot.Tick // those to be named have the label of name
}

// name is the label of a tick that the axis is to name.
const name = "?"

// ticks returns the scale that holds the values.
func (x axis) ticks(values []float64) scale {
	low, high := math.Inf(1), math.Inf(-1)
	for _, v := range values {
		if !x.log || v > 0 {
			low, high = min(low, v), max(high, v)
		}
	}
	if low > high {
		low, high = 1, 1
	}
	switch {
	case len(x.at) > 0:
		return ticksAt(x.at)
	case x.log:
		return logTicks(low*(1-1e-9), high*(1+1e-9))
	case x.to > x.from:
		s := linearTicks(x.to)
		s.from, s.to = x.from, x.to
		return s
	}
	return linearTicks(high)
}

// ticksAt has ticks for these values alone, which ascend, with some room at the ends of a logarithmic axis.
func ticksAt(values []float64) scale {
	room := 1 + 0.06*(1+math.Log(values[len(values)-1]/values[0]))
	s := scale{from: values[0] / room, to: values[len(values)-1] * room}
	for _, v := range values {
		s.ticks = append(s.ticks, plot.Tick{Value: v, Label: name})
	}
	return s
}

// linearTicks begin at zero and end at top or just above.
func linearTicks(top float64) scale {
	if top <= 0 {
		top = 1
	}
	const wanted = 6
	step := math.Pow(10, math.Floor(math.Log10(top/wanted)))
	for _, f := range []float64{1, 2, 5, 10} {
		if step*f*wanted >= top {
			step *= f
			break
		}
	}
	var s scale
	for i := range int(math.Ceil(top/step-1e-9)) + 1 {
		s.to = float64(i) * step
		s.ticks = append(s.ticks, plot.Tick{Value: s.to, Label: name})
	}
	return s
}

// logTicks hold low and high between two ticks that have names: powers of ten, and as many between them as there is room
// for.
func logTicks(low, high float64) scale {
	decades := math.Log10(high / low)
	var ticks []plot.Tick
	first, last := -1, -1
	for e := math.Floor(math.Log10(low)); last < 0; e++ {
		for m := 1.0; m < 10 && last < 0; m++ {
			t := plot.Tick{Value: m * math.Pow(10, e)}
			if m == 1 || decades <= 4 && m == 5 || decades <= 2.5 && m == 2 || decades <= 0.7 {
				t.Label = name
			}
			if t.Label != "" && t.Value <= low {
				first = len(ticks)
			}
			ticks = append(ticks, t)
			if t.Label != "" && t.Value >= high {
				last = len(ticks)
			}
		}
	}
	return scale{from: ticks[first].Value, to: ticks[last-1].Value, ticks: ticks[first:last]}
}
