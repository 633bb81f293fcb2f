package checker

import (
	"crypto/ed25519"
	"errors"
	"fmt"
)

// Claim says what kind of thing a message proves.
type Claim byte

// The claims.
const (
	Voted    Claim = 1 // one member signed a message
	Prepared Claim = 2 // quorum power accepted the chain in one view, from one base (spec N3)
	Decided  Claim = 3 // the chain is decided up to a seq (spec N5)
	Stable   Claim = 4 // quorum power executed up to a seq, with one state (spec C1)
	Started  Claim = 5 // a view may be entered, and where it begins (spec V4)
	Guilty   Claim = 6 // a member signed what no correct one signs (spec E1)
)

// String returns the claim as a word.
func (c Claim) String() string {
	words := [...]string{Voted: "voted", Prepared: "prepared", Decided: "decided", Stable: "stable", Started: "started", Guilty: "guilty"}
	if int(c) < len(words) && words[c] != "" {
		return words[c]
	}
	return fmt.Sprintf("claim %d", byte(c))
}

// Fact is what a message proves. Fields that a claim does not speak of are zero. A Fact
// shares no memory with the bytes that it was read from.
type Fact struct {
	Claim   Claim
	Kind    byte // of the frame, 0 for a proof of guilt
	Epoch   uint64
	View    uint64 // Guilty: of the first of the two messages
	Base    uint64 // Prepared, and a PREPARE: from where the votes begin; Started: Seq
	Seq     uint64 // Started: where the view begins; a SUSPECT: decided
	Chain   Digest // at Seq; zero in a SUSPECT
	State   Digest // Stable, and a CHECKPOINT: of the application
	Clients Digest // likewise: of the session table
	Body    Digest // Started: names what the NEW-VIEW carries
	Report  uint64 // a VIEW-CHANGE: the view of the certificate that it reports, whose seq is Seq

	Signers []uint32 // in order: of the votes, or of the summaries; the one that voted; the culprit
	Power   uint64   // of the signers together
	Offence Offence  // Guilty
}

// ErrProof reports a message that is well-formed and proves nothing.
var ErrProof = errors.New("checker: proves nothing")

func refuse(why string) error { return fmt.Errorf("%w: %s", ErrProof, why) }

// Checker checks messages of one cluster. It never changes and is safe for concurrent use
// if the function that verifies signatures is.
type Checker struct {
	genesis Genesis
	id      Digest
	root    Digest
	verify  func(key, msg, sig []byte) bool
}

// New returns a checker for a cluster. verify says whether sig is key's signature over msg;
// nil means Ed25519 as the standard library has it (see the package's limits). It fails
// with ErrGenesis.
func New(g Genesis, verify func(key, msg, sig []byte) bool) (*Checker, error) {
	g, err := g.complete()
	if err != nil {
		return nil, err
	}
	if verify == nil {
		verify = func(key, msg, sig []byte) bool { return ed25519.Verify(key, msg, sig) }
	}
	id := g.cluster()
	return &Checker{genesis: g, id: id, root: hash(prefix, version, domainRoot, id), verify: verify}, nil
}

// Cluster returns the cluster id (spec D3).
func (c *Checker) Cluster() Digest { return c.id }

// Root returns the chain digest of genesis, seq 0 (spec B1).
func (c *Checker) Root() Digest { return c.root }

// Prepare checks the frame of a prepare certificate (spec N3).
func (c *Checker) Prepare(frame []byte) (Fact, error) { return c.frame(frame, kindPrepareCert) }

// Commit checks the frame of a commit certificate (spec N5).
func (c *Checker) Commit(frame []byte) (Fact, error) { return c.frame(frame, kindCommitCert) }

// Checkpoint checks the frame of a checkpoint certificate (spec C1).
func (c *Checker) Checkpoint(frame []byte) (Fact, error) { return c.frame(frame, kindCheckpointCert) }

// NewView checks the frame of a NEW-VIEW (spec V4).
func (c *Checker) NewView(frame []byte) (Fact, error) { return c.frame(frame, kindNewView) }

// Vote checks the frame of a single PREPARE, COMMIT, SUSPECT, VIEW-CHANGE or CHECKPOINT:
// its form, its signer and its signature.
func (c *Checker) Vote(frame []byte) (Fact, error) {
	return c.frame(frame, kindPrepare, kindCommit, kindSuspect, kindViewChange, kindCheckpoint)
}

// Evidence checks a proof of guilt: the message Evidence of the schema, without the first
// byte that frames have (spec E1).
func (c *Checker) Evidence(proof []byte) (Fact, error) {
	if len(proof) > frameMax {
		return Fact{}, fmt.Errorf("%w: too long", ErrBytes)
	}
	r := reader{left: proof}
	e := r.readEvidence()
	if err := r.end(); err != nil {
		return Fact{}, err
	}
	return c.evidence(&e)
}

// Check checks a frame of any kind that the methods above take.
func (c *Checker) Check(frame []byte) (Fact, error) {
	return c.frame(frame, kindPrepare, kindCommit, kindSuspect, kindViewChange, kindNewView, kindCheckpoint,
		kindPrepareCert, kindCommitCert, kindCheckpointCert)
}

// frame checks a frame of one of the given kinds.
func (c *Checker) frame(frame []byte, kinds ...byte) (Fact, error) {
	if len(frame) == 0 || len(frame) > frameMax {
		return Fact{}, fmt.Errorf("%w: a frame of %d bytes", ErrBytes, len(frame))
	}
	for _, kind := range kinds {
		if frame[0] == kind {
			fact, err := c.content(kind, frame[1:])
			if err != nil {
				return Fact{}, err
			}
			fact.Claim, fact.Kind = claims[kind], kind
			return fact, nil
		}
	}
	return Fact{}, fmt.Errorf("%w: a frame of kind %d", ErrBytes, frame[0])
}

// claims says what each kind of frame proves.
var claims = map[byte]Claim{
	kindPrepare: Voted, kindCommit: Voted, kindSuspect: Voted, kindViewChange: Voted, kindCheckpoint: Voted,
	kindPrepareCert: Prepared, kindCommitCert: Decided, kindCheckpointCert: Stable, kindNewView: Started,
}

// votesOf says of what votes each certificate is made.
var votesOf = map[byte]byte{
	kindPrepareCert: kindPrepare, kindCommitCert: kindCommit, kindCheckpointCert: kindCheckpoint,
}

// content reads and checks what stands behind the first byte of a frame.
func (c *Checker) content(kind byte, b []byte) (Fact, error) {
	r := reader{left: b}
	switch claims[kind] {
	case Voted:
		v := r.readVote(kind)
		if err := r.end(); err != nil {
			return Fact{}, err
		}
		return c.single(&v)
	case Started:
		n := r.readNewView()
		if err := r.end(); err != nil {
			return Fact{}, err
		}
		return c.newView(&n)
	default:
		t := r.readCert(votesOf[kind])
		if err := r.end(); err != nil {
			return Fact{}, err
		}
		return c.cert(&t)
	}
}

// single checks a vote that stands for itself.
func (c *Checker) single(v *vote) (Fact, error) {
	power, err := c.vote(v)
	if err != nil {
		return Fact{}, err
	}
	fact := v.fact()
	fact.Signers, fact.Power = []uint32{v.signer}, power
	return fact, nil
}

// vote checks one signed message and returns the power of its signer.
func (c *Checker) vote(v *vote) (power uint64, err error) {
	if v.epoch != 0 {
		return 0, refuse("an epoch whose members are not known here")
	}
	if why := v.sound(); why != "" {
		return 0, refuse(why)
	}
	m, ok := c.genesis.member(v.signer)
	if !ok {
		return 0, refuse(fmt.Sprintf("%d is no member", v.signer))
	}
	if !c.verify(m.Key[:], v.signed(c.id), v.sig) {
		return 0, refuse(fmt.Sprintf("not the signature of %d", v.signer))
	}
	return m.Power, nil
}
