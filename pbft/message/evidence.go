package message

import (
	"errors"

	"github.com/twothirds-bft/twothirds/internal/bug"
)

// EvidenceKind says which pair of signed messages convicts (spec E1).
type EvidenceKind uint8

// The kinds of evidence. Messages are compared only within one epoch and one
// kind: a PREPARE and a COMMIT of one correct replica may lie on two chains of
// one view if its primary equivocated.
const (
	EvidencePrepareFork EvidenceKind = 1 // two PREPAREs of one view on different chains
	EvidenceCommitFork  EvidenceKind = 2 // two COMMITs of one view on different chains
	EvidenceBase        EvidenceKind = 3 // two PREPAREs of one view with different bases
	EvidenceLowReport   EvidenceKind = 4 // a VIEW-CHANGE below an earlier COMMIT of its signer
	EvidenceViewChange  EvidenceKind = 5 // two VIEW-CHANGEs of one view that differ
	EvidenceNewView     EvidenceKind = 6 // two NEW-VIEWs of one view that differ
	EvidencePayload     EvidenceKind = 7 // a block under its primary's PREPARE whose payload is invalid
)

// Evidence is a proof, for anyone who has the members, that Culprit signed what no
// correct replica signs together. First and Second are Signed messages of the
// two kinds that Kind names; First.Seq <= Second.Seq where they have one.
//
// For the forks, Fork is the chain digest of Second's chain at First's seq and
// Links lead from it to Second. For an invalid payload First is the primary's
// PREPARE, Parent, Header and Raw are the block and Links lead from it to First.
type Evidence struct {
	Kind    EvidenceKind
	Culprit ReplicaID
	First   Signed
	Second  Signed // nil for EvidencePayload
	Fork    Digest
	Links   []Digest
	Header  Header
	Raw     []byte
}

// ErrEvidence reports evidence that proves nothing.
var ErrEvidence = errors.New("message: evidence proves nothing")

// View returns the view in which the culprit's first message was signed.
func (e *Evidence) View() View {
	switch m := e.First.(type) {
	case *Prepare:
		return m.View
	case *Commit:
		return m.View
	case *ViewChange:
		return m.View
	case *NewView:
		return m.View
	}
	return 0
}

// Evidence checks a proof and returns whom it convicts.
func (d *Door) Evidence(e *Evidence) (ReplicaID, error) {
	if e == nil || e.First == nil || len(e.Links) > d.limits.Links {
		return 0, ErrEvidence
	}
	for _, m := range []Signed{e.First, e.Second} {
		if m == nil {
			if e.Kind != EvidencePayload {
				return 0, ErrEvidence
			}
			continue
		}
		if id, _ := m.Author(); id != e.Culprit {
			return 0, ErrEvidence
		}
		if err := d.Signature(m); err != nil {
			return 0, err
		}
	}
	if !e.tidy() || !d.convicts(e) {
		return 0, ErrEvidence
	}
	return e.Culprit, nil
}

// tidy reports whether the fields that the kind has no use for are empty, so that
// proofs are no place to store things (spec D1).
func (e *Evidence) tidy() bool {
	bare := e.Header == Header{} && e.Raw == nil
	switch e.Kind {
	case EvidencePrepareFork, EvidenceCommitFork:
		return bare
	case EvidencePayload:
		return e.Second == nil
	}
	return bare && e.Fork.IsZero() && len(e.Links) == 0
}

func (d *Door) convicts(e *Evidence) bool {
	switch e.Kind {
	case EvidencePrepareFork, EvidenceBase:
		a, okA := e.First.(*Prepare)
		b, okB := e.Second.(*Prepare)
		if !okA || !okB || a.View != b.View && !bug.M57 {
			return false
		}
		if e.Kind == EvidenceBase {
			return a.Base != b.Base
		}
		return forks(a.Point(), b.Point(), e.Fork, e.Links)
	case EvidenceCommitFork:
		a, okA := e.First.(*Commit)
		b, okB := e.Second.(*Commit)
		return okA && okB && a.View == b.View && forks(a.Point(), b.Point(), e.Fork, e.Links)
	case EvidenceLowReport:
		a, okA := e.First.(*Commit)
		b, okB := e.Second.(*ViewChange)
		return okA && okB && a.View < b.View && b.Rank.Compare(Rank{a.Epoch, a.View, a.Seq}) < 0
	case EvidenceViewChange:
		a, okA := e.First.(*ViewChange)
		b, okB := e.Second.(*ViewChange)
		return okA && okB && a.View == b.View && (a.Rank != b.Rank || a.Chain != b.Chain)
	case EvidenceNewView:
		a, okA := e.First.(*NewView)
		b, okB := e.Second.(*NewView)
		return okA && okB && a.View == b.View && a.BodyDigest() != b.BodyDigest()
	case EvidencePayload:
		return d.invalidPayload(e)
	}
	return false
}

// forks reports whether b's chain has fork at a's seq, and a does not.
func forks(a, b Point, fork Digest, links []Digest) bool {
	return a.Seq <= b.Seq && Seq(len(links)) == b.Seq-a.Seq && fork != a.Chain && Fold(fork, links) == b.Chain
}

func (d *Door) invalidPayload(e *Evidence) bool {
	p, ok := e.First.(*Prepare)
	if !ok || d.members.Primary(p.View) != p.Signer || e.Header.Epoch != p.Epoch || e.Header.View != p.View ||
		e.Header.Seq > p.Seq || Seq(len(e.Links)) != p.Seq-e.Header.Seq {
		return false
	}
	if Fold(e.Fork.Extend(e.Header.Digest()), e.Links) != p.Chain {
		return false
	}
	// The payload must be the one that the header names, and be refused: for what it is,
	// or for its kind or size, which are the genesis' (spec N1).
	if !e.Header.Names(e.Raw) {
		return false
	}
	_, err := d.Payload(&e.Header, e.Raw)
	return err != nil || d.header(&e.Header) != nil
}
