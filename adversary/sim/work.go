package sim

import (
	"fmt"

	"github.com/twothirds-bft/twothirds/crypto"
	"github.com/twothirds-bft/twothirds/pbft/core"
	"github.com/twothirds-bft/twothirds/pbft/message"
	"github.com/twothirds-bft/twothirds/pbft/verify"
)

// filter drops what its replica's core had no use for when it was last published, with
// the code of the real shell and before a signature is checked (spec N8). A stale one
// must cost work only, so not every replica's is up to date.
type filter struct {
	marks core.Marks // published last
	src   Source
	lag   uint64 // turns from one publication to the next, on average, less one
}

// lagMost is the lag of a filter that is never published: all passes it.
const lagMost = 3

func newFilter(src Source) filter { return filter{src: src, lag: src.Draw("filter", lagMost+1)} }

// publish is due after each turn.
func (f *filter) publish(m core.Marks) {
	if f.lag < lagMost && f.src.Draw("publish", f.lag+1) == 0 {
		f.marks = m
	}
}

func (f *filter) passes(m message.Message, members *message.Members) bool {
	v := verify.Filter(f.marks)
	return v.Useful(m, members)
}

// meter counts signature checks.
type meter struct {
	crypto.Verifier
	checks int
}

// Verify implements crypto.Verifier.
func (m *meter) Verify(key crypto.PublicKey, msg, sig []byte) bool {
	m.checks++
	return m.Verifier.Verify(key, msg, sig)
}

// VerifyAll implements crypto.Verifier.
func (m *meter) VerifyAll(keys []crypto.PublicKey, msgs, sigs [][]byte) bool {
	m.checks += len(keys)
	return m.Verifier.VerifyAll(keys, msgs, sigs)
}

// verify has the door look at a packet, once for all that get the same copy, and notes
// what that took each of them.
func (w *World) verify(p *packet) {
	if p.done {
		return
	}
	before := w.meter.checks
	p.v, p.err = w.door.Verify(p.from, p.msg)
	p.done, p.checks = true, w.meter.checks-before
}

// onVerified checks what a peer's message made a correct replica do (I12, spec D1, D2).
//
// For each message: no more signatures are checked than it has room for. So a peer's
// flood of b bytes costs at most b/64 checks, and a vote, which has one, at most one.
// None is checked of what was over when the receiver's filter was last published
// (spec N8). So what is replayed costs nothing at all.
func (o *oracle) onVerified(h *host, p *packet) {
	if most := signatures(p.msg); p.checks > most {
		o.w.fail("I12", fmt.Sprintf("replica %d checks %d signatures of a message with %d: %s", h.at, p.checks, most, Describe(p.msg)))
	}
	if p.checks > 0 && h.over(p.msg) {
		o.w.fail("I12", fmt.Sprintf("replica %d checks %d signatures of what cannot matter any more, as of %+v: %s", h.at, p.checks, h.filter.marks, Describe(p.msg)))
	}
}

// signatures returns how many signatures there are in a message, or have room in the
// bytes of its payloads.
func signatures(m message.Message) (n int) {
	switch m := m.(type) {
	case *message.NewView:
		n = 1 + len(m.Changes)
		if m.Cert != nil {
			n += len(m.Cert.Votes)
		}
	case message.Signed:
		n = 1
	case *message.PrepareCert:
		n = len(m.Votes)
	case *message.CommitCert:
		n = len(m.Votes)
	case *message.CheckpointCert:
		n = len(m.Votes)
	case *message.Leave:
		n = len(m.Suspects) + len(m.Changes)
		if m.Proof != nil {
			n += 2 + len(m.Proof.Raw)/message.SignatureSize
		}
	case *message.Requests:
		n = len(m.List)
	case *message.Body:
		n = len(m.Raw) / message.SignatureSize
	case *message.Blocks:
		n = signaturesOfBlocks(m)
	}
	return n
}

func signaturesOfBlocks(m *message.Blocks) (n int) {
	for i := range m.Blocks {
		n += len(m.Blocks[i].Raw) / message.SignatureSize
	}
	if m.Prepare != nil {
		n++
	}
	if m.Commit != nil {
		n += len(m.Commit.Votes)
	}
	if m.Stable != nil {
		n += len(m.Stable.Votes)
	}
	return n
}

// over reports whether a message speaks of what was settled already when the filter was
// published. It says so by the words of the rules, not by the filter's code: a vote counts that can
// raise the certified or the decided point of the view entered or, for a COMMIT, of the
// one before (spec N8, V1).
func (h *host) over(m message.Message) bool {
	at, leads := h.filter.marks, func(v message.View, id message.ReplicaID) bool { return h.w.door.Members().Primary(v) == id }
	switch m := m.(type) {
	case *message.Prepare:
		left := m.View < at.View
		raises := m.Seq > at.Certified || leads(m.View, m.Signer) // a primary's may be evidence
		return left || m.View == at.View && !raises
	case *message.Commit:
		left := m.View+1 < at.View
		releases := m.View == at.View && !at.Settled // V5
		return left || m.View <= at.View && m.Seq <= at.Decided && !releases
	case *message.CommitCert:
		return m.Seq <= at.Decided
	case *message.Checkpoint:
		return m.Seq <= at.Low
	case *message.CheckpointCert:
		return m.Seq <= at.Low
	case *message.Suspect:
		return m.View < at.View
	case *message.ViewChange:
		return m.View <= at.View
	}
	return false
}
