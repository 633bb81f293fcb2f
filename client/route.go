package client

import (
	"cmp"
	"math"

	"github.com/twothirds-bft/twothirds/clock"
)

// How often another member is tried as the first one: after so many requests and so much time.
const (
	probeRequests = 64
	probeEvery    = clock.Second
	probeDoubling = 6 // a member that fails is tried 2^6 times more rarely at most
)

// forgiveAfter is how long a member must be first without a miss for one of its misses to be forgotten.
// Good probes alone make none forgotten, else a liar that is fast whenever it is only tried would be
// relied on again and again.
const forgiveAfter = 10 * clock.Second

// route chooses the member that a request goes to first. Members are judged by what they cannot fake:
// the time from sending a request to one of them alone until weak power has answered it. The primary
// does best because it saves a hop. A member that sits on requests loses its place when they had to be sent
// to all for an answer, and to the next good probe of another when it is merely slow.
//
// Where nothing authenticates clients, a backup cannot pass on what it is given (spec X6): it would only
// wait, and suspect the primary of leaving that out (spec T1). So all go to the primary there, of which
// replies tell, and no miss says that it is another: requests that it does not meet in time go to all.
type route struct {
	members []routeMember
	relays  bool // backups pass on what they are given
	best    int
	probed  int // the last member tried beside the best
	count   int // requests since
	probeAt clock.Instant
	blamed  int           // for the last miss, -1 if it was taken back
	doubted clock.Instant // when the best one was last doubted; zero if it has answered since
}

type routeMember struct {
	usual clock.Duration // time to an answer, smoothed; 0 is not known
	fails int            // misses that are not forgotten
	after clock.Instant  // not to be probed before
	since clock.Instant  // first without a miss since then
}

func newRoute(n int, relays bool) route {
	return route{members: make([]routeMember, n), relays: relays, blamed: -1}
}

// pick returns where the next request goes first, and whether that is a probe.
func (r *route) pick(now clock.Instant) (target int, probe bool) {
	r.count++
	if !r.relays || r.count < probeRequests || now.Before(r.probeAt) {
		return r.best, false
	}
	for i := range len(r.members) - 1 {
		j := (r.probed + 1 + i) % len(r.members)
		if j != r.best && !now.Before(r.members[j].after) {
			r.probed, r.count, r.probeAt = j, 0, now.Add(probeEvery)
			return j, true
		}
	}
	return r.best, false
}

// hit notes that a request sent to member i alone was answered after d.
func (r *route) hit(i int, d clock.Duration, now clock.Instant) {
	m := &r.members[i]
	d = max(d, 1)
	switch {
	case m.usual == 0:
		m.usual = d
	case i == r.best:
		m.usual += (d - m.usual) / 8
	default:
		m.usual += (d - m.usual) / 2 // probes are few
	}
	if i == r.best {
		r.doubted = clock.Instant{}
		if m.fails > 0 && now.Sub(m.since) >= forgiveAfter {
			m.fails--
			m.since = now
		}
		return
	}
	if best := r.members[r.best].usual; best != 0 && m.usual < best-best/4 {
		r.choose(i, now)
	}
}

func (r *route) choose(i int, now clock.Instant) {
	r.best, r.doubted = i, clock.Instant{}
	r.members[i].since = now
}

// miss notes that a request sent to member i alone had to be sent to all. Others of the same time that
// waited for the same member say nothing new.
func (r *route) miss(i int, probe bool, now clock.Instant) {
	if i != r.best && !probe || !r.relays { // there only the primary will do
		return
	}
	m := &r.members[i]
	r.blamed = i
	m.fails++
	m.after = now.Add(probeEvery << min(m.fails, probeDoubling))
	if i == r.best {
		r.choose(r.next(i), now)
	}
}

// doubt notes that a request sent to member i alone was answered once it had been sent to all. That is no proof
// against i, and it is costly to leave a primary that was only slow: what was sent to i after that decides.
func (r *route) doubt(i int, sent, now clock.Instant) {
	switch {
	case i != r.best:
	case r.doubted.IsZero():
		r.doubted = now
	case !sent.Before(r.doubted):
		r.miss(i, false, now)
	}
}

// next returns the best member but i: of those that failed least the fastest, and among equals the
// first after i, so that where all fail each has its turn.
func (r *route) next(i int) int {
	best := i
	for k := 1; k < len(r.members); k++ {
		j := (i + k) % len(r.members)
		if best == i || r.members[j].compare(&r.members[best]) < 0 {
			best = j
		}
	}
	return best
}

func (m *routeMember) compare(o *routeMember) int {
	return cmp.Or(cmp.Compare(m.fails, o.fails), cmp.Compare(m.speed(), o.speed()))
}

func (m *routeMember) speed() clock.Duration {
	if m.usual == 0 {
		return math.MaxInt64
	}
	return m.usual
}

// acquit takes back the last miss if it was member i's: it answered, only later.
func (r *route) acquit(i int, now clock.Instant) {
	if i == r.best {
		r.doubted = clock.Instant{}
	}
	if r.blamed != i {
		return
	}
	r.blamed = -1
	r.members[i].fails--
	if r.best != i {
		r.choose(i, now)
	}
}
