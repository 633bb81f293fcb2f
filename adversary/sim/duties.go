package sim

import (
	"fmt"

	"github.com/twothirds-bft/twothirds/clock"
	"github.com/twothirds-bft/twothirds/pbft/core"
	"github.com/twothirds-bft/twothirds/pbft/message"
)

// Rules that say by when something must be done: repeats (S3), pauses (T5), timeouts (T3).
// What comes of breaking one is often that a world ends a little later.

// debts is what a replica has to say again, per peer, and for how long it has not.
type debts struct {
	list   []debt // by member
	at     clock.Instant
	points message.Seq    // highest own CHECKPOINT that left in this life
	late   int            // turns that came after a pause
	judged clock.Duration // the timeout that the last turn after a pause was held against
	wait   clock.Duration // the longest timeout lately: it may shrink before a repeat that it set off
}

// The kinds of messages that are repeated (S3).
const (
	owedPrepare = iota
	owedCommit
	owedPoint
	owedChange
	owedKinds
)

var owedNames = [owedKinds]string{"PREPARE", "COMMIT", "CHECKPOINT", "VIEW-CHANGE"}

// debt is for how long each kind of message is owed to a peer.
type debt [owedKinds]clock.Duration

// dutiesEvery is between two looks at what is owed; gapMost is what one of them adds to it
// at most, so that a process that stood still owes nothing for that time.
const (
	dutiesEvery = 40 * clock.Millisecond
	gapMost     = 80 * clock.Millisecond
)

func (d *debts) boot(now clock.Instant) {
	clear(d.list)
	d.at, d.points, d.late, d.wait = now, 0, 0, 0
}

// paid notes a message that leaves.
func (d *debts) paid(out *core.Outgoing) {
	var k int
	switch m := out.Msg.(type) {
	case *message.Prepare:
		k = owedPrepare
	case *message.Commit:
		k = owedCommit
	case *message.Checkpoint:
		k, d.points = owedPoint, max(d.points, m.Seq)
	case *message.ViewChange:
		k = owedChange
	default:
		return
	}
	if !out.All {
		d.list[out.To][k] = 0
		return
	}
	for i := range d.list {
		d.list[i][k] = 0
	}
}

// owes reports which kinds a peer's last status does not show, while something is
// undecided, unstable or not entered here (S3).
func (x *heard) owes(h *host, i int, decided message.Seq) (need [owedKinds]bool) {
	s, at := &x.statuses[i], &x.state
	if p := &x.prepares[h.id]; p.view == at.View && decided < p.at.Seq {
		need[owedPrepare] = s.Entered <= at.View && s.Decided < p.at.Seq && (s.Entered < at.View || s.Certified < p.at.Seq)
	}
	if c := &x.commits[h.id]; c.view == at.View && decided < c.at.Seq {
		need[owedCommit] = s.Decided < c.at.Seq
	}
	need[owedPoint] = x.owed.points > at.Low.Seq && s.Stable < x.owed.points
	target := x.target(h)
	need[owedChange] = target > at.View && s.Entered < target
	return need
}

// repeats returns what the replica should have said again, or "": each repeats after an
// interval of at most half a timeout, and what is sent is synced before (S3).
func (x *heard) repeats(o *oracle, h *host) string {
	d, now := &x.owed, h.now()
	gap := now.Sub(d.at)
	if gap < dutiesEvery {
		return ""
	}
	d.at, gap = now, min(gap, gapMost)
	d.wait = max(h.core.Status().Timeout, d.wait-d.wait/64)
	decided := h.core.Marks().Decided
	for i := range d.list {
		if i == int(h.id) || o.w.hosts[i].faulty {
			continue
		}
		need := x.owes(h, i, decided)
		for k := range need {
			t := &d.list[i][k]
			if !need[k] {
				*t = 0
				continue
			}
			if *t += gap; *t > o.patience+d.wait {
				return fmt.Sprintf("has not sent %s to replica %d again for %v of its time (S3)", owedNames[k], i, *t)
			}
		}
	}
	return ""
}

// patience is how much longer than a timeout a repeat may take, on the replica's own clock:
// for syncs before and behind it, and timers that fire late.
func (s *Scenario) patience() clock.Duration {
	slow, late := clock.Duration(0), clock.Duration(0)
	for i := range s.Disks {
		slow = max(slow, s.Disks[i].By)
	}
	for i := range s.Clocks {
		late = max(late, s.Clocks[i].Late+s.Clocks[i].Grain)
	}
	return 2*(late+s.TurnMax+s.Beat) + 4*(slow+s.SyncMax) + 2*gapMost
}

// pauseLeast is how late a process is at least that stood still (T5).
const pauseLeast = 250 * clock.Millisecond

// onLate notes the timeout when a process is told how late it is: what it has heard in this
// turn may have made it longer before, and what it does on time may make it shorter after.
func (o *oracle) onLate(h *host) { o.heard[h.at].owed.judged = h.core.Status().Timeout }

// pauses reports whether the process stood still before this turn, and what is wrong with
// how it takes that, or "": it is no fault of the primary's (T5).
func (x *heard) pauses(h *host) (bool, string) {
	late := h.now().Sub(h.tickAt)
	if h.tickAt.IsZero() || late <= pauseLeast || late <= x.owed.judged/4 {
		return false, ""
	}
	if x.owed.late++; x.owed.late <= 2 && h.core.Status().Stats.Pauses < uint64(x.owed.late) {
		return true, fmt.Sprintf("has not noticed that it stood still for %v (T5)", late)
	}
	return true, ""
}

// waits returns what is wrong with the timeout in force, or "": it doubles with each view
// that failed, and ends at the cap (T3).
func (x *heard) waits(h *host) string {
	s, cfg := h.core.Status(), h.config()
	most := 0
	for d := cfg.TimeoutFloor; d < cfg.TimeoutCap; d *= 2 {
		most++
	}
	least := cfg.TimeoutCap
	if s.Backoff < most {
		least = min(cfg.TimeoutFloor<<s.Backoff, cfg.TimeoutCap)
	}
	if s.Backoff > most || s.BackoffMax != most || s.Timeout > cfg.TimeoutCap || s.Timeout < least {
		return fmt.Sprintf("waits for %v after %d of %d doublings of %v, up to %v (T3)", s.Timeout, s.Backoff, s.BackoffMax, cfg.TimeoutFloor, cfg.TimeoutCap)
	}
	return ""
}

// serves returns what is wrong with an answer to a pull, or "": one with blocks of this
// view that are not decided shows that its primary has signed them (N9), if that is known
// in this life. before is where the replica stood when the turn began.
func (x *heard) serves(h *host, before *core.HardState, m *message.Blocks) string {
	o, led := h.w.oracle, &x.led
	if m.Commit != nil || m.Stable != nil || m.Prepare != nil || x.state.Over || before.View != x.state.View || led.view != before.View || !o.onChain(before.Tip, led.at) {
		return ""
	}
	at := m.From
	for i := range m.Blocks {
		b := &m.Blocks[i].Header
		at = message.Point{Seq: b.Seq, Chain: at.Chain.Extend(b.Digest())}
		if b.View == before.View && o.onChain(led.at, at) {
			return fmt.Sprintf("answers a pull with %v of its view, and not with its primary's PREPARE (N9)", at)
		}
	}
	return ""
}
