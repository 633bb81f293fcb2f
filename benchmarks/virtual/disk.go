package virtual

import (
	"time"

	"github.com/twothirds-bft/twothirds/benchmarks"
	"github.com/twothirds-bft/twothirds/pbft/core"
	"github.com/twothirds-bft/twothirds/pbft/message"
)

// disk makes outputs durable and releases what rests on them, first in, first out: one sync covers all that wait.
type disk struct {
	r        *replica
	records  []core.Record
	queue    []core.Output
	busy     bool
	barriers int // outputs with a Barrier that are not durable yet
	unsynced int // bytes written since the last sync
	dirty    bool
	life     int // syncs of an earlier one come to nothing

	blocks map[message.Seq]core.RestoredBlock // decided ones, as they were executed
	first  message.Seq                        // the first that may be there
	stable []*message.CheckpointCert
}

func (d *disk) die() {
	d.queue, d.busy, d.barriers = nil, false, 0
	d.life++
}

// early reports whether the proposals of an output may leave before it is durable (spec N7).
func (d *disk) early(o *core.Output) bool { return d.barriers == 0 && !o.Barrier }

func (d *disk) put(o core.Output) {
	if o.Barrier {
		d.barriers++
	}
	if !o.Empty() {
		d.queue = append(d.queue, o)
		d.sync()
	}
}

// recordBytes is about what a record without a payload takes.
const recordBytes = 256

func (d *disk) sync() {
	if d.busy || len(d.queue) == 0 || d.r.failing == benchmarks.StalledDisk {
		return
	}
	d.busy = true
	batch := d.queue
	d.queue = nil
	bytes, binds, rests := 0, false, false
	for i := range batch {
		rests = rests || batch[i].Rests()
		for k := range batch[i].Persist {
			bytes += recordBytes
			binds = binds || batch[i].Persist[k].Kind != core.RecordCommit
			if b := batch[i].Persist[k].Block; b != nil {
				bytes += len(b.Payload.Raw)
			}
		}
	}
	took := time.Duration(0)
	d.unsynced += bytes
	d.dirty = d.dirty || binds // a certificate of a decision alone waits for the next sync
	if d.dirty && rests && d.r.w.cfg.Log == "wal" {
		took = d.r.w.cfg.syncTime(d.unsynced)
		d.r.spent.Syncs++
		d.unsynced, d.dirty = 0, false
	}
	if d.r.w.cfg.Log == "wal" {
		d.r.spent.LogBytes += uint64(bytes)
	}
	life := d.life
	d.r.w.after(took, func() {
		if d.life == life {
			d.synced(batch, bytes)
		}
	})
}

// synced keeps what is durable and releases it.
func (d *disk) synced(batch []core.Output, bytes int) {
	r := d.r
	for i := range batch {
		for _, rec := range batch[i].Persist {
			d.records = append(d.records, rec)
			if rec.Kind == core.RecordStable {
				d.stable = append(d.stable, rec.Message.(*message.CheckpointCert))
				d.prune()
			}
		}
	}
	r.cpu.put(func() (time.Duration, func()) {
		cost := perByte(r.w.costs().Log, bytes)
		for i := range batch {
			cost += r.sending(batch[i].Early) + r.sending(batch[i].Send)
		}
		return cost, func() { d.release(batch) }
	})
}

func (d *disk) release(batch []core.Output) {
	r := d.r
	for i := range batch {
		o := &batch[i]
		if o.Barrier {
			d.barriers--
		}
		r.send(o.Early)
		r.send(o.Send)
		for k := range o.Execute {
			e := &o.Execute[k]
			d.blocks[e.Point.Seq] = core.RestoredBlock{Parent: e.Parent, Block: e.Block}
		}
		r.execQueue = append(r.execQueue, o.Execute...)
		r.answers = append(r.answers, o.Answer...)
		r.refuse(o.Busy)
		for _, s := range o.Serve {
			d.serve(s)
		}
	}
	r.execute()
	d.busy = false
	d.sync()
}

// prune forgets what a restart does not need, as core.Assemble has it: the records of blocks up to the stable checkpoint,
// and of most kinds all but the newest.
func (d *disk) prune() {
	low := d.stable[len(d.stable)-1].Seq
	var seen [core.RecordEvidence + 1]bool
	kept := len(d.records)
	for i := len(d.records) - 1; i >= 0; i-- {
		rec := &d.records[i]
		switch rec.Kind {
		case core.RecordBlock:
			if rec.Block.Header.Seq <= low {
				continue
			}
		case core.RecordCheckpoint:
			if rec.Message.(*message.Checkpoint).Seq <= low {
				continue
			}
		case core.RecordEvidence:
		default:
			if seen[rec.Kind] {
				continue
			}
			seen[rec.Kind] = true
		}
		kept--
		d.records[kept] = *rec
	}
	n := copy(d.records, d.records[kept:])
	clear(d.records[n:])
	d.records = d.records[:n]
	d.forget()
}

// forget lets go of decided blocks and certificates that no replica can ask for any more: each begins at its own stable
// checkpoint, and its application at what it has executed.
func (d *disk) forget() {
	least := d.stable[len(d.stable)-1].Seq
	for _, r := range d.r.w.replicas {
		low := message.Seq(0)
		if k := len(r.disk.stable); k > 0 {
			low = r.disk.stable[k-1].Seq
		}
		least = min(least, low, r.app.seq)
	}
	for ; d.first <= least; d.first++ {
		delete(d.blocks, d.first)
	}
	for len(d.stable) > 1 && d.stable[0].Seq < least {
		d.stable = d.stable[1:]
	}
}

// recover assembles what a restart finds.
func (d *disk) recover(root message.Point) core.Restored { return core.Assemble(d.records, root) }

// between returns the decided blocks above one seq, up to a point.
func (d *disk) between(from message.Seq, to message.Point) (list []core.RestoredBlock) {
	for s := from + 1; s <= to.Seq; s++ {
		b, ok := d.blocks[s]
		if !ok {
			return list
		}
		list = append(list, b)
	}
	return list
}

// serve answers a pull from the log with blocks up to the checkpoint that proves them.
func (d *disk) serve(s core.Serve) {
	for _, m := range d.stable {
		if m.Seq < s.Last {
			continue
		}
		if list := d.between(s.From, m.Point()); len(list) == int(m.Seq-s.From) {
			d.r.send([]core.Outgoing{{To: s.To, Msg: core.Answer(s, list, m, 512<<10)}})
		}
		return
	}
}
