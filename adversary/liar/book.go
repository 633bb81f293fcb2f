package liar

import (
	"cmp"
	"slices"

	"github.com/twothirds-bft/twothirds/pbft/message"
)

// book is what a liar writes down of all that it hears and of what its own core says:
// who extends whom, votes, reports and certificates, to make new things of them.
type book struct {
	e        *Env
	up       map[message.Digest]step // by the chain digest that it leads to
	prepares map[place]map[message.ReplicaID]*message.Prepare
	changes  map[message.View]map[message.ReplicaID]message.ViewChange
	certs    map[message.Rank]*message.PrepareCert
	body     []byte // payload of the newest block seen
}

// step is one block: its parent and its link.
type step struct {
	parent message.Point
	link   message.Digest
}

// place is what PREPAREs must have in common to count together (spec N3).
type place struct {
	view message.View
	base message.Seq
}

// bookMax bounds each of a book's maps; a full one is begun anew.
const bookMax = 4096

// keep stores v under k in a map that is emptied when it is full.
func keep[K comparable, V any](m map[K]V, k K, v V) {
	if len(m) >= bookMax {
		clear(m)
	}
	m[k] = v
}

// newBook returns a book that hears for itself. What the core says must be shown to it
// (note).
func newBook(e *Env) *book {
	b := &book{
		e: e, up: make(map[message.Digest]step), prepares: make(map[place]map[message.ReplicaID]*message.Prepare),
		changes: make(map[message.View]map[message.ReplicaID]message.ViewChange), certs: make(map[message.Rank]*message.PrepareCert),
	}
	e.OnReceive(func(_ message.ReplicaID, m message.Message) bool {
		b.note(m)
		return false
	})
	return b
}

// note writes down what a message shows.
func (b *book) note(m message.Message) {
	switch m := m.(type) {
	case *message.PrePrepare:
		b.header(m.Parent, &m.Header)
	case *message.Body:
		b.header(m.Parent, &m.Header)
		b.body = m.Raw
	case *message.Blocks:
		for i, at := 0, m.From.Chain; i < len(m.Blocks); i++ {
			b.header(at, &m.Blocks[i].Header)
			at = at.Extend(m.Blocks[i].Header.Digest())
		}
	case *message.Prepare:
		p := place{m.View, m.Base}
		if b.prepares[p] == nil {
			keep(b.prepares, p, make(map[message.ReplicaID]*message.Prepare))
		}
		if old := b.prepares[p][m.Signer]; old == nil || old.Seq <= m.Seq {
			b.prepares[p][m.Signer] = m
		}
	case *message.ViewChange:
		b.change(m)
	case *message.Leave:
		for i := range m.Changes {
			b.change(&m.Changes[i])
		}
	case *message.PrepareCert:
		keep(b.certs, m.Rank(), m)
	case *message.NewView:
		for i := range m.Changes {
			b.change(&m.Changes[i])
		}
		if m.Cert != nil {
			keep(b.certs, m.Cert.Rank(), m.Cert)
		}
	}
}

func (b *book) header(parent message.Digest, h *message.Header) {
	if h.Seq > 0 {
		link := h.Digest()
		keep(b.up, parent.Extend(link), step{message.Point{Seq: h.Seq - 1, Chain: parent}, link})
	}
}

func (b *book) change(m *message.ViewChange) {
	if b.changes[m.View] == nil {
		keep(b.changes, m.View, make(map[message.ReplicaID]message.ViewChange))
	}
	b.changes[m.View][m.Signer] = *m
}

// links returns what leads from one point up to another, or false if that is not known
// or the one does not extend the other.
func (b *book) links(from, to message.Point) ([]message.Digest, bool) {
	var out []message.Digest
	for to.Seq > from.Seq {
		s, ok := b.up[to.Chain]
		if !ok {
			return nil, false
		}
		out = append(out, s.link)
		to = s.parent
	}
	slices.Reverse(out)
	return out, to == from
}

// below returns the point so far under p on its chain, or false if that is not known.
func (b *book) below(p message.Point, by message.Seq) (message.Point, bool) {
	for ; by > 0; by-- {
		s, ok := b.up[p.Chain]
		if !ok {
			return p, false
		}
		p = s.parent
	}
	return p, true
}

// reports returns the VIEW-CHANGEs for a view in the order of their ranks, then
// signers; the liar's own one is left out.
func (b *book) reports(v message.View) []message.ViewChange {
	var out []message.ViewChange
	for id, c := range b.changes[v] { // order: sorted below
		if id != b.e.Self {
			out = append(out, c)
		}
	}
	slices.SortFunc(out, func(x, y message.ViewChange) int {
		return cmp.Or(x.Rank.Compare(y.Rank), cmp.Compare(x.Signer, y.Signer))
	})
	return out
}

// root returns the liar's own VIEW-CHANGE for a view that reports nothing.
func (e *Env) root(v message.View) message.ViewChange {
	c := message.ViewChange{Epoch: e.Members().Epoch(), View: v, Chain: e.Root().Chain}
	c.Rank.Epoch = c.Epoch
	e.Sign(&c)
	return c
}

// quorum returns how many members of equal power make a quorum.
func (e *Env) quorum() int { return 2*e.Members().Len()/3 + 1 }

// bySigner sorts summaries as NEW-VIEW wants them.
func bySigner(list []message.ViewChange) []message.ViewChange {
	slices.SortFunc(list, func(x, y message.ViewChange) int { return cmp.Compare(x.Signer, y.Signer) })
	return list
}
