package wire

import (
	"cmp"
	"encoding/binary"
)

// A shape says what a message must be like before anything is allocated for it.
// With it, check walks over bytes before Unmarshal does: else two bytes on the
// wire (a tag and a length of 0) would make an element of a hundred in memory.
type shape struct {
	least  int    // length in bytes of what is always present
	most   int    // how often it may stand in one message; 0 means LinksMax
	fields fields // by number; nil for what is no message
}

// Lengths of fields with one byte of tag and one of length.
const (
	digestField    = 2 + 32
	signatureField = 2 + 64
)

var (
	plain          = &shape{} // Status, FetchView, Requests, Replies
	headerShape    = &shape{least: digestField}
	point          = &shape{least: digestField}
	suspect        = &shape{least: signatureField, most: MembersMax}
	certVote       = &shape{least: signatureField, most: MembersMax}
	vote           = &shape{least: digestField + signatureField, most: MembersMax} // Prepare, Commit, ViewChange
	checkpointBody = &shape{least: 6 * digestField}
	checkpoint     = &shape{least: signatureField, fields: fields{1: checkpointBody}}
	prepareCert    = &shape{least: digestField, fields: fields{7: certVote}}
	commitCert     = &shape{least: digestField, fields: fields{6: certVote}}
	checkpointCert = &shape{fields: fields{1: checkpointBody, 2: certVote}}
	newView        = &shape{least: signatureField, fields: fields{3: vote, 4: prepareCert}}
	block          = &shape{least: digestField, fields: fields{2: headerShape}} // PrePrepare, Body
	fetch          = &shape{fields: fields{1: point, 2: point}}
	blockData      = &shape{least: 2 + digestField, most: BlocksMax, fields: fields{1: headerShape}}
	blocks         = &shape{fields: fields{1: point, 2: blockData, 3: vote, 5: commitCert, 6: checkpointCert}}
	signed         = &shape{fields: fields{3: vote, 4: vote, 7: vote, 8: newView}}
	evidence       = &shape{least: digestField, fields: fields{3: signed, 4: signed, 7: headerShape}}
	leave          = &shape{fields: fields{3: suspect, 4: vote, 5: evidence}}
)

type fields = [10]*shape

// check walks over one message. It fails if a tag or a length is not minimal or
// goes beyond b, and if a message within is too short or stands too often. It
// returns how often each field stands there.
func (s *shape) check(b []byte) (count [len(fields{})]int, err error) {
	if len(b) < s.least {
		return count, malformed("message too short")
	}
	for len(b) > 0 {
		tag, n := uvarint(b)
		field := tag >> 3
		if n == 0 || field == 0 || field >= uint64(len(count)) {
			return count, malformed("tag")
		}
		content, size := value(b[n:], tag&7)
		if size == 0 {
			return count, malformed("value")
		}
		b = b[n+size:]
		sub := s.fields[field]
		if sub == nil {
			sub = plain
		} else if _, err := sub.check(content); err != nil {
			return count, err
		}
		if count[field]++; count[field] > cmp.Or(sub.most, LinksMax) {
			return count, malformed("too many elements")
		}
	}
	return count, nil
}

// value returns the length of the value at the start of b, 0 if it goes beyond b or
// is of no wire type of the schema, and the content of what has a length.
func value(b []byte, wireType uint64) (content []byte, size int) {
	switch wireType {
	case 0:
		_, n := uvarint(b)
		return nil, n
	case 1:
		if len(b) < 8 {
			return nil, 0
		}
		return nil, 8
	case 2:
		length, n := uvarint(b)
		if n == 0 || length > uint64(len(b)-n) {
			return nil, 0
		}
		size = n + int(length)
		return b[n:size], size
	}
	return nil, 0
}

// uvarint reads a varint and returns its length, 0 if it is cut off, padded or
// above 64 bits.
func uvarint(b []byte) (uint64, int) {
	v, n := binary.Uvarint(b)
	if n <= 0 || (n > 1 && b[n-1] == 0) {
		return 0, 0
	}
	return v, n
}
