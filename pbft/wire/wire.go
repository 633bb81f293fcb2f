package wire

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math/bits"
	"slices"
	"sync"

	"github.com/twothirds-bft/twothirds/pbft/message"
	"github.com/twothirds-bft/twothirds/pbft/wire/wirepb"
)

// Limits of the format (spec D1). Those of package message are meant to be lower.
const (
	// FrameMax is the length in bytes of the longest frame.
	FrameMax = 4 << 20
	// MembersMax is the largest number of votes, suspicions or summaries in one
	// list: one per member.
	MembersMax = 1024
	// LinksMax is the largest number of links in one list.
	LinksMax = 2048
	// BlocksMax is the largest number of blocks in one BLOCKS message.
	BlocksMax = 512
)

// ErrMalformed reports bytes that are no message's encoding, or a message that
// has none. It is wrapped with the reason. From a peer's frame it is the peer's
// fault: count it and drop the frame.
var ErrMalformed = errors.New("wire: malformed")

func malformed(reason string) error { return fmt.Errorf("%w: %s", ErrMalformed, reason) }

// schema is a generated struct.
type schema interface {
	Size() int
	MarshalToSizedBuffer(b []byte) (int, error)
	Unmarshal(b []byte) error
}

// Append appends the frame of m to dst and returns the extended slice. It fails
// with ErrMalformed, and returns dst as it was, if m has no encoding: a signature
// or a number of elements that the format has no room for. The message's Payload
// fields do not travel.
func Append(dst []byte, m message.Message) ([]byte, error) {
	s, tail, err := encode(m)
	if err != nil {
		return dst, err
	}
	size := 1 + sizeOf(s, tail)
	if size > FrameMax {
		return dst, malformed("frame too long")
	}
	dst = slices.Grow(dst, size)
	dst = appendSchema(append(dst, byte(m.Kind())), s, tail)
	return appendTail(dst, m), nil
}

// sizeOf returns the length of s with a tail of the given length, see appendSchema.
func sizeOf(s schema, tail int) int {
	size := s.Size()
	if tail >= 0 {
		size += (bits.Len(uint(tail)|1)+6)/7 - 1 + tail
	}
	return size
}

// appendSchema appends s. A message with a tail, the opaque bytes that end it, is
// given without them, which leaves a length of 0 at the end: it is replaced by
// the tail's. A tail of -1 is none.
func appendSchema(dst []byte, s schema, tail int) []byte {
	n, size := len(dst), s.Size()
	dst = slices.Grow(dst, size)[:n+size]
	if _, err := s.MarshalToSizedBuffer(dst[n:]); err != nil {
		panic("wire: " + err.Error()) // none of the field types can fail
	}
	if tail >= 0 {
		dst = binary.AppendUvarint(dst[:len(dst)-1], uint64(tail))
	}
	return dst
}

// Decode reads a frame. The result is of the pointer type that implements
// [message.Message]; it refers to b exactly if [Retains] says so. It fails with
// ErrMalformed.
func Decode(b []byte) (message.Message, error) {
	if len(b) == 0 || len(b) > FrameMax {
		return nil, malformed("length of frame")
	}
	kind := message.Kind(b[0])
	if kind >= message.KindCount || formats[kind].read == nil {
		return nil, malformed("unknown kind")
	}
	m, err := formats[kind].read(formats[kind].shape, b[1:])
	if err != nil {
		return nil, err
	}
	s, tail, err := encode(m)
	if err != nil {
		return nil, err
	}
	if err := canonical(b[1:], s, tail); err != nil {
		return nil, err
	}
	return m, nil
}

// unmarshal reads b into the zero s, once it knows that b is no bomb.
func unmarshal(b []byte, f *shape, s schema) error {
	count, err := f.check(b)
	if err != nil {
		return err
	}
	if m, ok := s.(*wirepb.Blocks); ok {
		// Short on the wire and long in memory, so growing step by step would break
		// the promise on memory.
		m.Blocks = make([]wirepb.BlockData, 0, count[2])
	}
	if err := s.Unmarshal(b); err != nil {
		return malformed(err.Error())
	}
	return nil
}

// Retains reports whether the message that Decode makes of frame refers to the
// frame's memory, as those with payloads and requests do. Such a frame belongs to
// the message; any other may be used again.
func Retains(frame []byte) bool {
	if len(frame) == 0 {
		return false
	}
	switch message.Kind(frame[0]) {
	case message.KindBody, message.KindBlocks, message.KindRequests, message.KindReply:
		return true
	}
	return false
}

// scratch holds buffers for encoding again. They take no tails, so they are
// mostly small.
var scratch = sync.Pool{New: func() any { return new(make([]byte, 0, 512)) }}

// scratchMax is the largest buffer kept.
const scratchMax = 64 << 10

// canonical checks that b is what s encodes to, but for its tail: of that only the
// length is compared, since what Unmarshal took for it is what stands behind the
// rest.
func canonical(b []byte, s schema, tail int) error {
	p := scratch.Get().(*[]byte)
	head := appendSchema((*p)[:0], s, tail)
	same := len(b) == len(head)+max(tail, 0) && bytes.Equal(b[:len(head)], head)
	if *p = head; cap(head) <= scratchMax {
		scratch.Put(p)
	}
	if !same {
		return malformed("not canonical")
	}
	return nil
}
