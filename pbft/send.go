package pbft

import (
	"sync"

	"github.com/twothirds-bft/twothirds/pbft/core"
	"github.com/twothirds-bft/twothirds/pbft/message"
	"github.com/twothirds-bft/twothirds/pbft/wire"
	"github.com/twothirds-bft/twothirds/transport"
)

// slots remembers the newest own signed votes as sent, for links that come up
// (spec S2).
type slots struct {
	ready chan struct{} // closed once the endpoint is there

	mu     sync.Mutex
	newest [message.KindCount][]byte

	order sync.Mutex   // of PREPAREs
	left  message.Rank // of the newest that was sent
}

// kept says which kinds are sent again on a new link: those of which only the
// newest matters.
func kept(k message.Kind) bool {
	switch k {
	case message.KindPrepare, message.KindCommit, message.KindSuspect, message.KindViewChange, message.KindNewView,
		message.KindCheckpoint, message.KindStatus:
		return true
	}
	return false
}

func (s *slots) keep(k message.Kind, frame []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.newest[k] = frame
}

// inOrder has a PREPARE sent unless a newer one has left. Those of a primary leave ahead of
// its sync, and a repeat waits for it (spec N7, S3): it would take the place of the newer
// one in the queue of a slow peer, which then waits for that until the next repeat (spec D1).
func (s *slots) inOrder(m *message.Prepare, send func()) {
	s.order.Lock()
	defer s.order.Unlock()
	at := message.Rank{Epoch: m.Epoch, View: m.View, Seq: m.Seq}
	if at.Compare(s.left) < 0 {
		return
	}
	s.left = at
	send()
}

// again sends the newest own messages to a peer whose link came up.
func (s *slots) again(r *Replica, to message.ReplicaID) {
	s.mu.Lock()
	list := s.newest
	s.mu.Unlock()
	for k, frame := range list {
		if frame != nil {
			r.net.Send(r.keyOf(to), frameOf(message.Kind(k), frame))
		}
	}
}

func (r *Replica) keyOf(id message.ReplicaID) transport.Peer {
	return r.members.At(r.members.Index(id)).Key
}

// frameOf chooses the queue and the slot of a frame. Votes give way to newer ones
// of their kind; bodies, answers and requests go behind them (spec D1, D2).
func frameOf(k message.Kind, data []byte) transport.Frame {
	f := transport.Frame{Class: transport.Control, Data: data}
	switch k {
	case message.KindPrepare, message.KindCommit, message.KindSuspect, message.KindViewChange:
		f.Slot = uint64(k)
	case message.KindBody, message.KindBlocks, message.KindRequests, message.KindReply:
		f.Class = transport.Bulk
	}
	return f
}

// send encodes each message once and queues it for its receivers. It never
// blocks; what a full queue drops is repeated by S3 or pulled. A replica that has
// stopped sends nothing, not even proposals that need no sync (spec R3).
func (r *Replica) send(list []core.Outgoing) {
	if r.Err() != nil {
		return
	}
	for i := range list {
		o := &list[i]
		frame, err := wire.Append(nil, o.Msg)
		if err != nil {
			r.log.Error("message without an encoding", "kind", o.Msg.Kind(), "err", err)
			continue
		}
		if m, ok := o.Msg.(*message.Prepare); ok {
			r.slots.inOrder(m, func() { r.queue(o, frame) })
			continue
		}
		r.queue(o, frame)
	}
}

// queue hands the frame of a message to the links of its receivers.
func (r *Replica) queue(o *core.Outgoing, frame []byte) {
	kind := o.Msg.Kind()
	f := frameOf(kind, frame)
	if !o.All {
		r.net.Send(r.keyOf(o.To), f)
		return
	}
	if kept(kind) {
		r.slots.keep(kind, frame)
	}
	for k := range r.members.Len() {
		if m := r.members.At(k); m.ID != r.cfg.Self {
			r.net.Send(m.Key, f)
		}
	}
}
