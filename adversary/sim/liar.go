package sim

import (
	"github.com/twothirds-bft/twothirds/adversary/liar"
	"github.com/twothirds-bft/twothirds/pbft/message"
)

// lying is a Byzantine replica: an honest core whose messages pass a behaviour.
type lying struct {
	name string
	lie  liar.Sender
}

func newLiar(name string, h *host) *lying {
	b := liar.Find(name)
	if b == nil {
		panic("sim: unknown behaviour " + name)
	}
	w := h.w
	return &lying{name: name, lie: b.New(&liar.Env{
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
