package wire

import (
	"github.com/twothirds-bft/twothirds/pbft/message"
	"github.com/twothirds-bft/twothirds/pbft/wire/wirepb"
)

// AppendEvidence appends the encoding of a proof to dst, for storage and for
// anyone who has the members: the message Evidence of the schema, as canonical
// as a frame but without its first byte. It fails like Append.
func AppendEvidence(dst []byte, e *message.Evidence) ([]byte, error) {
	var enc encoder
	s := enc.evidence(e)
	if enc.err != nil {
		return dst, enc.err
	}
	if s.Size() > FrameMax {
		return dst, malformed("evidence too long")
	}
	return appendSchema(dst, s, -1), nil
}

// DecodeEvidence reads what AppendEvidence wrote. The result does not refer to b.
// It fails with ErrMalformed. Whether the proof convicts anyone is for
// [message.Door.Evidence] to say.
func DecodeEvidence(b []byte) (*message.Evidence, error) {
	if len(b) > FrameMax {
		return nil, malformed("evidence too long")
	}
	p := new(wirepb.Evidence)
	if err := unmarshal(b, evidence, p); err != nil {
		return nil, err
	}
	var enc encoder
	e := toEvidence(p)
	s := enc.evidence(e)
	if enc.err != nil {
		return nil, enc.err
	}
	if err := canonical(b, s, -1); err != nil {
		return nil, err
	}
	return e, nil
}

func (e *encoder) evidence(m *message.Evidence) *wirepb.Evidence {
	s := &wirepb.Evidence{
		Kind: uint32(m.Kind), Culprit: uint32(m.Culprit), First: e.signed(m.First), Second: e.signed(m.Second),
		Fork: wirepb.Digest(m.Fork), Links: e.links(m.Links), Raw: m.Raw,
	}
	if m.Header != (message.Header{}) {
		s.Header = new(fromHeader(&m.Header))
	}
	return s
}

func toEvidence(p *wirepb.Evidence) *message.Evidence {
	m := &message.Evidence{
		Kind: message.EvidenceKind(p.Kind), Culprit: message.ReplicaID(p.Culprit),
		First: toSigned(p.First), Second: toSigned(p.Second),
		Fork: message.Digest(p.Fork), Links: toLinks(p.Links), Raw: p.Raw,
	}
	if p.Header != nil {
		m.Header = toHeader(p.Header)
	}
	return m
}

// signed takes the kinds of which proofs are made.
func (e *encoder) signed(m message.Signed) *wirepb.Signed {
	switch m := m.(type) {
	case nil:
		return nil
	case *message.Prepare:
		return &wirepb.Signed{Message: &wirepb.Signed_Prepare{Prepare: e.prepare(m)}}
	case *message.Commit:
		return &wirepb.Signed{Message: &wirepb.Signed_Commit{Commit: e.commit(m)}}
	case *message.ViewChange:
		return &wirepb.Signed{Message: &wirepb.Signed_ViewChange{ViewChange: new(e.viewChange(m))}}
	case *message.NewView:
		return &wirepb.Signed{Message: &wirepb.Signed_NewView{NewView: e.newView(m)}}
	}
	e.fail("kind of signed message")
	return nil
}

// toSigned makes nothing of an empty Signed, which does not come through
// canonical.
func toSigned(p *wirepb.Signed) message.Signed {
	if p == nil {
		return nil
	}
	switch m := p.Message.(type) {
	case *wirepb.Signed_Prepare:
		return toPrepare(m.Prepare)
	case *wirepb.Signed_Commit:
		return toCommit(m.Commit)
	case *wirepb.Signed_ViewChange:
		return new(toViewChange(m.ViewChange))
	case *wirepb.Signed_NewView:
		return toNewView(m.NewView)
	}
	return nil
}

func (e *encoder) leave(m *message.Leave) *wirepb.Leave {
	e.count(len(m.Suspects), MembersMax)
	return &wirepb.Leave{
		Epoch: uint64(m.Epoch), View: uint64(m.View),
		Suspects: each(m.Suspects, e.suspect),
		Changes:  e.viewChanges(m.Changes), Proof: ifAny(m.Proof, e.evidence),
	}
}

func toLeave(p *wirepb.Leave) *message.Leave {
	return &message.Leave{
		Epoch: message.Epoch(p.Epoch), View: message.View(p.View),
		Suspects: each(p.Suspects, toSuspect),
		Changes:  toViewChanges(p.Changes), Proof: ifAny(p.Proof, toEvidence),
	}
}
