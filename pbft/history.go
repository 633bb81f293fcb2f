package pbft

import (
	"errors"
	"fmt"

	"github.com/twothirds-bft/twothirds/pbft/core"
	"github.com/twothirds-bft/twothirds/pbft/message"
	"github.com/twothirds-bft/twothirds/pbft/wire"
	"github.com/twothirds-bft/twothirds/storage"
)

// history reads the decided chain back from the log. It is safe for concurrent
// use.
type history struct {
	log  storage.Log
	door *message.Door
}

// at returns the blocks logged at seq, which may lie on several chains, and the
// checkpoint certificate of seq if there is one.
func (h *history) at(seq message.Seq) (blocks []core.RestoredBlock, stable *message.CheckpointCert, err error) {
	entries, err := h.log.Entries(uint64(seq))
	if errors.Is(err, storage.ErrTruncated) {
		err = fmt.Errorf("%w: %w", ErrTruncated, err)
	}
	if err != nil {
		return nil, nil, fmt.Errorf("pbft: block %d: %w", seq, err)
	}
	for _, e := range entries {
		switch {
		case len(e) > 0 && e[0] == entryBlock:
			b, err := h.block(e[1:])
			if err != nil {
				return nil, nil, fmt.Errorf("pbft: block %d in the log: %w", seq, err)
			}
			blocks = append(blocks, b)
		case len(e) > 0 && e[0] == entryStable:
			m, err := wire.Decode(e[1:])
			if err != nil {
				return nil, nil, fmt.Errorf("pbft: checkpoint %d in the log: %w", seq, err)
			}
			stable = m.(*message.CheckpointCert)
		}
	}
	return blocks, stable, nil
}

// block parses a logged block. Its signatures were checked before it was logged.
// The log's checksums find accidents only, so the digests are checked again.
func (h *history) block(b []byte) (core.RestoredBlock, error) {
	parent, header, raw, err := wire.DecodeBlock(b)
	if err != nil {
		return core.RestoredBlock{}, err
	}
	if !header.Names(raw) {
		return core.RestoredBlock{}, errors.New("payload is not the one that its header names")
	}
	p, err := message.ParseBatch(raw)
	if err != nil {
		return core.RestoredBlock{}, err
	}
	return core.RestoredBlock{Parent: parent, Block: message.Block{Header: header, Payload: p}}, nil
}

// interval returns the decided blocks after from up to the next stable checkpoint
// in the log, and its certificate.
func (h *history) interval(from message.Point) ([]core.RestoredBlock, *message.CheckpointCert, error) {
	byChain := make(map[message.Digest]core.RestoredBlock)
	var stable *message.CheckpointCert
	for seq := from.Seq + 1; stable == nil; seq++ {
		if uint64(seq) > h.log.Last() {
			return nil, nil, fmt.Errorf("%w: no stable checkpoint after %d", ErrTruncated, from.Seq)
		}
		blocks, cert, err := h.at(seq)
		if err != nil {
			return nil, nil, err
		}
		for i := range blocks {
			byChain[blocks[i].Parent.Extend(blocks[i].Block.Header.Digest())] = blocks[i]
		}
		stable = cert
	}
	list, err := trace(byChain, stable.Point(), from)
	return list, stable, err
}

// errMissing says that a certificate stands in the log and a block below it does not:
// what is decided here may not be held here yet (spec M5).
var errMissing = errors.New("pbft: the log lacks a block of the decided chain")

// trace follows a chain from its end down to from.
func trace(byChain map[message.Digest]core.RestoredBlock, end, from message.Point) ([]core.RestoredBlock, error) {
	list := make([]core.RestoredBlock, end.Seq-from.Seq)
	at := end.Chain
	for i := len(list) - 1; i >= 0; i-- {
		b, ok := byChain[at]
		if !ok {
			return nil, fmt.Errorf("%w: block %d", errMissing, from.Seq+message.Seq(i)+1)
		}
		list[i], at = b, b.Parent
	}
	if (from.Chain != message.Digest{}) && at != from.Chain {
		return nil, fmt.Errorf("pbft: the log's chain does not lead back to %v", from)
	}
	return list, nil
}

// decided calls f for each decided block above from up to the seq end, as far as
// the stable checkpoint and the commit certificate of res prove them.
func (h *history) decided(from message.Point, res *core.Restored, end message.Seq, f func(message.Point, *core.RestoredBlock) error) error {
	for from.Seq < end {
		var (
			blocks []core.RestoredBlock
			err    error
		)
		switch {
		case from.Seq < res.State.Low.Seq:
			blocks, _, err = h.interval(from)
		case res.Commit != nil && res.Commit.Seq > from.Seq:
			blocks, err = h.tail(from, res.Commit)
		default:
			return nil
		}
		if err != nil {
			return err
		}
		for i := range blocks {
			b := &blocks[i]
			if b.Block.Header.Seq > end {
				return nil
			}
			from = message.Point{Seq: b.Block.Header.Seq, Chain: b.Parent.Extend(b.Block.Header.Digest())}
			if err := f(from, b); err != nil {
				return err
			}
		}
	}
	return nil
}

// tail returns the decided blocks after from up to what cert decides.
func (h *history) tail(from message.Point, cert *message.CommitCert) ([]core.RestoredBlock, error) {
	byChain := make(map[message.Digest]core.RestoredBlock)
	for seq := from.Seq + 1; seq <= cert.Seq; seq++ {
		blocks, _, err := h.at(seq)
		if err != nil {
			return nil, err
		}
		for i := range blocks {
			byChain[blocks[i].Parent.Extend(blocks[i].Block.Header.Digest())] = blocks[i]
		}
	}
	return trace(byChain, cert.Point(), from)
}

// serve answers a pull with blocks that are no longer in memory (spec N9, C4).
func (h *history) serve(s core.Serve, bytesMax int) (*message.Blocks, error) {
	blocks, stable, err := h.interval(message.Point{Seq: s.From})
	if err != nil {
		return nil, err
	}
	return core.Answer(s, blocks, stable, bytesMax), nil
}
