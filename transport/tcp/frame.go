package tcp

import (
	"encoding/binary"
	"io"

	"github.com/twothirds-bft/twothirds/transport"
	"github.com/twothirds-bft/twothirds/transport/internal/links"
)

// On the wire a frame is one or more slices, each behind a header of four bytes, big-endian: the top bit
// is the class, the rest says how many bytes of the frame are still to come. Of those, SliceBytes or all
// that are left follow. The first header of a frame thus announces its size, each later one repeats what
// is known, and slices of the two classes may alternate. Zero bytes to come is a ping.
const (
	headerBytes = 4
	bulkBit     = 1 << 31
)

var ping = make([]byte, headerBytes)

func appendSlice(dst []byte, s links.Slice) []byte {
	header := uint32(len(s.Frame) - s.From)
	if s.Class == transport.Bulk {
		header |= bulkBit
	}
	dst = binary.BigEndian.AppendUint32(dst, header)
	return append(dst, s.Frame[s.From:s.To]...)
}

// frameReader reassembles the frames of one link.
type frameReader struct {
	r        io.Reader
	max      int // largest frame accepted
	step     int // memory taken on the mere announcement of a frame
	partial  [2]partial
	consumed uint64
	header   [headerBytes]byte
}

// partial is a frame of which bytes are still to come. Its buffer is never more than step or four times
// what has arrived: to announce much costs the announcer, not us.
type partial struct {
	data []byte
	left int
}

// next returns the next frame, in memory of its own, or nil for a slice or ping that completes none.
func (f *frameReader) next() ([]byte, error) {
	if _, err := io.ReadFull(f.r, f.header[:]); err != nil {
		return nil, err
	}
	f.consumed += headerBytes
	header := binary.BigEndian.Uint32(f.header[:])
	class, left := header>>31, int(header&^bulkBit)
	p := &f.partial[class]
	switch {
	case left == 0:
		return nil, nil
	case p.left == 0 && left > f.max:
		return nil, transport.ReasonOversize
	case p.left == 0:
		*p = partial{data: make([]byte, 0, min(left, f.step)), left: left}
	case p.left != left:
		return nil, transport.ReasonMalformed
	}
	if err := f.fill(p, min(left, links.SliceBytes)); err != nil || p.left > 0 {
		return nil, err
	}
	data := p.data
	*p = partial{}
	return data, nil
}

// fill reads n more bytes of a frame.
func (f *frameReader) fill(p *partial, n int) error {
	for n > 0 {
		if len(p.data) == cap(p.data) {
			grown := make([]byte, len(p.data), min(4*cap(p.data), len(p.data)+p.left))
			copy(grown, p.data)
			p.data = grown
		}
		chunk := p.data[len(p.data):min(len(p.data)+n, cap(p.data))]
		if _, err := io.ReadFull(f.r, chunk); err != nil {
			return err
		}
		p.data = p.data[:len(p.data)+len(chunk)]
		p.left -= len(chunk)
		n -= len(chunk)
		f.consumed += uint64(len(chunk))
	}
	return nil
}
