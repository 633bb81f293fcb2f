package sim

import (
	"crypto/sha256"
	"errors"

	"github.com/twothirds-bft/twothirds/pbft/message"
)

// recheck verifies a certificate anew (I4). It shares no code with the engine but
// the signing bytes, and says it the long way round on purpose.
func recheck(w *World, m message.Message) error {
	switch m := m.(type) {
	case *message.PrepareCert:
		return recheckVotes(w, m.Votes, m.Seq, m.Chain, m.Links, func(s message.Seq, d message.Digest) message.Signed {
			if m.Base > m.Seq {
				return nil
			}
			return &message.Prepare{Epoch: m.Epoch, View: m.View, Base: m.Base, Seq: s, Chain: d}
		})
	case *message.CommitCert:
		return recheckVotes(w, m.Votes, m.Seq, m.Chain, m.Links, func(s message.Seq, d message.Digest) message.Signed {
			return &message.Commit{Epoch: m.Epoch, View: m.View, Seq: s, Chain: d}
		})
	case *message.CheckpointCert:
		return recheckVotes(w, m.Votes, m.Seq, m.Chain, nil, func(message.Seq, message.Digest) message.Signed {
			return &message.Checkpoint{CheckpointBody: m.CheckpointBody}
		})
	case *message.NewView:
		return recheckNewView(w, m)
	}
	return errors.New("unknown certificate")
}

func recheckVotes(w *World, votes []message.CertVote, seq message.Seq, chain message.Digest, links []message.Digest,
	vote func(message.Seq, message.Digest) message.Signed,
) error {
	at := map[message.Seq]message.Digest{seq: chain}
	d := chain
	for i, l := range links {
		d = sha256.Sum256(append(append([]byte{}, d[:]...), l[:]...))
		at[seq+message.Seq(i)+1] = d
	}
	who := map[message.ReplicaID]bool{}
	for _, v := range votes {
		digest, ok := at[v.Seq]
		if v.Seq < seq || !ok || who[v.Signer] || int(v.Signer) >= w.sc.Replicas {
			return errors.New("a vote does not belong")
		}
		who[v.Signer] = true
		m := vote(v.Seq, digest)
		if m == nil {
			return errors.New("certified below its base")
		}
		if !w.hosts[v.Signer].verify(m.AppendSigned(nil, w.door.Cluster()), v.Sig) {
			return errors.New("a signature is wrong")
		}
	}
	if 3*len(who) <= 2*w.sc.Replicas {
		return errors.New("not more than two thirds")
	}
	return nil
}

// verify signs again: signatures are deterministic, so equal ones are the
// signer's.
func (h *host) verify(msg, sig []byte) bool {
	s, err := h.signer.Sign(msg)
	return err == nil && string(s) == string(sig)
}

func recheckNewView(w *World, m *message.NewView) error {
	if int(m.Signer) != int(m.View)%w.sc.Replicas {
		return errors.New("not from the primary of its view")
	}
	who := map[message.ReplicaID]bool{}
	var best message.Rank
	for i := range m.Changes {
		c := &m.Changes[i]
		if c.View != m.View || who[c.Signer] || !w.hosts[c.Signer].verify(c.AppendSigned(nil, w.door.Cluster()), c.Sig) {
			return errors.New("a summary does not belong")
		}
		who[c.Signer] = true
		if c.Rank.Compare(best) > 0 {
			best = c.Rank
		}
	}
	if 3*len(who) <= 2*w.sc.Replicas {
		return errors.New("not more than two thirds")
	}
	if m.Cert == nil {
		if best != (message.Rank{}) {
			return errors.New("certificate is missing")
		}
		return nil
	}
	if m.Cert.Rank() != best || m.Cert.View >= m.View {
		return errors.New("certificate is not the highest")
	}
	return recheck(w, m.Cert)
}
