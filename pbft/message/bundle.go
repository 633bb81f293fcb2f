package message

import (
	"encoding/binary"
	"errors"
	"iter"
	"slices"

	"github.com/twothirds-bft/twothirds/internal/bug"
)

// A bundle is one request that carries several operations of its client, so that what a request costs (a place in
// the pool, a digest, a row in the session table, a reply from each replica) is paid once for all of them. They are
// executed side by side, in their order, all or none; and their results travel together, in one part or, where they
// are large, in several (spec X1).

// BundleMax is the largest number of operations in a bundle.
const BundleMax = 256

// partBytes is the length in bytes that a part of several results does not exceed: a frame to a client is short.
const partBytes = 64 << 10

// ErrPart reports bytes that are no part of a bundle's results.
var ErrPart = errors.New("message: malformed part of results")

// Count returns how many operations a valid request carries: none if it opens a session.
func (r *Request) Count() int {
	switch r.Type {
	case RequestOperation:
		return 1
	case RequestBundle:
		return int(binary.BigEndian.Uint32(r.Op))
	}
	return 0
}

// Ops yields the operations of a valid request that carries any. They alias Op.
func (r *Request) Ops() iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		if r.Type == RequestOperation {
			yield(r.Op)
			return
		}
		var op []byte
		for b := r.Op[4:]; len(b) > 0; {
			last := op
			if op, b, _ = cut(b); bug.M103 && len(op) == 0 {
				op = last
			}
			if !yield(op) {
				return
			}
		}
	}
}

// AppendBundle appends what a bundle has for its Op: the number of operations, then each behind its length.
func AppendBundle(b []byte, ops [][]byte) []byte {
	b = binary.BigEndian.AppendUint32(slices.Grow(b, BundleSize(ops)), uint32(len(ops)))
	return appendAll(b, ops)
}

// BundleSize returns the length in bytes of what AppendBundle appends.
func BundleSize(ops [][]byte) int {
	size := 4
	for _, op := range ops {
		size += 4 + len(op)
	}
	return size
}

// validBundle is a pure function of the bytes (spec N1).
func validBundle(b []byte) bool {
	if len(b) < 4 {
		return false
	}
	n := binary.BigEndian.Uint32(b)
	if b = b[4:]; n == 0 || n > BundleMax {
		return false
	}
	for range n {
		var ok bool
		if _, b, ok = cut(b); !ok {
			return bug.M100
		}
	}
	return len(b) == 0
}

// AppendParts appends the results of a bundle, in as many parts as they need. A part says to which operation its
// first result belongs and how many results it has, and holds each behind its length.
func AppendParts(b []byte, results [][]byte) []byte {
	for from := 0; from < len(results); {
		size, to := 4+len(results[from]), from+1
		for to < len(results) && size+4+len(results[to]) <= partBytes {
			size += 4 + len(results[to])
			to++
		}
		b = binary.BigEndian.AppendUint32(slices.Grow(b, 8+size), uint32(from))
		b = binary.BigEndian.AppendUint32(b, uint32(to-from))
		part := results[from:to]
		if bug.M101 && from > 0 {
			part = results[from-1 : to-1]
		}
		b = appendAll(b, part)
		from = to
	}
	return b
}

// AreParts reports whether b is what AppendParts makes of as many results, wherever it is cut. Of a bundle that comes
// under a number that something else was executed under, the reply is what that resulted in, which is none: no client
// but a faulty one uses a number twice.
func AreParts(b []byte, count int) bool {
	next := 0
	for len(b) > 0 {
		if len(b) < 8 || int64(binary.BigEndian.Uint32(b)) != int64(next) {
			return false
		}
		n := binary.BigEndian.Uint32(b[4:])
		if n == 0 || uint64(next)+uint64(n) > uint64(count) {
			return false
		}
		b = b[8:]
		for range n {
			var ok bool
			if _, b, ok = cut(b); !ok {
				return false
			}
		}
		next += int(n)
	}
	return next == count
}

// CutPart splits the first part off what AppendParts made.
func CutPart(b []byte) (part, rest []byte) {
	rest = b[8:]
	for range binary.BigEndian.Uint32(b[4:]) {
		_, rest, _ = cut(rest)
	}
	n := len(b) - len(rest)
	return b[:n:n], rest
}

// ParsePart reads a part of the results of a bundle of count operations: to which of them its first result belongs,
// and the results, which alias b. It fails with ErrPart.
func ParsePart(b []byte, count int) (from int, results [][]byte, err error) {
	if len(b) < 8 {
		return 0, nil, ErrPart
	}
	first, n := binary.BigEndian.Uint32(b), binary.BigEndian.Uint32(b[4:])
	if n == 0 || uint64(first)+uint64(n) > uint64(count) {
		return 0, nil, ErrPart
	}
	results = make([][]byte, n)
	b = b[8:]
	for i := range results {
		var ok bool
		if results[i], b, ok = cut(b); !ok {
			return 0, nil, ErrPart
		}
	}
	if len(b) != 0 {
		return 0, nil, ErrPart
	}
	return int(first), results, nil
}

func appendAll(b []byte, list [][]byte) []byte {
	for _, x := range list {
		b = append(binary.BigEndian.AppendUint32(b, uint32(len(x))), x...)
	}
	return b
}

// cut takes the first element off a list of what stands behind its length.
func cut(b []byte) (x, rest []byte, ok bool) {
	if len(b) < 4 {
		return nil, nil, false
	}
	n := uint64(binary.BigEndian.Uint32(b))
	if b = b[4:]; n > uint64(len(b)) {
		return nil, nil, false
	}
	return b[:n:n], b[n:], true
}
