package core

import (
	"slices"

	"github.com/twothirds-bft/twothirds/internal/bug"
	"github.com/twothirds-bft/twothirds/pbft/message"
)

// onViewChange takes a VIEW-CHANGE on its signer's own link (spec V2).
func (c *Core) onViewChange(i int, m *message.ViewChange) {
	if !c.fileChange(m) {
		c.drop(DropOldView)
		return
	}
	c.joinLeavers(nil)
	c.resignations()
	c.justify()
}

// fileChange keeps the highest VIEW-CHANGE of each member, and evidence where one
// contradicts another of its messages (spec V2, E1).
func (c *Core) fileChange(m *message.ViewChange) bool {
	i := c.members.Index(m.Signer)
	old := c.changes.newest[i]
	c.checkChange(i, old, m)
	if old != nil && old.View >= m.View {
		return old.View == m.View && old.Rank == m.Rank
	}
	c.changes.newest[i] = m
	c.timing.onAsked(c)
	return true
}

// resignations leaves each view whose own primary asks for a later one (spec V1);
// its SUSPECT alone would not do. What was on file before the view became the
// target counts too.
func (c *Core) resignations() {
	for range c.n {
		m := c.changes.newest[c.primary(c.target)]
		if bug.M87 || m == nil || m.View <= c.target || m.Signer == c.cfg.Self {
			return
		}
		c.leave(c.target+1, &message.Leave{Epoch: c.epoch, View: c.target + 1, Changes: []message.ViewChange{*m}})
	}
}

// onPrepareCert takes the certificate behind a peer's VIEW-CHANGE (spec V2). Only
// the primary of the target view has use for it.
func (c *Core) onPrepareCert(i int, m *message.PrepareCert) {
	if old := c.changes.certs[i]; old != nil && old.Rank().Compare(m.Rank()) >= 0 {
		return
	}
	c.changes.certs[i] = m
	c.justify()
}

// justify builds NEW-VIEW for the target view if this replica is its primary and
// holds enough (spec V3): summaries of quorum power, the own one among them, and
// the certificate of their highest rank, if its blocks can be had.
func (c *Core) justify() {
	own := c.changes.newest[c.self]
	if c.target <= c.view || c.primary(c.target) != c.self || own == nil || own.View != c.target {
		return
	}
	list, cert := c.chooseNewView(own)
	if list == nil {
		return
	}
	m := &message.NewView{Epoch: c.epoch, View: c.target, Changes: list, Cert: cert, Signer: c.cfg.Self}
	c.sign(m)
	if bug.M65 {
		c.early(m)
	}
	c.broadcast(m)
	c.enter(m)
}

// chooseNewView picks the summaries and the certificate of a NEW-VIEW, or nil: the
// highest certificate at hand that a summary reports, that is backed, and that leaves
// quorum power. Summaries that report more are left out; those that report less need no
// certificate of their own (spec V2, V3).
func (c *Core) chooseNewView(own *message.ViewChange) ([]message.ViewChange, *message.PrepareCert) {
	certs := []*message.PrepareCert{nil} // the root's
	for _, pc := range append([]*message.PrepareCert{c.pc}, c.changes.certs...) {
		if pc != nil {
			certs = append(certs, pc)
		}
	}
	slices.SortStableFunc(certs, func(a, b *message.PrepareCert) int { return c.rankOf(b).Compare(c.rankOf(a)) })
	for _, cert := range certs {
		most := c.rankOf(cert)
		if own.Rank.Compare(most) > 0 {
			break
		}
		if cert != nil && !c.backed(cert) {
			continue
		}
		var list []message.ViewChange
		for _, vc := range c.changes.newest {
			if vc != nil && (vc.View == c.target || bug.M21) && vc.Rank.Compare(most) <= 0 {
				list = append(list, *vc)
			}
		}
		if message.JustifyNewView(c.members, c.target, list, cert) == nil {
			return list, cert
		}
	}
	return nil, nil
}

// backed reports whether the blocks of a certificate can be had (spec V3): they are here,
// or members of weak power report at least as much of its view, so that a correct one
// holds them. Others whose votes are in it may have lost them with their power.
func (c *Core) backed(pc *message.PrepareCert) bool {
	if pc == c.pc || c.hasBodies(pc.Point()) || bug.M104 {
		return true
	}
	power := uint64(0)
	for i, vc := range c.changes.newest {
		if vc != nil && vc.View == c.target && vc.Rank.View == pc.View && vc.Rank.Seq >= pc.Seq {
			power += c.sys.Power(i)
		}
	}
	return power >= c.sys.Weak()
}

// hasBodies reports whether every block up to p is here, payload included.
func (c *Core) hasBodies(p message.Point) bool {
	if p.Seq <= c.decided.Seq {
		return true
	}
	blocks, _ := c.path(p, c.decided.Seq)
	return blocks != nil && !slices.ContainsFunc(blocks, func(n *node) bool { return n.payload == nil })
}

// unbacked returns a certificate that cannot go into the own NEW-VIEW for want of its
// blocks, and the member that shows it: above the own rank, and each in turn, for a
// liar's blocks may be nowhere.
func (c *Core) unbacked() (*message.PrepareCert, int) {
	if c.target <= c.view || c.primary(c.target) != c.self {
		return nil, -1
	}
	for k := range c.n {
		i := (c.self + 1 + c.pulls.kinds[needReported].next + k) % c.n
		if pc := c.changes.certs[i]; pc != nil && pc.Rank().Compare(c.rankOf(c.pc)) > 0 && !c.backed(pc) {
			return pc, i
		}
	}
	return nil, -1
}

// rankOf returns the rank of a certificate, or the root's.
func (c *Core) rankOf(pc *message.PrepareCert) message.Rank {
	if pc == nil {
		return message.Rank{Epoch: c.epoch, Seq: c.cfg.Root.Seq}
	}
	return pc.Rank()
}

// onNewView enters a view (spec V4). The door has checked that it is justified;
// what depends on this replica is checked here. Anyone may pass it on.
func (c *Core) onNewView(_ int, m *message.NewView) {
	c.checkNewView(m)
	if m.View <= c.view || m.View < c.target || m.Signer == c.cfg.Self || c.cc != nil && c.cc.View > m.View && !bug.M94 {
		c.drop(DropOldView)
		return
	}
	c.enter(m)
}

// newViewCert returns the certificate that justified the entered view.
func (c *Core) newViewCert() *message.PrepareCert {
	if c.newView == nil {
		return nil
	}
	return c.newView.Cert
}

// enter moves to the view of a valid NEW-VIEW. Its base is that of the
// certificate, or the root; the first vote goes to the base, so that what is
// inherited is certified again without a new block (spec N2, V4, V5).
func (c *Core) enter(m *message.NewView) {
	c.sealPrepareCert()
	c.sealCommitCert()
	base := c.cfg.Root
	if m.Cert != nil {
		base = m.Cert.Point()
	}
	if base.Seq >= c.low.Seq && base.Seq <= c.decided.Seq && c.own[base.Seq] != base.Chain {
		c.contradicted(c.ownPoint(base.Seq), base, m.View, m.Cert)
		return
	}
	c.view, c.target, c.base, c.newView = m.View, m.View, base, m
	c.tip, c.voted, c.commit, c.over = base, message.Point{}, message.Point{}, false
	if base.Seq < c.low.Seq {
		c.voted = c.tip // whether it lies on the decided chain cannot be shown any more
	}
	c.persist(Record{Kind: RecordNewView, Message: m})
	c.out.Barrier = !bug.M65
	if bug.M22 && m.Signer == c.cfg.Self {
		c.tip = c.ownPoint(c.top)
	} else {
		c.rebase()
	}
	c.prune()
	c.prepares.enter(c.view)
	c.commits.enter(c.view)
	c.recount()
	c.timing.onEnter(c)
	c.pool.onEnter(c)
	c.mine.enter()
	c.stats.Views++
	c.resignations()
}

// contradicted deals with a justified base that conflicts with an own decided
// block. Against a block that was decided in an older view that is a fork
// (spec V4). Against one of the same or a later view it is not: a base may have
// been overtaken, or its primary sent two.
func (c *Core) contradicted(here, base message.Point, view message.View, cert *message.PrepareCert) {
	if c.cc != nil && c.cc.View < view && c.cc.Seq >= here.Seq {
		c.halt(&ForkedError{Decided: here, Other: base, Commit: c.cc, Prepare: cert})
		return
	}
	c.drop(DropOldView)
}

// rebase makes the own chain end at the base, or at what is decided if that is
// higher: what was accepted above is no longer extended, but stays in the log
// (spec V5).
func (c *Core) rebase() {
	defer c.countBranches()
	c.cutOwn(max(c.base.Seq, c.decided.Seq))
	if c.base.Seq <= c.decided.Seq {
		c.dropGap()
		c.top, c.held = c.decided.Seq, min(c.held, c.decided.Seq)
		return
	}
	if !c.gap && c.top >= c.base.Seq && c.own[c.base.Seq] == c.base.Chain {
		for s := c.decided.Seq + 1; s <= c.base.Seq; s++ {
			c.nodes[c.own[s]].voted = c.view
		}
		c.top, c.held = c.base.Seq, min(c.held, c.base.Seq)
		return
	}
	c.dropGap()
	c.cutOwn(c.decided.Seq)
	c.own[c.base.Seq] = c.base.Chain
	c.top, c.held, c.gap = c.base.Seq, min(c.held, c.decided.Seq), true
	c.fillGap()
}

// cutOwn takes the blocks above a seq off the own chain. It goes over what there is:
// a base may lie far above.
func (c *Core) cutOwn(above message.Seq) {
	for s, d := range c.own { // order: only deletes
		if s <= above {
			continue
		}
		if bug.M77 {
			delete(c.nodes, d)
		}
		delete(c.own, s)
	}
}

// dropGap forgets the own chain above a gap.
func (c *Core) dropGap() {
	if c.gap {
		c.cutOwn(c.decided.Seq)
		c.top, c.gap = c.decided.Seq, false
	}
}

// prune forgets headers off the own chain on entry: without their bodies they are
// nobody's vote, and each failed view would leave some (spec D1).
func (c *Core) prune() {
	for d, n := range c.nodes { // order: only deletes
		if !n.logged && c.own[n.point.Seq] != d {
			c.forget(d, n)
		}
	}
}

// countBranches sums up the payload that V5 keeps off the own chain, over all views.
func (c *Core) countBranches() {
	c.branchBytes = 0
	for d, n := range c.nodes { // order: a sum
		if n.logged && c.own[n.point.Seq] != d {
			c.branchBytes += int(n.header.PayloadSize)
		}
	}
}
