package explore

import (
	"slices"

	"github.com/twothirds-bft/twothirds/pbft/message"
)

// The liar knows all that was ever sent and has one key. What it makes of that is made
// once and lies in the book beside what correct replicas say; what no door lets in stays
// there as refused.

// lie returns the liar's own signed message that says s, or 0 if it is refused.
func (x *explorer) lie(s saying, m message.Signed) sayID {
	s.by, s.kind = uint8(x.w.Byzantine), m.Kind()
	return x.forge(s, func() message.Message {
		_, err := x.door.Sign(x.signers[x.w.Byzantine], message.ReplicaID(x.w.Byzantine), m)
		must(err)
		return m
	})
}

// forge notes what the liar sends, whoever signed it.
func (x *explorer) forge(s saying, build func() message.Message) sayID {
	s.by = uint8(x.w.Byzantine)
	id := x.book.note(s, func() (message.Verified, error) {
		return x.door.Verify(message.ReplicaID(x.w.Byzantine), build())
	})
	if x.book.list[id].refused {
		return 0
	}
	return id
}

func (x *explorer) liePrepare(view, base int, p point) sayID {
	at := x.tree.blocks[p].at
	return x.lie(saying{view: uint8(view), base: uint8(base), at: p},
		&message.Prepare{View: message.View(view), Base: message.Seq(base), Seq: at.Seq, Chain: at.Chain})
}

func (x *explorer) lieCommit(view int, p point) sayID {
	at := x.tree.blocks[p].at
	return x.lie(saying{view: uint8(view), at: p}, &message.Commit{View: message.View(view), Seq: at.Seq, Chain: at.Chain})
}

func (x *explorer) lieSuspect(view int) sayID {
	return x.lie(saying{view: uint8(view)}, &message.Suspect{View: message.View(view)})
}

// lieChange reports a PC, or the root where pc is 0.
func (x *explorer) lieChange(view int, pc sayID) sayID {
	m := &message.ViewChange{View: message.View(view), Chain: x.root.Chain}
	s := saying{view: uint8(view)}
	if pc != 0 {
		c := x.book.list[pc].msg.Message().(*message.PrepareCert)
		m.Rank, m.Chain, s.rank, s.at, s.base = c.Rank(), c.Chain, rankOf(c.Rank()), x.book.list[pc].at, x.book.list[pc].base
	}
	return x.lie(s, m)
}

// votesOf returns the votes of a certificate cut at p: those that stand in the book, and
// the liar's own at p. They are sorted by signer, and top is the highest point among them.
func (x *explorer) votesOf(p point, f form, own sayID, others ...sayID) (votes []message.CertVote, top point) {
	top = p
	if f == twice {
		others = append(others, own)
	}
	for _, id := range append(others, own) {
		s := &x.book.list[id]
		signer, sig := s.msg.Message().(message.Signed).Author()
		votes = append(votes, message.CertVote{Signer: signer, Seq: x.tree.seq(s.at), Sig: sig})
		if x.tree.seq(s.at) > x.tree.seq(top) {
			top = s.at
		}
	}
	if f == invented {
		last := votes[len(votes)-1]
		last.Signer = message.ReplicaID(x.other(votes[0].Signer))
		votes = append(votes, last)
	}
	slices.SortStableFunc(votes, func(a, b message.CertVote) int { return int(a.Signer) - int(b.Signer) })
	return votes, top
}

// other returns a correct replica that is not id, the last one.
func (x *explorer) other(id message.ReplicaID) int {
	if last := x.ids[correct-1]; last != int(id) {
		return last
	}
	return x.ids[correct-2]
}

// prepareCert returns a PC of the view and base of the votes, cut at p.
func (x *explorer) prepareCert(p point, f form, others ...sayID) sayID {
	v := x.book.list[others[0]]
	own := x.liePrepare(int(v.view), int(v.base), p)
	if own == 0 {
		own = x.echo(0, others[0]) // a certificate below the base of its votes
	}
	return x.forge(saying{kind: message.KindPrepareCert, view: v.view, base: v.base, at: p, form: f}, func() message.Message {
		votes, top := x.votesOf(p, f, own, others...)
		at := x.tree.blocks[p].at
		return &message.PrepareCert{
			View: message.View(v.view), Base: message.Seq(v.base), Seq: at.Seq, Chain: at.Chain, Links: x.tree.links(top, p), Votes: votes,
		}
	})
}

// commitCert returns a CC of the view of the votes, cut at p.
func (x *explorer) commitCert(p point, f form, others ...sayID) sayID {
	v := x.book.list[others[0]]
	own := x.lieCommit(int(v.view), p)
	return x.forge(saying{kind: message.KindCommitCert, view: v.view, at: p, form: f}, func() message.Message {
		votes, top := x.votesOf(p, f, own, others...)
		at := x.tree.blocks[p].at
		return &message.CommitCert{View: message.View(v.view), Seq: at.Seq, Chain: at.Chain, Links: x.tree.links(top, p), Votes: votes}
	})
}

// newView returns the liar's NEW-VIEW from these summaries and a PC, or none for the root.
func (x *explorer) newView(view int, f form, pc sayID, changes ...sayID) sayID {
	s := saying{kind: message.KindNewView, view: uint8(view), form: f}
	if pc != 0 {
		c := &x.book.list[pc]
		s.rank, s.at, s.base = c.view+1, c.at, c.base
	}
	return x.forge(s, func() message.Message {
		m := &message.NewView{View: message.View(view)}
		for _, id := range changes {
			m.Changes = append(m.Changes, *x.book.list[id].msg.Message().(*message.ViewChange))
		}
		slices.SortFunc(m.Changes, func(a, b message.ViewChange) int { return int(a.Signer) - int(b.Signer) })
		if pc != 0 {
			m.Cert = x.book.list[pc].msg.Message().(*message.PrepareCert)
		}
		_, err := x.door.Sign(x.signers[x.w.Byzantine], message.ReplicaID(x.w.Byzantine), m)
		must(err)
		return m
	})
}

// leave passes on what makes weak power for view: somebody's own words, and the liar's.
func (x *explorer) leave(view int, reason sayID) message.Verified {
	m := &message.Leave{View: message.View(view)}
	for _, id := range []sayID{reason, x.lieSuspect(view - 1)} {
		switch s := x.book.list[id].msg.Message().(type) {
		case *message.Suspect:
			m.Suspects = append(m.Suspects, *s)
		case *message.ViewChange:
			m.Changes = append(m.Changes, *s)
		}
	}
	v, err := x.door.Verify(message.ReplicaID(x.w.Byzantine), m)
	must(err)
	return v
}

// certForms are the ways to make a certificate of one correct replica's vote.
var certForms = []form{tooFew, twice, invented}

// certs returns the PCs that the liar can show from what three replicas have voted: of
// each view and base, each point that two of them have voted for, and no third vote but
// its own. Those that no door lets in are left out.
func (x *explorer) certs(sets [correct]setID) []sayID {
	key := sets
	if list, ok := x.pcs[key]; ok {
		return list
	}
	var out []sayID
	add := func(id sayID) {
		if id != 0 && !slices.Contains(out, id) {
			out = append(out, id)
		}
	}
	x.pairs(sets, func(a, b sayID) {
		s, t := &x.book.list[a], &x.book.list[b]
		if s.view != t.view || s.base != t.base || !x.tree.joined(s.at, t.at) {
			return
		}
		for _, p := range x.tree.path(x.tree.lower(s.at, t.at), 0) {
			add(x.prepareCert(p, proper, a, b))
		}
	})
	for _, set := range sets {
		for _, a := range x.book.set[set] {
			for _, f := range certForms {
				add(x.prepareCert(x.book.list[a].at, f, a))
			}
		}
	}
	slices.Sort(out)
	x.pcs[key] = out
	return out
}

// pairs calls f with each two sayings of different sets.
func (x *explorer) pairs(sets [correct]setID, f func(a, b sayID)) {
	for i := range sets {
		for j := i + 1; j < len(sets); j++ {
			for _, a := range x.book.set[sets[i]] {
				for _, b := range x.book.set[sets[j]] {
					f(a, b)
				}
			}
		}
	}
}
