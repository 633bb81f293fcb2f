package wire

import (
	"github.com/twothirds-bft/twothirds/pbft/message"
	"github.com/twothirds-bft/twothirds/pbft/wire/wirepb"
)

// The conversions come in pairs: a method of encoder, or a function fromX, makes
// the generated struct, toX the message. Signatures of the message refer to the
// struct that Unmarshal copied them to. What stands in lists is converted by
// value, so that elements are not allocated one by one.

func (e *encoder) prepare(m *message.Prepare) *wirepb.Prepare {
	return &wirepb.Prepare{
		Epoch: uint64(m.Epoch), View: uint64(m.View), Base: uint64(m.Base), Seq: uint64(m.Seq),
		Chain: wirepb.Digest(m.Chain), Signer: uint32(m.Signer), Sig: e.sig(m.Sig),
	}
}

func toPrepare(p *wirepb.Prepare) *message.Prepare {
	return &message.Prepare{
		Epoch: message.Epoch(p.Epoch), View: message.View(p.View), Base: message.Seq(p.Base), Seq: message.Seq(p.Seq),
		Chain: message.Digest(p.Chain), Signer: message.ReplicaID(p.Signer), Sig: p.Sig[:],
	}
}

func (e *encoder) commit(m *message.Commit) *wirepb.Commit {
	return &wirepb.Commit{
		Epoch: uint64(m.Epoch), View: uint64(m.View), Seq: uint64(m.Seq),
		Chain: wirepb.Digest(m.Chain), Signer: uint32(m.Signer), Sig: e.sig(m.Sig),
	}
}

func toCommit(p *wirepb.Commit) *message.Commit {
	return &message.Commit{
		Epoch: message.Epoch(p.Epoch), View: message.View(p.View), Seq: message.Seq(p.Seq),
		Chain: message.Digest(p.Chain), Signer: message.ReplicaID(p.Signer), Sig: p.Sig[:],
	}
}

func (e *encoder) suspect(m *message.Suspect) wirepb.Suspect {
	return wirepb.Suspect{
		Epoch: uint64(m.Epoch), View: uint64(m.View), Decided: uint64(m.Decided),
		Signer: uint32(m.Signer), Sig: e.sig(m.Sig),
	}
}

func toSuspect(p *wirepb.Suspect) message.Suspect {
	return message.Suspect{
		Epoch: message.Epoch(p.Epoch), View: message.View(p.View), Decided: message.Seq(p.Decided),
		Signer: message.ReplicaID(p.Signer), Sig: p.Sig[:],
	}
}

func (e *encoder) viewChange(m *message.ViewChange) wirepb.ViewChange {
	return wirepb.ViewChange{
		Epoch: uint64(m.Epoch), View: uint64(m.View),
		RankEpoch: uint64(m.Rank.Epoch), RankView: uint64(m.Rank.View), RankSeq: uint64(m.Rank.Seq),
		Chain: wirepb.Digest(m.Chain), Signer: uint32(m.Signer), Sig: e.sig(m.Sig),
	}
}

func toViewChange(p *wirepb.ViewChange) message.ViewChange {
	return message.ViewChange{
		Epoch: message.Epoch(p.Epoch), View: message.View(p.View),
		Rank:  message.Rank{Epoch: message.Epoch(p.RankEpoch), View: message.View(p.RankView), Seq: message.Seq(p.RankSeq)},
		Chain: message.Digest(p.Chain), Signer: message.ReplicaID(p.Signer), Sig: p.Sig[:],
	}
}

func (e *encoder) viewChanges(list []message.ViewChange) []wirepb.ViewChange {
	e.count(len(list), MembersMax)
	return each(list, e.viewChange)
}

func toViewChanges(list []wirepb.ViewChange) []message.ViewChange {
	return each(list, toViewChange)
}

func fromCheckpointBody(m *message.CheckpointBody) wirepb.CheckpointBody {
	return wirepb.CheckpointBody{
		Epoch: uint64(m.Epoch), Seq: uint64(m.Seq), Chain: wirepb.Digest(m.Chain),
		State: wirepb.Digest(m.State), Clients: wirepb.Digest(m.Clients),
		Members: wirepb.Digest(m.Members), Reputation: wirepb.Digest(m.Reputation),
		SnapshotSeq: uint64(m.SnapshotSeq), SnapshotRoot: wirepb.Digest(m.SnapshotRoot),
	}
}

func toCheckpointBody(p *wirepb.CheckpointBody) message.CheckpointBody {
	return message.CheckpointBody{
		Epoch: message.Epoch(p.Epoch), Seq: message.Seq(p.Seq), Chain: message.Digest(p.Chain),
		State: message.Digest(p.State), Clients: message.Digest(p.Clients),
		Members: message.Digest(p.Members), Reputation: message.Digest(p.Reputation),
		SnapshotSeq: message.Seq(p.SnapshotSeq), SnapshotRoot: message.Digest(p.SnapshotRoot),
	}
}

func (e *encoder) checkpoint(m *message.Checkpoint) *wirepb.Checkpoint {
	return &wirepb.Checkpoint{
		Body: fromCheckpointBody(&m.CheckpointBody), Signer: uint32(m.Signer), Sig: e.sig(m.Sig),
	}
}

func toCheckpoint(p *wirepb.Checkpoint) *message.Checkpoint {
	return &message.Checkpoint{
		CheckpointBody: toCheckpointBody(&p.Body), Signer: message.ReplicaID(p.Signer), Sig: p.Sig[:],
	}
}

func (*encoder) status(m *message.Status) *wirepb.Status {
	return &wirepb.Status{
		Epoch: uint64(m.Epoch), Entered: uint64(m.Entered), Target: uint64(m.Target), Tip: uint64(m.Tip),
		Certified: uint64(m.Certified), Decided: uint64(m.Decided), Stable: uint64(m.Stable),
		Nonce: m.Nonce, Echo: m.Echo,
	}
}

func toStatus(p *wirepb.Status) *message.Status {
	return &message.Status{
		Epoch: message.Epoch(p.Epoch), Entered: message.View(p.Entered), Target: message.View(p.Target),
		Tip: message.Seq(p.Tip), Certified: message.Seq(p.Certified), Decided: message.Seq(p.Decided),
		Stable: message.Seq(p.Stable), Nonce: p.Nonce, Echo: p.Echo,
	}
}

func (*encoder) fetchView(m *message.FetchView) *wirepb.FetchView {
	return &wirepb.FetchView{Epoch: uint64(m.Epoch), View: uint64(m.View)}
}

func toFetchView(p *wirepb.FetchView) *message.FetchView {
	return &message.FetchView{Epoch: message.Epoch(p.Epoch), View: message.View(p.View)}
}

// each converts a list. An empty one becomes nil: the wire knows no difference.
func each[A, B any](list []A, convert func(*A) B) []B {
	if len(list) == 0 {
		return nil
	}
	out := make([]B, len(list))
	for i := range list {
		out[i] = convert(&list[i])
	}
	return out
}
