package message

import (
	"encoding/binary"
	"errors"
	"slices"
)

// ReplyCode says how a request ended.
type ReplyCode uint8

// The reply codes.
const (
	ReplyOK      ReplyCode = 0 // Result is the application's; of an opening, empty: Session is the new session
	ReplyExpired ReplyCode = 1 // the session is unknown or evicted: nothing is executed from now on
	ReplyRefused ReplyCode = 2 // an opening whose nonce is not new, or a number outside its window; nothing was executed
	ReplyBusy    ReplyCode = 3 // not admitted by this replica now; not ordered, no outcome (spec T1)
	// ReplyForgotten says that the request was executed or withdrawn, and that its
	// reply is no longer cached.
	ReplyForgotten ReplyCode = 4
)

// Reply tells a client the outcome of one request. The client accepts an outcome
// on weak power of replies that agree in all but Replica (spec X2). Its channel
// authenticates it.
type Reply struct {
	Replica ReplicaID
	Request Digest
	Seq     Seq // of the block that holds the request
	Code    ReplyCode
	Session SessionID
	Number  uint64
	Result  []byte
}

// Replies carries what one replica has to tell one client at one time, so that the
// answers to a whole block cost one frame. A single Reply travels as one of these.
type Replies struct {
	View View // entered by the replica: a hint of who leads (spec X2)
	List []Reply
}

// replyFixed is the length of a reply's flat form without its result.
const replyFixed = 4 + 32 + 8 + 1 + 8 + 4 + 8 + 4

// ErrReplies reports what is no well-formed list of replies.
var ErrReplies = errors.New("message: malformed replies")

// Size returns the length of the flat form in bytes.
func (r *Reply) Size() int { return replyFixed + len(r.Result) }

func (r *Reply) appendFlat(b []byte) []byte {
	b = binary.BigEndian.AppendUint32(b, uint32(r.Replica))
	b = append(b, r.Request[:]...)
	b = appendUint64(b, uint64(r.Seq))
	b = append(b, byte(r.Code))
	b = appendUint64(b, uint64(r.Session.Seq))
	b = binary.BigEndian.AppendUint32(b, r.Session.Pos)
	b = appendUint64(b, r.Number)
	b = binary.BigEndian.AppendUint32(b, uint32(len(r.Result)))
	return append(b, r.Result...)
}

// parseFlat reads one reply from the front of b and returns the rest. The result
// aliases b.
func (r *Reply) parseFlat(b []byte) ([]byte, error) {
	if len(b) < replyFixed {
		return nil, ErrReplies
	}
	r.Replica = ReplicaID(binary.BigEndian.Uint32(b))
	r.Request = Digest(b[4:36])
	r.Seq = Seq(binary.BigEndian.Uint64(b[36:]))
	r.Code = ReplyCode(b[44])
	r.Session.Seq = Seq(binary.BigEndian.Uint64(b[45:]))
	r.Session.Pos = binary.BigEndian.Uint32(b[53:])
	r.Number = binary.BigEndian.Uint64(b[57:])
	size := uint64(binary.BigEndian.Uint32(b[65:]))
	if b = b[replyFixed:]; size > uint64(len(b)) {
		return nil, ErrReplies
	}
	if size > 0 {
		r.Result = b[:size:size]
	}
	return b[size:], nil
}

// RepliesSize returns the length of what AppendReplies appends.
func RepliesSize(list []Reply) int {
	size := 4
	for i := range list {
		size += list[i].Size()
	}
	return size
}

// AppendReplies appends the flat form of replies: a count, then each of them.
func AppendReplies(b []byte, list []Reply) []byte {
	b = binary.BigEndian.AppendUint32(slices.Grow(b, RepliesSize(list)), uint32(len(list)))
	for i := range list {
		b = list[i].appendFlat(b)
	}
	return b
}

// ParseReplies reads replies, at least one, that must fill raw. Their results alias
// raw.
func ParseReplies(raw []byte) (*Replies, error) {
	if len(raw) < 4 {
		return nil, ErrReplies
	}
	n := uint64(binary.BigEndian.Uint32(raw))
	b := raw[4:]
	if n == 0 || n > uint64(len(b))/replyFixed {
		return nil, ErrReplies
	}
	m := &Replies{List: make([]Reply, n)}
	for i := range m.List {
		var err error
		if b, err = m.List[i].parseFlat(b); err != nil {
			return nil, err
		}
	}
	if len(b) != 0 {
		return nil, ErrReplies
	}
	return m, nil
}
