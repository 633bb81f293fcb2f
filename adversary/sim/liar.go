package sim

import (
	"github.com/twothirds-bft/twothirds/clock"
	"github.com/twothirds-bft/twothirds/pbft/core"
	"github.com/twothirds-bft/twothirds/pbft/message"
)

// Behaviour is one way of lying: it sees what the replica's honest core would send
// and decides what goes out. It works from messages and the replica's own key
// only.
type Behaviour struct {
	Name  string
	About string // the attack, and the naive algorithm that it breaks
	New   func(*liar) func(to int, m message.Message)
}

// liar is a Byzantine replica: an honest core whose messages pass a behaviour.
type liar struct {
	name string
	h    *host
	send func(to int, m message.Message)
	// proposed holds the payloads that the core is about to propose, by digest: the
	// header travels first.
	proposed map[message.Digest]*message.Payload
}

// watch takes note of what the core proposes.
func (l *liar) watch(list []core.Outgoing) {
	for _, o := range list {
		if b, ok := o.Msg.(*message.Body); ok {
			l.proposed[b.Header.PayloadDigest] = b.Payload
		}
	}
}

func newLiar(name string, h *host) *liar {
	for i := range Behaviours {
		if Behaviours[i].Name == name {
			l := &liar{name: name, h: h, proposed: map[message.Digest]*message.Payload{}}
			l.send = Behaviours[i].New(l)
			return l
		}
	}
	panic("sim: unknown behaviour " + name)
}

// Behaviours lists what a liar can be.
var Behaviours = []Behaviour{
	{"silent", "says nothing at all; breaks whoever waits for all n", newSilent},
	{"equivocate", "as primary, proposes two chains to two halves and votes for both; breaks majority quorums", newEquivocate},
	{"partial", "as primary, proposes to a bare quorum only; breaks who cannot fetch what it lacks", newPartial},
	{"vote-twice", "sends each half a PREPARE and COMMIT for another chain; breaks who counts a signer twice", newVoteTwice},
	{"low-vote", "signs true but low PREPAREs in each view, from its old base; breaks rule N3 without its bound", newLowVote},
	{"withhold", "gives its COMMITs and NEW-VIEWs to one victim only; breaks who forgets what one replica decided", newWithhold},
	{"delay", "sends everything late; breaks timers learnt from one peer", newDelay},
	{"low-report", "reports the root in every VIEW-CHANGE; breaks who takes the first summaries as they come", newLowReport},
	{"replay", "sends old messages again and again; breaks who takes the newest arrival for the newest message", newReplay},
	{"suspicious", "asks for the next view all the time; breaks who leaves a view at one word", newSuspicious},
}

func (l *liar) sign(m message.Signed) message.Message {
	if _, err := l.h.w.door.Sign(l.h.signer, message.ReplicaID(l.h.id), m); err != nil {
		panic(err)
	}
	return m
}

func newSilent(*liar) func(int, message.Message) { return func(int, message.Message) {} }

// newEquivocate keeps a shadow chain beside the honest core's own: for each block
// that the core proposes there is a twin with another payload, and the upper half
// of the replicas sees twins only.
func newEquivocate(l *liar) func(int, message.Message) {
	twin := map[message.Digest]message.Digest{} // own chain digest -> twin's
	shadow := func(d message.Digest) message.Digest {
		if t, ok := twin[d]; ok {
			return t
		}
		return d
	}
	twinOf := func(parent message.Digest, h message.Header, p *message.Payload) (message.Header, []byte) {
		raw := message.AppendBatch(nil, append(append([]message.Request{}, p.Requests...), p.Requests[0]))
		h.PayloadSize, h.PayloadDigest = uint32(len(raw)), message.PayloadDigest(raw)
		return h, raw
	}
	return func(to int, m message.Message) {
		second := to >= len(l.h.w.hosts)/2
		switch m := m.(type) {
		case *message.PrePrepare:
			p := l.proposed[m.Header.PayloadDigest]
			if p == nil {
				l.h.link(to, m)
				return
			}
			h, _ := twinOf(m.Parent, m.Header, p)
			twin[m.Point().Chain] = shadow(m.Parent).Extend(h.Digest())
			if second {
				l.h.w.oracle.learn(shadow(m.Parent), &h)
				l.h.link(to, &message.PrePrepare{Parent: shadow(m.Parent), Header: h})
				return
			}
			l.h.w.oracle.learn(m.Parent, &m.Header)
		case *message.Body:
			if p := l.proposed[m.Header.PayloadDigest]; second && p != nil {
				h, raw := twinOf(m.Parent, m.Header, p)
				l.h.link(to, &message.Body{Parent: shadow(m.Parent), Header: h, Raw: raw})
				return
			}
		case *message.Prepare:
			if second {
				c := *m
				c.Chain = shadow(m.Chain)
				l.h.link(to, l.sign(&c))
				return
			}
		case *message.Commit:
			if second {
				c := *m
				c.Chain = shadow(m.Chain)
				l.h.link(to, l.sign(&c))
				return
			}
		}
		l.h.link(to, m)
	}
}

// newPartial keeps one victim out of every proposal.
func newPartial(l *liar) func(int, message.Message) {
	n := len(l.h.w.hosts)
	if n == 0 {
		n = l.h.w.sc.Replicas
	}
	victim := int(l.h.w.src.Draw("victim", uint64(n)))
	return func(to int, m message.Message) {
		if to == victim {
			switch m.(type) {
			case *message.PrePrepare, *message.Body, *message.Prepare, *message.Blocks:
				return
			}
		}
		l.h.link(to, m)
	}
}

func newVoteTwice(l *liar) func(int, message.Message) {
	return func(to int, m message.Message) {
		l.h.link(to, m)
		switch m := m.(type) {
		case *message.Prepare:
			c := *m
			c.Chain = m.Chain.Extend(m.Chain)
			l.h.link(to, l.sign(&c))
		case *message.Commit:
			c := *m
			c.Chain = m.Chain.Extend(m.Chain)
			l.h.link(to, l.sign(&c))
		}
	}
}

// newLowVote signs, instead of its vote, a true one for an older point of the same
// chain: below the base where it knows one (story 1 of docs/spec.md), else with
// that point as its base.
func newLowVote(l *liar) func(int, message.Message) {
	past := map[message.Seq]message.Digest{}
	return func(to int, m message.Message) {
		p, ok := m.(*message.Prepare)
		if !ok {
			l.h.link(to, m)
			return
		}
		past[p.Seq] = p.Chain
		low := *p
		for s := p.Base; s > 0; s-- {
			if d, ok := past[s-1]; ok {
				low.Seq, low.Chain = s-1, d
				break
			}
		}
		if l.h.w.src.Draw("true-base", 2) == 0 {
			low.Base = min(low.Base, low.Seq)
		}
		l.h.link(to, l.sign(&low))
	}
}

func newWithhold(l *liar) func(int, message.Message) {
	victim := int(l.h.w.src.Draw("victim", uint64(l.h.w.sc.Replicas)))
	return func(to int, m message.Message) {
		switch m.(type) {
		case *message.Commit, *message.NewView, *message.CommitCert, *message.Blocks:
			if to != victim {
				return
			}
		}
		l.h.link(to, m)
	}
}

func newDelay(l *liar) func(int, message.Message) {
	most := uint64(clock.Duration(10+l.h.w.src.Draw("delay-by", 400)) * clock.Millisecond)
	return func(to int, m message.Message) {
		l.h.w.after(clock.Duration(l.h.w.src.Draw("delayed", most)), func() { l.h.link(to, m) })
	}
}

func newLowReport(l *liar) func(int, message.Message) {
	return func(to int, m message.Message) {
		if vc, ok := m.(*message.ViewChange); ok {
			c := *vc
			c.Rank, c.Chain = message.Rank{}, l.h.w.root.Chain
			l.h.link(to, l.sign(&c))
			return
		}
		l.h.link(to, m)
	}
}

func newReplay(l *liar) func(int, message.Message) {
	var old []message.Message
	return func(to int, m message.Message) {
		l.h.link(to, m)
		if len(old) < 64 {
			old = append(old, m)
		} else if l.h.w.src.Draw("keep", 4) == 0 {
			old[l.h.w.src.Draw("slot", 64)] = m
		}
		if l.h.w.src.Draw("replay", 3) == 0 {
			l.h.link(to, old[l.h.w.src.Draw("which", uint64(len(old)))])
		}
	}
}

func newSuspicious(l *liar) func(int, message.Message) {
	return func(to int, m message.Message) {
		l.h.link(to, m)
		if s, ok := m.(*message.Status); ok && s.Nonce != 0 {
			l.h.link(to, l.sign(&message.Suspect{View: s.Target, Decided: s.Decided}))
			l.h.link(to, l.sign(&message.ViewChange{View: s.Target + 1 + message.View(s.Nonce%3), Chain: l.h.w.root.Chain}))
		}
	}
}
