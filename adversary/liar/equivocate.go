package liar

import "github.com/twothirds-bft/twothirds/pbft/message"

// equivocator keeps a shadow chain beside the honest core's own: for each block
// that the core proposes there is a twin, and some replicas see twins only.
type equivocator struct {
	sees  func(e *Env, to message.ReplicaID) bool // twins
	twin  func(e *Env, m *message.Body) (message.Header, []byte)
	twins map[message.Digest]twin // by the own chain digest
}

type twin struct {
	parent message.Digest
	header message.Header
	raw    []byte
}

func (t *twin) chain() message.Digest { return t.parent.Extend(t.header.Digest()) }

// repacked returns the header of m for another payload.
func repacked(m *message.Body, raw []byte) (message.Header, []byte) {
	h := m.Header
	h.SetPayload(raw)
	return h, raw
}

// doubled returns m with its first request twice.
func doubled(_ *Env, m *message.Body) (message.Header, []byte) {
	p, err := message.ParseBatch(m.Raw)
	if err != nil {
		return m.Header, m.Raw
	}
	return repacked(m, message.AppendBatch(nil, append(p.Requests[:len(p.Requests):len(p.Requests)], p.Requests[0])))
}

func everyone(*Env, message.ReplicaID) bool { return true }

// newEquivocate shows the upper half of the replicas blocks with the same requests,
// the first of them twice. It breaks quorums of a mere majority (A13).
func newEquivocate(e *Env) Sender { return (&equivocator{sees: (*Env).upper, twin: doubled}).sender(e) }

// newBadPayload shows everyone blocks whose payload is invalid, under good signatures.
// It breaks who waits for a timer to see it.
func newBadPayload(e *Env) Sender {
	q := &equivocator{sees: everyone}
	q.twin = func(_ *Env, m *message.Body) (message.Header, []byte) {
		return repacked(m, append(m.Raw[:len(m.Raw):len(m.Raw)], 0))
	}
	return q.sender(e)
}

// newRepeats fills its blocks with requests that stand in earlier ones, and with some
// twice. It breaks execution that counts on blocks without duplicates, and voters
// who judge by what they have executed (A67; CometBFT 5324).
func newRepeats(e *Env) Sender {
	var old []message.Request
	q := &equivocator{sees: everyone}
	q.twin = func(_ *Env, m *message.Body) (message.Header, []byte) {
		p, err := message.ParseBatch(m.Raw)
		if err != nil {
			return m.Header, m.Raw
		}
		list := append(append(p.Requests[:len(p.Requests):len(p.Requests)], old...), p.Requests...)
		old = append(old, p.Requests...)
		old = old[max(0, len(old)-16):]
		return repacked(m, message.AppendBatch(nil, list))
	}
	return q.sender(e)
}

// newOddHeader gets one number of each header wrong: seq, view, epoch, size or a kind.
// It breaks who looks at the digests only, or trusts an index that it did not
// compare (A24; advisories ASA-2024-011 and ASA-2025-002, -003 of CometBFT).
func newOddHeader(e *Env) Sender {
	q := &equivocator{sees: everyone}
	q.twin = func(e *Env, m *message.Body) (message.Header, []byte) {
		h, by := m.Header, 1+e.Draw("by", 3)
		switch e.Draw("field", 6) {
		case 0:
			h.Seq += message.Seq(by)
		case 1:
			h.View += message.View(by)
		case 2:
			h.Epoch += message.Epoch(by)
		case 3:
			h.PayloadSize += uint32(by)
		case 4:
			h.PayloadKind += message.PayloadKind(by)
		case 5:
			h.PayloadHash += message.HashKind(by)
		}
		return h, m.Raw
	}
	return q.sender(e)
}

// newFakeBody sends other bytes than its headers name. It breaks who checks a body
// against nothing, or bans whoever passed it on (A39).
func newFakeBody(e *Env) Sender {
	return func(to message.ReplicaID, m message.Message) {
		if b, ok := m.(*message.Body); ok && len(b.Raw) > 0 {
			c := *b
			c.Raw = append([]byte(nil), b.Raw...)
			c.Raw[e.Draw("byte", uint64(len(c.Raw)))] ^= 1 << e.Draw("bit", 8)
			if e.upper(to) {
				c.Raw = c.Raw[:e.Draw("cut", uint64(len(c.Raw)))]
			}
			m = &c
		}
		e.Send(to, m)
	}
}

func (q *equivocator) sender(e *Env) Sender {
	q.twins = make(map[message.Digest]twin)
	return func(to message.ReplicaID, m message.Message) { q.send(e, to, m) }
}

func (q *equivocator) send(e *Env, to message.ReplicaID, m message.Message) {
	if !q.sees(e, to) {
		e.Send(to, m)
		return
	}
	switch m := m.(type) {
	case *message.PrePrepare:
		return // the twin's header goes with its body, which is not known yet
	case *message.Body:
		q.propose(e, to, m)
	case *message.Prepare:
		c := *m
		c.Chain = q.shadow(m.Chain)
		e.Send(to, e.signed(&c))
	case *message.Commit:
		c := *m
		c.Chain = q.shadow(m.Chain)
		e.Send(to, e.signed(&c))
	default:
		e.Send(to, m)
	}
}

// shadow returns the twin of a place on the own chain.
func (q *equivocator) shadow(d message.Digest) message.Digest {
	if t, ok := q.twins[d]; ok {
		return t.chain()
	}
	return d
}

// propose sends a block's twin, the same one to everyone who sees twins.
func (q *equivocator) propose(e *Env, to message.ReplicaID, m *message.Body) {
	at := m.Parent.Extend(m.Header.Digest())
	t, ok := q.twins[at]
	if !ok {
		t.parent = q.shadow(m.Parent)
		t.header, t.raw = q.twin(e, m)
		keep(q.twins, at, t)
	}
	e.Send(to, &message.PrePrepare{Parent: t.parent, Header: t.header})
	e.Send(to, &message.Body{Parent: t.parent, Header: t.header, Raw: t.raw})
}
