package message

import (
	"encoding/binary"
	"errors"
	"slices"
)

// RequestType tells operations from the opening of a session (spec X1).
type RequestType uint8

// The request types.
const (
	RequestOperation RequestType = 0
	RequestOpen      RequestType = 1
	RequestBundle    RequestType = 2 // several operations
)

// Request is what a client asks for at once: an operation, a bundle of them, or a
// session (spec X1). Its identity is (Session, Number); an opening has no session yet
// and Number is its nonce.
type Request struct {
	Type    RequestType
	Client  PublicKey
	Session SessionID
	Number  uint64 // from 1 on, or the nonce of an opening
	Awaited uint64 // the lowest number whose reply the client still awaits
	Op      []byte
	Sig     []byte // nil where the cluster does not authenticate clients (spec X6)
}

// Requests carries requests from a client, or from a replica that forwards them
// (spec T1). Each is checked on its own.
type Requests struct {
	List    []Request
	Overdue bool // from replicas only: the first has waited at its sender for half a timeout
}

// requestFixed is the length of a request's flat form without op and signature.
const requestFixed = 1 + 32 + 8 + 4 + 8 + 8 + 4 + 1

// ErrBatch reports a payload that is not a well-formed batch.
var ErrBatch = errors.New("message: malformed batch")

// Size returns the length of the flat form in bytes.
func (r *Request) Size() int { return requestFixed + len(r.Op) + len(r.Sig) }

// AppendFlat appends the canonical flat form that batches and the wire carry.
func (r *Request) AppendFlat(b []byte) []byte {
	b = r.appendUnsigned(b)
	b = append(b, byte(len(r.Sig)))
	return append(b, r.Sig...)
}

func (r *Request) appendUnsigned(b []byte) []byte { return append(r.appendHead(b), r.Op...) }

// appendHead appends what stands before the operation.
func (r *Request) appendHead(b []byte) []byte {
	b = append(b, byte(r.Type))
	b = append(b, r.Client[:]...)
	b = appendUint64(b, uint64(r.Session.Seq))
	b = binary.BigEndian.AppendUint32(b, r.Session.Pos)
	b = appendUint64(b, r.Number, r.Awaited)
	return binary.BigEndian.AppendUint32(b, uint32(len(r.Op)))
}

// ParseFlat reads one flat request that must fill b. The result aliases b.
func ParseFlat(b []byte) (Request, error) {
	if len(b) < requestFixed {
		return Request{}, ErrBatch
	}
	r := Request{Type: RequestType(b[0]), Client: PublicKey(b[1:33])}
	r.Session.Seq = Seq(binary.BigEndian.Uint64(b[33:]))
	r.Session.Pos = binary.BigEndian.Uint32(b[41:])
	r.Number = binary.BigEndian.Uint64(b[45:])
	r.Awaited = binary.BigEndian.Uint64(b[53:])
	opLen := uint64(binary.BigEndian.Uint32(b[61:]))
	b = b[65:]
	if opLen > uint64(len(b)-1) {
		return Request{}, ErrBatch
	}
	r.Op = b[:opLen:opLen]
	sigLen := int(b[opLen])
	b = b[opLen+1:]
	if len(b) != sigLen {
		return Request{}, ErrBatch
	}
	if sigLen > 0 {
		r.Sig = b[:sigLen:sigLen]
	}
	return r, r.check()
}

// check holds the rules that are a pure function of the bytes (spec N1).
func (r *Request) check() error {
	switch {
	case r.Type > RequestBundle, r.Number == 0, r.Awaited > r.Number:
		return ErrBatch
	case r.Type == RequestOpen && (r.Session != SessionID{} || len(r.Op) != 0):
		return ErrBatch
	case r.Type != RequestOpen && r.Session.Seq == 0:
		return ErrBatch
	case r.Type == RequestBundle && !validBundle(r.Op):
		return ErrBatch
	}
	return nil
}

// Digest names the request, signature apart, with the hash that names a payload of
// the same length. Replies carry it (spec X2).
func (r *Request) Digest(cluster Digest) Digest {
	var room [512]byte // that of a longer one grows
	head := r.appendHead(appendCluster(room[:0], cluster))
	if hashFor(len(head)+len(r.Op)) == HashBLAKE3 {
		return blake3Of(head, r.Op) // a copy would cost more than the hash
	}
	return HashSHA256.digest(append(head, r.Op...))
}

// signedFixed is the length of what is signed of a request, without its operation.
const signedFixed = len(domainPrefix) + 2 + len(Digest{}) + requestFixed

func (r *Request) appendSigned(b []byte, cluster Digest) []byte {
	return r.appendUnsigned(appendCluster(b, cluster))
}

func appendCluster(b []byte, cluster Digest) []byte {
	return append(appendDomain(b, domainRequest), cluster[:]...)
}

// AppendBatch appends the flat form of a batch: a count, then each request
// behind its length.
func AppendBatch(b []byte, reqs []Request) []byte {
	size := 4
	for i := range reqs {
		size += 4 + reqs[i].Size()
	}
	b = binary.BigEndian.AppendUint32(slices.Grow(b, size), uint32(len(reqs)))
	for i := range reqs {
		b = binary.BigEndian.AppendUint32(b, uint32(reqs[i].Size()))
		b = reqs[i].AppendFlat(b)
	}
	return b
}

// ParseBatch reads a batch that must fill raw. The requests alias raw. A batch
// of no requests is malformed: the primary proposes only what is pending
// (spec B4).
func ParseBatch(raw []byte) (*Payload, error) {
	if len(raw) < 4 {
		return nil, ErrBatch
	}
	n := uint64(binary.BigEndian.Uint32(raw))
	b := raw[4:]
	if n == 0 || n > uint64(len(b))/(4+requestFixed) {
		return nil, ErrBatch
	}
	p := &Payload{Raw: raw, Requests: make([]Request, n)}
	for i := range p.Requests {
		if len(b) < 4 {
			return nil, ErrBatch
		}
		size := uint64(binary.BigEndian.Uint32(b))
		if b = b[4:]; size > uint64(len(b)) {
			return nil, ErrBatch
		}
		var err error
		if p.Requests[i], err = ParseFlat(b[:size:size]); err != nil {
			return nil, err
		}
		b = b[size:]
	}
	if len(b) != 0 {
		return nil, ErrBatch
	}
	return p, nil
}
