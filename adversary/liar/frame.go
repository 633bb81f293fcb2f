package liar

import "github.com/twothirds-bft/twothirds/pbft/message"

// newFramer accuses correct replicas of what they never did: it pairs what they signed
// in different views, of different kinds or at different times, and passes it on as
// proof. It breaks evidence that ignores the view or the kind, after which correct
// replicas would be expelled (E1, story 6).
func newFramer(e *Env) Sender {
	b := newBook(e)
	prepares := make(map[message.ReplicaID]*message.Prepare)
	commits := make(map[message.ReplicaID]*message.Commit)
	e.OnReceive(func(_ message.ReplicaID, m message.Message) bool {
		switch m := m.(type) {
		case *message.Prepare:
			if old := prepares[m.Signer]; old != nil && old.View != m.View {
				e.accuse(message.EvidenceBase, m.Signer, old, m)
				b.accuseFork(old, m)
			}
			keep(prepares, m.Signer, m)
		case *message.Commit:
			keep(commits, m.Signer, m)
		case *message.ViewChange:
			if c := commits[m.Signer]; c != nil {
				e.accuse(message.EvidenceLowReport, m.Signer, c, m)
			}
		}
		return false
	})
	return e.Send
}

// accuse sends all a LEAVE with a proof that is none.
func (e *Env) accuse(kind message.EvidenceKind, culprit message.ReplicaID, a, b message.Signed) {
	e.leave(&message.Evidence{Kind: kind, Culprit: culprit, First: a, Second: b})
}

func (e *Env) leave(proof *message.Evidence) {
	e.Broadcast(&message.Leave{Epoch: e.Members().Epoch(), View: proof.View() + 1, Proof: proof})
}

// accuseFork calls two PREPAREs of different views a fork, if one lies beside the other.
func (b *book) accuseFork(x, y *message.Prepare) {
	if x.Seq > y.Seq {
		x, y = y, x
	}
	at, ok := b.below(y.Point(), y.Seq-x.Seq)
	if !ok || at == x.Point() {
		return
	}
	links, ok := b.links(at, y.Point())
	if !ok {
		return
	}
	b.e.leave(&message.Evidence{Kind: message.EvidencePrepareFork, Culprit: x.Signer, First: x, Second: y, Fork: at.Chain, Links: links})
}
