package session

import (
	"encoding/binary"

	"github.com/twothirds-bft/twothirds/pbft/message"
)

// reader takes fixed-width fields off the front of a snapshot. Past its end it gives zeros and notes
// that it was short.
type reader struct {
	rest  []byte
	short bool
}

// take returns the next n bytes, or nil if there are fewer.
func (r *reader) take(n uint64) []byte {
	if n > uint64(len(r.rest)) {
		r.rest, r.short = nil, true
		return nil
	}
	b := r.rest[:n]
	r.rest = r.rest[n:]
	return b
}

func (r *reader) byte() byte {
	var b [1]byte
	copy(b[:], r.take(uint64(len(b))))
	return b[0]
}

func (r *reader) uint32() uint32 {
	var b [4]byte
	copy(b[:], r.take(uint64(len(b))))
	return binary.BigEndian.Uint32(b[:])
}

func (r *reader) uint64() uint64 {
	var b [8]byte
	copy(b[:], r.take(uint64(len(b))))
	return binary.BigEndian.Uint64(b[:])
}

func (r *reader) place() message.SessionID {
	return message.SessionID{Seq: message.Seq(r.uint64()), Pos: r.uint32()}
}
