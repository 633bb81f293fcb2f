package message

// CertVote is one signed vote within a certificate. Its view and chain follow
// from the certificate: the chain digest at Seq is the certificate's folded
// with as many links.
type CertVote struct {
	Signer ReplicaID
	Seq    Seq
	Sig    []byte
}

// PrepareCert proves that quorum power accepted Chain up to Seq in View from one
// Base (spec N3). Votes are sorted by signer; Links are the header digests from
// Seq up to the highest vote.
type PrepareCert struct {
	Epoch Epoch
	View  View
	Base  Seq
	Seq   Seq
	Chain Digest
	Links []Digest
	Votes []CertVote
}

// Rank returns the certificate's place in the order of certificates.
func (c *PrepareCert) Rank() Rank { return Rank{c.Epoch, c.View, c.Seq} }

// Point returns the certified place.
func (c *PrepareCert) Point() Point { return Point{c.Seq, c.Chain} }

// CommitCert proves that Chain up to Seq is decided (spec N5).
type CommitCert struct {
	Epoch Epoch
	View  View
	Seq   Seq
	Chain Digest
	Links []Digest
	Votes []CertVote
}

// Point returns the decided place.
func (c *CommitCert) Point() Point { return Point{c.Seq, c.Chain} }

// CheckpointCert proves that a checkpoint is stable (spec C1). Votes are sorted by
// signer and all at Seq.
type CheckpointCert struct {
	CheckpointBody
	Votes []CertVote
}
