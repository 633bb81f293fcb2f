package checker_test

import (
	"bytes"

	"github.com/zeebo/blake3"

	"github.com/twothirds-bft/twothirds/pbft/message"
)

// evidence makes a proof that mostly convicts.
func (w *world) evidence() *message.Evidence {
	d := w.dice
	culprit := int(d(uint64(w.members.Len())))
	e := &message.Evidence{Kind: message.EvidenceKind(1 + d(7)), Culprit: memberID(culprit)}
	switch e.Kind {
	case message.EvidencePrepareFork, message.EvidenceCommitFork:
		w.fork(e)
	case message.EvidencePayload:
		w.payload(e)
	default:
		w.pair(e)
	}
	signer := culprit
	if e.Kind == message.EvidencePayload && d(8) != 7 { // mostly the primary is the culprit
		signer = w.members.Index(w.members.Primary(e.First.(*message.Prepare).View))
		e.Culprit = memberID(signer)
	}
	w.sign(signer, e.First)
	if e.Second != nil {
		if d.rare() {
			signer = int(d(11))
		}
		w.sign(signer, e.Second)
	}
	w.untidy(e)
	return e
}

// untidy seldom puts something into a proof that does not belong there, or takes
// something away.
func (w *world) untidy(e *message.Evidence) {
	switch w.dice(64) {
	case 58:
		e.Raw = []byte{1}
	case 59:
		e.Header.Seq++
	case 60:
		e.Fork[3]++
	case 61:
		e.Links = append(e.Links, message.Digest{1})
	case 62:
		e.Second = nil
	case 63:
		e.Kind = message.EvidenceKind(w.dice(9))
	}
}

// fork makes two votes that mostly are on two chains.
func (w *world) fork(e *message.Evidence) {
	d, p := w.dice, w.place(4)
	apart := int(w.span())
	e.Fork, e.Links = message.Digest{8}, links(int(d.around(uint64(apart))%16), 2)
	if d.rare() {
		e.Fork = p.point.Chain
	}
	second := p
	second.point = message.Point{Seq: p.point.Seq + message.Seq(apart), Chain: message.Fold(e.Fork, e.Links)}
	second.view = message.View(d.around(uint64(p.view)))
	e.First, e.Second = p.vote(e.Kind), second.vote(e.Kind)
}

func (p place) vote(k message.EvidenceKind) message.Signed {
	if k == message.EvidenceCommitFork {
		return &message.Commit{Epoch: p.epoch, View: p.view, Seq: p.point.Seq, Chain: p.point.Chain}
	}
	return &message.Prepare{Epoch: p.epoch, View: p.view, Base: p.base, Seq: p.point.Seq, Chain: p.point.Chain}
}

// pair makes two messages that mostly contradict each other without links.
func (w *world) pair(e *message.Evidence) {
	d, p := w.dice, w.place(4)
	second := p
	second.view = message.View(d.around(uint64(p.view)))
	rank := message.Rank{Epoch: p.epoch, View: p.view, Seq: p.point.Seq}
	switch e.Kind {
	case message.EvidenceBase:
		second.base, second.point.Seq = p.base+message.Seq(1-d(8)/7), p.point.Seq+1
		e.First, e.Second = p.vote(e.Kind), second.vote(e.Kind)
	case message.EvidenceLowReport:
		rank.Seq -= min(rank.Seq, message.Seq(1-d(8)/7))
		e.Second = w.viewChange(p.epoch, p.view+1+message.View(d(3)), rank)
		p.view += message.View(d(8) / 7 * 2) // mostly the COMMIT came first
		e.First = p.vote(message.EvidenceCommitFork)
	case message.EvidenceViewChange:
		e.First, e.Second = w.viewChange(p.epoch, p.view+1, rank), w.viewChange(p.epoch, p.view+1, rank)
	case message.EvidenceNewView:
		a := w.newView()
		b := *a
		if d(4) != 3 {
			b.Changes = append([]message.ViewChange{{Epoch: a.Epoch, View: a.View, Sig: make([]byte, 64)}}, a.Changes...)
		}
		e.First, e.Second = a, &b
	}
}

// payload makes a block under a PREPARE whose payload is mostly invalid.
func (w *world) payload(e *message.Evidence) {
	d, p := w.dice, w.place(4)
	e.Raw = w.batch()
	if d(3) != 2 {
		e.Raw = w.spoil(e.Raw)
	}
	e.Header = message.Header{
		Epoch: p.epoch, View: message.View(d.around(uint64(p.view))), Seq: p.point.Seq, PayloadKind: message.PayloadKind(d.around(1)),
		PayloadHash: message.HashKind(d.around(1)), PayloadSize: uint32(d.around(uint64(len(e.Raw)))), PayloadDigest: message.PayloadDigest(e.Raw),
	}
	if d(2) == 1 {
		e.Header.PayloadHash, e.Header.PayloadDigest = message.HashBLAKE3, blake3.Sum256(e.Raw)
	}
	e.Fork, e.Links = message.Digest{8}, links(int(d(4)), 2)
	at := message.Point{Seq: p.point.Seq + message.Seq(len(e.Links)), Chain: message.Fold(e.Fork.Extend(e.Header.Digest()), e.Links)}
	p.point = message.Point{Seq: message.Seq(d.around(uint64(at.Seq))), Chain: at.Chain}
	e.First = p.vote(e.Kind)
}

// batch makes a payload of a few requests, mostly valid.
func (w *world) batch() []byte {
	d := w.dice
	var list []message.Request
	for range d.around(1) % 20 {
		i := 1000 + int(d(3))
		r := message.Request{
			Type: message.RequestType(d.around(0)), Client: w.ring.Signer(i).Public(), Session: message.SessionID{Seq: message.Seq(d.around(3)), Pos: uint32(d.around(2))},
			Number: d.around(2), Awaited: d.around(1), Op: bytes.Repeat([]byte{1}, []int{3, 3, 3, 3, 3, 3, 3, 0, 64, 65}[d(10)]),
		}
		if d(4) == 3 {
			r.Type, r.Session, r.Op = message.RequestOpen, message.SessionID{Pos: uint32(d(8) / 7)}, nil
		}
		if d(4) == 3 && r.Type == message.RequestOperation {
			r.Type, r.Op = message.RequestBundle, w.bundle()
		}
		if d(8) == 7 {
			r.Awaited = r.Number + 1
		}
		signer := w.ring.Signer(i)
		if d.rare() {
			signer = w.ring.Signer(1)
		}
		if err := w.door.SignRequest(signer, &r); err != nil {
			w.t.Fatal(err)
		}
		switch d(24) {
		case 22:
			r.Sig = make([]byte, 64)
		case 23:
			r.Sig = r.Sig[:len(r.Sig)/2]
		}
		list = append(list, r)
	}
	return message.AppendBatch(nil, list)
}

// bundle makes a few operations in one, mostly valid.
func (w *world) bundle() []byte {
	b := message.AppendBundle(nil, make([][]byte, w.dice.around(2)%20))
	if w.dice(8) == 7 {
		return w.spoil(b)
	}
	return b
}

// spoil changes bytes.
func (w *world) spoil(b []byte) []byte {
	d := w.dice
	b = bytes.Clone(b)
	at := int(d(uint64(len(b) + 1)))
	switch d(5) {
	case 0:
		return b[:at]
	case 1:
		return append(b, byte(d(256)))
	case 2:
		return append(append(bytes.Clone(b[:at]), byte(d(256))), b[at:]...)
	case 3:
		return append(bytes.Clone(b[:at]), b[min(at+1, len(b)):]...)
	}
	if at < len(b) {
		b[at] ^= 1 << d(8)
	}
	return b
}
