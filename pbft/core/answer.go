package core

import "github.com/twothirds-bft/twothirds/pbft/message"

// answerBlocks bounds the blocks in one answer.
const answerBlocks = 128

// Answer builds what a Serve asks for from decided blocks of the log, which start
// above s.From and end at stable: as many as fit, at least one, and the links
// that join them to the certificate (spec C4).
func Answer(s Serve, blocks []RestoredBlock, stable *message.CheckpointCert, bytesMax int) *message.Blocks {
	m := &message.Blocks{From: message.Point{Seq: s.From, Chain: blocks[0].Parent}, Stable: stable}
	size := 0
	for i := range blocks {
		b := &blocks[i].Block
		if s.Bodies {
			size += len(b.Payload.Raw)
		}
		if i > 0 && (size > bytesMax || i >= answerBlocks) || len(m.Links) > 0 {
			m.Links = append(m.Links, b.Header.Digest())
			continue
		}
		d := message.BlockData{Header: b.Header}
		if s.Bodies {
			d.Raw = b.Payload.Raw
		}
		m.Blocks = append(m.Blocks, d)
	}
	return m
}
