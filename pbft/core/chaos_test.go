package core_test

import (
	"fmt"
	"slices"

	"github.com/twothirds-bft/twothirds/clock"
	"github.com/twothirds-bft/twothirds/pbft/core"
	"github.com/twothirds-bft/twothirds/pbft/message"
)

// chaos is one correct replica among peers that are all corrupt: they sign anything,
// certificates of quorum power included. That is far more than M2 allows, so nothing
// is asked of safety here; but nothing may panic, and what is held stays bounded.
type chaos struct {
	*world
	h      *host
	draw   func(n uint64) uint64
	blocks []chaosBlock // blocks[0] is the root
	certs  []*message.PrepareCert
	views  message.View // how far views go
}

// chaosBlock is a block that a peer made up.
type chaosBlock struct {
	point  message.Point
	parent int
	header message.Header
	raw    []byte
}

const chaosInterval = 4

func newChaos(draw func(n uint64) uint64) *chaos {
	cfg := core.Config{
		Interval: chaosInterval, Window: 3, BlockRequests: 2, PoolRequests: 8, PoolBytes: 4096, ClientRequests: 2, WindowBytes: 600,
		TimeoutFloor: 100 * clock.Millisecond, TimeoutCap: 400 * clock.Millisecond,
	}
	c := &chaos{world: newWorld(cfg, 1, 1, 1, 1), draw: draw}
	c.brief = true
	c.h = c.hosts[draw(4)]
	for _, h := range c.hosts {
		if h.corrupt = h != c.h; h.corrupt {
			h.crash(-1)
		}
	}
	c.h.corrupt = true // for the oracles: safety is not asked
	c.blocks = []chaosBlock{{point: c.root}}
	c.views = 3
	return c
}

// step does one thing, whatever is drawn, and checks the bounds.
func (c *chaos) step() error {
	h := c.h
	c.log.Reset()
	switch c.draw(20) {
	case 16, 17, 18:
		c.support()
	case 19:
		c.enter()
	case 0:
		h.tick([]clock.Duration{clock.Millisecond, 20 * clock.Millisecond, 150 * clock.Millisecond, 2 * clock.Second}[c.draw(4)])
	case 1, 2:
		h.turn()
	case 3:
		h.turn()
		h.sync()
	case 4:
		h.turn()
		h.sync()
		h.execute()
	case 5:
		h.submit([]string{"a", "b", "c", "d2", "e", "f", "g", "h", "i", "j"}[c.draw(10)])
	case 6:
		if c.draw(4) == 0 {
			h.crash(int(c.draw(4)))
			h.boot(false)
		}
	case 7:
		c.views++
	default:
		peer := c.peer()
		c.give(peer, c.anyMessage(peer))
	}
	c.learn()
	for i := range c.links {
		for j := range c.links[i] {
			c.links[i][j] = nil
		}
	}
	c.seen, h.sent = nil, nil
	if h.core == nil { // stopped: two certificates contradict each other
		h.crash(0)
		h.disk = nil
		c.names = newNames(c.root)
		h.boot(false)
	}
	return c.bounded()
}

// give delivers a message if the door lets it pass.
func (c *chaos) give(from int, m message.Message) {
	if v, err := c.door.Verify(message.ReplicaID(from), m); err == nil && c.h.core != nil {
		c.h.core.Step(c.h.now, v)
	}
}

// learn takes what the core proposed among the known blocks.
func (c *chaos) learn() {
	for _, o := range c.h.sent {
		b, ok := o.Msg.(*message.Body)
		if !ok {
			continue
		}
		p := message.Point{Seq: b.Header.Seq, Chain: b.Parent.Extend(b.Header.Digest())}
		parent := slices.IndexFunc(c.blocks, func(x chaosBlock) bool { return x.point.Chain == b.Parent })
		if parent >= 0 && c.find(p) < 0 {
			c.blocks = append(c.blocks, chaosBlock{point: p, parent: parent, header: b.Header, raw: b.Raw})
		}
	}
}

func (c *chaos) find(p message.Point) int {
	return slices.IndexFunc(c.blocks, func(x chaosBlock) bool { return x.point == p })
}

// support is what correct peers would do: the primary extends the tip, the others
// vote for it, or everyone signs the checkpoint. It gets worlds deep.
func (c *chaos) support() {
	s := c.h.core.Status()
	switch c.draw(4) {
	case 0:
		if parent := c.find(s.Tip); parent >= 0 && int(s.Primary) != c.h.id {
			b := c.newBlock(parent)
			b.header.View = s.View
			b.point = message.Point{Seq: s.Tip.Seq + 1, Chain: s.Tip.Chain.Extend(b.header.Digest())}
			c.blocks = append(c.blocks, b)
			c.give(int(s.Primary), &message.PrePrepare{Parent: s.Tip.Chain, Header: b.header})
			c.give(int(s.Primary), &message.Body{Parent: s.Tip.Chain, Header: b.header, Raw: b.raw})
			c.give(int(s.Primary), c.sign(int(s.Primary), &message.Prepare{
				View: s.View, Base: s.Base.Seq, Seq: b.point.Seq, Chain: b.point.Chain,
			}))
		}
	case 1:
		for range 2 {
			peer := c.peer()
			c.give(peer, c.sign(peer, &message.Prepare{View: s.View, Base: s.Base.Seq, Seq: s.Tip.Seq, Chain: s.Tip.Chain}))
		}
	case 2:
		if s.Certified == s.Tip.Seq {
			for range 2 {
				peer := c.peer()
				c.give(peer, c.sign(peer, &message.Commit{View: s.View, Seq: s.Tip.Seq, Chain: s.Tip.Chain}))
			}
		}
	case 3:
		for _, r := range c.h.disk {
			if own, ok := r.Message.(*message.Checkpoint); ok && r.Kind == core.RecordCheckpoint {
				peer := c.peer()
				c.give(peer, c.sign(peer, &message.Checkpoint{CheckpointBody: own.CheckpointBody}))
			}
		}
	}
}

// enter lets peers ask for the core's target view and its primary start it.
func (c *chaos) enter() {
	s := c.h.core.Status()
	v := s.Target + message.View(c.draw(2))
	m := &message.NewView{View: v}
	pc := (*message.PrepareCert)(nil)
	if len(c.certs) > 0 {
		pc = c.certs[c.draw(uint64(len(c.certs)))]
	}
	for i := range c.hosts {
		if i == c.h.id {
			continue
		}
		vc := &message.ViewChange{View: v, Chain: c.root.Chain}
		if pc != nil && c.draw(3) == 0 {
			vc.Rank, vc.Chain, m.Cert = pc.Rank(), pc.Chain, pc
			c.give(i, pc)
		}
		c.sign(i, vc)
		c.give(i, vc)
		m.Changes = append(m.Changes, *vc)
	}
	if who := int(v % 4); who != c.h.id {
		c.give(who, c.sign(who, m))
	}
}

// bounded checks what is held. Peers that are all corrupt can make it many chains.
func (c *chaos) bounded() error {
	const k = chaosInterval
	held, loose, looseBytes := c.h.core.Footing()
	sends, records, _ := c.h.core.Pending()
	switch {
	case held.Loose != loose || held.LooseBytes != looseBytes:
		return fmt.Errorf("%d blocks of %d bytes are loose, the core counts %d of %d", held.Loose, held.LooseBytes, loose, looseBytes)
	case held.Blocks > 16*k, sends > 64, records > 64+4*k:
		return fmt.Errorf("%d sends, %d records, and held: %+v, %s", sends, records, held, c.h.status())
	}
	return held.Within(c.cfg, len(c.hosts))
}

func (c *chaos) peer() int { return (c.h.id + 1 + int(c.draw(3))) % 4 }

func (c *chaos) view() message.View {
	if c.draw(40) == 0 {
		return 1<<62 - 1
	}
	if c.draw(2) == 0 {
		return c.h.core.Status().Target
	}
	return message.View(c.draw(uint64(c.views)))
}

func (c *chaos) seq() message.Seq {
	if c.draw(40) == 0 {
		return 1<<62 - 1
	}
	return c.h.core.Status().Stable.Seq + message.Seq(c.draw(24)) - message.Seq(min(c.draw(4), uint64(c.h.core.Status().Stable.Seq)))
}

// block returns an index of a block, a new one at times.
func (c *chaos) block() int {
	if c.draw(3) != 0 || len(c.blocks) > 400 {
		// Newer ones are likelier.
		return len(c.blocks) - 1 - int(c.draw(min(uint64(len(c.blocks)), 1+c.draw(16))))
	}
	b := c.newBlock(c.block())
	if c.draw(12) == 0 {
		b.header.Seq = c.seq()
	}
	b.point = message.Point{Seq: b.header.Seq, Chain: c.blocks[b.parent].point.Chain.Extend(b.header.Digest())}
	c.blocks = append(c.blocks, b)
	return len(c.blocks) - 1
}

// newBlock makes a block of one request; it is not known yet.
func (c *chaos) newBlock(parent int) chaosBlock {
	reqs := []message.Request{c.names.request(c.world, fmt.Sprintf("%c%d", rune('a'+c.draw(12)), 1+c.draw(5)))}
	raw := message.AppendBatch(nil, reqs)
	return chaosBlock{parent: parent, raw: raw, header: message.Header{
		View: c.view(), Seq: c.blocks[parent].point.Seq + 1, PayloadKind: message.PayloadBatch, PayloadHash: message.HashSHA256,
		PayloadSize: uint32(len(raw)), PayloadDigest: message.PayloadDigest(raw),
	}}
}

// point is a block's, or one that does not exist.
func (c *chaos) point() message.Point {
	p := c.blocks[c.block()].point
	if s := c.h.core.Status(); c.draw(3) == 0 {
		p = []message.Point{s.Base, s.Tip, s.Decided, s.Stable}[c.draw(4)]
	}
	if c.draw(16) == 0 {
		p.Chain[0] ^= 1
	}
	if c.draw(16) == 0 {
		p.Seq = c.seq()
	}
	return p
}

func (c *chaos) sign(signer int, m message.Signed) message.Signed {
	_, err := c.door.Sign(c.hosts[signer].signer, message.ReplicaID(signer), m)
	c.check(err)
	return m
}

// anyMessage makes a message of any kind, from a peer's own link.
func (c *chaos) anyMessage(from int) message.Message {
	switch message.Kind(1 + c.draw(uint64(message.KindCount)-2)) {
	case message.KindPrePrepare:
		b := c.blocks[max(c.block(), min(1, len(c.blocks)-1))]
		return &message.PrePrepare{Parent: c.blocks[b.parent].point.Chain, Header: b.header}
	case message.KindBody:
		b := c.blocks[max(c.block(), min(1, len(c.blocks)-1))]
		return &message.Body{Parent: c.blocks[b.parent].point.Chain, Header: b.header, Raw: b.raw}
	case message.KindPrepare:
		return c.sign(from, c.prepare())
	case message.KindCommit:
		p := c.point()
		return c.sign(from, &message.Commit{View: c.view(), Seq: p.Seq, Chain: p.Chain})
	case message.KindSuspect:
		return c.sign(from, &message.Suspect{View: c.view(), Decided: c.seq()})
	case message.KindLeave:
		return c.leave()
	case message.KindViewChange:
		return c.sign(from, c.change(c.view()))
	case message.KindNewView:
		return c.newView()
	case message.KindCheckpoint:
		return c.sign(from, &message.Checkpoint{CheckpointBody: c.checkpointBody()})
	case message.KindPrepareCert:
		return c.prepareCert()
	case message.KindCommitCert:
		return c.commitCert()
	case message.KindCheckpointCert:
		return c.checkpointCert()
	case message.KindStatus:
		return &message.Status{
			Entered: c.view(), Target: c.view(), Tip: c.seq(), Certified: c.seq(), Decided: c.seq(), Stable: c.seq(), Nonce: c.draw(3), Echo: c.draw(3),
		}
	case message.KindFetch:
		return &message.Fetch{From: c.point(), Want: c.point(), Bodies: c.draw(2) == 0}
	case message.KindBlocks:
		return c.answer()
	case message.KindFetchView:
		return &message.FetchView{View: c.view()}
	}
	m := &message.Requests{}
	for range 1 + c.draw(12) {
		m.List = append(m.List, c.names.request(c.world, fmt.Sprintf("%c%d", rune('a'+c.draw(12)), 1+c.draw(3))))
	}
	return m
}

func (c *chaos) prepare() *message.Prepare {
	p := c.point()
	m := &message.Prepare{View: c.view(), Seq: p.Seq, Chain: p.Chain, Base: min(c.h.core.Status().Base.Seq, p.Seq)}
	if c.draw(4) == 0 {
		m.Base = min(c.seq(), p.Seq)
	}
	return m
}

func (c *chaos) change(v message.View) *message.ViewChange {
	m := &message.ViewChange{View: v, Chain: c.root.Chain}
	if len(c.certs) > 0 && c.draw(2) == 0 {
		pc := c.certs[c.draw(uint64(len(c.certs)))]
		m.Rank, m.Chain = pc.Rank(), pc.Chain
	}
	return m
}

func (c *chaos) leave() message.Message {
	m := &message.Leave{View: c.view()}
	for range c.draw(4) {
		m.Suspects = append(m.Suspects, *c.sign(c.peer(), &message.Suspect{View: c.view(), Decided: c.seq()}).(*message.Suspect))
		m.Changes = append(m.Changes, *c.sign(c.peer(), c.change(c.view())).(*message.ViewChange))
	}
	if c.draw(3) == 0 {
		a, b := c.prepare(), c.prepare()
		who := c.peer()
		b.View = a.View
		m.Proof = &message.Evidence{
			Kind: message.EvidenceBase, Culprit: message.ReplicaID(who), First: c.sign(who, a), Second: c.sign(who, b),
		}
	}
	return m
}

func (c *chaos) newView() message.Message {
	v := c.view()
	m := &message.NewView{View: v}
	var best message.Rank
	for i := range c.hosts {
		if i != c.h.id {
			vc := c.sign(i, c.change(v)).(*message.ViewChange)
			m.Changes = append(m.Changes, *vc)
			best = maxRank(best, vc.Rank)
		}
	}
	for _, pc := range c.certs {
		if pc.Rank() == best {
			m.Cert = pc
		}
	}
	who := int(v % 4)
	if who == c.h.id {
		who = c.peer()
	}
	return c.sign(who, m)
}

// line returns block indices from just above a up the chain to b, or nil.
func (c *chaos) line(a, b int) (out []int) {
	for ; b != a; b = c.blocks[b].parent {
		if b == 0 {
			return nil
		}
		out = append(out, b)
	}
	slices.Reverse(out)
	return out
}

// votes signs, for each peer, something at block b or above it, and returns the
// links that join them.
func (c *chaos) votes(b int, vote func(message.Point) message.Signed) (list []message.CertVote, links []message.Digest) {
	top := c.block()
	line := c.line(b, top)
	for _, i := range line {
		links = append(links, c.blocks[i].header.Digest())
	}
	for i := range c.hosts {
		if i == c.h.id {
			continue
		}
		at := b
		if len(line) > 0 {
			at = line[len(line)-1]
		}
		_, sig := c.sign(i, vote(c.blocks[at].point)).Author()
		list = append(list, message.CertVote{Signer: message.ReplicaID(i), Seq: c.blocks[at].point.Seq, Sig: sig})
	}
	return list, links
}

func (c *chaos) prepareCert() message.Message {
	b := c.block()
	p := c.blocks[b].point
	m := &message.PrepareCert{View: c.view(), Seq: p.Seq, Chain: p.Chain}
	if c.draw(2) == 0 {
		m.Base = min(c.seq(), p.Seq)
	}
	m.Votes, m.Links = c.votes(b, func(p message.Point) message.Signed {
		return &message.Prepare{View: m.View, Base: m.Base, Seq: p.Seq, Chain: p.Chain}
	})
	c.certs = append(c.certs, m)
	return m
}

func (c *chaos) commitCert() *message.CommitCert {
	b := c.block()
	p := c.blocks[b].point
	m := &message.CommitCert{View: c.view(), Seq: p.Seq, Chain: p.Chain}
	m.Votes, m.Links = c.votes(b, func(p message.Point) message.Signed {
		return &message.Commit{View: m.View, Seq: p.Seq, Chain: p.Chain}
	})
	return m
}

func (c *chaos) checkpointBody() message.CheckpointBody {
	p := c.point()
	if c.draw(2) == 0 {
		p.Seq -= p.Seq % chaosInterval
	}
	return message.CheckpointBody{Seq: p.Seq, Chain: p.Chain, State: message.Digest{byte(c.draw(2))}}
}

func (c *chaos) checkpointCert() *message.CheckpointCert {
	m := &message.CheckpointCert{CheckpointBody: c.checkpointBody()}
	for i := range c.hosts {
		if i != c.h.id {
			_, sig := c.sign(i, &message.Checkpoint{CheckpointBody: m.CheckpointBody}).Author()
			m.Votes = append(m.Votes, message.CertVote{Signer: message.ReplicaID(i), Seq: m.Seq, Sig: sig})
		}
	}
	return m
}

func (c *chaos) answer() message.Message {
	top := c.block()
	from := top
	for range c.draw(6) {
		from = c.blocks[from].parent
	}
	m := &message.Blocks{From: c.blocks[from].point}
	for _, i := range c.line(from, top) {
		d := message.BlockData{Header: c.blocks[i].header}
		if c.draw(4) != 0 {
			d.Raw = c.blocks[i].raw
		}
		m.Blocks = append(m.Blocks, d)
	}
	switch c.draw(4) {
	case 0:
		m.Commit = c.commitCert()
	case 1:
		m.Stable = c.checkpointCert()
	case 2:
		m.Prepare = c.sign(c.peer(), c.prepare()).(*message.Prepare)
	}
	return m
}
