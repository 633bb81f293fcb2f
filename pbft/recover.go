package pbft

import (
	"bytes"
	"fmt"

	"github.com/twothirds-bft/twothirds/pbft/core"
	"github.com/twothirds-bft/twothirds/pbft/message"
	"github.com/twothirds-bft/twothirds/pbft/session"
	"github.com/twothirds-bft/twothirds/pbft/wire"
	"github.com/twothirds-bft/twothirds/storage"
)

// bootstrap checks whose log this is, and writes the first record of a new one,
// durably, before the first message (spec R2).
func (r *Replica) bootstrap() error {
	old := r.cfg.Log.State(slotIdentity)
	switch {
	case old == nil && !r.cfg.Bootstrap:
		return ErrNotBootstrapped
	case old != nil && r.cfg.Bootstrap:
		return ErrBootstrapped
	case old != nil:
		if !bytes.Equal(old, r.identity()) {
			return ErrWrongCluster
		}
		return nil
	}
	rec := []storage.Record{{Slot: slotIdentity, Data: r.identity()}}
	if err := r.cfg.Log.Write(rec); err != nil {
		return fmt.Errorf("%w: %w", ErrDurability, err)
	}
	if err := r.cfg.Log.Sync(); err != nil {
		return fmt.Errorf("%w: %w", ErrDurability, err)
	}
	return nil
}

// restore reads what the log holds and runs the decided blocks up to the stable
// checkpoint through the application.
func (r *Replica) restore() (core.Restored, error) {
	recs, err := r.states()
	if err != nil {
		return core.Restored{}, err
	}
	low := message.Seq(0)
	for i := range recs {
		if recs[i].Kind == core.RecordStable {
			low = recs[i].Message.(*message.CheckpointCert).Seq
		}
	}
	for seq := low + 1; uint64(seq) <= r.cfg.Log.Last(); seq++ {
		blocks, _, err := r.history.at(seq)
		if err != nil {
			return core.Restored{}, err
		}
		for i := range blocks {
			recs = append(recs, core.Record{Kind: core.RecordBlock, Parent: blocks[i].Parent, Block: &blocks[i].Block})
		}
	}
	res := core.Assemble(recs, r.root)
	if app, ok := r.cfg.Application.(Durable); ok {
		if res.Passed, err = r.resume(app, &res); err != nil {
			return core.Restored{}, err
		}
	}
	if app, ok := r.cfg.Application.(Snapshotter); ok && !isDurable(r.cfg.Application) {
		if err := r.restoreSnapshot(app, res.State.Low.Seq); err != nil {
			return core.Restored{}, err
		}
	}
	if err := r.replay(&res); err != nil {
		return core.Restored{}, err
	}
	res.Now, res.Bootstrap = r.clock.Now(), r.cfg.Bootstrap
	res.Executed = core.Executed{Seq: r.exec.applied()}
	res.Sessions, err = r.exec.mirror()
	return res, err
}

// replay executes the log from where the application stands up to the stable
// checkpoint; the core hands out what is decided above (spec C5, X7).
func (r *Replica) replay(res *core.Restored) error {
	from := message.Point{Seq: r.exec.applied()}
	return r.history.decided(from, res, res.State.Low.Seq, func(p message.Point, b *core.RestoredBlock) error {
		e, err := r.exec.run(&core.Decided{Block: b.Block, Parent: b.Parent, Point: p})
		if err == nil && p == res.State.Low {
			err = diverged(&e, res.Stable)
		}
		return err
	})
}

// diverged compares what a replay led to with the stable checkpoint: an application
// that is not deterministic, or not the one that wrote the log, must not vote
// (spec C2).
func diverged(e *core.Executed, stable *message.CheckpointCert) error {
	if e.State == stable.State && e.Clients == stable.Clients {
		return nil
	}
	own := stable.CheckpointBody
	own.State, own.Clients = e.State, e.Clients
	return &core.DivergedError{Seq: e.Seq, Own: own, Stable: stable.CheckpointBody}
}

// states decodes the named states of the log.
func (r *Replica) states() ([]core.Record, error) {
	var out []core.Record
	log := r.cfg.Log
	if b := log.State(slotState); b != nil {
		s, err := readState(b)
		if err != nil {
			return nil, err
		}
		out = append(out, core.Record{Kind: core.RecordState, State: &s})
	}
	for _, s := range []struct {
		slot uint8
		kind core.RecordKind
	}{
		{slotPrepare, core.RecordPrepare}, {slotCommit, core.RecordCommit},
		{slotCheckpoint, core.RecordCheckpoint}, {slotCheckpoint + 1, core.RecordCheckpoint},
		{slotChange, core.RecordChange}, {slotNewView, core.RecordNewView}, {slotStable, core.RecordStable},
	} {
		b := log.State(s.slot)
		if b == nil {
			continue
		}
		m, err := wire.Decode(b)
		if err != nil {
			return nil, fmt.Errorf("pbft: slot %d of the log: %w", s.slot, err)
		}
		out = append(out, core.Record{Kind: s.kind, Message: m})
	}
	for slot := slotEvidence; slot < 256; slot++ {
		b := log.State(uint8(slot))
		if b == nil {
			continue
		}
		e, err := wire.DecodeEvidence(b)
		if err != nil {
			return nil, fmt.Errorf("pbft: slot %d of the log: %w", slot, err)
		}
		out = append(out, core.Record{Kind: core.RecordEvidence, Evidence: e})
	}
	return out, nil
}

// mirror copies the executor's session table without its replies, for the core.
func (x *executor) mirror() (*session.Table, error) {
	cfg := x.table.Config()
	cfg.Replies = false
	return session.Restore(cfg, x.table.AppendSnapshot(nil))
}
