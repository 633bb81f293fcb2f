package message

// Prepare is a cumulative vote: in View I accepted every block from Base to Seq
// on the chain that Chain names (spec N2). Base is the seq of the certificate
// that NEW-VIEW justified. Votes of different bases never count together
// (spec N3).
type Prepare struct {
	Epoch  Epoch
	View   View
	Base   Seq
	Seq    Seq
	Chain  Digest
	Signer ReplicaID
	Sig    []byte
}

// Point returns the place voted for.
func (m *Prepare) Point() Point { return Point{m.Seq, m.Chain} }

// Commit says: I hold a prepare certificate PC(View, Seq) of Chain (spec N4). It is
// cumulative like Prepare.
type Commit struct {
	Epoch  Epoch
	View   View
	Seq    Seq
	Chain  Digest
	Signer ReplicaID
	Sig    []byte
}

// Point returns the place voted for.
func (m *Commit) Point() Point { return Point{m.Seq, m.Chain} }

// Suspect says that the signer's progress timer fired in View while it had
// decided Decided. The signer goes on voting (spec V1).
type Suspect struct {
	Epoch   Epoch
	View    View
	Decided Seq
	Signer  ReplicaID
	Sig     []byte
}

// ViewChange asks for View and reports the rank and digest of the signer's
// highest prepare certificate of an older view, or the epoch's root if it has
// none (spec V2). The certificate itself travels apart.
type ViewChange struct {
	Epoch  Epoch
	View   View
	Rank   Rank
	Chain  Digest
	Signer ReplicaID
	Sig    []byte
}

// NewView starts View: the signed summaries of quorum power and the one
// certificate of the highest rank among them, nil if that is the root's
// (spec V3). Changes are sorted by signer.
type NewView struct {
	Epoch   Epoch
	View    View
	Changes []ViewChange
	Cert    *PrepareCert
	Signer  ReplicaID
	Sig     []byte
}

// Leave passes on what made its sender leave View: suspicions and view changes
// of weak power, or a proof that its primary equivocated or resigned (spec V1).
// It is not signed: everything in it is.
type Leave struct {
	Epoch    Epoch
	View     View // the sender's target
	Suspects []Suspect
	Changes  []ViewChange
	Proof    *Evidence // nil unless the primary equivocated
}

// Checkpoint is the signer's state after the block at Seq (spec C1). It is
// signed once per seq, ever.
type Checkpoint struct {
	CheckpointBody
	Signer ReplicaID
	Sig    []byte
}

// CheckpointBody is what the CHECKPOINTs of one seq must agree on.
type CheckpointBody struct {
	Epoch        Epoch
	Seq          Seq
	Chain        Digest
	State        Digest // of the application
	Clients      Digest // of the session table (spec X1)
	Members      Digest // of the interval after next (spec R5)
	Reputation   Digest // of the interval after next (spec V7)
	SnapshotSeq  Seq    // newest snapshot due, 0 if none (spec C3)
	SnapshotRoot Digest
}

// Point returns the place on the chain.
func (m *CheckpointBody) Point() Point { return Point{m.Seq, m.Chain} }

// Status is what a replica tells its peers of itself: hints only (spec S1). It is
// also ping (Nonce not 0) and pong (Echo not 0), from which round-trip times
// are estimated (spec T2).
type Status struct {
	Epoch     Epoch
	Entered   View
	Target    View
	Tip       Seq
	Certified Seq // highest PC of the entered view
	Decided   Seq
	Stable    Seq
	Nonce     uint64
	Echo      uint64
}

// PrePrepare proposes a block: its header and the chain it extends (spec B2).
// It is not signed; the primary's PREPARE that covers it is.
type PrePrepare struct {
	Parent Digest
	Header Header
}

// Point returns the proposed place.
func (m *PrePrepare) Point() Point {
	return Point{m.Header.Seq, m.Parent.Extend(m.Header.Digest())}
}

// Body is a block with its payload, sent behind the PrePrepare (spec B2).
type Body struct {
	Parent Digest
	Header Header
	Raw    []byte // as received
	// Payload is set by the door. It is nil if Raw is what the header names and yet
	// invalid: then the block is evidence against whoever signed it (spec E1).
	Payload *Payload
}

// Fetch asks for the blocks after From up to Want (spec N9, S1). A zero
// Want.Chain asks for whatever is decided above From. Bodies asks for payloads,
// else headers suffice.
type Fetch struct {
	From   Point
	Want   Point
	Bodies bool
}

// Blocks answers a Fetch: consecutive blocks on top of From. Prepare is the
// primary's newest vote of the view that covers them (spec N9). If the blocks
// are decided, Commit or Stable proves it together with Links, the header
// digests between the last block and the certificate.
type Blocks struct {
	From    Point
	Blocks  []BlockData
	Prepare *Prepare
	Links   []Digest
	Commit  *CommitCert
	Stable  *CheckpointCert
}

// BlockData is a block as it travels. Raw is nil where only the header does.
type BlockData struct {
	Header  Header
	Raw     []byte
	Payload *Payload // set by the door if Raw is not nil
}

// FetchView asks for the NEW-VIEW with which the receiver entered a view of at
// least View (spec S1).
type FetchView struct {
	Epoch Epoch
	View  View
}

// Message is any of the protocol's messages.
type Message interface{ Kind() Kind }

// Kind implements Message.
func (*PrePrepare) Kind() Kind { return KindPrePrepare }

// Kind implements Message.
func (*Body) Kind() Kind { return KindBody }

// Kind implements Message.
func (*Prepare) Kind() Kind { return KindPrepare }

// Kind implements Message.
func (*Commit) Kind() Kind { return KindCommit }

// Kind implements Message.
func (*Suspect) Kind() Kind { return KindSuspect }

// Kind implements Message.
func (*Leave) Kind() Kind { return KindLeave }

// Kind implements Message.
func (*ViewChange) Kind() Kind { return KindViewChange }

// Kind implements Message.
func (*NewView) Kind() Kind { return KindNewView }

// Kind implements Message.
func (*Checkpoint) Kind() Kind { return KindCheckpoint }

// Kind implements Message.
func (*PrepareCert) Kind() Kind { return KindPrepareCert }

// Kind implements Message.
func (*CommitCert) Kind() Kind { return KindCommitCert }

// Kind implements Message.
func (*CheckpointCert) Kind() Kind { return KindCheckpointCert }

// Kind implements Message.
func (*Status) Kind() Kind { return KindStatus }

// Kind implements Message.
func (*Fetch) Kind() Kind { return KindFetch }

// Kind implements Message.
func (*Blocks) Kind() Kind { return KindBlocks }

// Kind implements Message.
func (*FetchView) Kind() Kind { return KindFetchView }

// Kind implements Message.
func (*Requests) Kind() Kind { return KindRequests }

// Kind implements Message.
func (*Replies) Kind() Kind { return KindReply }

// Kind implements Message.
func (*Reply) Kind() Kind { return KindReply }
