package checker

import (
	"errors"
	"fmt"
)

// ErrBytes reports bytes that are not the canonical encoding of a message.
var ErrBytes = errors.New("checker: not the encoding of a message")

// Lengths of the format, from proto/twothirds/v1/frame.proto.
const (
	frameMax      = 4 << 20
	linksMax      = 2048
	listMax       = 1024
	digestSize    = 32
	signatureSize = 64
)

// Wire types of protobuf.
const (
	varint = 0
	octets = 2
)

// A reader takes the fields of one message in the order of their numbers. A field is
// there if its tag comes next; so one that is out of order, stands twice or is unknown is
// still there at the end, where it is an error. The first error stays, and from then on
// everything reads as zero.
type reader struct {
	left []byte
	err  error
}

func (r *reader) fail(why string) {
	if r.err == nil {
		r.err = fmt.Errorf("%w: %s", ErrBytes, why)
	}
	r.left = nil
}

// end is called when all fields that a message may have were read.
func (r *reader) end() error {
	if len(r.left) > 0 {
		r.fail("a field that does not belong there")
	}
	return r.err
}

// next reports whether a field comes next, and goes behind its tag. All numbers of the
// schema are below 16, so a tag is one byte.
func (r *reader) next(field, wireType byte) bool {
	if len(r.left) == 0 || r.left[0] != field<<3|wireType {
		return false
	}
	r.left = r.left[1:]
	return true
}

// varint reads a number in its shortest form, 7 bits a byte, low ones first.
func (r *reader) varint() uint64 {
	value := uint64(0)
	for i, b := range r.left {
		if i == 9 && b > 1 {
			break // the tenth byte has room for one bit
		}
		value |= uint64(b&0x7f) << (7 * i)
		if b < 0x80 {
			if b == 0 && i > 0 {
				break // padded
			}
			r.left = r.left[i+1:]
			return value
		}
	}
	r.fail("a number that is cut off, padded or too large")
	return 0
}

// number reads an optional number, of which 0 is never written, up to most.
func (r *reader) number(field byte, most uint64) uint64 {
	if !r.next(field, varint) {
		return 0
	}
	value := r.varint()
	if r.err == nil && (value == 0 || value > most) {
		r.fail("a number that is zero or too large")
		return 0
	}
	return value
}

// The widths of numbers.
func (r *reader) uint64(field byte) uint64 { return r.number(field, 1<<64-1) }
func (r *reader) uint32(field byte) uint32 { return uint32(r.number(field, 1<<32-1)) }
func (r *reader) byte(field byte) byte     { return byte(r.number(field, 1<<8-1)) }

// maybe reads bytes, or a message, that may be missing.
func (r *reader) maybe(field byte) (content []byte, there bool) {
	if !r.next(field, octets) {
		return nil, false
	}
	size := r.varint()
	if size > uint64(len(r.left)) {
		r.fail("a length beyond the end")
		return nil, false
	}
	content, r.left = r.left[:size], r.left[size:]
	return content, r.err == nil
}

// exactly reads bytes that are always present and of one length.
func (r *reader) exactly(field byte, size int) []byte {
	content, _ := r.maybe(field)
	if len(content) != size {
		r.fail("a digest or signature of another length, or none")
		return make([]byte, size)
	}
	return content
}

func (r *reader) digest(field byte) Digest    { return Digest(r.exactly(field, digestSize)) }
func (r *reader) signature(field byte) []byte { return r.exactly(field, signatureSize) }

// message reads a message within this one, by read, and reports whether it is there.
func (r *reader) message(field byte, read func(*reader)) bool {
	content, there := r.maybe(field)
	if !there {
		return false
	}
	within := reader{left: content}
	read(&within)
	if err := within.end(); err != nil {
		r.left, r.err = nil, err
		return false
	}
	return true
}

// messages reads at most so many messages of one field.
func (r *reader) messages(field byte, most int, read func(*reader)) {
	for n := 0; r.message(field, read); n++ {
		if n == most {
			r.fail("too many elements")
		}
	}
}

// links reads header digests.
func (r *reader) links(field byte) (links []Digest) {
	for {
		content, there := r.maybe(field)
		if !there {
			return links
		}
		if len(content) != digestSize || len(links) == linksMax {
			r.fail("a link of another length, or too many")
			return nil
		}
		links = append(links, Digest(content))
	}
}
