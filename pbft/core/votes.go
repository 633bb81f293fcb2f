package core

import (
	"cmp"
	"slices"

	"github.com/twothirds-bft/twothirds/internal/bug"
	"github.com/twothirds-bft/twothirds/pbft/message"
	"github.com/twothirds-bft/twothirds/pbft/quorum"
)

// vote is a PREPARE or a COMMIT as it is counted. The zero value is none.
type vote struct {
	view message.View
	base message.Seq // of a PREPARE
	at   message.Point
	sig  []byte
}

func (v *vote) none() bool { return v.sig == nil }

// newer reports whether v supersedes w: a higher vote of the same view, or any of
// a later view.
func (v *vote) newer(w *vote) bool {
	return w.none() || v.view > w.view || (v.view == w.view && v.at.Seq > w.at.Seq)
}

// ballot is what is kept of one signer and kind (spec N8): O(1), whatever it
// sends.
type ballot struct {
	on    vote // highest on the own chain, of the entered view
	off   vote // highest that is not, or whose chain is not known yet
	past  vote // highest of the view entered before
	later vote // highest of a view not entered yet
}

// tally counts the votes of one kind.
type tally struct {
	needed  uint64 // power that certifies
	ballots []ballot
	points  *quorum.Votes // over ballot.on
}

func newTally(m *message.Members, k message.Kind) tally {
	needed := m.Needed(k)
	return tally{needed: needed, ballots: make([]ballot, m.Len()), points: quorum.NewVotes(m.Quorums(), needed)}
}

// certified returns the quorum-th largest vote on the own chain (spec N3, N5).
func (t *tally) certified() message.Seq { return message.Seq(t.points.Point()) }

func (t *tally) count(i int, v vote) {
	b := &t.ballots[i]
	if v.newer(&b.on) {
		b.on = v
		t.points.Record(i, uint64(v.at.Seq))
	}
}

// enter moves every ballot to the view that is entered: what was counted becomes
// the past, what came early is sorted by recount.
func (t *tally) enter(view message.View) {
	t.points.Reset()
	for i := range t.ballots {
		b := &t.ballots[i]
		past := b.on
		if b.off.newer(&past) {
			past = b.off
		}
		*b = ballot{past: past, later: b.later}
		if b.later.view <= view {
			b.off, b.later = b.later, vote{}
		}
		if b.off.view < view {
			b.off = vote{}
		}
	}
}

// onPrepare takes a cumulative vote on its signer's own link (spec N2, N3, N8).
func (c *Core) onPrepare(i int, m *message.Prepare) {
	v := vote{view: m.View, base: m.Base, at: m.Point(), sig: m.Sig}
	c.note(&c.prepares, i, v)
}

// onCommit takes a COMMIT on its signer's own link (spec N4, N5, N8).
func (c *Core) onCommit(i int, m *message.Commit) {
	v := vote{view: m.View, at: m.Point(), sig: m.Sig}
	if bug.M82 {
		c.compareVotes(&c.prepares, i, c.prepares.ballots[i].off, v)
	}
	c.note(&c.commits, i, v)
}

// note files a vote where N8 says and counts it if it lies on the own chain.
func (c *Core) note(t *tally, i int, v vote) {
	b := &t.ballots[i]
	switch {
	case v.view > c.view:
		if v.newer(&b.later) {
			b.later = v
		}
	case bug.M11 && c.second(t, i, v):
	case v.view == c.view || bug.M06:
		if bug.M57 {
			c.compareVotes(t, i, b.past, v)
		}
		c.compareVotes(t, i, b.on, v)
		c.compareVotes(t, i, b.off, v)
		c.file(t, i, v)
	case v.newer(&b.past):
		b.past = v
		c.countPast(t)
	default:
		c.drop(DropOldVote)
	}
}

// file sorts a vote of the entered view.
func (c *Core) file(t *tally, i int, v vote) {
	b := &t.ballots[i]
	if c.onChain(t, &v) {
		if !v.newer(&b.on) {
			c.drop(DropOldVote)
		}
		t.count(i, v)
		return
	}
	if t == &c.prepares && (v.base != c.base.Seq || v.at.Seq == c.base.Seq) {
		c.askView(i, c.view) // its NEW-VIEW differs from the own one: that convicts the primary
	}
	if c.proposes(i) && t == &c.prepares && c.follow(i, v) {
		return // the own chain grew to it and counted it
	}
	if v.newer(&b.off) && !bug.M50 {
		b.off = v
		c.countOff(t)
	}
}

// onChain reports whether a vote of the entered view is on the own chain and, for
// a PREPARE, from the own base: votes of different bases never count together
// (spec N3).
func (c *Core) onChain(t *tally, v *vote) bool {
	if t == &c.prepares && v.base != c.base.Seq && !bug.M78 {
		return false
	}
	d, known := c.own[v.at.Seq]
	return known && v.at.Seq <= c.top && (d == v.at.Chain || bug.M07)
}

// recount sorts all votes of the entered view again after the own chain changed.
func (c *Core) recount() {
	for _, t := range []*tally{&c.prepares, &c.commits} {
		for i := range t.ballots {
			b := &t.ballots[i]
			if !b.on.none() && !c.onChain(t, &b.on) {
				if b.on.newer(&b.off) {
					b.off = b.on
				}
				b.on = vote{}
				t.points.Set(i, 0)
			}
			if !b.off.none() && c.onChain(t, &b.off) {
				v := b.off
				b.off = vote{}
				t.count(i, v)
			}
		}
	}
}

// follow grows the own chain to what the primary's PREPARE covers: the first
// chain under its signature is the own one (spec N8). It reports whether that
// was possible with the headers at hand. The primary is member i.
func (c *Core) follow(i int, v vote) bool {
	if v.base != c.base.Seq || v.at.Seq <= c.top || v.at.Seq > c.high() {
		return false
	}
	blocks, _ := c.path(v.at, c.top)
	if blocks == nil || blocks[0].parent != c.own[c.top] {
		return false
	}
	c.grow(blocks)
	c.prepares.count(i, v) // a higher vote, whose headers are not all here, goes on waiting
	for _, n := range blocks {
		c.checkPayload(n)
	}
	return true
}

// countOff looks for certificates among the votes off the own chain. That they
// exist means that the primary equivocated, or that blocks are missing here;
// then the headers are pulled (spec N9).
func (c *Core) countOff(t *tally) {
	votes := make([]vote, len(t.ballots))
	for i := range t.ballots {
		votes[i] = t.ballots[i].off
	}
	p, of, ok := c.certifiedAmong(votes)
	if !ok {
		return
	}
	if t == &c.commits {
		c.proveCommit(of.view, p, votes)
		return
	}
	// A prepared chain that is not the own one: follow it, and let the own PREPAREs
	// in this view be over (spec N4).
	if of.base != c.base.Seq || p.Seq <= c.prepares.certified() {
		return
	}
	if c.joinable(p) {
		c.over = c.over || !c.extends(p, c.tip)
		c.switchChain(p)
	}
}

// joinable reports whether the chain of p is known down to the decided chain and
// contains it.
func (c *Core) joinable(p message.Point) bool {
	if p.Seq <= c.decided.Seq {
		return false
	}
	blocks, _ := c.path(p, c.decided.Seq)
	return blocks != nil && blocks[0].parent == c.decided.Chain
}

// countPast does the same for the view entered before: it is left, but what it
// decided counts (spec V1, N5).
func (c *Core) countPast(t *tally) {
	if t != &c.commits {
		return // an older PC than those that made this view changes nothing here
	}
	votes := make([]vote, len(t.ballots))
	for i := range t.ballots {
		votes[i] = t.ballots[i].past
	}
	if p, of, ok := c.certifiedAmong(votes); ok {
		c.proveCommit(of.view, p, votes)
	}
}

// certifiedAmong finds the highest point that votes of quorum power of one view
// and base certify, whatever chain they are on, as far as headers are known, and
// one of these votes. Where fewer than quorum power have voted off the own chain,
// which is the rule, it looks at no chain at all (spec D2).
func (c *Core) certifiedAmong(votes []vote) (best message.Point, of *vote, ok bool) {
	for i := range votes {
		h := &votes[i]
		alike := func(v *vote) bool { return v.view == h.view && v.base == h.base }
		if _, enough := c.quorumth(votes, alike); h.none() || !enough {
			continue
		}
		known := c.nodes[h.at.Chain] != nil || c.own[h.at.Seq] == h.at.Chain
		seq, enough := c.quorumth(votes, func(v *vote) bool {
			return alike(v) && (v.at == h.at || known && c.extends(h.at, v.at))
		})
		if !enough {
			continue
		}
		if d, known := c.ancestor(h.at, seq); known && (!ok || seq > best.Seq) {
			best, of, ok = message.Point{Seq: seq, Chain: d}, h, true
		}
	}
	return best, of, ok
}

// quorumth returns the largest seq such that votes of quorum power among those that
// count are at or above it, or false if they are too few.
func (c *Core) quorumth(votes []vote, counts func(*vote) bool) (message.Seq, bool) {
	var room [16]int // more is allocated
	order := room[:0]
	for j := range votes {
		if v := &votes[j]; !v.none() && counts(v) {
			order = append(order, j)
		}
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(votes[b].at.Seq, votes[a].at.Seq) })
	power := uint64(0)
	for _, j := range order {
		if power += c.sys.Power(j); power >= c.sys.Quorum() {
			return votes[j].at.Seq, true
		}
	}
	return 0, false
}

// certVotes collects the votes of at least seq on the chain of p, whose chains end
// at top. Only as many as make the power needed are taken, the lowest last, so that
// links stay short.
func (c *Core) certVotes(votes []vote, needed uint64, base message.Seq, p message.Point) (out []message.CertVote, top message.Point) {
	var room [16]int // more is allocated
	order := room[:0]
	for j := range votes {
		v := &votes[j]
		if !v.none() && v.base == base && v.at.Seq >= p.Seq && c.extends(v.at, p) {
			order = append(order, j)
		}
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(votes[a].at.Seq, votes[b].at.Seq) })
	power := uint64(0)
	top = p
	for _, j := range order {
		if !c.extends(votes[j].at, top) {
			continue
		}
		out = append(out, message.CertVote{Signer: c.members.At(j).ID, Seq: votes[j].at.Seq, Sig: votes[j].sig})
		top = votes[j].at
		if power += c.sys.Power(j); power >= needed {
			slices.SortFunc(out, func(a, b message.CertVote) int { return cmp.Compare(a.Signer, b.Signer) })
			return out, top
		}
	}
	return nil, p
}

// linksBetween returns the header digests from just above p up to top, which lies
// on p's chain.
func (c *Core) linksBetween(p, top message.Point) []message.Digest {
	blocks, _ := c.path(top, p.Seq)
	out := make([]message.Digest, 0, len(blocks))
	for _, n := range blocks {
		out = append(out, n.link)
	}
	return out
}

func (t *tally) on() []vote {
	votes := make([]vote, len(t.ballots))
	for i := range t.ballots {
		votes[i] = t.ballots[i].on
	}
	return votes
}
