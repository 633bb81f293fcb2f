package sim

import (
	"fmt"

	"github.com/twothirds-bft/twothirds/pbft/core"
	"github.com/twothirds-bft/twothirds/pbft/message"
	"github.com/twothirds-bft/twothirds/pbft/wire"
)

// send passes messages on until the process dies.
func (h *host) send(list []core.Outgoing) {
	for i := range list {
		o := &list[i]
		if !h.faulty {
			h.w.oracle.onSent(h, o)
		}
		p := &packet{from: h.id, msg: o.Msg}
		if !o.All {
			h.transmit(o.To, p)
		} else {
			for to := range h.w.sc.Replicas {
				if message.ReplicaID(to) != h.id {
					h.transmit(message.ReplicaID(to), p)
				}
			}
		}
		if h.effect() {
			return
		}
	}
}

// transmit puts a message on the links to a replica, or hands it to the liar.
func (h *host) transmit(to message.ReplicaID, p *packet) {
	if h.liar != nil {
		h.liar.lie(to, p.msg)
		return
	}
	if h.faulty {
		h.w.oracle.learnFrom(p.msg)
	}
	h.link(to, p)
}

// link carries a packet to every process that has the replica's id.
func (h *host) link(to message.ReplicaID, p *packet) {
	w := h.w
	if w.sc.Encode && !h.encode(&p) {
		return
	}
	w.note(4, uint64(h.at), uint64(to), uint64(p.msg.Kind()))
	w.links.carry(h.at, int(to), p.msg, deed{to: w.hosts[to], packet: p})
	for i, id := range w.sc.Twins {
		if message.ReplicaID(id) == to {
			twin := w.hosts[w.sc.Replicas+i]
			w.links.carry(h.at, twin.at, p.msg, deed{to: twin, packet: p})
		}
	}
}

// encode sends a packet through its encoding.
func (h *host) encode(p **packet) bool {
	b, err := wire.Append(nil, (*p).msg)
	if err == nil {
		var m message.Message
		if m, err = wire.Decode(b); err == nil {
			*p = &packet{from: h.id, msg: m}
			return true
		}
	}
	if !h.faulty {
		h.w.fail("wire", fmt.Sprintf("replica %d sends what does not travel: %s: %v", h.at, Describe((*p).msg), err))
	}
	return false
}

// reply sends a client its answer, the results of a bundle in parts.
func (h *host) reply(q *message.Request, r *message.Reply) {
	if q.Type != message.RequestBundle || r.Code != message.ReplyOK || !message.AreParts(r.Result, q.Count()) {
		h.tell(q.Client, r)
		return
	}
	for parts := r.Result; len(parts) > 0; {
		part := *r
		part.Result, parts = message.CutPart(parts)
		h.tell(q.Client, &part)
	}
}

func (h *host) tell(key message.PublicKey, r *message.Reply) {
	for _, c := range h.w.clients {
		if c.key != key {
			continue
		}
		if h.liar != nil {
			h.liar.lie(h.w.name(c.end), r)
		} else {
			h.w.links.carry(h.at, c.end, r, deed{run: func() { c.onReply(h.id, r) }})
		}
	}
}
