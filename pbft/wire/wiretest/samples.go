package wiretest

import (
	"crypto/sha256"
	"encoding/binary"

	"github.com/twothirds-bft/twothirds/pbft/message"
)

// Sample returns a message of the given kind that is always the same. All its
// fields differ from their zero values and, as far as their size allows, from
// each other. It panics if there is no such kind.
func Sample(k message.Kind) message.Message {
	c := &counter{}
	for m := range c.samples {
		if m.Kind() == k {
			return m
		}
	}
	panic("wiretest: no such kind: " + k.String())
}

// SampleEvidence returns a proof of the given kind. It has the form that convicts,
// but its signatures are made up.
func SampleEvidence(k message.EvidenceKind) *message.Evidence {
	c := &counter{n: 100 * uint64(k)}
	e := &message.Evidence{Kind: k, Culprit: message.ReplicaID(c.next())}
	switch k {
	case message.EvidencePrepareFork, message.EvidenceBase:
		e.First, e.Second = c.prepare(), c.prepare()
	case message.EvidenceCommitFork:
		e.First, e.Second = c.commit(), c.commit()
	case message.EvidenceLowReport:
		e.First, e.Second = c.commit(), new(c.viewChange())
	case message.EvidenceViewChange:
		e.First, e.Second = new(c.viewChange()), new(c.viewChange())
	case message.EvidenceNewView:
		e.First, e.Second = c.newView(), c.newView()
	case message.EvidencePayload:
		e.First, e.Header, e.Raw = c.prepare(), c.header(), []byte("no batch")
	}
	if k == message.EvidencePrepareFork || k == message.EvidenceCommitFork || k == message.EvidencePayload {
		e.Fork, e.Links = c.digest(), c.digests(2)
	}
	return e
}

// counter makes values that differ from each other.
type counter struct{ n uint64 }

func (c *counter) next() uint64          { c.n++; return c.n }
func (c *counter) seq() (s message.Seq)  { return message.Seq(1000 + c.next()) }
func (c *counter) view() message.View    { return message.View(c.next()) }
func (c *counter) id() message.ReplicaID { return message.ReplicaID(c.next()) }
func (c *counter) point() message.Point  { return message.Point{Seq: c.seq(), Chain: c.digest()} }
func (c *counter) session() message.SessionID {
	return message.SessionID{Seq: c.seq(), Pos: uint32(c.next())}
}

func (c *counter) digest() message.Digest {
	return sha256.Sum256(binary.BigEndian.AppendUint64(nil, c.next()))
}

func (c *counter) digests(n int) []message.Digest {
	out := make([]message.Digest, n)
	for i := range out {
		out[i] = c.digest()
	}
	return out
}

func (c *counter) sig() []byte {
	a, b := c.digest(), c.digest()
	return append(a[:], b[:]...)
}

// samples yields one message of each kind.
func (c *counter) samples(yield func(message.Message) bool) {
	body := func() message.CheckpointBody {
		return message.CheckpointBody{
			Epoch: 7, Seq: c.seq(), Chain: c.digest(), State: c.digest(), Clients: c.digest(),
			Members: c.digest(), Reputation: c.digest(), SnapshotSeq: c.seq(), SnapshotRoot: c.digest(),
		}
	}
	for _, m := range []message.Message{
		&message.PrePrepare{Parent: c.digest(), Header: c.header()},
		&message.Body{Parent: c.digest(), Header: c.header(), Raw: message.AppendBatch(nil, c.requests())},
		c.prepare(), c.commit(), new(c.suspect()),
		&message.Leave{
			Epoch: 7, View: c.view(), Suspects: []message.Suspect{c.suspect(), c.suspect()},
			Changes: []message.ViewChange{c.viewChange()}, Proof: SampleEvidence(message.EvidencePrepareFork),
		},
		new(c.viewChange()), c.newView(),
		&message.Checkpoint{CheckpointBody: body(), Signer: c.id(), Sig: c.sig()},
		c.prepareCert(), c.commitCert(), &message.CheckpointCert{CheckpointBody: body(), Votes: c.votes()},
		&message.Status{
			Epoch: 7, Entered: c.view(), Target: c.view(), Tip: c.seq(), Certified: c.seq(), Decided: c.seq(),
			Stable: c.seq(), Nonce: 1 << 63, Echo: 1<<63 + 1,
		},
		&message.Fetch{From: c.point(), Want: c.point(), Bodies: true},
		&message.Blocks{
			From:    c.point(),
			Blocks:  []message.BlockData{{Header: c.header(), Raw: []byte("one")}, {Header: c.header()}, {Header: c.header(), Raw: []byte("three")}},
			Prepare: c.prepare(), Links: c.digests(2), Commit: c.commitCert(),
			Stable: &message.CheckpointCert{CheckpointBody: body(), Votes: c.votes()},
		},
		&message.FetchView{Epoch: 7, View: c.view()},
		&message.Requests{List: c.requests(), Overdue: true},
		&message.Replies{View: c.view(), List: []message.Reply{
			{Replica: c.id(), Request: c.digest(), Seq: c.seq(), Code: message.ReplyRefused, Session: c.session(), Number: c.next()},
			{Replica: c.id(), Request: c.digest(), Seq: c.seq(), Session: c.session(), Number: c.next(), Result: []byte("result")},
		}},
	} {
		if !yield(m) {
			return
		}
	}
}

func (c *counter) prepare() *message.Prepare {
	return &message.Prepare{
		Epoch: 7, View: c.view(), Base: c.seq(), Seq: c.seq(), Chain: c.digest(), Signer: c.id(), Sig: c.sig(),
	}
}

func (c *counter) commit() *message.Commit {
	return &message.Commit{Epoch: 7, View: c.view(), Seq: c.seq(), Chain: c.digest(), Signer: c.id(), Sig: c.sig()}
}

func (c *counter) suspect() message.Suspect {
	return message.Suspect{Epoch: 7, View: c.view(), Decided: c.seq(), Signer: c.id(), Sig: c.sig()}
}

func (c *counter) viewChange() message.ViewChange {
	return message.ViewChange{
		Epoch: 7, View: c.view(), Rank: message.Rank{Epoch: 7, View: c.view(), Seq: c.seq()},
		Chain: c.digest(), Signer: c.id(), Sig: c.sig(),
	}
}

func (c *counter) newView() *message.NewView {
	return &message.NewView{
		Epoch: 7, View: c.view(), Changes: []message.ViewChange{c.viewChange(), c.viewChange()},
		Cert: c.prepareCert(), Signer: c.id(), Sig: c.sig(),
	}
}

func (c *counter) votes() []message.CertVote {
	return []message.CertVote{
		{Signer: c.id(), Seq: c.seq(), Sig: c.sig()}, {Signer: c.id(), Seq: c.seq(), Sig: c.sig()},
	}
}

func (c *counter) prepareCert() *message.PrepareCert {
	return &message.PrepareCert{
		Epoch: 7, View: c.view(), Base: c.seq(), Seq: c.seq(), Chain: c.digest(), Links: c.digests(2), Votes: c.votes(),
	}
}

func (c *counter) commitCert() *message.CommitCert {
	return &message.CommitCert{
		Epoch: 7, View: c.view(), Seq: c.seq(), Chain: c.digest(), Links: c.digests(2), Votes: c.votes(),
	}
}

func (c *counter) header() message.Header {
	return message.Header{
		Epoch: 7, View: c.view(), Seq: c.seq(), PayloadKind: message.PayloadBatch, PayloadHash: message.HashSHA256,
		PayloadSize: uint32(1000 + c.next()), PayloadDigest: c.digest(),
	}
}

func (c *counter) requests() []message.Request {
	return []message.Request{
		{Type: message.RequestOpen, Client: message.PublicKey(c.digest()), Number: c.next(), Op: []byte{}, Sig: c.sig()},
		{Client: message.PublicKey(c.digest()), Session: c.session(), Number: 1000 + c.next(), Awaited: c.next(), Op: []byte("operation")},
	}
}
