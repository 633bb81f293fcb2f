package sim

import (
	"fmt"

	"github.com/twothirds-bft/twothirds/clock"
	"github.com/twothirds-bft/twothirds/pbft/message"
)

// losses counts the views that correct primaries lose once the network is good (I13).
//
// How many may they be? A correct primary keeps its view where timeouts are at least twice
// the bound B that a view change and a transfer fit into, and 2B fits under the cap (spec
// M3, Lemma 11). One view may be under way already. Each that is lost for too short a
// timeout doubles that (T3), which it can do so often as the cap has room for.
//
// In a calm world, without any fault and with so little load that the oldest request is
// decided within the least timeout, whoever leads loses nothing at all.
type losses struct {
	from  clock.Duration // counted from here on
	most  int            // below 0: not counted
	views map[message.View]bool
}

// settling is how long after the last fault views begin to be counted: pulls and statuses
// that were under way are over.
const settling = clock.Second

func newLosses(sc *Scenario) losses {
	l := losses{from: sc.lastFault() + settling, most: 1 + doublings(floor, sc.Cap), views: map[message.View]bool{}}
	if sc.calm() {
		l.from, l.most = 0, 0
	}
	for i := range sc.Rules {
		if sc.Rules[i].Always {
			l.most = -1 // the network is never good
		}
	}
	switch {
	case sc.Beyond:
		l.most = -1
	case 2*sc.drain() > sc.Cap:
		l.most = -1 // the oldest request waits for longer than any timeout, whoever leads
	case sc.block() > floor:
		l.most = -1 // decisions let timeouts fall again (T3), below what the next one takes
	}
	return l
}

// doublings returns how often d doubles before it is at most.
func doublings(d, most clock.Duration) (n int) {
	for ; d < most; d *= 2 {
		n++
	}
	return n
}

// lastFault returns when the last fault is over that has an end, but for crashes, which may
// come after any effect.
func (s *Scenario) lastFault() clock.Duration {
	t := s.Heal
	for i := range s.Pauses {
		t = max(t, s.Pauses[i].To)
	}
	for i := range s.Disks {
		t = max(t, s.Disks[i].To)
	}
	for i := range s.Cuts {
		t = max(t, s.Cuts[i].To)
	}
	for i := range s.Pipes {
		t = max(t, s.Pipes[i].End)
	}
	return t
}

// calm reports whether nothing is wrong in a world, but for clocks within their limits,
// and all that its clients have outstanding is decided within the least timeout, one block
// after the other.
func (s *Scenario) calm() bool {
	faults := len(s.Byzantine) + len(s.Twins) + len(s.Lost) + len(s.Pipes) + len(s.Rules) + len(s.Cuts) + len(s.Crashes) + len(s.Pauses) + len(s.Disks) + len(s.Flips)
	return faults == 0 && s.Heal == 0 && len(s.Clocks) == 0 && s.drain() <= floor
}

// drain is how long it takes at most to decide all that clients have outstanding, one block
// after the other.
func (s *Scenario) drain() clock.Duration {
	return clock.Duration(s.Clients*s.Ahead+1) * s.block()
}

// block is how long it takes at most to decide one block. Nobody waits for what is executed:
// a slow application deposes no primary (spec T1).
func (s *Scenario) block() clock.Duration {
	return 4 * (s.Links.DelayMax + s.SyncMax + s.TurnMax)
}

// onLeft counts the view that a correct replica leaves for w, if its primary and all other
// correct ones run.
func (o *oracle) onLeft(h *host, old, w message.View) {
	l, world := &o.losses, o.w
	primary := world.hosts[uint64(old)%uint64(world.sc.Replicas)]
	if l.most < 0 || world.elapsed() < l.from || h.lost || primary.faulty || primary.lost || l.views[old] {
		return
	}
	for _, x := range world.hosts {
		if x.core == nil && !x.faulty && !x.lost {
			return
		}
	}
	l.views[old] = true
	if len(l.views) > l.most {
		world.fail("I13", fmt.Sprintf("replica %d leaves view %d for %d: correct primaries lost %d views of a good network", h.at, old, w, len(l.views)))
	}
}

// onBack waits anew after a crash.
func (l *losses) onBack(now clock.Duration) {
	if now > 0 {
		l.from = max(l.from, now+settling)
	}
}
