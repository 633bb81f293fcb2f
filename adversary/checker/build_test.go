package checker_test

import (
	"github.com/twothirds-bft/twothirds/pbft/message"
)

// The builders make messages that are mostly right, out of numbers that are seldom wrong,
// and have everything signed by whom it names: as if all keys were the adversary's.

// place is what the votes of a certificate have in common.
type place struct {
	epoch message.Epoch
	view  message.View
	base  message.Seq
	point message.Point
}

func (w *world) place(below message.View) place {
	d := w.dice
	p := place{epoch: message.Epoch(d.around(0)), view: message.View(d.around(d(uint64(below)))), base: message.Seq((d(3) + 1) % 3)}
	p.point = message.Point{Seq: message.Seq(d.around(uint64(p.base) + d(3))), Chain: message.Digest{7, byte(d(4))}}
	p.base = message.Seq(d.around(uint64(p.base)))
	return p
}

// votes makes a certificate's votes and the links up to the highest, mostly. vote makes
// the one at a point.
func (w *world) votes(p place, vote func(message.Point) message.Signed) (all []message.CertVote, up []message.Digest) {
	top := w.span()
	up = links(int(w.dice.around(top)%16), 1)
	path := []message.Digest{p.point.Chain}
	for _, l := range up {
		path = append(path, path[len(path)-1].Extend(l))
	}
	for _, i := range w.signers() {
		above := w.dice(top + 1)
		if len(all) == 0 {
			above = top
		}
		at := message.Point{Seq: message.Seq(w.dice.around(uint64(p.point.Seq) + above)), Chain: path[min(above, uint64(len(path)-1))]}
		m := vote(at)
		w.sign(i, m)
		_, sig := m.Author()
		all = append(all, message.CertVote{Signer: memberID(i), Seq: at.Seq, Sig: sig})
	}
	return all, up
}

// span draws a number of links, sometimes one about as high as is allowed.
func (w *world) span() uint64 {
	if w.dice(8) == 7 {
		return 4*uint64(w.genesis.Interval) + w.dice(2)
	}
	return w.dice(5)
}

func (w *world) prepareCert(p place) *message.PrepareCert {
	c := &message.PrepareCert{Epoch: p.epoch, View: p.view, Base: p.base, Seq: p.point.Seq, Chain: p.point.Chain}
	signed := p
	if w.dice.rare() {
		signed.base++
	}
	c.Votes, c.Links = w.votes(p, func(at message.Point) message.Signed {
		return &message.Prepare{Epoch: p.epoch, View: p.view, Base: signed.base, Seq: at.Seq, Chain: at.Chain}
	})
	return c
}

func (w *world) commitCert() *message.CommitCert {
	p := w.place(4)
	c := &message.CommitCert{Epoch: p.epoch, View: p.view, Seq: p.point.Seq, Chain: p.point.Chain}
	c.Votes, c.Links = w.votes(p, func(at message.Point) message.Signed {
		if w.dice.rare() {
			return &message.Prepare{Epoch: p.epoch, View: p.view, Seq: at.Seq, Chain: at.Chain}
		}
		return &message.Commit{Epoch: p.epoch, View: p.view, Seq: at.Seq, Chain: at.Chain}
	})
	return c
}

func (w *world) checkpointBody() message.CheckpointBody {
	d := w.dice
	return message.CheckpointBody{
		Epoch: message.Epoch(d.around(0)), Seq: message.Seq(d.around(1 + d(8))), Chain: message.Digest{1}, State: message.Digest{2, byte(d(2))},
		Clients: message.Digest{3}, Members: message.Digest{4}, Reputation: message.Digest{5}, SnapshotSeq: message.Seq(d.around(d(2))), SnapshotRoot: message.Digest{6},
	}
}

func (w *world) checkpointCert() *message.CheckpointCert {
	c := &message.CheckpointCert{CheckpointBody: w.checkpointBody()}
	for _, i := range w.signers() {
		m := &message.Checkpoint{CheckpointBody: c.CheckpointBody}
		if w.dice.rare() {
			m.State[0]++
		}
		w.sign(i, m)
		c.Votes = append(c.Votes, message.CertVote{Signer: memberID(i), Seq: message.Seq(w.dice.around(uint64(c.Seq))), Sig: m.Sig})
	}
	return c
}

func (w *world) viewChange(e message.Epoch, v message.View, r message.Rank) *message.ViewChange {
	d := w.dice
	return &message.ViewChange{
		Epoch: e, View: message.View(d.around(uint64(v))), Chain: message.Digest{9, byte(d(2))},
		Rank: message.Rank{Epoch: message.Epoch(d.around(uint64(r.Epoch))), View: message.View(d.around(uint64(r.View))), Seq: message.Seq(d.around(uint64(r.Seq)))},
	}
}

// newView makes a NEW-VIEW in which mostly the certificate has the highest rank.
func (w *world) newView() *message.NewView {
	d := w.dice
	m := &message.NewView{Epoch: message.Epoch(d.around(0)), View: message.View(d.around(1 + d(8)))}
	highest := message.Rank{Epoch: m.Epoch}
	if d(4) != 3 {
		m.Cert = w.prepareCert(w.place(max(m.View%8, 1)))
		highest = m.Cert.Rank()
	}
	for n, i := range w.signers() {
		r := highest
		if n > 0 && d(2) == 1 {
			r = message.Rank{Epoch: m.Epoch} // the root's
		}
		c := w.viewChange(m.Epoch, m.View, r)
		w.sign(i, c)
		m.Changes = append(m.Changes, *c)
	}
	w.sign(int(d.around(uint64(m.View)%uint64(w.members.Len()))%11), m)
	return m
}

// single makes a vote that stands for itself.
func (w *world) single() message.Signed {
	d, p := w.dice, w.place(4)
	var m message.Signed
	switch d(5) {
	case 0:
		m = &message.Prepare{Epoch: p.epoch, View: p.view, Base: p.base, Seq: p.point.Seq, Chain: p.point.Chain}
	case 1:
		m = &message.Commit{Epoch: p.epoch, View: p.view, Seq: p.point.Seq, Chain: p.point.Chain}
	case 2:
		m = &message.Suspect{Epoch: p.epoch, View: p.view, Decided: p.point.Seq}
	case 3:
		m = w.viewChange(p.epoch, p.view+1, message.Rank{Epoch: p.epoch, View: p.view, Seq: p.point.Seq})
	case 4:
		m = &message.Checkpoint{CheckpointBody: w.checkpointBody()}
	}
	w.sign(int(d.around(d(uint64(w.members.Len())))%11), m)
	return m
}
