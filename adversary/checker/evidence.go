package checker

// Offence says what a proof of guilt shows (spec E1). The numbers are those of the schema.
type Offence byte

// The offences.
const (
	PrepareFork    Offence = 1 // two PREPAREs of one view on different chains
	CommitFork     Offence = 2 // two COMMITs of one view on different chains
	TwoBases       Offence = 3 // two PREPAREs of one view with different bases
	LowReport      Offence = 4 // a VIEW-CHANGE below an earlier COMMIT of its signer
	TwoReports     Offence = 5 // two VIEW-CHANGEs of one view that differ
	TwoNewViews    Offence = 6 // two NEW-VIEWs of one view that differ
	InvalidPayload Offence = 7 // a block under its primary's PREPARE with an invalid payload
)

// pairs says which kinds of messages each offence is made of.
var pairs = map[Offence][2]byte{
	PrepareFork:    {kindPrepare, kindPrepare},
	CommitFork:     {kindCommit, kindCommit},
	TwoBases:       {kindPrepare, kindPrepare},
	LowReport:      {kindCommit, kindViewChange},
	TwoReports:     {kindViewChange, kindViewChange},
	TwoNewViews:    {kindNewView, kindNewView},
	InvalidPayload: {kindPrepare, 0},
}

// evidence is a proof of guilt as it travels.
type evidence struct {
	offence       Offence
	culprit       uint32
	first, second vote // kind 0 if it is not there
	fork          Digest
	links         []Digest
	header        header
	hasHeader     bool
	raw           []byte
}

func (r *reader) readEvidence() evidence {
	e := evidence{offence: Offence(r.byte(1)), culprit: r.uint32(2)}
	r.message(3, e.first.readSigned)
	r.message(4, e.second.readSigned)
	e.fork, e.links = r.digest(5), r.links(6)
	e.hasHeader = r.message(7, e.header.read)
	if e.hasHeader && e.header == (header{}) {
		r.fail("a header of zeros, which is left out")
	}
	raw, there := r.maybe(8)
	if there && len(raw) == 0 {
		r.fail("an empty payload, which is left out")
	}
	e.raw = raw
	return e
}

// readSigned reads one of the messages that proofs are made of.
func (v *vote) readSigned(r *reader) {
	for _, kind := range []byte{kindPrepare, kindCommit, kindViewChange} {
		if r.message(kind, func(r *reader) { *v = r.readVote(kind) }) {
			return
		}
	}
	if !r.message(kindNewView, func(r *reader) { *v = r.readNewView().vote }) {
		r.fail("nothing that can be proof")
	}
}

// evidence checks that a proof convicts: its messages are of the kinds of its offence, of
// one signer and signed, and no correct replica signs both (spec E1).
func (c *Checker) evidence(e *evidence) (Fact, error) {
	kinds, ok := pairs[e.offence]
	if !ok || e.first.kind != kinds[0] || e.second.kind != kinds[1] {
		return Fact{}, refuse("not the messages of a known offence")
	}
	fact := Fact{Claim: Guilty, Epoch: e.first.epoch, View: e.first.view, Offence: e.offence, Signers: []uint32{e.culprit}}
	for _, v := range []*vote{&e.first, &e.second} {
		if v.kind == 0 {
			continue
		}
		if v.signer != e.culprit {
			return Fact{}, refuse("a message of somebody else")
		}
		power, err := c.vote(v)
		if err != nil {
			return Fact{}, err
		}
		fact.Power = power
	}
	if why := c.innocent(e); why != "" {
		return Fact{}, refuse(why)
	}
	return fact, nil
}

// innocent says why a correct replica may have signed these messages, or nothing if none
// can. A proof holds what it needs and no more.
func (c *Checker) innocent(e *evidence) string {
	a, b := &e.first, &e.second
	if uint64(len(e.links)) > 4*c.genesis.Interval {
		return "more links than 4K"
	}
	if e.offence == InvalidPayload {
		return c.validBlock(e)
	}
	if e.hasHeader || e.raw != nil {
		return "a block that proves nothing"
	}
	if e.offence == PrepareFork || e.offence == CommitFork {
		return sameChain(e)
	}
	if e.fork != (Digest{}) || e.links != nil {
		return "links that prove nothing"
	}
	switch {
	case e.offence == LowReport:
		if a.view >= b.view || !b.rank.below(rank{a.epoch, a.view, a.seq}) {
			return "a report that is not below the COMMIT, or came before it"
		}
	case a.view != b.view:
		return "messages of different views"
	case e.offence == TwoBases && a.base == b.base,
		e.offence == TwoReports && a.rank == b.rank && a.chain == b.chain,
		e.offence == TwoNewViews && a.body == b.body:
		return "messages that say the same"
	}
	return ""
}

// sameChain says why two votes may be on one chain. The second is on a chain with digest
// fork at the first one's seq, and links lead from there to it.
func sameChain(e *evidence) string {
	a, b := &e.first, &e.second
	if a.view != b.view {
		return "votes of different views"
	}
	if b.seq < a.seq || b.seq-a.seq != uint64(len(e.links)) {
		return "links that are not as many as the seqs between the votes"
	}
	chain := climb(e.fork, e.links)
	if chain[len(chain)-1] != b.chain {
		return "links that do not lead to the second vote"
	}
	if e.fork == a.chain {
		return "votes on one chain"
	}
	return ""
}
