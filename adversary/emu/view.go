package emu

import (
	"slices"

	"github.com/twothirds-bft/twothirds/pbft/message"
)

// View speaks for the other members in one view. Make it with Driver.View.
type View struct {
	Number message.View
	d      *Driver
}

// View returns the view of a number.
func (d *Driver) View(number message.View) *View { return &View{Number: number, d: d} }

// Primary returns the primary of this view (spec V7).
func (v *View) Primary() message.ReplicaID { return v.d.members.Primary(v.Number) }

// Base returns the point that votes in this view begin at (spec N2): genesis, unless a
// NEW-VIEW was delivered, or sent, that says otherwise.
func (v *View) Base() message.Point {
	if base, ok := v.d.bases[v.Number]; ok {
		return base
	}
	return v.d.root
}

// enter notes the base of a view.
func (d *Driver) enter(m *message.NewView) {
	d.bases[m.View] = d.root
	if m.Cert != nil {
		d.bases[m.View] = m.Cert.Point()
	}
}

func (v *View) prepare(at message.Point) *message.Prepare {
	return &message.Prepare{View: v.Number, Base: v.Base().Seq, Seq: at.Seq, Chain: at.Chain}
}

func (v *View) commit(at message.Point) *message.Commit {
	return &message.Commit{View: v.Number, Seq: at.Seq, Chain: at.Chain}
}

// Prepare delivers PREPAREs for a point (spec N2).
func (v *View) Prepare(at message.Point, from ...message.ReplicaID) {
	v.d.t.Helper()
	for _, id := range from {
		v.d.deliver(id, v.d.Sign(id, v.prepare(at)))
	}
}

// Commit delivers COMMITs for a point (spec N4).
func (v *View) Commit(at message.Point, from ...message.ReplicaID) {
	v.d.t.Helper()
	for _, id := range from {
		v.d.deliver(id, v.d.Sign(id, v.commit(at)))
	}
}

// Suspect delivers SUSPECTs of this view (spec V1).
func (v *View) Suspect(from ...message.ReplicaID) {
	v.d.t.Helper()
	for _, id := range from {
		v.d.deliver(id, v.d.Sign(id, &message.Suspect{View: v.Number}))
	}
}

// PrepareCert returns a prepare certificate of this view at a point, made of the votes of
// these members for just that point (spec N3). The replica's own can be among them if it
// sent that vote.
func (v *View) PrepareCert(at message.Point, from ...message.ReplicaID) *message.PrepareCert {
	v.d.t.Helper()
	p := v.prepare(at)
	return &message.PrepareCert{
		View: p.View, Base: p.Base, Seq: p.Seq, Chain: p.Chain,
		Votes: v.d.votes(from, func() message.Signed { return v.prepare(at) }, at.Seq),
	}
}

// CommitCert returns a commit certificate of this view at a point (spec N5), made like a
// PrepareCert.
func (v *View) CommitCert(at message.Point, from ...message.ReplicaID) *message.CommitCert {
	v.d.t.Helper()
	return &message.CommitCert{
		View: v.Number, Seq: at.Seq, Chain: at.Chain,
		Votes: v.d.votes(from, func() message.Signed { return v.commit(at) }, at.Seq),
	}
}

// votes makes a certificate's votes, in order of their signers.
func (d *Driver) votes(from []message.ReplicaID, vote func() message.Signed, seq message.Seq) (votes []message.CertVote) {
	d.t.Helper()
	for _, id := range slices.Sorted(slices.Values(from)) {
		_, sig := d.Sign(id, vote()).Author()
		votes = append(votes, message.CertVote{Signer: id, Seq: seq, Sig: sig})
	}
	return votes
}

// ViewChange delivers VIEW-CHANGEs for this view that report a certificate, or the root if
// it is nil, and the certificate itself to a replica that will be the primary (spec V2).
func (v *View) ViewChange(cert *message.PrepareCert, from ...message.ReplicaID) {
	v.d.t.Helper()
	for _, id := range from {
		v.d.deliver(id, v.d.Sign(id, v.change(cert)))
		if cert != nil && v.Primary() == v.d.cfg.Self {
			v.d.deliver(id, cert)
		}
	}
}

// change returns an unsigned VIEW-CHANGE that reports cert.
func (v *View) change(cert *message.PrepareCert) *message.ViewChange {
	if cert == nil {
		return &message.ViewChange{View: v.Number, Chain: v.d.root.Chain}
	}
	return &message.ViewChange{View: v.Number, Rank: cert.Rank(), Chain: cert.Chain}
}

// NewViewOf returns the NEW-VIEW of this view's primary with the summaries of these
// members, which report cert, or the root if it is nil (spec V3). For the replica itself
// stands the VIEW-CHANGE that it sent.
func (v *View) NewViewOf(cert *message.PrepareCert, from ...message.ReplicaID) *message.NewView {
	v.d.t.Helper()
	m := &message.NewView{View: v.Number, Cert: cert}
	for _, id := range slices.Sorted(slices.Values(from)) {
		change := v.change(cert)
		if id == v.d.cfg.Self {
			change = v.ownChange()
		}
		m.Changes = append(m.Changes, *v.d.Sign(id, change).(*message.ViewChange))
	}
	v.d.Sign(v.Primary(), m)
	return m
}

// ownChange returns the replica's VIEW-CHANGE for this view.
func (v *View) ownChange() *message.ViewChange {
	v.d.t.Helper()
	for _, m := range v.d.said {
		if own, ok := m.(*message.ViewChange); ok && own.View == v.Number {
			change := *own
			return &change
		}
	}
	v.d.t.Fatalf("emu: the replica has not asked for view %d", v.Number)
	return nil
}

// NewView delivers NewViewOf from the primary. From then on votes of this view begin at
// its base.
func (v *View) NewView(cert *message.PrepareCert, from ...message.ReplicaID) {
	v.d.t.Helper()
	m := v.NewViewOf(cert, from...)
	v.d.deliver(v.Primary(), m)
	v.d.enter(m)
}

// Checkpoint delivers the CHECKPOINT that the replica itself sent for a seq from other
// members: all have one state (spec C1).
func (d *Driver) Checkpoint(seq message.Seq, from ...message.ReplicaID) {
	d.t.Helper()
	for _, m := range d.said {
		if own, ok := m.(*message.Checkpoint); ok && own.Seq == seq {
			for _, id := range from {
				d.deliver(id, d.Sign(id, &message.Checkpoint{CheckpointBody: own.CheckpointBody}))
			}
			return
		}
	}
	d.t.Fatalf("emu: the replica sent no CHECKPOINT at %d", seq)
}
