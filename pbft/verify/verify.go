// Package verify turns frames from peers into verified messages, in parallel and
// fairly (spec N8, D1, D2).
//
// It has no queues and no goroutines of its own: each link's reader calls Frame
// and waits for the answer, so the order of a peer is kept, a flood costs its
// sender its own turn only, and nothing is buffered that the transport has not
// bounded already. What is shared, the processors, is handed out as permits:
// members take what they need, clients together at most half of it.
//
// Before any signature is checked, a filter that the protocol loop publishes after
// each turn drops what can no longer matter. A stale filter costs work only.
//
// Votes that wait for a permit at one time are checked as one batch, and only as many
// as make a quorum (Waiting).
package verify

import (
	"bytes"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/twothirds-bft/twothirds/internal/bug"
	"github.com/twothirds-bft/twothirds/pbft/message"
	"github.com/twothirds-bft/twothirds/pbft/wire"
)

// Filter says what the protocol loop has no use for any more.
type Filter struct {
	View      message.View // entered
	Low       message.Seq  // stable checkpoint
	Certified message.Seq  // by PREPAREs of View
	Decided   message.Seq
	// Settled says that COMMITs of View at decided blocks have no use any more: until
	// one certificate of them is held, they let go of abandoned blocks (spec V5).
	Settled bool
	// Self is the own index. Prepared and Committed are the seqs of the own newest votes of View, 0 for none, which
	// need no check.
	Self                int
	Prepared, Committed message.Seq
}

// ErrStale reports a message that the filter dropped: nobody's fault.
var ErrStale = errors.New("verify: can no longer matter")

// Counts is what became of the frames so far.
type Counts struct {
	Verified uint64 // passed on
	Stale    uint64 // dropped by the filter, unverified
	Refused  uint64 // a peer's fault: malformed, badly signed, not from its signer's link
}

// Pool verifies frames. Its methods are safe for concurrent use.
type Pool struct {
	door    *message.Door
	filter  atomic.Pointer[Filter]
	permits chan *bench   // one is out per verification under way
	clients chan struct{} // of which clients hold at most these

	newest   []newest  // by member
	tickets  []ticket  // by member
	reviewed []*ticket // room of review, which the protocol loop alone calls

	mu      sync.Mutex
	waiting *Waiting[*ticket]

	verified, stale, refused atomic.Uint64
}

// newest holds the last vote of each kind that a member sent. Votes are repeated as they are until they have had their
// effect (spec S3), at short intervals if the cluster is slow: then above all nobody has time to verify them again.
type newest [message.KindCount]atomic.Pointer[vote]

type vote struct {
	frame []byte
	v     message.Verified
}

// New returns a pool in which at most workers verifications run at a time, of
// which clients' at most half; at least 1 each.
func New(door *message.Door, workers int) *Pool {
	workers = max(workers, 1)
	n := door.Members().Len()
	p := &Pool{
		door: door, permits: make(chan *bench, workers), clients: make(chan struct{}, max(workers/2, 1)),
		newest: make([]newest, n), tickets: make([]ticket, n), waiting: NewWaiting[*ticket](door.Members()),
	}
	for range workers {
		p.permits <- new(bench)
	}
	for i := range p.tickets {
		p.tickets[i].ready = make(chan bool, 2)
	}
	p.filter.Store(&Filter{})
	return p
}

// Publish replaces the filter. f must not change afterwards. It is for one goroutine, which publishes whenever it has
// counted what Member returned.
func (p *Pool) Publish(f *Filter) {
	p.filter.Store(f)
	p.review(f)
}

// Counts returns a copy of the counters.
func (p *Pool) Counts() Counts {
	return Counts{Verified: p.verified.Load(), Stale: p.stale.Load(), Refused: p.refused.Load()}
}

// Member verifies a frame from a replica's own link. It blocks while all permits
// are taken, and while the vote in it is held back. The frame belongs to the message
// from then on. An error is ErrStale or the peer's fault.
func (p *Pool) Member(from message.ReplicaID, frame []byte) (message.Verified, error) {
	m, err := wire.Decode(frame)
	if err != nil {
		return p.fault(err)
	}
	if !p.useful(m) {
		return message.Verified{}, ErrStale
	}
	i := p.door.Members().Index(from)
	signed, waits := Waits(m)
	if i < 0 || !waits {
		return p.passed(p.alone(from, m))
	}
	last := &p.newest[i][m.Kind()]
	if old := last.Load(); old != nil && bytes.Equal(old.frame, frame) {
		return p.passed(old.v, nil)
	}
	v, err := p.together(i, from, signed)
	if err == nil {
		last.Store(&vote{frame, v})
	}
	return p.passed(v, err)
}

// alone checks a message by itself.
func (p *Pool) alone(from message.ReplicaID, m message.Message) (message.Verified, error) {
	b := <-p.permits
	defer func() { p.permits <- b }()
	if !p.useful(m) { // others have had their votes counted while this one waited
		return message.Verified{}, ErrStale
	}
	return p.door.Verify(from, m)
}

// passed counts what becomes of a frame.
func (p *Pool) passed(v message.Verified, err error) (message.Verified, error) {
	switch {
	case err == nil:
		p.verified.Add(1)
		return v, nil
	case errors.Is(err, ErrStale):
		return v, err // counted already
	}
	return p.fault(err)
}

// useful holds a message against the newest filter, and counts it if it is stale.
func (p *Pool) useful(m message.Message) bool {
	if p.filter.Load().Useful(m, p.door.Members()) {
		return true
	}
	p.stale.Add(1)
	return false
}

// Client verifies a frame from the link of the client with the given key.
func (p *Pool) Client(key message.PublicKey, frame []byte) (message.Verified, error) {
	m, err := wire.Decode(frame)
	if err != nil {
		return p.fault(err)
	}
	p.clients <- struct{}{}
	b := <-p.permits
	v, err := p.door.VerifyClient(key, m)
	p.permits <- b
	<-p.clients
	return p.passed(v, err)
}

func (p *Pool) fault(err error) (message.Verified, error) {
	p.refused.Add(1)
	return message.Verified{}, fmt.Errorf("verify: %w", err)
}

// Useful reports whether a message can still matter. A primary's PREPARE always does:
// it may contradict what is held (spec N8).
func (f *Filter) Useful(m message.Message, members *message.Members) bool {
	if bug.M52 {
		return true
	}
	switch m := m.(type) {
	case *message.Prepare:
		return m.View > f.View || m.View == f.View && (m.Seq > f.Certified || members.Primary(m.View) == m.Signer)
	case *message.Commit:
		return m.Seq > f.Decided && m.View+1 >= f.View || m.View == f.View && !f.Settled
	case *message.PrePrepare:
		return m.Header.View >= f.View && m.Header.Seq > f.Decided
	case *message.Body:
		return m.Header.View >= f.View && m.Header.Seq > f.Decided
	case *message.Checkpoint:
		return m.Seq > f.Low
	case *message.CommitCert:
		return m.Seq > f.Decided
	case *message.CheckpointCert:
		return m.Seq > f.Low
	case *message.Suspect:
		return m.View >= f.View
	case *message.ViewChange:
		return m.View > f.View
	case *message.NewView:
		return m.View >= f.View
	case *message.Leave:
		return m.View > f.View
	case *message.PrepareCert:
		return m.View >= f.View || m.Seq > f.Low
	}
	return true
}
