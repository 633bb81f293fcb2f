package sim

import (
	"github.com/twothirds-bft/twothirds/pbft/core"
	"github.com/twothirds-bft/twothirds/pbft/message"
)

// disk holds the records that survived, in order. What was not synced never comes
// here, or only a prefix of it (host.crash).
type disk struct{ records []core.Record }

func (d *disk) write(r core.Record) { d.records = append(d.records, r) }

// recover assembles what a restart finds.
func (d *disk) recover(_ *World, root message.Point) core.Restored {
	return core.Assemble(d.records, root)
}

// replayed returns the decided blocks from genesis to low, for a volatile
// application.
func (d *disk) replayed(low, root message.Point) []core.RestoredBlock {
	if low.Seq == root.Seq {
		return nil
	}
	byChain := map[message.Digest]core.RestoredBlock{}
	for i := range d.records {
		if r := &d.records[i]; r.Kind == core.RecordBlock {
			byChain[r.Parent.Extend(r.Block.Header.Digest())] = core.RestoredBlock{Parent: r.Parent, Block: *r.Block}
		}
	}
	out := make([]core.RestoredBlock, low.Seq-root.Seq)
	at := low.Chain
	for i := len(out) - 1; i >= 0; i-- {
		out[i] = byChain[at]
		at = out[i].Parent
	}
	return out
}

// blocks answers a pull from the log: blocks up to the checkpoint that proves
// them.
func (d *disk) blocks(s core.Serve) *message.Blocks {
	var stable *message.CheckpointCert
	for i := range d.records {
		if r := &d.records[i]; r.Kind == core.RecordStable && r.Message.(*message.CheckpointCert).Seq == s.Last {
			stable = r.Message.(*message.CheckpointCert)
		}
	}
	if stable == nil {
		return nil
	}
	all := d.replayed(stable.Point(), message.Point{Seq: s.From})
	m := &message.Blocks{From: message.Point{Seq: s.From, Chain: all[0].Parent}, Stable: stable}
	for i := range all {
		b := &all[i].Block
		d := message.BlockData{Header: b.Header}
		if s.Bodies {
			d.Raw = b.Payload.Raw
		}
		m.Blocks = append(m.Blocks, d)
	}
	return m
}
