package wire

import (
	"slices"

	"github.com/twothirds-bft/twothirds/pbft/message"
	"github.com/twothirds-bft/twothirds/pbft/wire/wirepb"
)

// AppendBlock appends the log's record of a block to dst: the message Body of the
// schema, which is a BODY frame without its first byte. parent is the digest of
// the chain that the block extends; raw is its payload, empty where only the
// header is known. It fails with ErrMalformed if the record would be too long for
// a frame.
func AppendBlock(dst []byte, parent message.Digest, h *message.Header, raw []byte) ([]byte, error) {
	s := fromBody(parent, h)
	size := sizeOf(s, len(raw))
	if size >= FrameMax {
		return dst, malformed("block too long")
	}
	dst = slices.Grow(dst, size)
	return append(appendSchema(dst, s, len(raw)), raw...), nil
}

// DecodeBlock reads what AppendBlock wrote. raw refers to b. It fails with
// ErrMalformed.
func DecodeBlock(b []byte) (parent message.Digest, h message.Header, raw []byte, err error) {
	p := new(wirepb.Body)
	if len(b) >= FrameMax {
		return parent, h, nil, malformed("block too long")
	}
	if err := unmarshal(b, block, p); err != nil {
		return parent, h, nil, err
	}
	m := toBody(p)
	if err := canonical(b, fromBody(m.Parent, &m.Header), len(m.Raw)); err != nil {
		return parent, h, nil, err
	}
	return m.Parent, m.Header, m.Raw, nil
}
