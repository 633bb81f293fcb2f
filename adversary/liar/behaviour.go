// Package liar holds ways of lying that run against simulated replicas
// (adversary/sim) and against real processes (adversary/host) alike: they work
// from messages and from the keys of corrupted replicas only, never from the
// engine's inside.
package liar

import (
	"github.com/twothirds-bft/twothirds/clock"
	"github.com/twothirds-bft/twothirds/pbft/message"
)

// Behaviour is one way of lying.
type Behaviour struct {
	Name  string
	About string // the attack, and the naive algorithm that it breaks
	New   func(*Env) Sender
}

// Find returns the behaviour of a name, or nil.
func Find(name string) *Behaviour {
	for i := range Behaviours {
		if Behaviours[i].Name == name {
			return &Behaviours[i]
		}
	}
	return nil
}

// Behaviours lists what a liar can be.
var Behaviours = append([]Behaviour{
	{"silent", "says nothing at all; breaks whoever waits for all n", newSilent},
	{"equivocate", "as primary, proposes two chains to two halves and votes for both; breaks majority quorums", newEquivocate},
	{"bad-payload", "as primary, signs blocks whose payload is invalid; breaks who waits for a timer to see it", newBadPayload},
	{"partial", "keeps one victim out of its proposals; breaks who cannot fetch what it lacks", newPartial},
	{"vote-twice", "sends a PREPARE and COMMIT for another chain beside each of its own; breaks who counts a signer twice", newVoteTwice},
	{"low-vote", "signs true but low PREPAREs; breaks rule N3 without its bound", newLowVote},
	{"withhold", "gives its COMMITs and NEW-VIEWs to one victim only; breaks who forgets what one replica decided", newWithhold},
	{"delay", "sends everything late; breaks timers learnt from one peer", newDelay},
	{"low-report", "reports the root in every VIEW-CHANGE; breaks who takes the first summaries as they come", newLowReport},
	{"replay", "sends old messages again and again; breaks who takes the newest arrival for the newest message", newReplay},
	{"suspicious", "asks for the next view all the time; breaks who leaves a view at one word", newSuspicious},
}, Nasty...)

func newSilent(*Env) Sender { return func(message.ReplicaID, message.Message) {} }

// newPartial keeps one victim out of every proposal (A13's cousin: the victim sees
// votes for what it does not have).
func newPartial(e *Env) Sender {
	victim := e.victim()
	return func(to message.ReplicaID, m message.Message) {
		if to == victim {
			switch m.(type) {
			case *message.PrePrepare, *message.Body, *message.Prepare, *message.Blocks:
				return
			}
		}
		e.Send(to, m)
	}
}

// newVoteTwice contradicts each of its votes at once (A08).
func newVoteTwice(e *Env) Sender {
	return func(to message.ReplicaID, m message.Message) {
		e.Send(to, m)
		switch m := m.(type) {
		case *message.Prepare:
			c := *m
			c.Chain = m.Chain.Extend(m.Chain)
			e.Send(to, e.signed(&c))
		case *message.Commit:
			c := *m
			c.Chain = m.Chain.Extend(m.Chain)
			e.Send(to, e.signed(&c))
		}
	}
}

// newLowVote signs, instead of its vote, a true one for an older point of the same
// chain: below the base where it knows one (docs/spec.md, story 1), else with
// that point as its base.
func newLowVote(e *Env) Sender {
	past := map[message.Seq]message.Digest{}
	return func(to message.ReplicaID, m message.Message) {
		p, ok := m.(*message.Prepare)
		if !ok {
			e.Send(to, m)
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
		if e.Draw("true-base", 2) == 0 {
			low.Base = min(low.Base, low.Seq)
		}
		e.Send(to, e.signed(&low))
	}
}

// newWithhold lets one victim alone learn decisions (A14, go-f3's WithholdCommit).
func newWithhold(e *Env) Sender {
	victim := e.victim()
	return func(to message.ReplicaID, m message.Message) {
		switch m.(type) {
		case *message.Commit, *message.NewView, *message.CommitCert, *message.Blocks:
			if to != victim {
				return
			}
		}
		e.Send(to, m)
	}
}

// newDelay is slow in everything (A45).
func newDelay(e *Env) Sender {
	most := uint64(clock.Duration(10+e.Draw("delay-by", 400)) * clock.Millisecond)
	return func(to message.ReplicaID, m message.Message) {
		e.After(clock.Duration(e.Draw("delayed", most)), func() { e.Send(to, m) })
	}
}

// newLowReport hides its certificates from each new primary (A04).
func newLowReport(e *Env) Sender {
	return func(to message.ReplicaID, m message.Message) {
		if vc, ok := m.(*message.ViewChange); ok {
			c := *vc
			c.Rank, c.Chain = message.Rank{}, e.Root().Chain
			m = e.signed(&c)
		}
		e.Send(to, m)
	}
}

// newReplay mixes old messages into new ones.
func newReplay(e *Env) Sender {
	var old []message.Message
	return func(to message.ReplicaID, m message.Message) {
		e.Send(to, m)
		if len(old) < 64 {
			old = append(old, m)
		} else if e.Draw("keep", 4) == 0 {
			old[e.Draw("slot", 64)] = m
		}
		if e.Draw("replay", 3) == 0 {
			e.Send(to, old[e.Draw("which", uint64(len(old)))])
		}
	}
}

// newSuspicious asks for other views all the time (A49).
func newSuspicious(e *Env) Sender {
	return func(to message.ReplicaID, m message.Message) {
		e.Send(to, m)
		if s, ok := m.(*message.Status); ok && s.Nonce != 0 {
			e.Send(to, e.signed(&message.Suspect{View: s.Target, Decided: s.Decided}))
			e.Send(to, e.signed(&message.ViewChange{View: s.Target + 1 + message.View(s.Nonce%3), Chain: e.Root().Chain}))
		}
	}
}
