package message

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"

	"github.com/twothirds-bft/twothirds/internal/bug"
)

// Every hashed or signed byte string starts with a domain: a fixed prefix, the
// version and one byte that no other use has. For signed messages that byte is
// the kind, and the cluster id and epoch follow (spec D3). All fields have a
// fixed width, big endian, so two different values never share an encoding.
const domainPrefix = "twothirds"

// Domains of hashes; signed kinds use their Kind, all below 64.
const (
	domainHeader     = 64
	domainRoot       = 65
	domainRequest    = 66
	domainMembers    = 67
	domainNewView    = 68
	domainGenesis    = 69
	domainReputation = 70
)

func appendDomain(b []byte, domain byte) []byte {
	b = append(b, domainPrefix...)
	return append(b, Version, domain)
}

func appendUint64(b []byte, vs ...uint64) []byte {
	for _, v := range vs {
		b = binary.BigEndian.AppendUint64(b, v)
	}
	return b
}

func appendSignedHead(b []byte, k Kind, cluster Digest, e Epoch) []byte {
	if bug.M55 {
		k = KindPrepare
	}
	if bug.M56 {
		cluster, e = Digest{}, 0
	}
	b = appendDomain(b, byte(k))
	b = append(b, cluster[:]...)
	return appendUint64(b, uint64(e))
}

// AppendSigned appends the bytes that the signer of m signs (spec D3).
func (m *Prepare) AppendSigned(b []byte, cluster Digest) []byte {
	b = appendSignedHead(b, KindPrepare, cluster, m.Epoch)
	b = appendUint64(b, uint64(m.View), uint64(m.Base), uint64(m.Seq))
	return append(b, m.Chain[:]...)
}

// AppendSigned appends the bytes that the signer of m signs (spec D3).
func (m *Commit) AppendSigned(b []byte, cluster Digest) []byte {
	b = appendSignedHead(b, KindCommit, cluster, m.Epoch)
	b = appendUint64(b, uint64(m.View), uint64(m.Seq))
	return append(b, m.Chain[:]...)
}

// AppendSigned appends the bytes that the signer of m signs (spec D3).
func (m *Suspect) AppendSigned(b []byte, cluster Digest) []byte {
	b = appendSignedHead(b, KindSuspect, cluster, m.Epoch)
	return appendUint64(b, uint64(m.View), uint64(m.Decided))
}

// AppendSigned appends the bytes that the signer of m signs (spec D3).
func (m *ViewChange) AppendSigned(b []byte, cluster Digest) []byte {
	b = appendSignedHead(b, KindViewChange, cluster, m.Epoch)
	b = appendUint64(b, uint64(m.View), uint64(m.Rank.Epoch), uint64(m.Rank.View), uint64(m.Rank.Seq))
	return append(b, m.Chain[:]...)
}

// AppendSigned appends the bytes that the signer of m signs (spec D3): the view
// and a digest of all that the message carries.
func (m *NewView) AppendSigned(b []byte, cluster Digest) []byte {
	b = appendSignedHead(b, KindNewView, cluster, m.Epoch)
	b = appendUint64(b, uint64(m.View))
	d := m.BodyDigest()
	return append(b, d[:]...)
}

// BodyDigest names what a NEW-VIEW justifies: its summaries and the place of its
// certificate. Two NEW-VIEWs of one view with different bodies convict their
// signer (spec E1).
func (m *NewView) BodyDigest() Digest {
	b := appendDomain(nil, domainNewView)
	b = appendUint64(b, uint64(len(m.Changes)))
	for i := range m.Changes {
		c := &m.Changes[i]
		b = appendUint64(b, uint64(c.Signer), uint64(c.Rank.Epoch), uint64(c.Rank.View), uint64(c.Rank.Seq))
		b = append(b, c.Chain[:]...)
	}
	if m.Cert != nil {
		b = appendUint64(b, uint64(m.Cert.Base), uint64(m.Cert.Seq))
		b = append(b, m.Cert.Chain[:]...)
	}
	return sha256.Sum256(b)
}

// AppendSigned appends the bytes that the signer of m signs (spec D3).
func (m *Checkpoint) AppendSigned(b []byte, cluster Digest) []byte {
	b = appendSignedHead(b, KindCheckpoint, cluster, m.Epoch)
	b = appendUint64(b, uint64(m.Seq))
	for _, d := range []*Digest{&m.Chain, &m.State, &m.Clients, &m.Members, &m.Reputation} {
		b = append(b, d[:]...)
	}
	b = appendUint64(b, uint64(m.SnapshotSeq))
	return append(b, m.SnapshotRoot[:]...)
}

// Genesis is what all replicas and clients of a cluster must agree on before it
// starts. Its digest is the cluster id, which every signature covers (spec D3).
type Genesis struct {
	Name     string // chosen by the operator
	Interval Seq    // K, blocks between checkpoints (spec C1)
	Signed   bool   // requests carry their client's signature (spec X6)
	// OpBytes bounds one operation, BlockBytes one block's payload; 0 means 64 KiB and
	// 1 MiB. They decide a block's validity, so they are the cluster's and not a
	// replica's.
	OpBytes    int
	BlockBytes int
	Members    []Member
}

// Limits returns the limits that the cluster agrees on.
func (g *Genesis) Limits() Limits {
	return Limits{OpBytes: g.OpBytes, PayloadBytes: g.BlockBytes, Links: 4 * int(g.Interval), Blocks: 2 * int(g.Interval)}.withDefaults()
}

// IntervalMax is the largest checkpoint interval: what a window spans must fit
// into one message.
const IntervalMax = 512

// aloneBytes is what a block of one request takes beside its operation. A block must
// have room for that, or nobody could accept it and each primary would propose it.
const aloneBytes = 4 + 4 + requestFixed + SignatureSize

// Cluster returns the cluster id, or an error if the members cannot be.
func (g *Genesis) Cluster() (Digest, *Members, error) {
	m, err := NewMembers(0, g.Members)
	if err != nil {
		return Digest{}, nil, err
	}
	if l := g.Limits(); g.Interval > IntervalMax || g.OpBytes < 0 || g.BlockBytes < 0 || l.OpBytes+aloneBytes > l.PayloadBytes || l.PayloadBytes > 2<<20 {
		return Digest{}, nil, fmt.Errorf("%w: interval above %d, or operation or block size out of range", ErrMembers, IntervalMax)
	}
	b := appendDomain(nil, domainGenesis)
	b = appendUint64(b, uint64(len(g.Name)))
	b = append(b, g.Name...)
	signed := byte(0)
	if g.Signed {
		signed = 1
	}
	l := g.Limits()
	b = append(appendUint64(b, uint64(g.Interval), uint64(l.OpBytes), uint64(l.PayloadBytes)), signed)
	d := m.Digest()
	return sha256.Sum256(append(b, d[:]...)), m, nil
}

// Signed is a message that carries its signer's signature.
type Signed interface {
	Message
	// AppendSigned appends the bytes that the signer signs (spec D3).
	AppendSigned(b []byte, cluster Digest) []byte
	// Author returns the signer and its signature.
	Author() (ReplicaID, []byte)
	sign(id ReplicaID, sig []byte)
	epoch() Epoch
}

// Author implements Signed.
func (m *Prepare) Author() (ReplicaID, []byte) { return m.Signer, m.Sig }

// Author implements Signed.
func (m *Commit) Author() (ReplicaID, []byte) { return m.Signer, m.Sig }

// Author implements Signed.
func (m *Suspect) Author() (ReplicaID, []byte) { return m.Signer, m.Sig }

// Author implements Signed.
func (m *ViewChange) Author() (ReplicaID, []byte) { return m.Signer, m.Sig }

// Author implements Signed.
func (m *NewView) Author() (ReplicaID, []byte) { return m.Signer, m.Sig }

// Author implements Signed.
func (m *Checkpoint) Author() (ReplicaID, []byte) { return m.Signer, m.Sig }

func (m *Prepare) sign(id ReplicaID, sig []byte)    { m.Signer, m.Sig = id, sig }
func (m *Commit) sign(id ReplicaID, sig []byte)     { m.Signer, m.Sig = id, sig }
func (m *Suspect) sign(id ReplicaID, sig []byte)    { m.Signer, m.Sig = id, sig }
func (m *ViewChange) sign(id ReplicaID, sig []byte) { m.Signer, m.Sig = id, sig }
func (m *NewView) sign(id ReplicaID, sig []byte)    { m.Signer, m.Sig = id, sig }
func (m *Checkpoint) sign(id ReplicaID, sig []byte) { m.Signer, m.Sig = id, sig }

func (m *Prepare) epoch() Epoch    { return m.Epoch }
func (m *Commit) epoch() Epoch     { return m.Epoch }
func (m *Suspect) epoch() Epoch    { return m.Epoch }
func (m *ViewChange) epoch() Epoch { return m.Epoch }
func (m *NewView) epoch() Epoch    { return m.Epoch }
func (m *Checkpoint) epoch() Epoch { return m.Epoch }
