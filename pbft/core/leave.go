package core

import (
	"cmp"
	"slices"

	"github.com/twothirds-bft/twothirds/clock"
	"github.com/twothirds-bft/twothirds/internal/bug"
	"github.com/twothirds-bft/twothirds/pbft/message"
)

// changes is what replicas ask for (spec V1, V2): O(1) per peer.
type changes struct {
	suspects []suspicion           // by member
	newest   []*message.ViewChange // highest VIEW-CHANGE of each member
	certs    []*message.PrepareCert
	mine     *message.Suspect // last own SUSPECT
}

type suspicion struct {
	m       *message.Suspect // nil if none
	arrived clock.Instant
}

func newChanges(n int) changes {
	return changes{
		suspects: make([]suspicion, n), newest: make([]*message.ViewChange, n), certs: make([]*message.PrepareCert, n),
	}
}

// suspect signs that the obligation was not met in the target view, or was never
// entered (spec V1, V6). The replica goes on voting.
func (c *Core) suspect() {
	m := &message.Suspect{Epoch: c.epoch, View: c.target, Decided: c.decided.Seq, Signer: c.cfg.Self}
	c.changes.mine = m
	c.timing.suspectedAt = c.now
	c.sign(m)
	c.broadcast(m)
	c.stats.Suspects++
}

// onSuspect takes a SUSPECT on its signer's own link. It counts for one timeout
// after its last arrival, whatever is decided meanwhile (spec V1).
func (c *Core) onSuspect(i int, m *message.Suspect) {
	s := &c.changes.suspects[i]
	if s.m != nil && s.m.View > m.View {
		c.drop(DropOldView)
		return
	}
	*s = suspicion{m: m, arrived: c.now}
	c.joinLeavers(nil)
	c.resignations()
}

// onLeave takes what made a peer leave: it counts whatever its age, else the peer
// would be alone in the next view (spec V1).
func (c *Core) onLeave(_ int, m *message.Leave) {
	if m.Proof != nil {
		c.convict(m.Proof)
	}
	for i := range m.Changes {
		c.fileChange(&m.Changes[i])
	}
	c.joinLeavers(m.Suspects)
	c.resignations()
}

// asks returns the view that member i wants at least: the one after the view that
// it suspects, or the one of its VIEW-CHANGE.
func (c *Core) asks(i int, passedOn []message.Suspect) message.View {
	v := message.View(0)
	if vc := c.changes.newest[i]; vc != nil {
		v = vc.View
	}
	s := &c.changes.suspects[i]
	if s.m != nil && c.lives(i, s) {
		v = max(v, s.m.View+1)
	}
	id := c.members.At(i).ID
	for j := range passedOn {
		p := &passedOn[j]
		if p.Signer == id {
			v = max(v, p.View+1)
		}
	}
	return v
}

// lives reports whether a SUSPECT still counts: for one timeout, the own one while
// the obligation is unmet.
func (c *Core) lives(i int, s *suspicion) bool {
	if i == c.self {
		return c.timing.unmet()
	}
	if bug.M79 {
		return c.decided.Seq <= s.m.Decided+c.cfg.Interval
	}
	return c.now.Sub(s.arrived) <= c.timing.timeout(c)
}

// joinLeavers leaves all views below the largest w that weak power asks for
// (spec V1): at least one correct replica does.
func (c *Core) joinLeavers(passedOn []message.Suspect) {
	order := make([]int, c.n)
	asks := make([]message.View, c.n)
	for i := range order {
		order[i], asks[i] = i, c.asks(i, passedOn)
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(asks[b], asks[a]) })
	power := uint64(0)
	for k, i := range order {
		if power += c.sys.Power(i); power >= c.sys.Weak() || bug.M24 && power >= c.sys.F() || bug.M69 && i == c.self {
			if w := asks[i]; w > c.target && !bug.M25 {
				c.leave(w, c.reasons(order[:k+1], w, passedOn))
			}
			return
		}
	}
}

// reasons collects what the members in who said, so that all leave together
// (spec V1).
func (c *Core) reasons(who []int, w message.View, passedOn []message.Suspect) *message.Leave {
	l := &message.Leave{Epoch: c.epoch, View: w}
	for _, i := range who {
		if vc := c.changes.newest[i]; vc != nil && vc.View >= w {
			l.Changes = append(l.Changes, *vc)
			continue
		}
		if s := c.changes.suspects[i].m; s != nil && s.View+1 >= w {
			l.Suspects = append(l.Suspects, *s)
			continue
		}
		id := c.members.At(i).ID
		for j := range passedOn {
			if passedOn[j].Signer == id && passedOn[j].View+1 >= w {
				l.Suspects = append(l.Suspects, passedOn[j])
				break
			}
		}
	}
	return l
}

// leave stops voting in all views below w and asks for w (spec V1, V2). What is
// certified is sealed first: the report must not be below the own COMMITs.
func (c *Core) leave(w message.View, why *message.Leave) {
	c.sealPrepareCert()
	c.target = w
	c.timing.onTarget(c)
	vc := &message.ViewChange{Epoch: c.epoch, View: w, Rank: message.Rank{Epoch: c.epoch}, Chain: c.cfg.Root.Chain, Signer: c.cfg.Self}
	vc.Rank.Seq = c.cfg.Root.Seq
	if c.pc != nil && !bug.M16 {
		vc.Rank, vc.Chain = c.pc.Rank(), c.pc.Chain
	}
	c.sign(vc)
	c.persist(Record{Kind: RecordChange, Message: vc})
	if why != nil {
		c.broadcast(why)
	}
	c.mine.change = vc
	c.mine.note(why)
	c.broadcast(vc)
	c.sendCert()
	c.stats.ViewChanges++
}

// note keeps a reason for repeats. One by numbers says all that those before it
// did; a proof or a resignation only takes those a step further who are as far as
// this replica was (spec S3).
func (o *outbox) note(why *message.Leave) {
	switch {
	case why == nil:
	case why.Proof == nil && len(why.Suspects)+len(why.Changes) > 1, len(o.leaves) >= leavesMax:
		o.leaves = []*message.Leave{why}
	default:
		o.leaves = append(o.leaves, why)
	}
}

// leavesMax bounds the reasons kept; each is for another view.
const leavesMax = 64

// sendCert gives the primary of the target view the certificate that the own
// VIEW-CHANGE speaks of (spec V2).
func (c *Core) sendCert() {
	if p := c.primary(c.target); c.pc != nil && p != c.self {
		c.send(p, c.pc)
	}
}

// leaveProven leaves the view of a primary that is convicted or resigns (spec V1):
// a proof for another view does nothing.
func (c *Core) leaveProven(view message.View, w message.View, why *message.Leave) {
	if view == c.view && c.target <= c.view || view == c.target {
		c.leave(max(w, view+1), why)
		c.resignations()
	}
}
