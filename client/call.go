package client

import (
	"crypto/sha256"
	"encoding/binary"

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

// call is one request on its way, an operation or the opening of a session. All but done belongs to
// the table that it was given to; result and err may be read once done is closed.
type call struct {
	req    message.Request
	digest message.Digest // from launch on
	state  state
	order  uint64 // of launches
	sends  uint64 // of transmissions: the last of this call

	in         *list // table.queue, table.under or table.waits
	prev, next *call // there

	withdrawn bool // nobody waits any more, and it need not leave
	abandoned bool // nobody waits any more, but it may have left: it must be settled all the same
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

	done   chan struct{}
	result []byte
	err    error
}

func newCall(req message.Request) *call {
	x := &call{req: req, done: make(chan struct{})}
	x.votes = x.few[:0]
	return x
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
	code    message.ReplyCode
	content message.Digest
}

// record takes a member's vote and returns the power of those who say the same.
func (x *call) record(q *quorum.System, v vote) (power uint64) {
	fresh := true
	for i := range x.votes {
		if x.votes[i].member == v.member {
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
