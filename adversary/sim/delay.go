package sim

import (
	"math/bits"

	"github.com/twothirds-bft/twothirds/clock"
)

// delay draws how long a message takes. All is in integers: what floating point rounds
// is not the same on every machine.
func (l *links) delay(src Source) clock.Duration {
	d := &l.w.sc.Links
	healed := l.w.healed()
	t := d.DelayMin + d.Spread.draw(src, max(d.DelayMax-d.DelayMin, 0), d.DelayMax)
	if healed {
		return min(t, d.DelayMax)
	}
	if chance(src, "slow", d.SlowPercent) {
		t += clock.Duration(src.Draw("slow-by", uint64(20*d.DelayMax)))
	}
	return t
}

// draw draws a delay above the least one: of uniform spread up to most. top is the
// scale of the heavy tail.
func (s Spread) draw(src Source, most, top clock.Duration) clock.Duration {
	switch s {
	case Exponential:
		return exponential(src, most*3/20)
	case HeavyTail:
		return pareto(src, max(top/10, 1), 100*top)
	}
	return clock.Duration(src.Draw("delay", uint64(most)+1))
}

// unit is the resolution of a number between 0 and 1.
const unit = 1 << 32

// exponential draws a length of time of which half are above u, a quarter above 2u,
// and so on: -log2 of a number between 0 and 1, straight between the powers of two.
func exponential(src Source, u clock.Duration) clock.Duration {
	x := unit - src.Draw("delay", unit) // from 1, which is no delay, down to 1/unit
	whole := 33 - bits.Len64(x)         // x lies in [2^-whole, 2^(1-whole))
	if whole == 0 {
		return 0
	}
	part := 2*unit - x<<whole // of unit: how far x lies below 2^(1-whole)
	return u*clock.Duration(whole-1) + u*clock.Duration(part>>12)>>20
}

// pareto draws a length of time of which one in k is above k times the scale u: the
// tail is so heavy that it has no mean. most bounds it.
func pareto(src Source, u, most clock.Duration) clock.Duration {
	x := unit - src.Draw("delay", unit)
	hi, lo := bits.Mul64(uint64(u), unit)
	if hi >= x {
		return most
	}
	t, _ := bits.Div64(hi, lo, x)
	return clock.Duration(min(t, uint64(most)))
}
