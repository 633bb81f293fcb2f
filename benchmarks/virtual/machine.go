package virtual

import (
	"time"

	"github.com/twothirds-bft/twothirds/clock"
)

// job is work for a processor: it does it, and returns how long that takes and what comes of it then.
type job func() (cost time.Duration, then func())

// processor runs jobs on its cores, first come first served.
type processor struct {
	w      *world
	idle   int // cores
	jobs   []job
	head   int // of jobs: those before it have begun
	halted bool
	life   int // jobs of an earlier one come to nothing
	spent  time.Duration
}

func (p *processor) put(j job) {
	p.jobs = append(p.jobs, j)
	p.begin()
}

// waits reports whether nothing is to be done, so that a frame finds its reader asleep.
func (p *processor) waits() bool { return p.head == len(p.jobs) && p.idle > 0 }

func (p *processor) begin() {
	for p.idle > 0 && p.head < len(p.jobs) && !p.halted {
		j := p.jobs[p.head]
		p.jobs[p.head] = nil
		if p.head++; 2*p.head >= len(p.jobs) {
			p.jobs, p.head = append(p.jobs[:0], p.jobs[p.head:]...), 0
		}
		p.idle--
		life := p.life
		cost, then := j()
		p.spent += cost
		p.w.after(cost, func() {
			if p.life != life {
				return
			}
			p.idle++
			if then != nil {
				then()
			}
			p.begin()
		})
	}
}

// reset forgets all that was under way, as the death of a process does.
func (p *processor) reset(cores int) {
	p.life++
	p.idle, p.jobs, p.head, p.halted = cores, nil, 0, false
}

// line is what a machine sends on. Votes go before bodies: a frame waits for those of its class and for a slice of the
// other at most, which is left out; but the bytes of both share the line.
type line struct {
	control, bulk clock.Instant // when what was sent so far has left
}

// depart returns when a frame that is sent now has left.
func (l *line) depart(now clock.Instant, bytes, perSecond int, bulk bool) clock.Instant {
	took := clock.Duration(int64(bytes) * int64(time.Second) / int64(perSecond))
	if bulk {
		l.bulk = latest(l.bulk, now).Add(took)
		return l.bulk
	}
	l.control = latest(l.control, now).Add(took)
	l.bulk = latest(l.bulk, now).Add(took)
	return l.control
}

func latest(a, b clock.Instant) clock.Instant {
	if a.After(b) {
		return a
	}
	return b
}
