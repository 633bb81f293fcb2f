package checker

import (
	"crypto/sha256"
	"encoding/binary"

	"github.com/zeebo/blake3"
)

// header is the small part of a block (spec B1).
type header struct {
	epoch, view, seq uint64
	kind, hash       byte
	size             uint32
	digest           Digest
}

func (h *header) read(r *reader) {
	h.epoch, h.view, h.seq = r.uint64(1), r.uint64(2), r.uint64(3)
	h.kind, h.hash, h.size = r.byte(4), r.byte(5), r.uint32(6)
	h.digest = r.digest(7)
}

// link returns the digest of the header, which is what the block adds to the chain.
func (h *header) link() Digest {
	return hash(prefix, version, domainHeader, h.epoch, h.view, h.seq, h.kind, h.hash, h.size, h.digest)
}

// validBlock says why the primary that signed a block did no wrong, or nothing if its
// payload is the one that the header names and is invalid. The PREPARE has to be the
// primary's own and of the header's view: what it inherited is not held against it.
func (c *Checker) validBlock(e *evidence) string {
	p, h := &e.first, &e.header
	switch {
	case p.signer != c.genesis.primary(p.view):
		return "not signed by the primary"
	case h.epoch != p.epoch || h.view != p.view:
		return "a block of another view than the PREPARE"
	case h.seq > p.seq || p.seq-h.seq != uint64(len(e.links)):
		return "links that are not as many as the seqs from the block to the PREPARE"
	}
	chain := climb(extend(e.fork, h.link()), e.links)
	switch {
	case chain[len(chain)-1] != p.chain:
		return "a block that the PREPARE does not cover"
	case !h.names(e.raw):
		return "not the payload that the header names"
	case c.validHeader(h) && c.validBatch(e.raw):
		return "a valid block"
	}
	return ""
}

// names reports whether the payload is the header's, by the hash that it says (spec B3).
func (h *header) names(raw []byte) bool {
	if uint64(len(raw)) != uint64(h.size) {
		return false
	}
	switch h.hash {
	case 1:
		return sha256.Sum256(raw) == h.digest
	case 2:
		return blake3.Sum256(raw) == h.digest
	}
	return false
}

// validHeader reports whether replicas take a header: a batch under a known hash within the
// genesis' size, above genesis.
func (c *Checker) validHeader(h *header) bool {
	return h.seq > 0 && h.seq < most && h.kind == 1 && (h.hash == 1 || h.hash == 2) && int64(h.size) <= int64(c.genesis.BlockBytes)
}

// requestFixed is the length of a request without its operation and signature.
const requestFixed = 1 + 32 + 8 + 4 + 8 + 8 + 4 + 1

// validBatch reports whether a payload is a batch of one request or more, each sound and,
// where clients sign, signed (spec N1, X1).
func (c *Checker) validBatch(b []byte) bool {
	take := func(n uint64) []byte {
		if n > uint64(len(b)) {
			return nil
		}
		part := b[:n:n]
		b = b[n:]
		return part
	}
	length := func() (uint64, bool) {
		part := take(4)
		if part == nil {
			return 0, false
		}
		return uint64(binary.BigEndian.Uint32(part)), true
	}
	count, ok := length()
	if !ok || count == 0 {
		return false
	}
	for range count {
		size, ok := length()
		if !ok || size > uint64(len(b)) || !c.validRequest(take(size)) {
			return false
		}
	}
	return len(b) == 0
}

// validRequest reports whether a flat request is sound: see Requests in
// proto/twothirds/v1/client.proto.
func (c *Checker) validRequest(b []byte) bool {
	if len(b) < requestFixed {
		return false
	}
	kind, client, sessionSeq, sessionPos := b[0], b[1:33], binary.BigEndian.Uint64(b[33:]), binary.BigEndian.Uint32(b[41:])
	number, awaited := binary.BigEndian.Uint64(b[45:]), binary.BigEndian.Uint64(b[53:])
	opSize := uint64(binary.BigEndian.Uint32(b[61:]))
	if opSize > uint64(len(b)-requestFixed) || opSize > uint64(c.genesis.OpBytes) {
		return false
	}
	unsigned, sig := b[:65+opSize], b[65+opSize+1:]
	if len(sig) != int(b[65+opSize]) || number == 0 || awaited > number {
		return false
	}
	switch kind {
	case 0: // an operation of a session
		if sessionSeq == 0 {
			return false
		}
	case 1: // the opening of one
		if sessionSeq != 0 || sessionPos != 0 || opSize != 0 {
			return false
		}
	case 2: // several operations of a session
		if sessionSeq == 0 || !validBundle(b[65:65+opSize]) {
			return false
		}
	default:
		return false
	}
	if !c.genesis.Signed {
		return len(sig) == 0
	}
	return len(sig) == signatureSize && c.verify(client, wide(prefix, version, domainRequest, c.id, unsigned), sig)
}

// bundleMost is the largest number of operations in one request.
const bundleMost = 256

// validBundle reports whether b is a count, from 1 to bundleMost, and as many operations, each behind its
// length.
func validBundle(b []byte) bool {
	if len(b) < 4 {
		return false
	}
	count, at := binary.BigEndian.Uint32(b), uint64(4)
	if count < 1 || count > bundleMost {
		return false
	}
	for range count {
		if uint64(len(b)) < at+4 {
			return false
		}
		at += 4 + uint64(binary.BigEndian.Uint32(b[at:]))
	}
	return at == uint64(len(b))
}
