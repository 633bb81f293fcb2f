package core

import (
	"github.com/twothirds-bft/twothirds/clock"
	"github.com/twothirds-bft/twothirds/pbft/message"
)

// window keeps the primary from cutting its load into more small blocks than the cluster takes
// without queueing (spec B4). A block costs all replicas signatures, syncs and messages, whatever
// is in it; when they have no time left for that, a block that waits its turn at the primary
// takes in what comes meanwhile, and one that waits at each step does not.
//
// The size follows the latency of one block at a time, as the window of FAST TCP does (Wei, Jin,
// Low and Hegde, IEEE/ACM ToN 2006): in a round it becomes what was under way, times the least
// latency by the latency now, and one. So it stays at one or two where latency is work that
// queues, and grows as far as it is made use of where latency is distance.
type window struct {
	size  message.Seq    // undecided blocks behind which a small one waits; 0 while nothing is known
	probe message.Seq    // the block whose latency is measured, 0 if none
	used  message.Seq    // blocks under way with it, itself included
	sent  clock.Instant  // when it was proposed
	least clock.Duration // the least latency since the last period began, and
	fresh clock.Duration // since this one did
	since clock.Instant
	waits clock.Instant // since when a small block waits, and
	until clock.Instant // for how long at most; both zero if none does
}

const (
	windowPeriod = 10 * clock.Second // then the least latency is measured anew, with one block under way
	ample        = 32 << 10          // pending bytes, for each member, that are worth a block of their own
)

// wait reports whether pending requests are to wait for blocks under way, as they may have done
// since some time. They do so for no longer than T4 excuses, half of its least bound with a half
// to spare, and never if a member waits for one of them (spec T1).
//
// What is worth a block of its own grows with the cluster, for so do the votes on a block: they cost
// each replica some 25 us for each member, and 32 KB of requests about twice that.
func (c *Core) wait(requests, bytes int, since clock.Instant) bool {
	w := &c.window
	small := requests < c.cfg.BlockRequests && bytes < min(ample*c.n, c.cfg.BlockBytes) && !c.pool.awaited()
	if !small || w.size == 0 || c.top-c.decided.Seq < w.size {
		return false
	}
	if since.IsZero() {
		since = c.now
	}
	until := since.Add(c.timing.floor / 16 / 4)
	if !c.now.Before(until) {
		return false
	}
	w.waits, w.until = since, until
	return true
}

// proposed begins to measure a block if none is being measured.
func (w *window) proposed(c *Core, s message.Seq) {
	if w.probe == 0 {
		w.probe, w.used, w.sent = s, s-c.decided.Seq, c.now
	}
}

// decided ends the measurement of a block.
func (w *window) decided(now clock.Instant, s message.Seq) {
	if w.probe == 0 || s < w.probe {
		return
	}
	took := max(now.Sub(w.sent), 1)
	w.probe = 0
	if w.fresh == 0 || took < w.fresh {
		w.fresh = took
	}
	if w.least == 0 || took < w.least {
		w.least = took
	}
	switch {
	case now.Sub(w.since) >= windowPeriod:
		w.least, w.fresh, w.since, w.size = w.fresh, 0, now, 1
	case took <= w.least+w.least/8:
		w.size = w.used + w.used/2 + 1
	default:
		w.size = 1 + message.Seq(uint64(w.used)*uint64(w.least)/uint64(took))
	}
}
