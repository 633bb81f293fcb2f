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
package verify

import (
	"bytes"
	"errors"
	"fmt"
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
	permits chan struct{} // one per verification under way
	clients chan struct{} // of which clients hold at most these

	newest []newest // by member

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
	p := &Pool{
		door: door, permits: make(chan struct{}, workers), clients: make(chan struct{}, max(workers/2, 1)),
		newest: make([]newest, door.Members().Len()),
	}
	p.filter.Store(&Filter{})
	return p
}

// Publish replaces the filter. f must not change afterwards.
func (p *Pool) Publish(f *Filter) { p.filter.Store(f) }

// Counts returns a copy of the counters.
func (p *Pool) Counts() Counts {
	return Counts{Verified: p.verified.Load(), Stale: p.stale.Load(), Refused: p.refused.Load()}
}

// Member verifies a frame from a replica's own link. It blocks while all permits
// are taken. The frame belongs to the message from then on. An error is ErrStale
// or the peer's fault.
func (p *Pool) Member(from message.ReplicaID, frame []byte) (message.Verified, error) {
	m, err := wire.Decode(frame)
	if err != nil {
		return p.fault(err)
	}
	if !p.useful(m) {
		return message.Verified{}, ErrStale
	}
	last := p.last(from, m)
	if last != nil {
		if old := last.Load(); old != nil && bytes.Equal(old.frame, frame) {
			p.verified.Add(1)
			return old.v, nil
		}
	}
	p.permits <- struct{}{}
	defer func() { <-p.permits }()
	if !p.useful(m) { // others have had their votes counted while this one waited
		return message.Verified{}, ErrStale
	}
	v, err := p.door.Verify(from, m)
	if err != nil {
		return p.fault(err)
	}
	if last != nil {
		last.Store(&vote{frame, v})
	}
	p.verified.Add(1)
	return v, nil
}

// last returns where the newest message of its kind from a member is kept, nil if it is none that is repeated.
func (p *Pool) last(from message.ReplicaID, m message.Message) *atomic.Pointer[vote] {
	i := p.door.Members().Index(from)
	if i < 0 {
		return nil
	}
	switch m.(type) {
	case *message.Prepare, *message.Commit, *message.Suspect, *message.ViewChange, *message.Checkpoint:
		return &p.newest[i][m.Kind()]
	}
	return nil
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
	p.permits <- struct{}{}
	v, err := p.door.VerifyClient(key, m)
	<-p.permits
	<-p.clients
	if err != nil {
		return p.fault(err)
	}
	p.verified.Add(1)
	return v, nil
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
