package liar

import "github.com/twothirds-bft/twothirds/pbft/message"

// newFalseCheckpoint signs other states than it has. It breaks who takes f+1 for a
// quorum (A03).
func newFalseCheckpoint(e *Env) Sender {
	return func(to message.ReplicaID, m message.Message) {
		if cp, ok := m.(*message.Checkpoint); ok {
			c := *cp
			c.State = e.garbage()
			if e.Draw("far", 3) == 0 {
				c.Seq = message.Seq(e.far(uint64(cp.Seq)))
			}
			m = e.signed(&c)
		}
		e.Send(to, m)
	}
}

// newTwoCheckpoints signs one state for one half and another for the other. It breaks
// who compares counts of CHECKPOINTs and not what they say: with one of them here and
// one there, replicas hold certificates of different states (A03).
func newTwoCheckpoints(e *Env) Sender {
	return func(to message.ReplicaID, m message.Message) {
		if cp, ok := m.(*message.Checkpoint); ok && e.upper(to) {
			c := *cp
			c.State, c.Clients = c.State.Extend(c.State), c.Clients.Extend(c.Clients)
			m = e.signed(&c)
		}
		e.Send(to, m)
	}
}

// newThinStable shows certificates of checkpoints with the signatures that it has as
// soon as it has two: others' and its own, each as often as it takes to fill a
// quorum. It breaks who takes weak power for stable, or counts a signer twice: the log
// is cut below what others still need (A09).
func newThinStable(e *Env) Sender {
	heard := make(map[message.CheckpointBody][]message.CertVote)
	e.OnReceive(func(_ message.ReplicaID, m message.Message) bool {
		c, ok := m.(*message.Checkpoint)
		if !ok {
			return false
		}
		votes := append(heard[c.CheckpointBody], message.CertVote{Signer: c.Signer, Seq: c.Seq, Sig: c.Sig})
		keep(heard, c.CheckpointBody, votes)
		own := message.Checkpoint{CheckpointBody: c.CheckpointBody}
		e.Sign(&own)
		all := append([]message.CertVote{{Signer: e.Self, Seq: c.Seq, Sig: own.Sig}}, votes...)
		e.Broadcast(&message.CheckpointCert{CheckpointBody: c.CheckpointBody, Votes: sorted(all)})
		for len(all) < e.quorum() {
			all = append(all, all[0])
		}
		e.Broadcast(&message.CheckpointCert{CheckpointBody: c.CheckpointBody, Votes: sorted(all)})
		return false
	})
	return e.Send
}

// newEarlyCheckpoint signs checkpoints that nobody has reached, and claims that its own
// ones are stable as soon as it has signed them. It breaks who moves its window on a
// claim (A09, A11).
func newEarlyCheckpoint(e *Env) Sender {
	own := message.Seq(0)
	return func(to message.ReplicaID, m message.Message) {
		switch m := m.(type) {
		case *message.Checkpoint:
			own = max(own, m.Seq)
			for k := message.Seq(1); k <= 4; k++ {
				c := *m
				c.Seq, c.Chain, c.State = m.Seq*(k+1), m.Chain.Extend(m.Chain), m.State.Extend(m.State)
				e.Send(to, e.signed(&c))
			}
			s := e.Core()
			s.Stable = own
			e.Send(to, &s)
		case *message.Status:
			c := *m
			c.Stable = own
			e.Send(to, &c)
			return
		}
		e.Send(to, m)
	}
}
