package message

import "github.com/twothirds-bft/twothirds/internal/bug"

// batch collects signature checks so that they are verified in one go.
type batch struct {
	keys []PublicKey
	msgs [][]byte
	sigs [][]byte
}

func newBatch(n int) *batch {
	return &batch{keys: make([]PublicKey, 0, n), msgs: make([][]byte, 0, n), sigs: make([][]byte, 0, n)}
}

func (b *batch) add(key PublicKey, msg, sig []byte) {
	b.keys, b.msgs, b.sigs = append(b.keys, key), append(b.msgs, msg), append(b.sigs, sig)
}

func (b *batch) verify(keys Verifier) error {
	if bug.M60 {
		if keys.Verify(b.keys[0], b.msgs[0], b.sigs[0]) {
			return nil
		}
		return ErrSignature
	}
	if !keys.VerifyAll(b.keys, b.msgs, b.sigs) {
		return ErrSignature
	}
	return nil
}

// ascending reports whether two signers that stand side by side are in the one order
// that there is: by id, and nobody twice.
func ascending(a, b ReplicaID) bool { return a < b || bug.M09 && a == b }

// cert checks what all certificates share: votes of kind k of distinct members in
// order of their ids, of enough power, and the signature of each over what vote
// builds.
func (d *Door) cert(k Kind, votes []CertVote, vote func(v *CertVote) ([]byte, bool)) error {
	if len(votes) > d.members.Len() {
		return ErrCert
	}
	power := uint64(0)
	b := newBatch(len(votes))
	for i := range votes {
		v := &votes[i]
		idx := d.members.Index(v.Signer)
		if idx < 0 || len(v.Sig) != SignatureSize || (i > 0 && !ascending(votes[i-1].Signer, v.Signer)) {
			return ErrCert
		}
		msg, ok := vote(v)
		if !ok {
			return ErrCert
		}
		power += d.members.list[idx].Power
		b.add(d.members.list[idx].Key, msg, v.Sig)
	}
	if power < d.members.Needed(k) {
		return ErrCert
	}
	return b.verify(d.keys)
}

// chains returns the chain digests from (seq, chain) up along links, or nil if
// the links are more than allowed or do not end at the highest vote: a
// certificate has one form. It is nil too if that vote would be refused by itself.
func (d *Door) chains(seq Seq, chain Digest, links []Digest, votes []CertVote) []Digest {
	top := seq
	for i := range votes {
		top = max(top, votes[i].Seq)
	}
	if len(links) > d.limits.Links || Seq(len(links)) != top-seq || top >= 1<<62 {
		return nil
	}
	out := make([]Digest, 1, len(links)+1)
	out[0] = chain
	for _, l := range links {
		out = append(out, out[len(out)-1].Extend(l))
	}
	return out
}

// PrepareCert checks a prepare certificate (spec N3): all votes have its epoch,
// view and base, base <= Seq <= each vote, and the links show that all lie on
// its chain.
func (d *Door) PrepareCert(c *PrepareCert) error {
	if bug.M17 {
		return nil
	}
	chains := d.chains(c.Seq, c.Chain, c.Links, c.Votes)
	if c.Epoch != d.members.epoch || chains == nil || c.View >= 1<<62 {
		return ErrCert
	}
	if c.Base > c.Seq && !bug.M63 && !bug.M64 {
		return ErrCert
	}
	return d.cert(KindPrepare, c.Votes, func(v *CertVote) ([]byte, bool) {
		if v.Seq < c.Seq {
			return nil, false
		}
		p := Prepare{Epoch: c.Epoch, View: c.View, Base: c.Base, Seq: v.Seq, Chain: chains[v.Seq-c.Seq]}
		return d.preimage(&p), true
	})
}

// CommitCert checks a commit certificate (spec N5).
func (d *Door) CommitCert(c *CommitCert) error {
	chains := d.chains(c.Seq, c.Chain, c.Links, c.Votes)
	if c.Epoch != d.members.epoch || chains == nil || c.View >= 1<<62 {
		return ErrCert
	}
	return d.cert(KindCommit, c.Votes, func(v *CertVote) ([]byte, bool) {
		if v.Seq < c.Seq {
			return nil, false
		}
		m := Commit{Epoch: c.Epoch, View: c.View, Seq: v.Seq, Chain: chains[v.Seq-c.Seq]}
		return d.preimage(&m), true
	})
}

// CheckpointCert checks that a checkpoint is stable (spec C1).
func (d *Door) CheckpointCert(c *CheckpointCert) error {
	m := Checkpoint{CheckpointBody: c.CheckpointBody}
	if c.Epoch != d.members.epoch || form(&m) != nil {
		return ErrCert
	}
	signed := d.preimage(&m)
	return d.cert(KindCheckpoint, c.Votes, func(v *CertVote) ([]byte, bool) { return signed, v.Seq == c.Seq })
}
