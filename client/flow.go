package client

import "github.com/twothirds-bft/twothirds/clock"

// flow bounds how many requests are under way, so that a cluster under more load than it can take is asked
// for no more than it has room for, and the rest waits here at no cost to anybody.
//
// A replica without room says so at once (spec T1), hence what it did not turn away is just what fits: that
// many may be under way from then on. Then room grows again, after each round of answers by twice as much as
// after the one before. So a client that has all it gets asks for one more in every other round, and one that
// has little, because others stopped or the cluster became faster, has its share a few rounds later. Clients
// need not be fair to each other: replicas are.
type flow struct {
	most  int // what a session allows
	room  int // requests that may be under way, at least 1
	step  int // by how much room grows next
	heard int // answers since it grew
	under int // requests under way: sent or about to be, and neither answered, turned away nor given up

	// Round trips as in RFC 6298, over about as many answers as come in eight of them (RFC 7323, appendix G).
	usual, vary clock.Duration

	refusals int           // in a row, with nothing else under way
	after    clock.Instant // nothing is sent before, since all was turned away
}

func newFlow(most int) flow { return flow{most: most, room: most, step: 1} }

// renew forgets what was measured, turned away and given up, but not what is under way.
func (f *flow) renew() {
	under := f.under
	*f = newFlow(f.most)
	f.under = under
}

// open reports whether another request may leave.
func (f *flow) open(now clock.Instant) bool { return f.under < f.room && !now.Before(f.after) }

// answered notes an answer, after which one request less is under way.
func (f *flow) answered() {
	f.refusals, f.after = 0, clock.Instant{}
	if f.heard++; f.heard >= f.room {
		f.room, f.step, f.heard = min(f.room+f.step, f.most), min(2*f.step, f.most), 0
	}
}

// sample notes how long an answer took since the request was last sent. If that was not for the first time, it
// took so long at least.
func (f *flow) sample(d clock.Duration) {
	if f.usual == 0 {
		f.usual, f.vary = d, d/2
		return
	}
	n := clock.Duration(max(f.under/2, 1))
	f.vary += (max(f.usual-d, d-f.usual) - f.vary) / (4 * n)
	f.usual += (d - f.usual) / (8 * n)
}

// rto returns how long an answer may take before its request counts as lost (RFC 6298), 0 if nothing is known.
func (f *flow) rto() clock.Duration { return f.usual + 4*f.vary }

// refused notes that a request was turned away and is no longer under way.
func (f *flow) refused() { f.shrink(1) }

// gaveUp notes that requests were not answered in time: whatever it is that is slow or gone is not given more
// until there are answers to what is left under way, and then at first twice as much in each round.
func (f *flow) gaveUp() { f.shrink(f.under) }

func (f *flow) shrink(step int) {
	f.room, f.step, f.heard = max(f.under, 1), max(step, 1), 0
}

// pause keeps back everything, since nothing is under way whose answer could say when there is room.
func (f *flow) pause(until clock.Instant) {
	f.refusals++
	f.after = until
}

// resume ends a pause that is over.
func (f *flow) resume(now clock.Instant) {
	if !now.Before(f.after) {
		f.after = clock.Instant{}
	}
}
