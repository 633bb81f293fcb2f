package core

import "github.com/twothirds-bft/twothirds/clock"

// pace measures how fast requests are decided, over spans of a tenth of a second
// and more, smoothed over the last few.
type pace struct {
	from      clock.Instant
	count     uint64
	perSecond uint64
}

const paceSpan = 100 * clock.Millisecond

// admittedMin is what any cluster orders within the shortest timeout.
const admittedMin = 1024

func (p *pace) note(now clock.Instant, decided int) {
	p.count += uint64(decided)
	span := now.Sub(p.from)
	if span < paceSpan {
		return
	}
	rate := p.count * uint64(clock.Second) / uint64(span)
	p.perSecond = (3*p.perSecond + rate) / 4
	p.from, p.count = now, 0
}

// admits reports whether a further request can be ordered within a quarter of the
// timeout at the recent rate, with queued ahead of it. A few are always admitted:
// the rate of an idle cluster says nothing (spec T1).
func (p *pace) admits(queued int, timeout clock.Duration) bool {
	return queued < admittedMin || uint64(queued) < p.perSecond*uint64(timeout/4/clock.Millisecond)/1000
}
