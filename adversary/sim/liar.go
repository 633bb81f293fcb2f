package sim

import (
	"slices"

	"github.com/twothirds-bft/twothirds/adversary/liar"
	"github.com/twothirds-bft/twothirds/clock"
	"github.com/twothirds-bft/twothirds/pbft/message"
)

// lying is a Byzantine replica: an honest core whose messages pass a behaviour.
type lying struct {
	name string
	lie  liar.Sender
}

// brain is the one mind of a world's liars, kept within the model.
type brain struct {
	*liar.Brain
	w *World
}

// holdMax is how much longer than its link a message takes at most because a liar
// wants it so: before Heal, and after, where it is part of the delay bound.
const (
	holdMax       = 2 * clock.Second
	holdMaxHealed = 10 * clock.Millisecond
)

// watch shows the liars a message on its way between two ends. It returns for how
// much longer it is to travel, and whether it is lost.
func (b *brain) watch(from, to int, m message.Message) (hold clock.Duration, drop bool) {
	if b == nil || !b.Watches() {
		return 0, false
	}
	v := b.See(b.w.name(from), b.w.name(to), m)
	if b.w.healed() {
		return max(min(v.Hold, holdMaxHealed), 0), false
	}
	return max(min(v.Hold, holdMax), 0), v.Drop
}

// name is what liars call an end of a link: a replica, or from n on a client.
func (w *World) name(end int) message.ReplicaID {
	if end < len(w.hosts) {
		return w.hosts[end].id
	}
	return message.ReplicaID(w.sc.Replicas + end - len(w.hosts))
}

// WithBehaviours lets scenarios name behaviours of a user's own.
func WithBehaviours(own ...liar.Behaviour) Option {
	return func(w *World) { w.own = append(w.own, own...) }
}

// behaviour returns what a scenario means by a name.
func (w *World) behaviour(name string) (*liar.Behaviour, error) {
	for i := range w.own {
		if w.own[i].Name == name {
			return &w.own[i], nil
		}
	}
	return liar.Parse(name)
}

// corrupt gives each Byzantine replica its behaviour. One mind has them all.
func (w *World) corrupt(src Source) {
	if len(w.sc.Byzantine) == 0 {
		return
	}
	w.brain = &brain{liar.NewBrain(), w}
	for i, l := range w.sc.Byzantine {
		b, err := w.behaviour(l.Behaviour)
		if err != nil {
			panic(err) // the scenario is valid
		}
		h, src := w.hosts[l.Replica], split(src, 3, uint64(i))
		h.liar = &lying{name: l.Behaviour}
		h.liar.lie = w.brain.Corrupt(&liar.Env{
			Self: h.id, Door: w.door, Key: h.signer, After: w.after, Draw: src.Draw,
			Now:  func() clock.Instant { return w.now },
			Send: h.forge,
		}, b)
	}
}

// forge sends what a liar made, to a replica or to a client.
func (h *host) forge(to message.ReplicaID, m message.Message) {
	w := h.w
	w.oracle.learnFrom(m)
	w.oracle.onForged(h.signer.Public(), m)
	if r, ok := m.(*message.Requests); ok && int(to) < w.sc.Replicas && h.own(r) && h.src.Draw("direct", 2) == 1 {
		h.ask(w.hosts[to], r)
	} else if int(to) < w.sc.Replicas {
		h.link(to, &packet{from: h.id, msg: m})
	} else if i := int(to) - w.sc.Replicas; i < len(w.clients) {
		switch m := m.(type) {
		case *message.Reply:
			h.forgeReply(w.clients[i], m)
		case *message.Replies: // one to a message here
			for k := range m.List {
				h.forgeReply(w.clients[i], &m.List[k])
			}
		}
	}
}

// own reports whether requests are all under the replica's own key.
func (h *host) own(r *message.Requests) bool {
	return !slices.ContainsFunc(r.List, func(q message.Request) bool { return q.Client != h.signer.Public() })
}

// ask sends a replica requests as a client does: that one is to answer them then.
func (h *host) ask(to *host, r *message.Requests) {
	h.w.links.carry(h.at, to.at, r, deed{run: func() {
		if v, err := h.w.door.VerifyClient(h.signer.Public(), r); err == nil && to.core != nil {
			to.push(v)
		}
	}})
}

func (h *host) forgeReply(c *simClient, r *message.Reply) {
	h.w.links.carry(h.at, c.end, r, deed{run: func() { c.onReply(h.id, r) }})
}

// onForged knows requests under a liar's own key for asked: it is a client then like
// any other, and executing them is right.
func (o *oracle) onForged(key message.PublicKey, m message.Message) {
	if r, ok := m.(*message.Requests); ok {
		for i := range r.List {
			if q := &r.List[i]; q.Client == key {
				o.issued[q.Digest(o.w.door.Cluster())] = true
			}
		}
	}
}

// hears shows a liar what reaches it, and reports whether its core may see it too.
func (h *host) hears(from message.ReplicaID, m message.Message) bool {
	return h.liar == nil || h.w.brain.Receive(h.id, from, m)
}
