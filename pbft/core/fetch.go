package core

import (
	"cmp"
	"slices"

	"github.com/twothirds-bft/twothirds/clock"
	"github.com/twothirds-bft/twothirds/internal/bug"
	"github.com/twothirds-bft/twothirds/pbft/message"
)

// needKind is a kind of thing that may be lacking here.
type needKind int

const (
	needStable   needKind = iota // the certificate of a checkpoint executed past
	needDecided                  // what leads to a commit certificate that is held
	needBase                     // what leads to the base
	needBodies                   // payloads of the own chain
	needAhead                    // what peers have decided
	needReported                 // the blocks of a certificate that an own NEW-VIEW lacks
	needProof                    // a certificate for what is decided here: it cannot be executed without
	needVotes                    // the chain of a vote
	needKinds
)

// need is what is lacking, and who should have it.
type need struct {
	want message.Fetch
	from func(i int) bool
}

// pulls is what this replica asks its peers for (spec N9): off the critical path,
// each time another peer. Each kind of need has its own clock: what cannot be met,
// or was made up by a liar, holds up nothing else. A pull has one answer, however
// late it comes (spec D1).
type pulls struct {
	kinds [needKinds]pulling
	asks  []ask // by member
	due   clock.Instant
	hot   bool     // an answer came that helped: go on with its kind at once
	last  needKind // that kind
}

type pulling struct {
	from  message.Point // where what is lacking begins; zero if nothing is
	due   clock.Instant // what just became missing is usually on its way
	tries int           // since from or way moved
	next  int           // whom to ask, so that a peer that does not answer costs one try
	way   message.Point // how far answers have led towards to, which does not show yet
	to    message.Point
}

// ask is a question that a member owes an answer to.
type ask struct {
	open bool
	kind needKind
	want message.Fetch
}

// need says what is lacking of a kind and who should have it, or false.
func (c *Core) need(k needKind) (need, bool) {
	head := c.decided
	full := c.decided.Seq >= c.high()
	switch k {
	case needStable:
		// Executed past a checkpoint that is stable elsewhere: its certificate is missing,
		// peers do not repeat theirs below their own low (spec S3), and the window here is
		// narrower for it.
		if c.applied >= c.low.Seq+c.cfg.Interval && c.furthestStable() > c.low.Seq {
			return need{message.Fetch{From: c.low}, func(i int) bool { return c.peers[i].status.Stable > c.low.Seq }}, true
		}
	case needDecided:
		if m := c.wantCC; m != nil && !full {
			return need{message.Fetch{From: head, Want: m.Point(), Bodies: true}, func(i int) bool { return signed(m.Votes, c.members.At(i).ID) }}, true
		}
	case needBase:
		if c.gap && !full {
			return need{message.Fetch{From: head, Want: c.base, Bodies: true}, func(int) bool { return true }}, true
		}
	case needBodies:
		if s, end := c.bodiless(); s <= end {
			return need{message.Fetch{From: c.ownPoint(s - 1), Want: c.ownPoint(end), Bodies: true}, func(i int) bool { return c.votedAbove(i, s-1) }}, true
		}
	case needAhead:
		if !full && c.furthest() > c.decided.Seq {
			return need{message.Fetch{From: head, Bodies: true}, func(i int) bool { return c.peers[i].status.Decided > c.decided.Seq }}, true
		}
	case needReported:
		if m, i := c.unbacked(); m != nil && !full {
			return need{message.Fetch{From: head, Want: m.Point(), Bodies: true}, func(j int) bool { return j == i }}, true
		}
	case needProof:
		if s := c.shownTo(); s < c.decided.Seq {
			return need{message.Fetch{From: c.ownPoint(s), Bodies: true}, func(i int) bool { return c.peers[i].status.Decided > s }}, true
		}
	case needVotes:
		if i, p := c.strayVote(); i >= 0 {
			return need{message.Fetch{From: c.ownPoint(max(c.base.Seq, c.decided.Seq)), Want: p, Bodies: true}, func(j int) bool { return j == i }}, true
		}
	}
	return need{}, false
}

// bodiless returns the first seq of the own chain whose body is not here, and where
// the chain ends, or the part of it below a gap. A body may be here and not be held,
// because N1 does not let this replica accept it.
func (c *Core) bodiless() (s, end message.Seq) {
	end = c.top
	if c.gap {
		end = c.decided.Seq
	}
	for s = c.held + 1; s <= end; s++ {
		if n := c.nodes[c.own[s]]; n == nil || n.payload == nil {
			break
		}
	}
	return s, end
}

func signed(votes []message.CertVote, id message.ReplicaID) bool {
	for i := range votes {
		if votes[i].Signer == id {
			return true
		}
	}
	return false
}

// strayVote returns the first point, from above, that is not known on the chain of a
// vote, and the vote's signer. It starts with the peer whose turn it is: a liar's vote
// is for a chain that nobody has.
func (c *Core) strayVote() (int, message.Point) {
	for k := range c.n {
		i := (c.self + 1 + c.pulls.kinds[needVotes].next + k) % c.n
		for _, t := range []*tally{&c.prepares, &c.commits} {
			v := &t.ballots[i].off
			if i == c.self || v.none() || v.at.Seq <= c.decided.Seq || v.at.Seq > c.high() {
				continue
			}
			if p, ok := c.unknown(v.at); ok {
				return i, p
			}
		}
	}
	return -1, message.Point{}
}

// unknown returns the highest point of p's chain above the base and what is decided
// whose header is not here, if there is one.
func (c *Core) unknown(p message.Point) (message.Point, bool) {
	for p.Seq > max(c.base.Seq, c.decided.Seq) && (p.Seq > c.top || c.own[p.Seq] != p.Chain) {
		n := c.nodes[p.Chain]
		if n == nil || n.point.Seq != p.Seq {
			return p, true
		}
		p = message.Point{Seq: p.Seq - 1, Chain: n.parent}
	}
	return p, false
}

// votedAbove reports whether member i has voted for something above s: then it
// should have the bodies.
func (c *Core) votedAbove(i int, s message.Seq) bool {
	return c.prepares.ballots[i].on.at.Seq > s || c.commits.ballots[i].on.at.Seq > s || c.peers[i].status.Decided > s ||
		i == c.primary(c.view)
}

// furthest returns the highest decided seq that a peer reports.
func (c *Core) furthest() message.Seq {
	s := message.Seq(0)
	for i := range c.peers {
		s = max(s, c.peers[i].status.Decided)
	}
	return s
}

// furthestStable returns the highest stable checkpoint that a peer reports.
func (c *Core) furthestStable() message.Seq {
	s := message.Seq(0)
	for i := range c.peers {
		s = max(s, c.peers[i].status.Stable)
	}
	return s
}

// planPulls sets when to pull. A need waits one repeat interval from when it arose or
// moved; the upper end of what is wanted moves all the time and does not count.
func (c *Core) planPulls() {
	p := &c.pulls
	p.due = clock.Instant{}
	for k := range needKinds {
		x := &p.kinds[k]
		n, ok := c.need(k)
		if !ok {
			*x = pulling{next: x.next}
			continue
		}
		if n.want.From != x.from {
			x.from, x.due, x.tries = n.want.From, c.now.Add(c.timing.interval(c)), 0
			if k == needReported {
				x.due = c.now // of a view that is over: nothing is on its way
			}
		}
		if p.hot && k == p.last {
			x.due, p.hot = c.now, false
		}
		if p.due.IsZero() || x.due.Before(p.due) {
			p.due = x.due
		}
	}
	if c.decided.Seq < c.high() {
		p.hot = false // else the window is full, and the rest is asked for once it opens
	}
}

// pull asks for whatever is due, what was asked for least first, each of the next peer
// that should have it. A peer that owes an answer is not asked a second thing: it
// answers one pull a turn, and what it answers would be taken for the other (spec D1,
// D2).
func (c *Core) pull() {
	kinds := &c.pulls.kinds
	var order [needKinds]needKind
	for k := range order {
		order[k] = needKind(k)
	}
	slices.SortStableFunc(order[:], func(a, b needKind) int { return cmp.Compare(kinds[a].tries, kinds[b].tries) })
	for _, k := range order {
		x := &kinds[k]
		n, ok := c.need(k)
		if !ok || !c.due(x.due) || bug.M84 {
			continue
		}
		i, free := c.askWhom(x, &n)
		if !free.IsZero() {
			x.due = free
			continue
		}
		x.due = c.now.Add(c.timing.interval(c))
		x.tries++
		x.next++
		if i >= 0 {
			c.askFor(i, k, n.want)
		}
	}
}

// askWhom returns the next peer that should have what is needed, or -1. If all that do
// owe answers it returns when the first of them may be asked again.
func (c *Core) askWhom(x *pulling, n *need) (i int, free clock.Instant) {
	for j := range c.n {
		i := (c.self + 1 + x.next + j) % c.n
		if i == c.self || !n.from(i) && x.tries < 2*c.n {
			continue
		}
		a := &c.pulls.asks[i]
		if due := c.pulls.kinds[a.kind].due; a.open && c.now.Before(due) {
			if free.IsZero() || due.Before(free) {
				free = due
			}
			continue
		}
		x.next += j
		return i, clock.Instant{}
	}
	return -1, free
}

// askFor sends one pull. It begins where earlier answers have led to, if there is
// nothing missing in between.
func (c *Core) askFor(i int, k needKind, want message.Fetch) {
	x := &c.pulls.kinds[k]
	blocks, _ := c.path(x.way, want.From.Seq)
	if x.to != want.Want || blocks == nil || blocks[0].parent != want.From.Chain {
		x.way, x.to = message.Point{}, message.Point{} // another goal, or let go of meanwhile
	}
	switch {
	case x.way.Seq > 0:
		want.From = x.way
	case (x.tries-1)/c.n%2 == 1 && want.Want.Chain != (message.Digest{}):
		// What is above may be known here only. Every second round alone: an answer holds
		// few blocks, and those from here on may all be here.
		want.From = c.ownPoint(min(c.held, c.decided.Seq))
	}
	c.pulls.asks[i] = ask{open: true, kind: k, want: want}
	c.send(i, &want)
	c.stats.Fetches++
}

// onBlocks takes the answer to an own pull; others are dropped (spec D1).
func (c *Core) onBlocks(i int, m *message.Blocks) {
	a := c.pulls.asks[i]
	if !a.open || len(m.Blocks) == 0 {
		c.drop(DropUnasked)
		return
	}
	c.pulls.asks[i] = ask{}
	before := c.reached()
	last := c.takeBlocks(m)
	led := c.lead(&a, m, last)
	c.proven(m, last)
	if m.Prepare != nil && m.Prepare.Signer == c.members.Primary(m.Prepare.View) {
		c.onPrepare(c.members.Index(m.Prepare.Signer), m.Prepare)
	}
	c.retryPrimary()
	c.countOff(&c.prepares)
	c.countOff(&c.commits)
	c.compareKept()
	c.justify()
	c.progress()
	if led && a.kind != needVotes || c.reached() != before {
		c.pulls.hot, c.pulls.last = true, a.kind
	}
}

// takeBlocks files the blocks of an answer and returns where they end. Nothing
// vouches for them yet, so there are few at a time (spec D1).
func (c *Core) takeBlocks(m *message.Blocks) message.Point {
	c.shed()
	last := m.From
	for k := range m.Blocks {
		b := &m.Blocks[k]
		n := c.learn(last.Chain, &b.Header)
		if n == nil && b.Header.Seq > c.low.Seq {
			break // above the window
		}
		if n != nil {
			c.fill(n, b.Payload)
		}
		last = message.Point{Seq: b.Header.Seq, Chain: last.Chain.Extend(b.Header.Digest())}
	}
	return last
}

// lead notes how far an answer leads towards what was wanted: its links join its
// last block to that, so no liar can lead astray. It reports whether that helps.
func (c *Core) lead(a *ask, m *message.Blocks, last message.Point) bool {
	w, x := a.want.Want, &c.pulls.kinds[a.kind]
	if a.kind == needBodies {
		return false // what is missing moves with the bodies themselves; headers lead nowhere
	}
	if m.From != a.want.From || last.Seq+message.Seq(len(m.Links)) != w.Seq || message.Fold(last.Chain, m.Links) != w.Chain {
		return false
	}
	if x.to == w && x.way.Seq >= last.Seq {
		return false
	}
	x.way, x.to, x.tries = last, w, 0
	if a.kind != needVotes { // a liar's vote vouches for nothing
		blocks, _ := c.path(last, m.From.Seq)
		for _, n := range blocks {
			c.cover(n)
			n.voted = max(n.voted, c.view) // by the vote at the base, so that V5 keeps it
		}
	}
	return true
}

// reached sums what pulls bring forward.
func (c *Core) reached() uint64 {
	return uint64(c.low.Seq) + uint64(c.decided.Seq) + uint64(c.held) + uint64(c.top)
}

// linksMost is how many links a certificate may have that others take (spec N3,
// N5; docs/spec.md, point 11).
func (c *Core) linksMost() int { return int(min(4*c.cfg.Interval, 2048)) }

// proven takes the proof that comes with decided blocks: it covers last by the
// links between (spec C4).
func (c *Core) proven(m *message.Blocks, last message.Point) {
	top := message.Point{Seq: last.Seq + message.Seq(len(m.Links)), Chain: message.Fold(last.Chain, m.Links)}
	if m.Commit != nil && (m.Commit.Point() == top || bug.M10) {
		links := append(append([]message.Digest{}, m.Links...), m.Commit.Links...)
		if len(links) <= c.linksMost() {
			c.adopt(&message.CommitCert{
				Epoch: m.Commit.Epoch, View: m.Commit.View, Seq: last.Seq, Chain: last.Chain, Links: links, Votes: m.Commit.Votes,
			})
		} else if last.Seq > c.decided.Seq && c.reach(last, nil) {
			c.decide(last, m.Commit.View)
		}
	}
	if m.Stable != nil && m.Stable.Point() == top {
		if last.Seq > c.decided.Seq && c.reach(last, nil) {
			c.decide(last, 0)
		}
		c.onStable(m.Stable)
	}
}
