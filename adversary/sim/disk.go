package sim

import (
	"github.com/twothirds-bft/twothirds/internal/bug"
	"github.com/twothirds-bft/twothirds/pbft/core"
	"github.com/twothirds-bft/twothirds/pbft/message"
)

// disk holds the records that survived, in order. What was not synced never comes
// here, or only a prefix of it (host.crash). What it knows of checksums is which
// records are damaged: those of a real log are tested with the log itself.
type disk struct {
	records []core.Record
	damaged map[int]bool
	synced  int // records that were there at the last sync
	proven  int // records of which a later one shows that they were synced
	index   index

	faults []Disk // still to come
	lying  bool   // what is above kept was never saved, whatever the sync said
	kept   int
	image  int         // records in the image of an old-image
	gone   message.Seq // blocks up to it are not in the log any more
}

func (d *disk) write(r core.Record) {
	if bug.M74 && r.Kind == core.RecordStable {
		d.gone = r.Message.(*message.CheckpointCert).Seq
	}
	d.records = append(d.records, r)
	d.proven = d.synced
}

// wipe puts an empty disk in the place of this one.
func (d *disk) wipe() { *d = disk{faults: d.faults} }

// recover assembles what a restart finds.
func (d *disk) recover(root message.Point) core.Restored {
	return core.Assemble(d.records, root)
}

// index finds blocks by their place in the chain, and stable checkpoints. It is made when
// it is asked for, of what was written since.
type index struct {
	done    int // records
	blocks  map[message.Digest]core.RestoredBlock
	stables []*message.CheckpointCert
}

func (d *disk) indexed() *index {
	x := &d.index
	if x.blocks == nil {
		x.blocks = map[message.Digest]core.RestoredBlock{}
	}
	for ; x.done < len(d.records); x.done++ {
		r := &d.records[x.done]
		if r.Kind == core.RecordBlock && !d.damaged[x.done] {
			x.blocks[r.Parent.Extend(r.Block.Header.Digest())] = core.RestoredBlock{Parent: r.Parent, Block: *r.Block}
		}
		if m, ok := r.Message.(*message.CheckpointCert); ok {
			x.stables = append(x.stables, m)
		}
	}
	return x
}

// replayed returns the decided blocks from root to low, for a volatile application; or
// nothing if one of them cannot be read.
func (d *disk) replayed(low, root message.Point) []core.RestoredBlock {
	if low.Seq == root.Seq {
		return nil
	}
	x := d.indexed()
	out := make([]core.RestoredBlock, low.Seq-root.Seq)
	at := low.Chain
	for i := len(out) - 1; i >= 0; i-- {
		b, ok := x.blocks[at]
		if !ok || b.Block.Header.Seq <= d.gone {
			return nil
		}
		out[i], at = b, b.Parent
	}
	return out
}

// blocks answers a pull from the log: blocks up to a checkpoint that proves them.
func (d *disk) blocks(s core.Serve) *message.Blocks {
	var stable *message.CheckpointCert
	for _, m := range d.indexed().stables {
		if m.Seq >= s.Last && (stable == nil || m.Seq < stable.Seq) {
			stable = m
		}
	}
	if stable == nil {
		return nil
	}
	blocks := d.replayed(stable.Point(), message.Point{Seq: s.From})
	if blocks == nil {
		return nil
	}
	return core.Answer(s, blocks, stable, 1024)
}

// proven returns how far what a restart finds shows blocks to be decided, with their
// bodies: there an application that keeps its own state may stand (spec X7).
func proven(r *core.Restored) message.Seq {
	low := r.State.Low
	if r.Commit == nil || r.Commit.Seq <= low.Seq {
		return low.Seq
	}
	parents := make(map[message.Digest]message.Digest)
	for i := range r.Blocks {
		b := &r.Blocks[i]
		parents[b.Parent.Extend(b.Block.Header.Digest())] = b.Parent
	}
	at := r.Commit.Chain
	for s := r.Commit.Seq; s > low.Seq; s-- {
		up, ok := parents[at]
		if !ok {
			return low.Seq
		}
		at = up
	}
	return r.Commit.Seq
}
