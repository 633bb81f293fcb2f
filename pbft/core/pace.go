package core

import (
	"github.com/twothirds-bft/twothirds/clock"
	"github.com/twothirds-bft/twothirds/pbft/message"
)

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

// limit returns how many requests can be ordered within a time at the recent rate. It is at
// least admittedMin: the rate of an idle cluster says nothing (spec T1).
func (p *pace) limit(within clock.Duration) int {
	return max(admittedMin, int(p.perSecond*uint64(within/clock.Millisecond)/1000))
}

// excess reports whether as many requests are pending as can be ordered in a quarter of
// the floor and a round trip, and this client has its share of them. One is always within
// a share, so that a crowd of others delays a client and never keeps it out (spec T1).
func (c *Core) excess(r *message.Request) bool {
	p := &c.pool
	cl := p.clients[r.Client]
	if cl == nil || p.byAge.Len() < admittedMin {
		return false
	}
	limit := p.pace.limit(c.timing.floor/4 + c.quorumRTT())
	return p.byAge.Len() >= limit && cl.count*len(p.clients) >= limit
}
