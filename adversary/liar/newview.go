package liar

import "github.com/twothirds-bft/twothirds/pbft/message"

// newViews makes the NEW-VIEWs of one liar as forge says, out of the VIEW-CHANGEs that
// it hears for the views that it leads, as soon as forge can. Its own VIEW-CHANGE for
// these reports nothing. Its core's NEW-VIEWs go out as well, unless a forged one
// has been sent for that view.
type newViews struct {
	e     *Env
	book  *book
	forge func(v message.View, reports []message.ViewChange) *message.NewView // nil: not yet
	made  map[message.View]*message.NewView
}

func forging(e *Env, forge func(b *book, v message.View, reports []message.ViewChange) *message.NewView) Sender {
	n := &newViews{e: e, book: newBook(e), made: make(map[message.View]*message.NewView)}
	n.forge = func(v message.View, reports []message.ViewChange) *message.NewView { return forge(n.book, v, reports) }
	e.OnReceive(func(_ message.ReplicaID, m message.Message) bool {
		switch m := m.(type) {
		case *message.ViewChange:
			n.try(m.View)
		case *message.PrepareCert:
			n.try(e.core.Target)
		}
		return false
	})
	return n.send
}

// try forges and sends the NEW-VIEW of a view once.
func (n *newViews) try(v message.View) {
	if v == 0 || n.made[v] != nil || n.e.Members().Primary(v) != n.e.Self {
		return
	}
	if m := n.forge(v, n.book.reports(v)); m != nil {
		m.Epoch, m.View = n.e.Members().Epoch(), v
		n.e.Sign(m)
		keep(n.made, v, m)
		n.e.Broadcast(m)
	}
}

func (n *newViews) send(to message.ReplicaID, m message.Message) {
	n.book.note(m)
	switch v := m.(type) {
	case *message.NewView:
		if forged := n.made[v.View]; forged != nil && v.Signer == n.e.Self {
			m = forged // repeated by the core until all have entered
		}
	case *message.ViewChange:
		if n.e.Members().Primary(v.View) == n.e.Self {
			c := n.e.root(v.View)
			m = &c
		}
	}
	n.e.Send(to, m)
}

// justified returns a NEW-VIEW of these summaries and the certificate of the highest,
// or nil if that certificate is not known.
func (b *book) justified(list []message.ViewChange) *message.NewView {
	var high message.Rank
	for i := range list {
		if list[i].Rank.Compare(high) > 0 {
			high = list[i].Rank
		}
	}
	m := &message.NewView{Changes: bySigner(list), Cert: b.certs[high]}
	if m.Cert == nil && high != (message.Rank{Epoch: high.Epoch}) {
		return nil
	}
	return m
}

// newCherryPick builds valid NEW-VIEWs from the lowest reports that make a quorum, its
// own nothing among them. It breaks quorums that meet in no correct replica, and who
// forgets below its COMMITs (A04).
func newCherryPick(e *Env) Sender { return forging(e, (*book).cherryPick) }

func (b *book) cherryPick(v message.View, reports []message.ViewChange) *message.NewView {
	if len(reports) < b.e.quorum()-1 {
		return nil
	}
	return b.justified(append([]message.ViewChange{b.e.root(v)}, reports[:b.e.quorum()-1]...))
}

// twoNewViews returns the second NEW-VIEW of a view that the liar leads, as valid as its
// core's, from the lowest reports that make a quorum; nil if that is not another one.
func (b *book) twoNewViews(m *message.NewView) *message.NewView {
	other := b.cherryPick(m.View, b.reports(m.View))
	if other == nil || b.e.Members().Primary(m.View) != b.e.Self {
		return nil
	}
	other.Epoch, other.View = m.Epoch, m.View
	b.e.Sign(other)
	return other
}

// newTwoNewViews gives the upper half another NEW-VIEW, as valid as the first. It
// breaks who counts votes of two bases (story 17).
func newTwoNewViews(e *Env) Sender {
	b := newBook(e)
	return func(to message.ReplicaID, m message.Message) {
		b.note(m)
		if v, ok := m.(*message.NewView); ok && e.upper(to) {
			if other := b.twoNewViews(v); other != nil {
				m = other
			}
		}
		e.Send(to, m)
	}
}

// newThin builds NEW-VIEWs from one summary less than a quorum. It breaks who counts
// wrong, or counts the primary twice (A04, A08).
func newThin(e *Env) Sender {
	return forging(e, func(b *book, v message.View, reports []message.ViewChange) *message.NewView {
		if len(reports) < e.quorum()-2 {
			return nil
		}
		return b.justified(append([]message.ViewChange{e.root(v)}, reports[:e.quorum()-2]...))
	})
}

// newPadded fills a quorum of summaries up with its own once more, in each third view in
// the name of one that is no member. It breaks who counts summaries and not signers
// (A05).
func newPadded(e *Env) Sender {
	return forging(e, func(b *book, v message.View, reports []message.ViewChange) *message.NewView {
		if len(reports) < e.quorum()-2 {
			return nil
		}
		list := append([]message.ViewChange{e.root(v), e.root(v)}, reports[:e.quorum()-2]...)
		if v%3 == 0 {
			list[1].Signer = e.Members().At(e.Members().Len()-1).ID + 1
		}
		return b.justified(list)
	})
}

// newMixed fills a quorum of summaries up with those for other views. It breaks who
// looks at a summary's signer and rank, and not at what it asks for (A05).
func newMixed(e *Env) Sender {
	return forging(e, func(b *book, v message.View, reports []message.ViewChange) *message.NewView {
		list := append([]message.ViewChange{e.root(v)}, reports[:min(len(reports), e.quorum()-2)]...)
		for d := message.View(1); d <= 8; d++ {
			for _, old := range append(b.reports(v-d), b.reports(v+d)...) {
				if len(list) < e.quorum() && !contains(list, old.Signer) {
					list = append(list, old)
				}
			}
		}
		if len(list) < e.quorum() || len(reports) == 0 {
			return nil
		}
		return b.justified(list)
	})
}

func contains(list []message.ViewChange, id message.ReplicaID) bool {
	for i := range list {
		if list[i].Signer == id {
			return true
		}
	}
	return false
}

// newHideCert builds NEW-VIEWs that carry a certificate below the highest that their
// summaries report: the newest one, cut at its base, or an old one, or none. It breaks
// who does not compare the two (A04).
func newHideCert(e *Env) Sender {
	return forging(e, func(b *book, v message.View, reports []message.ViewChange) *message.NewView {
		if len(reports) < e.quorum()-1 {
			return nil
		}
		return &message.NewView{Changes: bySigner(append([]message.ViewChange{e.root(v)}, reports[:e.quorum()-1]...)), Cert: b.lowest(v)}
	})
}

// lowest returns the lowest certificate of a view before v that is known or can be made
// of votes that are known.
func (b *book) lowest(v message.View) *message.PrepareCert {
	var low *message.PrepareCert
	for _, c := range b.certs { // order: a minimum
		if c.View < v && (low == nil || c.Rank().Compare(low.Rank()) < 0) {
			low = c
		}
	}
	if p := b.newest(func(p place) bool { return p.view < v }); low == nil || low.View >= p.view {
		if c := b.cut(p, b.prepares[p], max(p.base, 1)); c != nil {
			low = c
		}
	}
	return low
}
