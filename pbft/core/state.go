package core

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"maps"
	"slices"

	"github.com/twothirds-bft/twothirds/clock"
	"github.com/twothirds-bft/twothirds/pbft/message"
)

// Aspect is a part of a core's state, one bit each.
type Aspect uint8

// The aspects. Each field of Core and of what it holds belongs to one of them, but for
// what is the same in all states of a replica (its configuration), what cannot be told
// from outside (counters, scratch) and what the last Output has drained.
const (
	// AspectChain is where the replica stands and what binds it: views, votes cast,
	// blocks, and what is certified and decided, whoever signed for it.
	AspectChain Aspect = 1 << iota
	// AspectHeard is what others said: their votes, VIEW-CHANGEs, SUSPECTs and
	// CHECKPOINTs, and evidence. All of it may be said again (spec N9).
	AspectHeard
	// AspectSigners is whose votes the certificates and the NEW-VIEW at hand are made of:
	// others prove the same.
	AspectSigners
	// AspectPool is what clients want: pending requests and their sessions.
	AspectPool
	// AspectTime is what timers hold, and hints: measurements, statuses, pulls.
	AspectTime
	// AspectSaid is which own messages are counted and repeated, and the hard state last
	// written.
	AspectSaid

	AspectAll Aspect = 1<<iota - 1
)

// Fingerprint names the state between turns: of two cores of one configuration with
// equal fingerprints, each does on any input what the other does. Instants count by
// their distance from the core's own, so the same state later has the same name.
func (c *Core) Fingerprint() message.Digest { return sha256.Sum256(c.AppendState(nil, AspectAll)) }

// AppendState appends the canonical bytes of some aspects of the state to b. They are
// for one process: another version may write them otherwise. What AspectHeard has of each
// member is written in the given order of their indices, by default the natural one: two
// states that differ by who is who are equal in the right order.
func (c *Core) AppendState(b []byte, what Aspect, order ...int) []byte {
	e := encoder{b: b, now: c.now, signers: what&AspectSigners != 0, order: order}
	for i := len(order); i < len(c.peers); i++ {
		e.order = append(e.order, i)
	}
	for _, a := range []struct {
		aspect Aspect
		append func(*Core, *encoder)
	}{
		{AspectChain, (*Core).appendChain},
		{AspectHeard, (*Core).appendHeard},
		{AspectPool, (*Core).appendPool},
		{AspectTime, (*Core).appendTime},
		{AspectSaid, (*Core).appendSaid},
	} {
		if what&a.aspect != 0 {
			a.append(c, &e)
		}
	}
	return e.b
}

func (c *Core) appendChain(e *encoder) {
	e.num(uint64(c.view), uint64(c.target), uint64(c.branchBytes), uint64(c.released), uint64(c.loose), uint64(c.looseBytes))
	e.point(c.base, c.tip, c.voted, c.commit, c.decided, c.low)
	e.flag(c.over, c.gap, c.halted != nil)
	e.num(uint64(c.top), uint64(c.held), uint64(c.sent), uint64(c.applied), uint64(c.proofs.commit), uint64(c.proofs.stable))
	e.prepareCert(c.pc)
	e.commitCert(c.cc)
	e.commitCert(c.wantCC)
	e.newView(c.newView)
	e.num(uint64(len(c.own)))
	for _, s := range slices.Sorted(maps.Keys(c.own)) {
		e.point(c.ownPoint(s))
	}
	e.num(uint64(len(c.nodes)))
	for _, d := range slices.SortedFunc(maps.Keys(c.nodes), compareDigests) {
		c.appendNode(e, c.nodes[d])
	}
	e.checkpointCert(c.checkpoints.stable)
	e.num(uint64(len(c.checkpoints.ahead)))
	for _, s := range slices.Sorted(maps.Keys(c.checkpoints.ahead)) {
		e.checkpointCert(c.checkpoints.ahead[s])
	}
}

// appendNode leaves out what the chain digest says: parent, link and header.
func (c *Core) appendNode(e *encoder, n *node) {
	e.point(n.point)
	e.num(uint64(n.weight), uint64(n.voted))
	e.flag(n.payload != nil, n.invalid != nil, n.logged, n.covered)
	e.instant(n.accepted)
}

func (c *Core) appendHeard(e *encoder) {
	for _, i := range e.order {
		if i != c.self {
			c.appendWords(e, i)
		}
	}
	e.num(uint64(len(c.checkpoints.votes)))
	for _, s := range slices.Sorted(maps.Keys(c.checkpoints.votes)) {
		e.num(uint64(s))
		for _, i := range e.order {
			m := c.checkpoints.votes[s][i]
			e.signed(m != nil, m)
		}
	}
	e.num(uint64(len(c.seen.known)))
	for _, i := range e.order {
		for k := message.EvidencePrepareFork; k <= message.EvidencePayload; k++ {
			e.flag(c.seen.known[[2]uint32{uint32(c.members.At(i).ID), uint32(k)}] != nil)
		}
	}
}

// appendWords writes what is kept of one member's words.
func (c *Core) appendWords(e *encoder, i int) {
	for _, t := range []*tally{&c.prepares, &c.commits} {
		b := &t.ballots[i]
		e.vote(&b.on, &b.off, &b.past, &b.later)
		e.num(t.points.Value(i))
	}
	e.signed(c.changes.suspects[i].m != nil, c.changes.suspects[i].m)
	e.instant(c.changes.suspects[i].arrived)
	e.signed(c.changes.newest[i] != nil, c.changes.newest[i])
	e.prepareCert(c.changes.certs[i])
}

func (c *Core) appendPool(e *encoder) {
	p := &c.pool
	e.num(uint64(len(p.items)), uint64(p.byAge.Len()), uint64(p.turns.Len()), uint64(p.bytes))
	for _, k := range slices.SortedFunc(maps.Keys(p.items), compareKeys) {
		x := p.items[k]
		e.request(&x.req)
		e.num(uint64(x.flight))
		e.flag(x.direct, x.done, x.age != nil, x.turn != nil)
		e.instant(x.arrived, x.handed)
	}
	each(p.byAge, func(x *pending) { e.key(x.key) })
	each(p.turns, func(cl *client) { e.raw(cl.key[:]) })
	for _, k := range slices.SortedFunc(maps.Keys(p.clients), func(a, b message.PublicKey) int { return bytes.Compare(a[:], b[:]) }) {
		cl := p.clients[k]
		e.raw(cl.key[:])
		e.num(uint64(cl.count), uint64(cl.queue.Len()))
		e.flag(cl.opener, cl.turn != nil)
		each(cl.queue, func(x *pending) { e.key(x.key) })
	}
	e.num(uint64(len(p.overdue)), uint64(len(p.ahead)), uint64(len(p.early)), uint64(len(p.fresh)), uint64(p.live), uint64(p.looked))
	for _, o := range p.overdue {
		e.key(o.key)
		e.num(uint64(o.member))
	}
	for _, k := range p.ahead {
		e.key(k)
	}
	for i := range p.early {
		e.request(&p.early[i].req)
		e.flag(p.early[i].direct)
	}
	for i := range p.fresh {
		e.request(&p.fresh[i])
	}
	e.instant(p.pace.from)
	e.num(p.pace.count, p.pace.perSecond)
	e.b = c.sessions.AppendSnapshot(e.b)
}

func (c *Core) appendTime(e *encoder) {
	t := &c.timing
	e.num(uint64(t.k), uint64(t.kept), uint64(t.decidedIn), t.nonce, uint64(t.putOff), uint64(t.lag), uint64(t.fullTo), uint64(t.cost), uint64(t.push))
	e.num(uint64(t.oldest.block), uint64(t.calm.blocks), uint64(t.calm.slow))
	e.key(t.oldest.request)
	e.flag(t.suspected)
	e.instant(t.since, t.fullAt, t.progress, t.newView, t.repeatAt, t.statusAt, t.forwardAt, t.suspectedAt, t.armed, t.calm.from)
	e.instant(t.pinged[:]...)
	r := &t.turn
	e.num(uint64(r.late), uint64(r.k))
	e.flag(r.over, r.suspected, r.blamed)
	e.instant(r.room, r.open, r.handed, r.looked, r.changed, r.lookAt)
	w := &c.window
	e.num(uint64(w.size), uint64(w.probe), uint64(w.used), uint64(w.least), uint64(w.fresh))
	e.instant(w.sent, w.since, w.waits, w.until)
	for i := range c.peers {
		p := &c.peers[i]
		s := &p.status
		e.num(uint64(s.Epoch), uint64(s.Entered), uint64(s.Target), uint64(s.Tip), uint64(s.Certified), uint64(s.Decided), uint64(s.Stable), s.Nonce, s.Echo)
		e.num(uint64(p.rto.srtt), uint64(p.rto.rttvar), p.echo, uint64(p.trip))
		e.flag(p.served, p.shown, p.rto.known)
		e.instant(p.heard, p.asked)
	}
	for k := range c.pulls.kinds {
		x := &c.pulls.kinds[k]
		e.point(x.from, x.way, x.to)
		e.instant(x.due)
		e.num(uint64(x.tries), uint64(x.next))
	}
	for i := range c.pulls.asks {
		a := &c.pulls.asks[i]
		e.flag(a.open, a.want.Bodies)
		e.num(uint64(a.kind))
		e.point(a.want.From, a.want.Want)
	}
	e.instant(c.pulls.due)
	e.flag(c.pulls.hot)
	e.num(uint64(c.pulls.last))
}

func (c *Core) appendSaid(e *encoder) {
	o := &c.mine
	c.appendWords(e, c.self)
	e.signed(o.prepare != nil, o.prepare)
	e.signed(o.commit != nil, o.commit)
	e.signed(o.change != nil, o.change)
	e.signed(c.changes.mine != nil, c.changes.mine)
	e.num(uint64(len(o.leaves)), uint64(len(o.checkpoint)), uint64(len(o.undone)))
	for i := range o.undone {
		e.checkpointBody(&o.undone[i])
	}
	for _, l := range o.leaves {
		e.leave(l)
	}
	for _, m := range o.checkpoint {
		e.signed(m != nil, m)
	}
	s := &c.saved
	e.num(uint64(s.Epoch), uint64(s.View))
	e.point(s.Base, s.Tip, s.Commit, s.Low)
	e.flag(s.Over, s.Stopped)
}

// encoder appends values in fixed width, so that different states never look alike.
type encoder struct {
	b       []byte
	now     clock.Instant
	signers bool  // of certificates count
	order   []int // of members
}

func (e *encoder) num(vs ...uint64) {
	for _, v := range vs {
		e.b = binary.BigEndian.AppendUint64(e.b, v)
	}
}

func (e *encoder) raw(v []byte) {
	e.num(uint64(len(v)))
	e.b = append(e.b, v...)
}

func (e *encoder) flag(vs ...bool) {
	for _, v := range vs {
		bit := byte(0)
		if v {
			bit = 1
		}
		e.b = append(e.b, bit)
	}
}

func (e *encoder) point(ps ...message.Point) {
	for _, p := range ps {
		e.num(uint64(p.Seq))
		e.b = append(e.b, p.Chain[:]...)
	}
}

// instant tells never from now.
func (e *encoder) instant(ts ...clock.Instant) {
	for _, t := range ts {
		e.flag(!t.IsZero())
		if !t.IsZero() {
			e.num(uint64(t.Sub(e.now)))
		}
	}
}

func (e *encoder) key(k requestKey) {
	e.num(uint64(k.session.Seq), uint64(k.session.Pos), k.number)
	e.b = append(e.b, k.opener[:]...)
}

func (e *encoder) request(r *message.Request) { e.raw(r.AppendFlat(nil)) }

// vote leaves the signature out: it follows from what is signed and by whom.
func (e *encoder) vote(vs ...*vote) {
	for _, v := range vs {
		e.flag(!v.none())
		if !v.none() {
			e.num(uint64(v.view), uint64(v.base))
			e.point(v.at)
		}
	}
}

// signed leaves the signature out likewise, and the signer, who follows from the place.
// A nil pointer in an interface is not nil, so the caller says whether there is a message.
func (e *encoder) signed(present bool, m message.Signed) {
	e.flag(present)
	if present {
		e.raw(m.AppendSigned(nil, message.Digest{}))
	}
}

func (e *encoder) certVotes(links []message.Digest, votes []message.CertVote) {
	if !e.signers {
		return
	}
	e.num(uint64(len(links)), uint64(len(votes)))
	for i := range links {
		e.b = append(e.b, links[i][:]...)
	}
	for i := range votes {
		e.num(uint64(votes[i].Signer), uint64(votes[i].Seq))
	}
}

func (e *encoder) prepareCert(m *message.PrepareCert) {
	e.flag(m != nil)
	if m != nil {
		e.num(uint64(m.Epoch), uint64(m.View), uint64(m.Base))
		e.point(m.Point())
		e.certVotes(m.Links, m.Votes)
	}
}

func (e *encoder) commitCert(m *message.CommitCert) {
	e.flag(m != nil)
	if m != nil {
		e.num(uint64(m.Epoch), uint64(m.View))
		e.point(m.Point())
		e.certVotes(m.Links, m.Votes)
	}
}

func (e *encoder) checkpointCert(m *message.CheckpointCert) {
	e.flag(m != nil)
	if m != nil {
		e.checkpointBody(&m.CheckpointBody)
		e.certVotes(nil, m.Votes)
	}
}

func (e *encoder) checkpointBody(b *message.CheckpointBody) {
	e.raw((&message.Checkpoint{CheckpointBody: *b}).AppendSigned(nil, message.Digest{}))
}

// newView is what justified the view.
func (e *encoder) newView(m *message.NewView) {
	e.flag(m != nil)
	if m == nil {
		return
	}
	e.num(uint64(m.Epoch), uint64(m.View))
	e.prepareCert(m.Cert)
	if e.signers {
		e.signed(true, m)
	}
}

func (e *encoder) leave(m *message.Leave) {
	e.num(uint64(m.Epoch), uint64(m.View), uint64(len(m.Suspects)), uint64(len(m.Changes)))
	for i := range m.Suspects {
		e.num(uint64(m.Suspects[i].Signer))
		e.signed(true, &m.Suspects[i])
	}
	for i := range m.Changes {
		e.num(uint64(m.Changes[i].Signer))
		e.signed(true, &m.Changes[i])
	}
	e.flag(m.Proof != nil)
	if m.Proof != nil {
		e.num(uint64(m.Proof.Culprit), uint64(m.Proof.Kind))
	}
}

func compareDigests(a, b message.Digest) int { return bytes.Compare(a[:], b[:]) }

func compareKeys(a, b requestKey) int {
	return cmp.Or(a.session.Compare(b.session), bytes.Compare(a.opener[:], b.opener[:]), cmp.Compare(a.number, b.number))
}
