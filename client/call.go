package client

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"slices"

	"github.com/twothirds-bft/twothirds/clock"
	"github.com/twothirds-bft/twothirds/pbft/message"
	"github.com/twothirds-bft/twothirds/pbft/quorum"
)

// state is how far a call has come.
type state uint8

const (
	queued      state = iota // waits for a session and for room in its window
	staged                   // has a number, is being signed
	outstanding              // may be answered
	settled                  // done is closed
)

// op is one operation: a call carries several if they come faster than requests leave.
type op struct {
	data      []byte // its caller's, until the call is staged
	call      *call
	place     int  // in the call
	abandoned bool // its caller has gone, and it may have left
}

func newOp(data []byte) *op { return &op{data: data} }

// call is one request on its way, with operations or for the opening of a session. All but done belongs
// to the table that it was given to; results and err may be read once done is closed.
type call struct {
	req    message.Request
	ops    []*op          // none of an opening
	size   int            // of a bundle of them, in bytes
	shut   bool           // takes no more of them: the request is made
	digest message.Digest // from launch on
	state  state
	order  uint64 // of launches
	sends  uint64 // of transmissions: the last of this call

	in         *list // table.queue, table.under or table.waits
	prev, next *call // there

	withdrawn bool // nobody waits any more, and it need not leave
	sent      bool // may have left this machine: its outcome is the cluster's to tell (spec X5)

	target int           // the member that it was sent to first
	probe  bool          // sent there to see how that member does
	under  bool          // counted in flow.under
	denied bool          // its target says that it cannot be executed
	all    bool          // sent to all since then
	lost   bool          // waits because it was not answered in time
	tries  int           // times that it was sent, when turned away apart
	turned int           // times that its target had no room for it
	first  clock.Instant // when it was launched
	again  clock.Instant // when it was sent for the second time, after it had been turned away
	last   clock.Instant // when it was sent last
	due    clock.Instant // when it is to be sent again

	votes []vote  // at first in few
	few   [4]vote // enough for most, so that counting does not allocate

	done    chan struct{}
	results [][]byte // of ops
	missing int      // parts of results, in operations
	err     error
}

func newCall(req message.Request) *call {
	x := &call{req: req, done: make(chan struct{})}
	x.votes = x.few[:0]
	return x
}

// takes reports whether a call has room for another operation, so that it travels along.
func (x *call) takes(data []byte, most, bytesMax int) bool {
	return !x.shut && len(x.ops) < most && x.size+4+len(data) <= bytesMax
}

func (x *call) add(o *op) {
	if x.ops == nil {
		x.size = message.BundleSize(nil)
	}
	o.call, o.place = x, len(x.ops)
	x.ops = append(x.ops, o)
	x.size += 4 + len(o.data)
}

// drop takes an operation out of a call that is not shut.
func (x *call) drop(o *op) {
	x.size -= 4 + len(o.data)
	x.ops = slices.Delete(x.ops, o.place, o.place+1)
	for _, after := range x.ops[o.place:] {
		after.place--
	}
}

// close makes the request, which has copies of the operations.
func (x *call) close() {
	if x.shut {
		return
	}
	x.shut = true
	x.results, x.missing = make([][]byte, len(x.ops)), len(x.ops)
	if len(x.ops) == 1 {
		x.req.Op, x.ops[0].data = bytes.Clone(x.ops[0].data), nil
		return
	}
	list := make([][]byte, len(x.ops))
	for i, o := range x.ops {
		list[i], o.data = o.data, nil
	}
	x.req.Type, x.req.Op = message.RequestBundle, message.AppendBundle(nil, list)
}

// part returns which part of the results a reply brings: the first operation that it is of. It reports
// whether there can be such a part.
func (x *call) part(r *message.Reply) (int, bool) {
	if x.req.Type != message.RequestBundle || r.Code != message.ReplyOK {
		return 0, true
	}
	if len(r.Result) < 4 {
		return 0, false
	}
	from := binary.BigEndian.Uint32(r.Result)
	return int(from), from < uint32(len(x.ops))
}

// fill takes the results that a reply brings, and reports whether all are there now.
func (x *call) fill(r *message.Reply) (complete bool, err error) {
	if x.req.Type != message.RequestBundle {
		x.results[0], x.missing = bytes.Clone(r.Result), 0 // the frame holds others' as well
		return true, nil
	}
	from, list, err := message.ParsePart(bytes.Clone(r.Result), len(x.ops))
	if err != nil {
		return true, err
	}
	for i, result := range list {
		if at := &x.results[from+i]; *at == nil {
			*at = result
			x.missing--
		}
	}
	return x.missing == 0, nil
}

// outcome returns what the caller of an operation gets, once its call is settled. The result shares memory with those
// of the other operations.
func (o *op) outcome() ([]byte, error) {
	x := o.call
	if x.err == nil {
		return x.results[o.place], nil
	}
	if u, ok := x.err.(*UnknownOutcomeError); ok { //nolint:errorlint // the table's own, never wrapped
		own := *u
		own.op = o
		return nil, &own
	}
	return nil, x.err
}

// addressee is the member that a call goes to, or everyone.
func (x *call) addressee() int {
	if x.all {
		return everyone
	}
	return x.target
}

// addressed reports whether a member ought to have the request.
func (x *call) addressed(member int) bool { return x.all || x.target == member }

// vote is what a member says now about a call. A member has one vote, and its newest counts: a
// correct one may say "busy" and later the result, and a liar gains nothing by changing its mind, since
// a result needs weak power of members that say it at one time.
type vote struct {
	member  uint16
	part    uint16 // of a bundle's results
	code    message.ReplyCode
	content message.Digest
}

// record takes a member's vote and returns the power of those who say the same.
func (x *call) record(q *quorum.System, v vote) (power uint64) {
	fresh := true
	for i := range x.votes {
		if x.votes[i].member == v.member && x.votes[i].part == v.part {
			x.votes[i], fresh = v, false
		}
	}
	if fresh {
		x.votes = append(x.votes, v)
	}
	for i := range x.votes {
		if x.votes[i].content == v.content {
			power += q.Power(int(x.votes[i].member))
		}
	}
	return power
}

// overloaded reports whether members of weak power, hence a correct one, say that they have no room.
func (x *call) overloaded(q *quorum.System) bool {
	power := uint64(0)
	for _, v := range x.votes {
		if v.code == message.ReplyBusy {
			power += q.Power(int(v.member))
		}
	}
	return power >= q.Weak()
}

// fingerprint names all that a reply says about its request, so that two replies agree exactly if
// their fingerprints do (spec X2). It stands for the result, which a liar could make as long as it likes.
func fingerprint(r *message.Reply) message.Digest {
	var buf [512]byte
	b := binary.BigEndian.AppendUint64(buf[:0], uint64(r.Seq))
	b = append(b, byte(r.Code))
	b = binary.BigEndian.AppendUint64(b, uint64(r.Session.Seq))
	b = binary.BigEndian.AppendUint32(b, r.Session.Pos)
	b = binary.BigEndian.AppendUint64(b, r.Number)
	b = append(b, r.Result...) // the only field of any length, and the last
	return sha256.Sum256(b)
}
