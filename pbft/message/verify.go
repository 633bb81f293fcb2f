package message

import (
	"errors"
	"fmt"

	"github.com/twothirds-bft/twothirds/internal/bug"
)

// Verifier checks signatures. Implementations are safe for concurrent use and
// VerifyAll is true exactly if Verify is for each triple (spec D3).
type Verifier interface {
	Verify(key PublicKey, msg, sig []byte) bool
	VerifyAll(keys []PublicKey, msgs, sigs [][]byte) bool
}

// Signer makes the signatures of one key.
type Signer interface {
	Public() PublicKey
	Sign(msg []byte) ([]byte, error)
}

// SignatureSize is the length of every signature in bytes (spec D3).
const SignatureSize = 64

// Errors of the door. Each is a peer's fault: count it and drop the message
// (spec D1); none is a reason to stop.
var (
	ErrSignature = errors.New("message: bad signature")
	ErrSender    = errors.New("message: not from its signer's own link")
	ErrEpoch     = errors.New("message: another epoch")
	ErrForm      = errors.New("message: malformed")
	ErrCert      = errors.New("message: invalid certificate")
)

// Limits bound what one message may hold (spec D1). Zero fields mean the
// defaults.
type Limits struct {
	PayloadBytes int // of one block; default 1 MiB; Genesis.Limits sets it for a cluster
	OpBytes      int // of one request's operation; default 64 KiB; likewise
	Links        int // between a certificate's point and its highest vote; default 1024, at most 2048 travel
	Blocks       int // in one answer; default 256, at most 512 travel
	Requests     int // in one REQUESTS message; default 4096
}

// withDefaults returns l with its zero fields replaced.
func (l Limits) withDefaults() Limits {
	def := func(v *int, d int) {
		if *v == 0 {
			*v = d
		}
	}
	def(&l.PayloadBytes, 1<<20)
	def(&l.OpBytes, 64<<10)
	def(&l.Links, 1024)
	def(&l.Blocks, 256)
	l.Links, l.Blocks = min(l.Links, 2048), min(l.Blocks, 512)
	def(&l.Requests, 4096)
	return l
}

// Verified is a message whose form and signatures were checked. Only a Door makes
// one, so the compiler proves that no unverified byte reaches the core.
type Verified struct {
	msg    Message
	from   ReplicaID
	client bool
}

// Message returns the message. It and all it points to are shared and read-only.
func (v Verified) Message() Message { return v.msg }

// From returns the replica on whose link the message came; own messages come
// from oneself.
func (v Verified) From() ReplicaID { return v.from }

// FromClient reports whether the message came on a client's link.
func (v Verified) FromClient() bool { return v.client }

// Door is the one way in: it checks everything about a message that does not
// depend on the receiver's state. It is safe for concurrent use. Its verdicts never
// change; what it has checked may be remembered (Remember).
type Door struct {
	cluster Digest
	members *Members
	keys    Verifier
	limits  Limits
	signed  bool
	memory  Memory // nil if there is none
}

// NewDoor returns a door for one epoch. signed says whether requests carry their
// client's signature (spec X6).
func NewDoor(cluster Digest, m *Members, keys Verifier, signed bool, l Limits) *Door {
	return &Door{cluster: cluster, members: m, keys: keys, limits: l.withDefaults(), signed: signed}
}

// Cluster returns the cluster id.
func (d *Door) Cluster() Digest { return d.cluster }

// Members returns the epoch's membership.
func (d *Door) Members() *Members { return d.members }

// Limits returns the limits in force.
func (d *Door) Limits() Limits { return d.limits }

// Sign signs m as replica self and admits it as an own message. It is the
// signer's door: the core counts own votes only once they came through it.
func (d *Door) Sign(s Signer, self ReplicaID, m Signed) (Verified, error) {
	sig, err := s.Sign(d.preimage(m))
	if err != nil {
		return Verified{}, fmt.Errorf("message: sign %v: %w", m.Kind(), err)
	}
	m.sign(self, sig)
	return Verified{msg: m, from: self}, nil
}

// VerifyClient checks requests that came on the link of the client with the given
// key: it may speak for itself only.
func (d *Door) VerifyClient(key PublicKey, m Message) (Verified, error) {
	rs, ok := m.(*Requests)
	if !ok || rs.Overdue {
		return Verified{}, ErrSender
	}
	for i := range rs.List {
		if rs.List[i].Client != key {
			return Verified{}, ErrSender
		}
	}
	if err := d.requests(rs.List, d.limits.Requests); err != nil {
		return Verified{}, err
	}
	return Verified{msg: m, client: true}, nil
}

// Verify checks a message that came on the authenticated link of replica from.
func (d *Door) Verify(from ReplicaID, m Message) (Verified, error) {
	if d.members.Index(from) < 0 {
		return Verified{}, ErrSender
	}
	if err := d.verify(from, m); err != nil {
		return Verified{}, err
	}
	return Verified{msg: m, from: from}, nil
}

func (d *Door) verify(from ReplicaID, m Message) error {
	switch m := m.(type) {
	case *Prepare, *Commit, *Suspect, *ViewChange, *Checkpoint:
		return d.direct(from, m.(Signed))
	case *PrePrepare:
		return d.header(&m.Header)
	case *Body:
		return d.body(m)
	case *Leave:
		return d.leave(m)
	case *NewView:
		return d.newView(m)
	case *PrepareCert:
		return d.PrepareCert(m)
	case *CommitCert:
		return d.CommitCert(m)
	case *CheckpointCert:
		return d.CheckpointCert(m)
	case *Blocks:
		return d.blocks(m)
	case *Requests:
		return d.forwarded(from, m)
	case *Status, *Fetch, *FetchView:
		return nil
	}
	return ErrForm
}

// direct checks a vote on its signer's own link (spec N8).
func (d *Door) direct(from ReplicaID, m Signed) error {
	if signer, _ := m.Author(); signer != from {
		return ErrSender
	}
	return d.Signature(m)
}

// preimage returns the bytes that the signer of m signs, for most kinds in one allocation.
func (d *Door) preimage(m Signed) []byte { return m.AppendSigned(make([]byte, 0, 128), d.cluster) }

// Signature checks the epoch, form and signature of a signed message from
// whomever it came.
func (d *Door) Signature(m Signed) error {
	if m.epoch() != d.members.epoch && !bug.M08 {
		return ErrEpoch
	}
	if err := form(m); err != nil {
		return err
	}
	signer, sig := m.Author()
	i := d.members.Index(signer)
	if i < 0 {
		return ErrSender
	}
	if len(sig) != SignatureSize || !d.keys.Verify(d.members.list[i].Key, d.preimage(m), sig) {
		return ErrSignature
	}
	return nil
}

// form holds the rules within one signed message. Views and seqs stop short of
// 2^63 so that no sum with a window ever wraps.
func form(m Signed) error {
	const most = 1 << 62
	ok := true
	switch m := m.(type) {
	case *Prepare:
		ok = (m.Base <= m.Seq || bug.M63) && m.Seq < most && m.View < most
	case *Commit:
		ok = m.Seq < most && m.View < most
	case *Suspect:
		ok = m.View < most
	case *ViewChange:
		ok = m.View > 0 && m.View < most && m.Rank.Seq < most && m.Rank.Epoch == m.Epoch && m.Rank.View < m.View
	case *NewView:
		ok = m.View > 0 && m.View < most
	case *Checkpoint:
		ok = m.Seq > 0 && m.Seq < most && m.SnapshotSeq <= m.Seq
	}
	if !ok {
		return ErrForm
	}
	return nil
}

func (d *Door) header(h *Header) error {
	switch {
	case h.Epoch != d.members.epoch:
		return ErrEpoch
	case h.Seq == 0, h.Seq >= 1<<62, h.PayloadKind != PayloadBatch, !h.PayloadHash.known(),
		int64(h.PayloadSize) > int64(d.limits.PayloadBytes):
		return ErrForm
	}
	return nil
}

func (d *Door) body(m *Body) (err error) {
	if err := d.header(&m.Header); err != nil {
		return err
	}
	if m.Payload, err = d.Payload(&m.Header, m.Raw); err != nil && m.Header.Names(m.Raw) {
		return nil // an invalid block: the core keeps it as evidence
	}
	return err
}

// Payload checks that raw is the payload that h names and that it is valid: a
// pure function of its bytes and the epoch's configuration (spec N1).
func (d *Door) Payload(h *Header, raw []byte) (*Payload, error) {
	if !h.Names(raw) {
		return nil, ErrForm
	}
	p, err := ParseBatch(raw)
	if err != nil {
		return nil, err
	}
	if err := d.requests(p.Requests, len(p.Requests)); err != nil {
		return nil, err // a payload that is handed out is a valid one
	}
	return p, nil
}

func (d *Door) requests(list []Request, most int) error {
	if len(list) == 0 || len(list) > most {
		return ErrForm
	}
	for i := range list {
		if err := list[i].check(); err != nil {
			return err
		}
		if len(list[i].Op) > d.limits.OpBytes || (!d.signed && list[i].Sig != nil) {
			return ErrForm
		}
	}
	if !d.signed {
		return nil
	}
	return d.signatures(list)
}

// forwarded checks requests that a replica passes on. Without client signatures
// a replica speaks for itself only (spec X6).
func (d *Door) forwarded(from ReplicaID, m *Requests) error {
	if !d.signed {
		key := d.members.list[d.members.Index(from)].Key
		for i := range m.List {
			if m.List[i].Client != key {
				return ErrSender
			}
		}
	}
	return d.requests(m.List, d.limits.Requests)
}

// SignRequest signs a request as its client. Where the cluster does not
// authenticate clients it leaves the request as it is.
func (d *Door) SignRequest(s Signer, r *Request) error {
	if !d.signed {
		return nil
	}
	sig, err := s.Sign(r.appendSigned(make([]byte, 0, signedFixed+len(r.Op)), d.cluster))
	if err != nil {
		return fmt.Errorf("message: sign request: %w", err)
	}
	r.Sig = sig
	return nil
}

func (d *Door) blocks(m *Blocks) error {
	if len(m.Blocks) > d.limits.Blocks || len(m.Links) > d.limits.Links {
		return ErrForm
	}
	next := m.From.Seq + 1
	for i := range m.Blocks {
		b := &m.Blocks[i]
		if err := d.header(&b.Header); err != nil {
			return err
		}
		if b.Header.Seq != next {
			return ErrForm
		}
		next++
		if b.Raw == nil {
			continue
		}
		var err error
		if b.Payload, err = d.Payload(&b.Header, b.Raw); err != nil {
			return err
		}
	}
	if m.Prepare != nil {
		if err := d.Signature(m.Prepare); err != nil {
			return err
		}
	}
	if m.Commit != nil {
		if err := d.CommitCert(m.Commit); err != nil {
			return err
		}
	}
	if m.Stable != nil {
		return d.CheckpointCert(m.Stable)
	}
	return nil
}

func (d *Door) leave(m *Leave) error {
	n := d.members.Len()
	if m.Epoch != d.members.epoch {
		return ErrEpoch
	}
	if len(m.Suspects) > n || len(m.Changes) > n {
		return ErrForm
	}
	for i := range m.Suspects {
		if err := d.Signature(&m.Suspects[i]); err != nil {
			return err
		}
	}
	for i := range m.Changes {
		if err := d.Signature(&m.Changes[i]); err != nil {
			return err
		}
	}
	if m.Proof != nil {
		_, err := d.Evidence(m.Proof)
		return err
	}
	return nil
}

// newView checks all of V4 that does not depend on the receiver.
func (d *Door) newView(m *NewView) error {
	if err := d.Signature(m); err != nil {
		return err
	}
	if d.members.Primary(m.View) != m.Signer {
		return ErrSender
	}
	if len(m.Changes) > d.members.Len() {
		return ErrForm
	}
	for i := range m.Changes {
		if i > 0 && !ascending(m.Changes[i-1].Signer, m.Changes[i].Signer) {
			return ErrForm
		}
		if err := d.Signature(&m.Changes[i]); err != nil {
			return err
		}
	}
	if m.Cert != nil {
		if err := d.PrepareCert(m.Cert); err != nil {
			return err
		}
	}
	return JustifyNewView(d.members, m.View, m.Changes, m.Cert)
}

// JustifyNewView reports whether changes and cert justify view: distinct
// summaries of quorum power for it, and the certificate of the highest rank
// among them, none if that is the root's (spec V4). Builder and checker both
// call it; signatures are the caller's business.
func JustifyNewView(members *Members, view View, changes []ViewChange, cert *PrepareCert) error {
	power := uint64(0)
	highest := Rank{Epoch: members.epoch}
	for i := range changes {
		c := &changes[i]
		if c.View != view && !bug.M21 || i > 0 && !ascending(changes[i-1].Signer, c.Signer) {
			return ErrCert
		}
		idx := members.Index(c.Signer)
		if idx < 0 {
			return ErrCert
		}
		power += members.list[idx].Power
		if c.Rank.Compare(highest) > 0 {
			highest = c.Rank
		}
	}
	if power < members.Needed(KindViewChange) {
		return ErrCert
	}
	if (cert == nil) != (highest == Rank{Epoch: members.epoch}) {
		return ErrCert // one justification has one form
	}
	if cert != nil && (cert.Rank() != highest && !bug.M19 || cert.View >= view) {
		return ErrCert
	}
	return nil
}
