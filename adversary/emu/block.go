package emu

import (
	"slices"

	"github.com/twothirds-bft/twothirds/pbft/message"
)

// Block is a block that the test made, or that the replica proposed.
type Block struct {
	message.Point // of the block
	Parent        message.Digest
	Header        message.Header
	Raw           []byte // its payload
}

// Links returns the header digests of blocks, as certificates and proofs carry them.
func Links(blocks ...*Block) (links []message.Digest) {
	for _, b := range blocks {
		links = append(links, b.Header.Digest())
	}
	return links
}

// Block makes a block of this view on top of a point, with the requests that the names
// stand for (see Driver.Request).
func (v *View) Block(on message.Point, names ...string) *Block {
	v.d.t.Helper()
	var list []message.Request
	for _, name := range names {
		list = append(list, v.d.Request(name))
	}
	return v.BlockOf(on, message.AppendBatch(nil, list))
}

// BlockOf makes a block of this view with the given payload, valid or not.
func (v *View) BlockOf(on message.Point, raw []byte) *Block {
	h := message.Header{
		View: v.Number, Seq: on.Seq + 1, PayloadKind: message.PayloadBatch,
	}
	h.SetPayload(raw)
	payload, _ := message.ParseBatch(raw)
	return &Block{Point: v.d.names.learn(on.Chain, &h, payload), Parent: on.Chain, Header: h, Raw: raw}
}

// Propose proposes blocks as the primary of this view does: for each the header and the
// body, and then its PREPARE for the last (spec B2).
func (v *View) Propose(blocks ...*Block) {
	v.d.t.Helper()
	for _, b := range blocks {
		v.Header(b)
		v.Body(b)
	}
	v.Prepare(blocks[len(blocks)-1].Point, v.Primary())
}

// Header delivers the primary's PRE-PREPARE of a block, alone.
func (v *View) Header(b *Block) {
	v.d.t.Helper()
	v.d.deliver(v.Primary(), &message.PrePrepare{Parent: b.Parent, Header: b.Header})
}

// Body delivers a block's body from the primary, alone.
func (v *View) Body(b *Block) {
	v.d.t.Helper()
	v.d.deliver(v.Primary(), &message.Body{Parent: b.Parent, Header: b.Header, Raw: slices.Clone(b.Raw)})
}

// Blocks delivers what a member answers to a pull: consecutive blocks of this view with
// the primary's PREPARE for the last (spec N9). The primary is not the replica.
func (v *View) Blocks(from message.ReplicaID, blocks ...*Block) {
	v.d.t.Helper()
	first, last := blocks[0], blocks[len(blocks)-1]
	m := &message.Blocks{From: message.Point{Seq: first.Seq - 1, Chain: first.Parent}}
	for _, b := range blocks {
		m.Blocks = append(m.Blocks, message.BlockData{Header: b.Header, Raw: b.Raw})
	}
	m.Prepare = v.d.Sign(v.Primary(), v.prepare(last.Point)).(*message.Prepare)
	v.d.deliver(from, m)
}
