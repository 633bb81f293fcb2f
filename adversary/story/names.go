package story

import (
	"regexp"
	"strconv"

	"github.com/twothirds-bft/twothirds/adversary/sim"
	"github.com/twothirds-bft/twothirds/pbft/message"
)

// names gives short names to places on chains: the seq, and a letter where there are
// several chains at it.
type names struct {
	chains  map[message.Seq][]message.Digest // in the order in which they were named
	parents map[message.Digest]message.Digest
	prints  map[string]message.Point // by what a digest prints
	highest message.Seq              // of a block on a chain from the root that somebody has shown
}

func newNames(events []sim.Event) names {
	n := names{chains: make(map[message.Seq][]message.Digest), parents: make(map[message.Digest]message.Digest), prints: make(map[string]message.Point)}
	for i := range events {
		e := &events[i]
		switch e.Kind {
		case sim.EventBoot, sim.EventEnter, sim.EventDecide, sim.EventExecute, sim.EventStable:
			n.add(e.Point)
		case sim.EventSend:
			n.message(e.Msg)
		}
	}
	return n
}

func (n *names) add(p message.Point) {
	if p.Chain.IsZero() {
		return
	}
	for _, c := range n.chains[p.Seq] {
		if c == p.Chain {
			return
		}
	}
	n.chains[p.Seq] = append(n.chains[p.Seq], p.Chain)
	n.prints[p.Chain.String()] = p
}

func (n *names) block(parent message.Digest, h *message.Header) {
	p := message.Point{Seq: h.Seq, Chain: parent.Extend(h.Digest())}
	if _, ok := n.parents[parent]; ok || h.Seq == 1 {
		n.highest = max(n.highest, h.Seq)
	}
	n.parents[p.Chain] = parent
	n.add(p)
}

// message names what a message speaks of.
func (n *names) message(m message.Message) {
	switch m := m.(type) {
	case *message.PrePrepare:
		n.block(m.Parent, &m.Header)
	case *message.Body:
		n.block(m.Parent, &m.Header)
	case *message.Blocks:
		chain := m.From.Chain
		for i := range m.Blocks {
			h := &m.Blocks[i].Header
			n.block(chain, h)
			chain = chain.Extend(h.Digest())
		}
	case interface{ Point() message.Point }:
		n.add(m.Point())
	case *message.ViewChange:
		n.add(message.Point{Seq: m.Rank.Seq, Chain: m.Chain})
	}
}

// of returns the name of a point.
func (n *names) of(p message.Point) string {
	list := n.chains[p.Seq]
	if len(list) < 2 {
		return seqName(p.Seq)
	}
	for i, c := range list {
		if c == p.Chain && i < 26 {
			return seqName(p.Seq) + string(rune('a'+i))
		}
	}
	return seqName(p.Seq) + "#" + p.Chain.String()[:4]
}

// seqName is a seq for people: liars name some that are far away.
func seqName(s message.Seq) string {
	if s > 1_000_000_000 {
		return "far"
	}
	return strconv.FormatUint(uint64(s), 10)
}

// known reports whether somebody has shown the block of a chain digest, or it is a root.
func (n *names) known(p message.Point) bool {
	_, ok := n.parents[p.Chain]
	return ok || p.Seq == 0
}

// conflict reports whether two points are known to lie on two chains.
func (n *names) conflict(p, q message.Point) bool {
	if p.Seq < q.Seq {
		p, q = q, p
	}
	for p.Seq > q.Seq {
		parent, ok := n.parents[p.Chain]
		if !ok {
			return false
		}
		p = message.Point{Seq: p.Seq - 1, Chain: parent}
	}
	return p != q
}

// point is what message.Point prints, or a chain digest alone.
var point = regexp.MustCompile(`\b(?:\d+:)?([0-9a-f]{16})\b`)

// in replaces the points in a text by their names.
func (n *names) in(text string) string {
	return point.ReplaceAllStringFunc(text, func(s string) string {
		if p, ok := n.prints[s[len(s)-16:]]; ok {
			return "block " + n.of(p)
		}
		return s
	})
}
