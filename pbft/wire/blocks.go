package wire

import (
	"github.com/twothirds-bft/twothirds/pbft/message"
	"github.com/twothirds-bft/twothirds/pbft/wire/wirepb"
)

func fromHeader(h *message.Header) wirepb.Header {
	return wirepb.Header{
		Epoch: uint64(h.Epoch), View: uint64(h.View), Seq: uint64(h.Seq),
		PayloadKind: uint32(h.PayloadKind), PayloadHash: uint32(h.PayloadHash),
		PayloadSize: h.PayloadSize, PayloadDigest: wirepb.Digest(h.PayloadDigest),
	}
}

// toHeader cuts kinds above 255 short, and so does not come through canonical.
func toHeader(p *wirepb.Header) message.Header {
	return message.Header{
		Epoch: message.Epoch(p.Epoch), View: message.View(p.View), Seq: message.Seq(p.Seq),
		PayloadKind: message.PayloadKind(p.PayloadKind), PayloadHash: message.HashKind(p.PayloadHash),
		PayloadSize: p.PayloadSize, PayloadDigest: message.Digest(p.PayloadDigest),
	}
}

func fromPoint(p message.Point) wirepb.Point {
	return wirepb.Point{Seq: uint64(p.Seq), Chain: wirepb.Digest(p.Chain)}
}

func toPoint(p *wirepb.Point) message.Point {
	return message.Point{Seq: message.Seq(p.Seq), Chain: message.Digest(p.Chain)}
}

func (*encoder) prePrepare(m *message.PrePrepare) *wirepb.PrePrepare {
	return &wirepb.PrePrepare{Parent: wirepb.Digest(m.Parent), Header: fromHeader(&m.Header)}
}

func toPrePrepare(p *wirepb.PrePrepare) *message.PrePrepare {
	return &message.PrePrepare{Parent: message.Digest(p.Parent), Header: toHeader(&p.Header)}
}

// fromBody leaves out the payload, which is the tail.
func fromBody(parent message.Digest, h *message.Header) *wirepb.Body {
	return &wirepb.Body{Parent: wirepb.Digest(parent), Header: fromHeader(h)}
}

func (e *encoder) body(m *message.Body) *wirepb.Body {
	e.tail = len(m.Raw)
	return fromBody(m.Parent, &m.Header)
}

func toBody(p *wirepb.Body) *message.Body {
	return &message.Body{Parent: message.Digest(p.Parent), Header: toHeader(&p.Header), Raw: p.Raw}
}

func (*encoder) fetch(m *message.Fetch) *wirepb.Fetch {
	return &wirepb.Fetch{From: fromPoint(m.From), Want: fromPoint(m.Want), Bodies: m.Bodies}
}

func toFetch(p *wirepb.Fetch) *message.Fetch {
	return &message.Fetch{From: toPoint(&p.From), Want: toPoint(&p.Want), Bodies: p.Bodies}
}

// blocks leaves out the payloads, which one behind the other are the tail.
func (e *encoder) blocks(m *message.Blocks) *wirepb.Blocks {
	e.tail = 0
	e.count(len(m.Blocks), BlocksMax)
	return &wirepb.Blocks{
		From: fromPoint(m.From),
		Blocks: each(m.Blocks, func(b *message.BlockData) wirepb.BlockData {
			e.tail += len(b.Raw)
			return wirepb.BlockData{Header: fromHeader(&b.Header), RawSize: uint32(len(b.Raw))}
		}),
		Prepare: ifAny(m.Prepare, e.prepare), Links: e.links(m.Links),
		Commit: ifAny(m.Commit, e.commitCert), Stable: ifAny(m.Stable, e.checkpointCert),
	}
}

// toBlocks gives each block its part of the payloads.
func toBlocks(p *wirepb.Blocks) (*message.Blocks, error) {
	m := &message.Blocks{
		From: toPoint(&p.From),
		Blocks: each(p.Blocks, func(b *wirepb.BlockData) message.BlockData {
			return message.BlockData{Header: toHeader(&b.Header)}
		}),
		Prepare: ifAny(p.Prepare, toPrepare), Links: toLinks(p.Links),
		Commit: ifAny(p.Commit, toCommitCert), Stable: ifAny(p.Stable, toCheckpointCert),
	}
	rest := []byte(p.Raw)
	for i := range p.Blocks {
		size := uint64(p.Blocks[i].RawSize)
		if size > uint64(len(rest)) {
			return nil, malformed("payloads cut off")
		}
		if size > 0 {
			m.Blocks[i].Raw, rest = rest[:size:size], rest[size:]
		}
	}
	return m, nil
}
