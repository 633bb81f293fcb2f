package wire

import (
	"github.com/twothirds-bft/twothirds/pbft/message"
	"github.com/twothirds-bft/twothirds/pbft/wire/wirepb"
)

func (e *encoder) votes(list []message.CertVote) []wirepb.CertVote {
	e.count(len(list), MembersMax)
	return each(list, func(v *message.CertVote) wirepb.CertVote {
		return wirepb.CertVote{Signer: uint32(v.Signer), Seq: uint64(v.Seq), Sig: e.sig(v.Sig)}
	})
}

func toVotes(list []wirepb.CertVote) []message.CertVote {
	return each(list, func(p *wirepb.CertVote) message.CertVote {
		return message.CertVote{Signer: message.ReplicaID(p.Signer), Seq: message.Seq(p.Seq), Sig: p.Sig[:]}
	})
}

func (e *encoder) links(list []message.Digest) []wirepb.Digest {
	e.count(len(list), LinksMax)
	return each(list, func(d *message.Digest) wirepb.Digest { return wirepb.Digest(*d) })
}

func toLinks(list []wirepb.Digest) []message.Digest {
	return each(list, func(d *wirepb.Digest) message.Digest { return message.Digest(*d) })
}

func (e *encoder) prepareCert(c *message.PrepareCert) *wirepb.PrepareCert {
	return &wirepb.PrepareCert{
		Epoch: uint64(c.Epoch), View: uint64(c.View), Base: uint64(c.Base), Seq: uint64(c.Seq),
		Chain: wirepb.Digest(c.Chain), Links: e.links(c.Links), Votes: e.votes(c.Votes),
	}
}

func toPrepareCert(p *wirepb.PrepareCert) *message.PrepareCert {
	return &message.PrepareCert{
		Epoch: message.Epoch(p.Epoch), View: message.View(p.View), Base: message.Seq(p.Base), Seq: message.Seq(p.Seq),
		Chain: message.Digest(p.Chain), Links: toLinks(p.Links), Votes: toVotes(p.Votes),
	}
}

func (e *encoder) commitCert(c *message.CommitCert) *wirepb.CommitCert {
	return &wirepb.CommitCert{
		Epoch: uint64(c.Epoch), View: uint64(c.View), Seq: uint64(c.Seq),
		Chain: wirepb.Digest(c.Chain), Links: e.links(c.Links), Votes: e.votes(c.Votes),
	}
}

func toCommitCert(p *wirepb.CommitCert) *message.CommitCert {
	return &message.CommitCert{
		Epoch: message.Epoch(p.Epoch), View: message.View(p.View), Seq: message.Seq(p.Seq),
		Chain: message.Digest(p.Chain), Links: toLinks(p.Links), Votes: toVotes(p.Votes),
	}
}

func (e *encoder) checkpointCert(c *message.CheckpointCert) *wirepb.CheckpointCert {
	return &wirepb.CheckpointCert{Body: fromCheckpointBody(&c.CheckpointBody), Votes: e.votes(c.Votes)}
}

func toCheckpointCert(p *wirepb.CheckpointCert) *message.CheckpointCert {
	return &message.CheckpointCert{CheckpointBody: toCheckpointBody(&p.Body), Votes: toVotes(p.Votes)}
}

func (e *encoder) newView(m *message.NewView) *wirepb.NewView {
	return &wirepb.NewView{
		Epoch: uint64(m.Epoch), View: uint64(m.View), Changes: e.viewChanges(m.Changes),
		Cert: ifAny(m.Cert, e.prepareCert), Signer: uint32(m.Signer), Sig: e.sig(m.Sig),
	}
}

func toNewView(p *wirepb.NewView) *message.NewView {
	return &message.NewView{
		Epoch: message.Epoch(p.Epoch), View: message.View(p.View), Changes: toViewChanges(p.Changes),
		Cert: ifAny(p.Cert, toPrepareCert), Signer: message.ReplicaID(p.Signer), Sig: p.Sig[:],
	}
}

// ifAny converts what is there.
func ifAny[A, B any](a *A, convert func(*A) *B) *B {
	if a == nil {
		return nil
	}
	return convert(a)
}
