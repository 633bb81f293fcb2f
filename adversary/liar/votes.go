package liar

import (
	"github.com/twothirds-bft/twothirds/clock"
	"github.com/twothirds-bft/twothirds/pbft/message"
)

// contradiction returns a vote of the same kind and place on another chain, signed, or
// nil if m is no vote.
func (e *Env) contradiction(m message.Message) message.Message {
	switch m := m.(type) {
	case *message.Prepare:
		c := *m
		c.Chain = m.Chain.Extend(m.Chain)
		return e.signed(&c)
	case *message.Commit:
		c := *m
		c.Chain = m.Chain.Extend(m.Chain)
		return e.signed(&c)
	}
	return nil
}

// newVoteTwice contradicts each of its votes at once. It breaks who counts votes and
// not signers, and leaves proof (A08).
func newVoteTwice(e *Env) Sender {
	return func(to message.ReplicaID, m message.Message) {
		e.Send(to, m)
		if c := e.contradiction(m); c != nil {
			e.Send(to, c)
		}
	}
}

// newHideVote gives half of the replicas a contradicting vote first and the good one
// when a while has passed. It breaks who keeps the first vote of a signer and takes
// the second for known: the vote that the quorum needs never counts (A27; PR 210 of
// tendermint).
func newHideVote(e *Env) Sender {
	return func(to message.ReplicaID, m message.Message) {
		c := e.contradiction(m)
		if c == nil || !e.upper(to) {
			e.Send(to, m)
			return
		}
		e.Send(to, c)
		e.After(20*clock.Millisecond, func() { e.Send(to, m) })
	}
}

// newLowVote signs, instead of its vote, a true one for an older point of the same
// chain: below the base where it knows one (docs/spec.md, story 1), else with
// that point as its base. It breaks rule N3 without its bound, and who counts votes
// of different bases together.
func newLowVote(e *Env) Sender {
	past := map[message.Seq]message.Digest{}
	return func(to message.ReplicaID, m message.Message) {
		p, ok := m.(*message.Prepare)
		if !ok {
			e.Send(to, m)
			return
		}
		keep(past, p.Seq, p.Chain)
		low := *p
		for s, d := range past { // order: a maximum
			if s < p.Base && (low.Seq >= p.Base || s > low.Seq) {
				low.Seq, low.Chain = s, d
			}
		}
		if e.Draw("true-base", 2) == 0 {
			low.Base = min(low.Base, low.Seq)
		}
		e.Send(to, e.signed(&low))
	}
}

// newOtherBase votes from other bases than its own. It breaks who counts votes by seq
// alone (story 8).
func newOtherBase(e *Env) Sender {
	return func(to message.ReplicaID, m message.Message) {
		p, ok := m.(*message.Prepare)
		if !ok || e.Draw("true", 3) == 0 {
			e.Send(to, m)
			return
		}
		c := *p
		c.Base = message.Seq(e.Draw("base", uint64(p.Seq)+1))
		e.Send(to, e.signed(&c))
	}
}

// newFarVotes adds votes for seqs and views far away, on chains that are none. It
// breaks who keeps what it cannot place (A51).
func newFarVotes(e *Env) Sender {
	return func(to message.ReplicaID, m message.Message) {
		e.Send(to, m)
		switch m := m.(type) {
		case *message.Prepare:
			c := *m
			c.View, c.Seq = message.View(e.far(uint64(m.View))), m.Base+message.Seq(e.far(uint64(m.Seq-m.Base)))
			if e.Draw("here", 2) == 0 {
				c.View, c.Seq = m.View, m.Seq+1+message.Seq(e.Draw("near", 8))
			}
			c.Chain = e.garbage()
			e.Send(to, e.signed(&c))
		case *message.Commit:
			c := *m
			c.View, c.Seq, c.Chain = message.View(e.far(uint64(m.View))), message.Seq(e.far(uint64(m.Seq))), e.garbage()
			e.Send(to, e.signed(&c))
		}
	}
}

// newZeroChain votes for the zero digest. It breaks who takes what is missing for what
// is zero.
func newZeroChain(e *Env) Sender {
	return func(to message.ReplicaID, m message.Message) {
		e.Send(to, m)
		switch m := m.(type) {
		case *message.Prepare:
			c := *m
			c.Seq, c.Chain = m.Base+message.Seq(e.Draw("seq", uint64(m.Seq-m.Base)+4)), message.Digest{}
			e.Send(to, e.signed(&c))
		case *message.Commit:
			c := *m
			c.Seq, c.Chain = message.Seq(e.Draw("seq", uint64(m.Seq)+4)), message.Digest{}
			e.Send(to, e.signed(&c))
		}
	}
}

// newWithhold lets one victim alone learn decisions. It breaks who forgets what one
// replica decided (A14, WithholdCommit of go-f3).
func newWithhold(e *Env) Sender {
	victim := e.victim()
	return func(to message.ReplicaID, m message.Message) {
		switch m.(type) {
		case *message.Commit, *message.NewView, *message.CommitCert, *message.Blocks:
			if e.member(to) && to != victim {
				return
			}
		}
		e.Send(to, m)
	}
}

// newLateCommit holds each COMMIT back until the next. It breaks who forgets the votes
// of a view that it left.
func newLateCommit(e *Env) Sender {
	held := make(map[message.ReplicaID]message.Message)
	return func(to message.ReplicaID, m message.Message) {
		if c, ok := m.(*message.Commit); ok {
			old := held[to]
			held[to] = c
			if old == nil {
				return
			}
			m = old
		}
		e.Send(to, m)
	}
}

// newHastyCommit commits whatever it prepares, without a certificate. It breaks who
// decides on fewer COMMITs than a quorum, for one of them is worth nothing.
func newHastyCommit(e *Env) Sender {
	return func(to message.ReplicaID, m message.Message) {
		e.Send(to, m)
		if p, ok := m.(*message.Prepare); ok {
			e.Send(to, e.signed(&message.Commit{Epoch: p.Epoch, View: p.View, Seq: p.Seq, Chain: p.Chain}))
		}
	}
}

// newYesMan votes for whatever anyone votes for, to all, beside its core's own votes.
// It breaks quorums that meet in faulty replicas only: with it in both halves of a
// split, f fewer correct votes make a certificate (A13).
func newYesMan(e *Env) Sender {
	said := make(map[message.Digest]bool)
	e.OnReceive(func(_ message.ReplicaID, m message.Message) bool {
		switch m := m.(type) {
		case *message.Prepare:
			if d := m.Chain; !said[d] {
				said[d] = true
				c := *m
				e.Broadcast(e.signed(&c))
				e.Broadcast(e.signed(&message.Commit{Epoch: m.Epoch, View: m.View, Seq: m.Seq, Chain: m.Chain}))
			}
		}
		return false
	})
	return e.Send
}

// newOtherEpoch signs the votes of its core for the next epoch. It breaks who counts
// votes without looking at the epoch: its certificates prove nothing (A22).
func newOtherEpoch(e *Env) Sender {
	return func(to message.ReplicaID, m message.Message) {
		switch m := m.(type) {
		case *message.Prepare:
			c := *m
			c.Epoch++
			e.Send(to, e.signed(&c))
		case *message.Commit:
			c := *m
			c.Epoch++
			e.Send(to, e.signed(&c))
		case *message.Checkpoint:
			c := *m
			c.Epoch++
			e.Send(to, e.signed(&c))
		default:
			e.Send(to, m)
		}
	}
}

// newOtherCluster signs as a member of a cluster that has the same keys under another
// name. It breaks signatures that do not say whose they are: a test system's votes
// would count in the real one (A22).
func newOtherCluster(e *Env) Sender {
	other := message.NewDoor(e.Root().Chain, e.Members(), nil, true, message.Limits{})
	return func(to message.ReplicaID, m message.Message) {
		var c message.Signed
		switch m := m.(type) {
		case *message.Prepare:
			v := *m
			c = &v
		case *message.Commit:
			v := *m
			c = &v
		case *message.Checkpoint:
			v := *m
			c = &v
		default:
			e.Send(to, m)
			return
		}
		if _, err := other.Sign(e.Key, e.Self, c); err == nil {
			e.Send(to, c)
		}
	}
}

// newCrossKind votes with signatures that it made for the other kind of vote. It breaks
// signatures whose bytes do not say their kind (A22).
func newCrossKind(e *Env) Sender {
	return func(to message.ReplicaID, m message.Message) {
		e.Send(to, m)
		switch m := m.(type) {
		case *message.Prepare:
			e.Send(to, &message.Commit{Epoch: m.Epoch, View: m.View, Seq: m.Seq, Chain: m.Chain, Signer: e.Self, Sig: m.Sig})
		case *message.Commit:
			e.Send(to, &message.Prepare{Epoch: m.Epoch, View: m.View, Base: m.Seq, Seq: m.Seq, Chain: m.Chain, Signer: e.Self, Sig: m.Sig})
		}
	}
}
