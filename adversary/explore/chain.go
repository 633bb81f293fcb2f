package explore

import (
	"fmt"

	"github.com/twothirds-bft/twothirds/pbft/message"
)

// point is a place on one chain of the world, by its index. 0 is the root.
type point uint16

// block is a point of the tree and how to send it.
type block struct {
	at     message.Point
	parent point
	view   int    // in which it was first proposed, -1 for the root
	name   string // as in 0a1b: the views and choices on the way from the root
	header message.Header
	raw    []byte
}

// tree holds all blocks that anybody proposed. Which block stands where follows from its
// view, its choice and its parent alone, so that a world knows them before they are sent.
type tree struct {
	blocks []block
	digest map[message.Digest]point
}

func newTree(root message.Point) tree {
	return tree{
		blocks: []block{{at: root, view: -1, name: "root"}},
		digest: map[message.Digest]point{root.Chain: 0},
	}
}

// grow returns the block that a primary of view puts on parent if it makes that choice.
func (t *tree) grow(parent point, view, choice int) point {
	p := &t.blocks[parent]
	r := wish(view, int(p.at.Seq)+1, choice)
	raw := message.AppendBatch(nil, []message.Request{r})
	h := message.Header{
		View: message.View(view), Seq: p.at.Seq + 1, PayloadKind: message.PayloadBatch,
	}
	h.SetPayload(raw)
	return t.add(p.at.Chain, h, raw)
}

// wish is the request that a block of its own is made of: the opening of a session, which
// needs none before it.
func wish(view, seq, choice int) message.Request {
	r := message.Request{Type: message.RequestOpen, Number: 1}
	r.Client[0], r.Client[1], r.Client[2], r.Client[3] = 1, byte(view), byte(seq), byte(choice)
	return r
}

// add returns the point of a block, which is new or known.
func (t *tree) add(parent message.Digest, h message.Header, raw []byte) point {
	at := message.Point{Seq: h.Seq, Chain: parent.Extend(h.Digest())}
	if p, ok := t.digest[at.Chain]; ok {
		return p
	}
	up, ok := t.digest[parent]
	if !ok {
		panic("explore: a block without a parent")
	}
	batch, err := message.ParseBatch(raw)
	must(err)
	name := fmt.Sprintf("%d%c", h.View, 'a'+batch.Requests[0].Client[3])
	if up != 0 {
		name = t.blocks[up].name + name
	}
	t.blocks = append(t.blocks, block{at: at, parent: up, view: int(h.View), name: name, header: h, raw: raw})
	p := point(len(t.blocks) - 1)
	if int(p) != len(t.blocks)-1 {
		panic(limit("blocks"))
	}
	t.digest[at.Chain] = p
	return p
}

func (t *tree) seq(p point) message.Seq { return t.blocks[p].at.Seq }

// ancestor returns the point at seq on the chain of p, which is not below it.
func (t *tree) ancestor(p point, seq message.Seq) point {
	for t.seq(p) > seq {
		p = t.blocks[p].parent
	}
	return p
}

// extends reports whether the chain of p contains q.
func (t *tree) extends(p, q point) bool { return t.seq(p) >= t.seq(q) && t.ancestor(p, t.seq(q)) == q }

// joined reports whether one of two points extends the other.
func (t *tree) joined(p, q point) bool { return t.extends(p, q) || t.extends(q, p) }

// lower returns the lower of two points of one chain.
func (t *tree) lower(p, q point) point {
	if t.seq(p) < t.seq(q) {
		return p
	}
	return q
}

// path returns the blocks from just above floor up to p.
func (t *tree) path(p point, floor message.Seq) (out []point) {
	for s := floor + 1; s <= t.seq(p); s++ {
		out = append(out, t.ancestor(p, s))
	}
	return out
}

// links joins q to p, which extends it.
func (t *tree) links(p, q point) (out []message.Digest) {
	for _, b := range t.path(p, t.seq(q)) {
		out = append(out, t.blocks[b].header.Digest())
	}
	return out
}
