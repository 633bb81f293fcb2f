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
		f := frameOf(o.Msg.Kind(), frame)
		if !o.All {
			r.net.Send(r.keyOf(o.To), f)
			continue
		}
		if kept(o.Msg.Kind()) {
			r.slots.keep(o.Msg.Kind(), frame)
		}
		for k := range r.members.Len() {
			if m := r.members.At(k); m.ID != r.cfg.Self {
				r.net.Send(m.Key, f)
			}
		}
	}
}
