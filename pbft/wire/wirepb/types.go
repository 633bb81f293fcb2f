// Package wirepb holds the code generated from proto/twothirds/v1 and the three
// field types that it uses. It is package wire's own business: the rest of the
// program speaks of package message.
package wirepb

import "errors"

// ErrLength reports a digest or signature of the wrong length.
var ErrLength = errors.New("wirepb: wrong length")

// Digest is a field of exactly 32 bytes. It is always present.
type Digest [32]byte

// Size returns 32.
func (d *Digest) Size() int { return len(d) }

// MarshalTo copies d to b, which has room.
func (d *Digest) MarshalTo(b []byte) (int, error) { return copy(b, d[:]), nil }

// Unmarshal copies b, or fails with ErrLength.
func (d *Digest) Unmarshal(b []byte) error { return fixed(d[:], b) }

// Signature is a field of exactly 64 bytes. It is always present.
type Signature [64]byte

// Size returns 64.
func (s *Signature) Size() int { return len(s) }

// MarshalTo copies s to b, which has room.
func (s *Signature) MarshalTo(b []byte) (int, error) { return copy(b, s[:]), nil }

// Unmarshal copies b, or fails with ErrLength.
func (s *Signature) Unmarshal(b []byte) error { return fixed(s[:], b) }

func fixed(dst, b []byte) error {
	if len(b) != len(dst) {
		return ErrLength
	}
	copy(dst, b)
	return nil
}

// Opaque is a field whose bytes are used where they lie: Unmarshal does not copy
// them. It is always present.
type Opaque []byte

// Size returns the number of bytes.
func (o *Opaque) Size() int { return len(*o) }

// MarshalTo copies the bytes to b, which has room.
func (o *Opaque) MarshalTo(b []byte) (int, error) { return copy(b, *o), nil }

// Unmarshal makes o refer to b.
func (o *Opaque) Unmarshal(b []byte) error {
	*o = b[:len(b):len(b)]
	return nil
}
