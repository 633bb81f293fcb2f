package message

import (
	"crypto/sha256"
	"encoding/binary"

	"github.com/zeebo/blake3"
)

// Version is the protocol version, part of every signed byte string.
const Version = 1

// PayloadKind says what a block carries. The core never looks inside (spec B3).
type PayloadKind uint8

// PayloadBatch is a batch of client requests in one flat body (see Batch).
const PayloadBatch PayloadKind = 1

// HashKind says which function made a payload digest.
type HashKind uint8

// The hash functions. What names a block's header or a vote is SHA-256 always.
const (
	HashSHA256 HashKind = 1
	HashBLAKE3 HashKind = 2 // with 32 bytes of output: twice as fast on what is long
)

// hashLong is the length in bytes from which on BLAKE3 is the faster one.
const hashLong = 4 << 10

// Header is the small, hashed part of a block (spec B1). View is the view in
// which the block was first proposed: a later view that inherits the block
// keeps its header, so its digest never changes.
type Header struct {
	Epoch         Epoch
	View          View
	Seq           Seq
	PayloadKind   PayloadKind
	PayloadHash   HashKind
	PayloadSize   uint32 // bytes
	PayloadDigest Digest
}

// Digest returns d_s, the link that this block adds to the chain.
func (h *Header) Digest() Digest {
	var buf [96]byte
	b := appendDomain(buf[:0], domainHeader)
	b = appendUint64(b, uint64(h.Epoch), uint64(h.View), uint64(h.Seq))
	b = append(b, byte(h.PayloadKind), byte(h.PayloadHash))
	b = binary.BigEndian.AppendUint32(b, h.PayloadSize)
	b = append(b, h.PayloadDigest[:]...)
	return sha256.Sum256(b)
}

// Extend returns the chain digest of the block with digest link on top of chain:
// C_s = H(C_{s-1} || d_s) (spec B1).
func (d Digest) Extend(link Digest) Digest {
	var b [64]byte
	copy(b[:32], d[:])
	copy(b[32:], link[:])
	return sha256.Sum256(b[:])
}

// Fold extends chain by each link in turn.
func Fold(chain Digest, links []Digest) Digest {
	for _, l := range links {
		chain = chain.Extend(l)
	}
	return chain
}

// Root returns the chain digest of genesis, seq 0 of epoch 0 (spec B1).
func Root(cluster Digest) Point {
	b := appendDomain(nil, domainRoot)
	b = append(b, cluster[:]...)
	return Point{Seq: 0, Chain: sha256.Sum256(b)}
}

// PayloadDigest is the digest with HashSHA256 of the exact bytes of a payload (spec B3).
func PayloadDigest(payload []byte) Digest { return HashSHA256.digest(payload) }

// SetPayload names a payload, by its exact bytes (spec B3), with the faster hash for its length.
func (h *Header) SetPayload(raw []byte) {
	h.PayloadHash = hashFor(len(raw))
	h.PayloadSize, h.PayloadDigest = uint32(len(raw)), h.PayloadHash.digest(raw)
}

// Names reports whether raw is the payload that the header names.
func (h *Header) Names(raw []byte) bool {
	return h.PayloadHash.known() && len(raw) == int(h.PayloadSize) && h.PayloadHash.digest(raw) == h.PayloadDigest
}

// hashFor returns the faster hash for so many bytes.
func hashFor(n int) HashKind {
	if n >= hashLong {
		return HashBLAKE3
	}
	return HashSHA256
}

func (k HashKind) known() bool { return k == HashSHA256 || k == HashBLAKE3 }

func (k HashKind) digest(b []byte) Digest {
	if k == HashBLAKE3 {
		return blake3.Sum256(b)
	}
	return sha256.Sum256(b)
}

// blake3Of hashes parts as if they stood side by side.
func blake3Of(parts ...[]byte) (d Digest) {
	h := blake3.New()
	for _, p := range parts {
		_, _ = h.Write(p) // never fails
	}
	h.Sum(d[:0])
	return d
}

// Block is a header with its payload. Payload is shared, never modified.
type Block struct {
	Header  Header
	Payload *Payload // nil while only the header is known
}

// Payload is a parsed body whose bytes were checked by the door (Verify): its
// digest, size and form are those that its header says.
type Payload struct {
	Raw      []byte    // the hashed bytes; shared, never modified
	Requests []Request // parsed in place: their slices alias Raw
}
