package core

import (
	"github.com/twothirds-bft/twothirds/clock"
	"github.com/twothirds-bft/twothirds/internal/bug"
	"github.com/twothirds-bft/twothirds/pbft/message"
)

// fetching is the one pull that this replica has out at a time (spec N9): off the
// critical path, bounded, and from another peer each time it goes unanswered.
type fetching struct {
	want  message.Fetch
	due   clock.Instant // when to ask (again)
	tries int           // since something was missing last
	next  int           // whom to ask, so that a peer that does not answer costs one try
	asked int           // peer index whose answer is welcome, -1 if none
	hot   bool          // an answer came in this turn: if it helped, go on at once
}

// missing says what is lacking here and who should have it: the first of those
// that helps most. None if nothing is.
func (c *Core) missing() (want message.Fetch, from func(i int) bool, ok bool) {
	if c.applied >= c.low.Seq+c.cfg.Interval && c.furthestStable() > c.low.Seq && c.fetch.tries%2 == 0 {
		// Executed past a checkpoint that is stable elsewhere: its certificate is
		// missing, peers do not repeat theirs below their own low (spec S3), and the
		// window here is narrower for it. Every other pull, because a status may lie.
		return message.Fetch{From: c.low}, func(i int) bool { return c.peers[i].status.Stable > c.low.Seq }, true
	}
	head := c.ownPoint(c.decided.Seq)
	full := c.decided.Seq >= c.high()
	switch {
	case c.wantCC != nil && !full:
		m := c.wantCC
		return message.Fetch{From: head, Want: m.Point(), Bodies: true}, func(i int) bool { return signed(m.Votes, c.members.At(i).ID) }, true
	case c.gap:
		return message.Fetch{From: head, Want: c.base, Bodies: true}, func(int) bool { return true }, true
	}
	if s := c.bodiless(); s > 0 {
		return message.Fetch{From: c.ownPoint(s - 1), Want: c.ownPoint(c.top), Bodies: true}, func(i int) bool { return c.votedAbove(i, s-1) }, true
	}
	if s := c.furthest(); s > c.decided.Seq && !full {
		return message.Fetch{From: head, Bodies: true}, func(i int) bool { return c.peers[i].status.Decided > c.decided.Seq }, true
	}
	if i, p := c.strayVote(); i >= 0 {
		return message.Fetch{From: c.ownPoint(max(c.base.Seq, c.decided.Seq)), Want: p, Bodies: true}, func(j int) bool { return j == i }, true
	}
	return message.Fetch{}, nil, false
}

// bodiless returns the first seq of the own chain whose body is not here, or 0. A
// body may be here and not be held, because N1 does not let this replica accept it.
func (c *Core) bodiless() message.Seq {
	for s := c.held + 1; s <= c.top; s++ {
		if n := c.nodes[c.own[s]]; n == nil || n.payload == nil {
			return s
		}
	}
	return 0
}

func signed(votes []message.CertVote, id message.ReplicaID) bool {
	for i := range votes {
		if votes[i].Signer == id {
			return true
		}
	}
	return false
}

// strayVote returns a vote whose chain is not known here, and its signer. It starts
// with the peer whose turn it is: a liar's vote is for a chain that nobody has, and
// must not keep the others' from being looked into.
func (c *Core) strayVote() (int, message.Point) {
	for k := range c.n {
		i := (c.self + 1 + c.fetch.next + k) % c.n
		for _, t := range []*tally{&c.prepares, &c.commits} {
			v := &t.ballots[i].off
			if i != c.self && !v.none() && v.at.Seq > c.decided.Seq && v.at.Seq <= c.high() && c.nodes[v.at.Chain] == nil {
				return i, v.at
			}
		}
	}
	return -1, message.Point{}
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

// planFetch sets when to pull: what just became missing is usually on its way, so
// the first pull waits one repeat interval.
func (c *Core) planFetch() {
	want, _, ok := c.missing()
	f := &c.fetch
	switch {
	case !ok:
		*f = fetching{asked: f.asked, next: f.next}
	case want.From != f.want.From || want.Bodies != f.want.Bodies || f.due.IsZero():
		// Progress, or something new. The upper end alone moves all the time.
		f.want, f.due = want, c.now.Add(c.timing.interval(c))
		if f.hot {
			f.due = c.now
		}
	}
	f.hot = false
}

// pull asks the next peer that should have what is missing.
func (c *Core) pull() {
	want, from, ok := c.missing()
	if !ok {
		return
	}
	f := &c.fetch
	f.due = c.now.Add(c.timing.interval(c))
	if bug.M84 {
		return
	}
	for k := 0; k < c.n; k++ {
		i := (c.self + 1 + f.next + k) % c.n
		if i != c.self && (from(i) || f.tries > 2*c.n) {
			f.tries++
			f.next += k + 1
			f.want, f.asked = want, i
			m := want
			if f.tries > c.n && m.Want.Chain != (message.Digest{}) {
				m.From = c.ownPoint(min(c.held, c.decided.Seq)) // what is above may be known here only
			}
			c.send(i, &m)
			c.stats.Fetches++
			return
		}
	}
	f.tries++
	f.next++
}

// onFetch answers a pull: one per peer and turn, within AnswerBytes (spec N9, D2).
func (c *Core) onFetch(i int, m *message.Fetch) {
	p := &c.peers[i]
	if p.served || i == c.self {
		c.drop(DropServed)
		return
	}
	p.served = true
	switch {
	case m.From.Seq < c.low.Seq:
		last := (m.From.Seq/c.cfg.Interval + 1) * c.cfg.Interval
		c.out.Serve = append(c.out.Serve, Serve{To: c.members.At(i).ID, From: m.From.Seq, Last: last, Bodies: m.Bodies})
	case m.Want.Chain == message.Digest{}:
		c.serveDecided(i, m.From)
	default:
		c.serveChain(i, m)
	}
}

// serveDecided answers with decided blocks above from and the proof.
func (c *Core) serveDecided(i int, from message.Point) {
	if from.Seq >= c.decided.Seq || c.own[from.Seq] != from.Chain || c.cc == nil || c.cc.Seq <= from.Seq || c.cc.Seq > c.decided.Seq {
		return
	}
	blocks, _ := c.path(c.ownPoint(c.cc.Seq), from.Seq)
	list, last := c.pack(from, blocks, true)
	if len(list) == 0 {
		list, last = c.pack(from, blocks, false) // the bodies may be there already
	}
	c.send(i, &message.Blocks{From: from, Blocks: list, Links: c.linksBetween(last, c.cc.Point()), Commit: c.cc})
}

// serveChain answers with the blocks that lead to what was wanted, and with the
// primary's newest PREPARE if it is of the entered view.
func (c *Core) serveChain(i int, m *message.Fetch) {
	blocks, _ := c.path(m.Want, m.From.Seq)
	if blocks == nil || blocks[0].parent != m.From.Chain {
		return
	}
	list, _ := c.pack(m.From, blocks, m.Bodies)
	if len(list) == 0 {
		list, _ = c.pack(m.From, blocks, false)
	}
	a := &message.Blocks{From: m.From, Blocks: list}
	if v := &c.prepares.ballots[c.primary(c.view)].on; !v.none() && !bug.M85 {
		a.Prepare = c.voteMessage(&c.prepares, c.members.Primary(c.view), *v).(*message.Prepare)
	}
	c.send(i, a)
}

// pack puts blocks into an answer while their payloads fit, at least one.
func (c *Core) pack(from message.Point, blocks []*node, bodies bool) (list []message.BlockData, last message.Point) {
	last = from
	size := 0
	for k, n := range blocks {
		if k >= answerBlocks || bodies && n.payload == nil {
			break
		}
		b := message.BlockData{Header: n.header}
		if bodies {
			if size += len(n.payload.Raw); k > 0 && size > c.cfg.AnswerBytes {
				break
			}
			b.Raw, b.Payload = n.payload.Raw, n.payload
		}
		list, last = append(list, b), n.point
	}
	return list, last
}

// onBlocks takes the answer to the own pull; others are dropped (spec D1).
func (c *Core) onBlocks(i int, m *message.Blocks) {
	if i != c.fetch.asked || len(m.Blocks) == 0 {
		c.drop(DropUnasked)
		return
	}
	before := c.reached()
	last := m.From
	for k := range m.Blocks {
		b := &m.Blocks[k]
		n := c.learn(last.Chain, &b.Header)
		if n == nil {
			if b.Header.Seq > c.low.Seq {
				break
			}
			last = message.Point{Seq: b.Header.Seq, Chain: last.Chain.Extend(b.Header.Digest())}
			continue
		}
		if n.payload == nil {
			n.payload = b.Payload
		}
		last = n.point
	}
	c.proven(m, last)
	if m.Prepare != nil && m.Prepare.Signer == c.members.Primary(m.Prepare.View) {
		c.onPrepare(c.members.Index(m.Prepare.Signer), m.Prepare)
	}
	c.retryPrimary()
	c.countOff(&c.prepares)
	c.countOff(&c.commits)
	c.compareKept()
	c.progress()
	c.fetch.hot = c.reached() != before
}

// reached sums what pulls bring forward.
func (c *Core) reached() uint64 {
	return uint64(c.low.Seq) + uint64(c.decided.Seq) + uint64(c.held) + uint64(len(c.nodes))
}

// linksMax bounds the links of a certificate that is put together here, so that it
// still travels.
const linksMax = 2048

// proven takes the proof that comes with decided blocks: it covers last by the
// links between (spec C4).
func (c *Core) proven(m *message.Blocks, last message.Point) {
	top := message.Fold(last.Chain, m.Links)
	at := last.Seq + message.Seq(len(m.Links))
	if m.Commit != nil && m.Commit.Seq == at && m.Commit.Chain == top {
		links := append(append([]message.Digest{}, m.Links...), m.Commit.Links...)
		if len(links) > linksMax {
			return
		}
		c.adopt(&message.CommitCert{
			Epoch: m.Commit.Epoch, View: m.Commit.View, Seq: last.Seq, Chain: last.Chain, Links: links, Votes: m.Commit.Votes,
		})
	}
	if m.Stable != nil && m.Stable.Seq == at && m.Stable.Chain == top {
		if last.Seq > c.decided.Seq && c.reach(last, nil) {
			c.decide(last, 0)
		}
		c.onStable(m.Stable)
	}
}

// onFetchView passes on the NEW-VIEW by which the current view was entered.
func (c *Core) onFetchView(i int, m *message.FetchView) {
	if c.newView != nil && m.View <= c.view && m.Epoch == c.epoch {
		c.send(i, c.newView)
	}
}
