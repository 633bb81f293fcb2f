package core

import "github.com/twothirds-bft/twothirds/pbft/message"

// Assemble rebuilds what a restart needs from the records of a log, oldest first
// (spec R1). Now, Bootstrap, Executed and Sessions are the caller's to fill in:
// blocks up to State.Low have to be executed before the core is made.
func Assemble(records []Record, root message.Point) Restored {
	var r Restored
	r.State.Base, r.State.Tip, r.State.Low = root, root, root
	for i := range records {
		r.take(&records[i])
	}
	r.State.Low = root
	if r.Stable != nil {
		r.State.Low = r.Stable.Point()
	}
	blocks := r.Blocks[:0:0]
	for i := range r.Blocks {
		if r.Blocks[i].Block.Header.Seq > r.State.Low.Seq {
			blocks = append(blocks, r.Blocks[i])
		}
	}
	r.Blocks = blocks
	own := r.Checkpoints[:0:0]
	for _, m := range r.Checkpoints {
		if m.Seq > r.State.Low.Seq {
			own = append(own, m)
		}
	}
	r.Checkpoints = own
	return r
}

// take applies one record: of most kinds the newest counts.
func (r *Restored) take(rec *Record) {
	switch rec.Kind {
	case RecordBlock:
		r.Blocks = append(r.Blocks, RestoredBlock{Parent: rec.Parent, Block: *rec.Block})
	case RecordState:
		r.State = *rec.State
	case RecordPrepare:
		r.Prepare = rec.Message.(*message.PrepareCert)
	case RecordCommit:
		r.Commit = rec.Message.(*message.CommitCert)
	case RecordCheckpoint:
		r.Checkpoints = append(r.Checkpoints, rec.Message.(*message.Checkpoint))
	case RecordChange:
		r.Change = rec.Message.(*message.ViewChange)
	case RecordNewView:
		r.NewView = rec.Message.(*message.NewView)
	case RecordStable:
		r.Stable = rec.Message.(*message.CheckpointCert)
	case RecordEvidence:
		r.Evidence = append(r.Evidence, rec.Evidence)
	}
}
