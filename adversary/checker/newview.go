package checker

// newView is a NEW-VIEW: its own signature is a vote, over the digest of what it carries.
type newView struct {
	vote
	changes []vote
	cert    *cert
}

func (r *reader) readNewView() newView {
	n := newView{vote: vote{kind: kindNewView, epoch: r.uint64(1), view: r.uint64(2)}}
	r.messages(3, listMax, func(r *reader) { n.changes = append(n.changes, r.readVote(kindViewChange)) })
	r.message(4, func(r *reader) {
		t := r.readCert(kindPrepare)
		n.cert = &t
	})
	n.signer, n.sig = r.uint32(5), r.signature(6)
	n.body = n.digest()
	return n
}

// digest names what a NEW-VIEW carries: its summaries, and where its certificate is.
func (n *newView) digest() Digest {
	b := wide(prefix, version, domainNewView, uint64(len(n.changes)))
	for i := range n.changes {
		v := &n.changes[i]
		b = append(b, wide(uint64(v.signer), v.rank.epoch, v.rank.view, v.rank.seq, v.chain)...)
	}
	if n.cert != nil {
		b = append(b, wide(n.cert.base, n.cert.seq, n.cert.chain)...)
	}
	return hash(b)
}

// newView checks a NEW-VIEW: from the primary of its view, with summaries of distinct
// members of quorum power for that view, in order of their ids, and the certificate of the
// highest rank that they report, none if that is the root's (spec V3, V4). It returns where
// the view begins. The digests in the summaries do not matter: a rank has one digest.
func (c *Checker) newView(n *newView) (Fact, error) {
	if _, err := c.vote(&n.vote); err != nil {
		return Fact{}, err
	}
	if n.signer != c.genesis.primary(n.view) {
		return Fact{}, refuse("not from the primary of its view")
	}
	fact := n.fact()
	root := rank{epoch: n.epoch}
	highest := root
	for i := range n.changes {
		v := &n.changes[i]
		if v.view != n.view {
			return Fact{}, refuse("a summary for another view")
		}
		if i > 0 && n.changes[i-1].signer >= v.signer {
			return Fact{}, refuse("summaries out of the order of their signers, or one twice")
		}
		power, err := c.vote(v)
		if err != nil {
			return Fact{}, err
		}
		fact.Power += power
		fact.Signers = append(fact.Signers, v.signer)
		if highest.below(v.rank) {
			highest = v.rank
		}
	}
	if !c.genesis.quorum(fact.Power) {
		return Fact{}, refuse("summaries of no quorum")
	}
	if n.cert == nil {
		if highest != root {
			return Fact{}, refuse("no certificate for the highest report")
		}
		fact.Chain = c.root
		return fact, nil
	}
	if highest == root || highest != (rank{n.cert.epoch, n.cert.view, n.cert.seq}) {
		return Fact{}, refuse("not the certificate of the highest report")
	}
	if _, err := c.cert(n.cert); err != nil {
		return Fact{}, err
	}
	fact.Base, fact.Seq, fact.Chain = n.cert.seq, n.cert.seq, n.cert.chain
	return fact, nil
}
