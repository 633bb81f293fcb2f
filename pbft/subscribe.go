package pbft

import (
	"context"
	"errors"
	"iter"

	"github.com/twothirds-bft/twothirds/pbft/core"
	"github.com/twothirds-bft/twothirds/pbft/message"
)

// Proven is a decided block with a proof for anyone who has the members: the chain
// digest of the block, extended by Links, is that of the certificate (spec N5,
// C4).
type Proven struct {
	Parent message.Digest
	Block  message.Block
	Links  []message.Digest
	Commit *message.CommitCert // one of the two is set
	Stable *message.CheckpointCert
}

// Point returns the block's place on the chain.
func (p *Proven) Point() message.Point {
	return message.Point{Seq: p.Block.Header.Seq, Chain: p.Parent.Extend(p.Block.Header.Digest())}
}

// Blocks yields the decided blocks above after, in order, each once it is executed
// and can be proved here, until ctx ends or the replica stops; then the error is
// yielded last. Any seq that the log still holds will do as a start; below that the
// error is ErrTruncated. The blocks are shared and read-only.
func (r *Replica) Blocks(ctx context.Context, after message.Seq) iter.Seq2[*Proven, error] {
	return func(yield func(*Proven, error) bool) {
		at := message.Point{Seq: after}
		for {
			bell := r.exec.bell()
			list, err := r.proven(at)
			for _, p := range list {
				if !yield(p, nil) {
					return
				}
				at = p.Point()
			}
			if err == nil || r.Err() != nil { // a log that is closed is no news
				err = r.pause(ctx, bell, len(list) == 0)
			}
			if err != nil {
				yield(nil, err)
				return
			}
		}
	}
}

// pause waits for the bell if it must. It returns why there is no more to come.
func (r *Replica) pause(ctx context.Context, bell <-chan struct{}, wait bool) error {
	if wait {
		select {
		case <-bell:
		case <-ctx.Done():
		case <-r.gone:
		}
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	return r.Err()
}

// proven reads executed blocks after from, with the certificate nearest above
// them. It returns none if that is not in the log yet.
func (r *Replica) proven(from message.Point) ([]*Proven, error) {
	end := r.exec.applied()
	if end <= from.Seq {
		return nil, nil
	}
	if r.low.Load() > uint64(from.Seq) {
		blocks, stable, err := r.history.interval(from)
		if err == nil {
			return prove(blocks, end, nil, stable), nil
		}
		if !errors.Is(err, ErrTruncated) {
			return nil, err
		}
	}
	cert := r.syncer.proof.Load()
	if cert == nil || cert.Seq <= from.Seq {
		return nil, nil
	}
	blocks, err := r.history.tail(from, cert)
	if errors.Is(err, errMissing) {
		return nil, nil // bodies below the certificate are on their way
	}
	if err != nil {
		return nil, err
	}
	return prove(blocks, end, cert, nil), nil
}

// prove pairs blocks up to end with the links that join them to a certificate.
func prove(blocks []core.RestoredBlock, end message.Seq, commit *message.CommitCert, stable *message.CheckpointCert) []*Proven {
	links := make([]message.Digest, len(blocks))
	for i := range blocks {
		links[i] = blocks[i].Block.Header.Digest()
	}
	var out []*Proven
	for i := range blocks {
		b := &blocks[i]
		if b.Block.Header.Seq > end {
			break
		}
		out = append(out, &Proven{Parent: b.Parent, Block: b.Block, Links: links[i+1:], Commit: commit, Stable: stable})
	}
	return out
}
