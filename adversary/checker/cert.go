package checker

import "fmt"

// cert is a prepare or commit certificate. A checkpoint certificate is one too: its votes
// are all at its seq, and it has no links.
type cert struct {
	vote  // what all votes have in common, at the certificate's own point
	links []Digest
	votes []certVote
}

type certVote struct {
	signer uint32
	seq    uint64
	sig    []byte
}

func (r *reader) readCert(kind byte) cert {
	c := cert{vote: vote{kind: kind}}
	switch kind {
	case kindPrepare:
		c.epoch, c.view, c.base, c.seq = r.uint64(1), r.uint64(2), r.uint64(3), r.uint64(4)
		c.chain, c.links = r.digest(5), r.links(6)
		c.readVotes(r, 7)
	case kindCommit:
		c.epoch, c.view, c.seq = r.uint64(1), r.uint64(2), r.uint64(3)
		c.chain, c.links = r.digest(4), r.links(5)
		c.readVotes(r, 6)
	case kindCheckpoint:
		if !r.message(1, c.readCheckpoint) {
			r.fail("a checkpoint certificate without a body")
		}
		c.readVotes(r, 2)
	}
	return c
}

func (c *cert) readVotes(r *reader, field byte) {
	r.messages(field, listMax, func(r *reader) {
		c.votes = append(c.votes, certVote{signer: r.uint32(1), seq: r.uint64(2), sig: r.signature(3)})
	})
}

// cert checks a certificate: votes of distinct members, in order of their ids, that have
// quorum power; each at or above the certificate's seq, on the chain that the links show,
// and signed (spec N3, N5, C1). A certificate has one form, so the links end where the
// highest vote is; and no honest one needs more than 4K of them.
func (c *Checker) cert(t *cert) (Fact, error) {
	if why := t.sound(); why != "" {
		return Fact{}, refuse(why)
	}
	if uint64(len(t.links)) > 4*c.genesis.Interval {
		return Fact{}, refuse("more links than 4K")
	}
	chain := climb(t.chain, t.links)
	fact := t.fact()
	top := t.seq
	for i, cv := range t.votes {
		if i > 0 && t.votes[i-1].signer >= cv.signer {
			return Fact{}, refuse("votes out of the order of their signers, or one twice")
		}
		if cv.seq < t.seq || cv.seq-t.seq >= uint64(len(chain)) {
			return Fact{}, refuse(fmt.Sprintf("the vote of %d is below the certificate or beyond its links", cv.signer))
		}
		v := t.vote
		v.seq, v.chain, v.signer, v.sig = cv.seq, chain[cv.seq-t.seq], cv.signer, cv.sig
		power, err := c.vote(&v)
		if err != nil {
			return Fact{}, err
		}
		fact.Power += power
		fact.Signers = append(fact.Signers, cv.signer)
		top = max(top, cv.seq)
	}
	if !c.genesis.quorum(fact.Power) {
		return Fact{}, refuse(fmt.Sprintf("power %d is no quorum", fact.Power))
	}
	if top-t.seq != uint64(len(t.links)) {
		return Fact{}, refuse("links beyond the highest vote")
	}
	return fact, nil
}
