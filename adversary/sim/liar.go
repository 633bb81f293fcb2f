package sim

import (
	"github.com/twothirds-bft/twothirds/adversary"
	"github.com/twothirds-bft/twothirds/pbft/message"
)

// liar is a Byzantine replica: an honest core whose messages pass a behaviour.
type liar struct {
	name string
	lie  adversary.Sender
}

func newLiar(name string, h *host) *liar {
	b := adversary.Find(name)
	if b == nil {
		panic("sim: unknown behaviour " + name)
	}
	w := h.w
	return &liar{name: name, lie: b.New(&adversary.Env{
		Self: message.ReplicaID(h.id), Members: w.door.Members(), Root: w.root,
		Send: func(to message.ReplicaID, m message.Message) {
			if p, ok := m.(*message.PrePrepare); ok {
				w.oracle.learn(p.Parent, &p.Header)
			}
			h.link(int(to), m)
		},
		Sign: func(m message.Signed) {
			if _, err := w.door.Sign(h.signer, message.ReplicaID(h.id), m); err != nil {
				panic(err)
			}
		},
		After: w.after,
		Draw:  w.src.Draw,
	})}
}
