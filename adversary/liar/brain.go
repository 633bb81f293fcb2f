package liar

import (
	"github.com/twothirds-bft/twothirds/clock"
	"github.com/twothirds-bft/twothirds/pbft/message"
)

// Brain is the one mind of all corrupted replicas of a world (spec M2: they collude,
// see all traffic and schedule the network). It signs and sends as any of them.
// It is used by one goroutine.
type Brain struct {
	envs    []*Env
	watches []func(from, to message.ReplicaID, m message.Message) Verdict
	hears   map[message.ReplicaID][]func(from message.ReplicaID, m message.Message) bool
	plans   map[string]func(*Env) Sender
	start   clock.Instant
	victim  *message.ReplicaID
	seen    dictionary
}

// Verdict is what the brain does to a message on its way. The host keeps it within
// the model (spec M3): it bounds Hold, and ignores Drop once the network is healed.
type Verdict struct {
	Drop bool
	Hold clock.Duration // later than the link alone would have it
}

// NewBrain returns the mind of a world in which nobody is corrupted yet.
func NewBrain() *Brain {
	return &Brain{
		hears: make(map[message.ReplicaID][]func(message.ReplicaID, message.Message) bool),
		plans: make(map[string]func(*Env) Sender),
	}
}

// Corrupt hands a replica to a behaviour and returns what its core's messages are to
// go through. e must not be used for another replica.
func (b *Brain) Corrupt(e *Env, with *Behaviour) Sender {
	if len(b.envs) == 0 {
		b.start = e.Now()
	}
	e.Brain, e.core = b, new(standing)
	e.hear = func(f func(from message.ReplicaID, m message.Message) bool) {
		b.hears[e.Self] = append(b.hears[e.Self], f)
	}
	e.watch = func(f func(from, to message.ReplicaID, m message.Message) Verdict) { b.watches = append(b.watches, f) }
	draw := e.Draw
	e.Draw = func(label string, n uint64) uint64 { return draw(label, max(n, 1)) } // n may have wrapped
	b.envs = append(b.envs, e)
	lie := with.New(e)
	return func(to message.ReplicaID, m message.Message) {
		e.follow(m)
		lie(to, m)
	}
}

// Receive is called by the host with each message that reaches corrupted replica to,
// before its core. It reports whether the core is to get it.
func (b *Brain) Receive(to, from message.ReplicaID, m message.Message) bool {
	pass := true
	for _, f := range b.hears[to] {
		pass = !f(from, m) && pass
	}
	return pass
}

// Watches reports whether anybody watches. A host need not call See otherwise.
func (b *Brain) Watches() bool { return len(b.watches) > 0 }

// See is called by the host with each message on its way and returns what is to become
// of it: dropped if any watcher says so, else held for the longest that one asks.
func (b *Brain) See(from, to message.ReplicaID, m message.Message) Verdict {
	var v Verdict
	for _, f := range b.watches {
		w := f(from, to, m)
		v.Drop, v.Hold = v.Drop || w.Drop, max(v.Hold, w.Hold)
	}
	return v
}

// Liars returns the corrupted replicas in the order in which they were corrupted. The
// slice is the brain's own.
func (b *Brain) Liars() []*Env { return b.envs }

// As returns the corrupted replica of an id, with which to sign and send in its name,
// or nil if that replica is correct.
func (b *Brain) As(id message.ReplicaID) *Env {
	for _, e := range b.envs {
		if e.Self == id {
			return e
		}
	}
	return nil
}

// victimOf returns the one correct replica that all liars have agreed to harm, drawn by
// the first that asks.
func (b *Brain) victimOf(e *Env) message.ReplicaID {
	if b.victim == nil {
		correct := b.correct()
		b.victim = &correct[e.Draw("victim", uint64(len(correct)))]
	}
	return *b.victim
}

// correct returns the replicas that are not corrupted, or all if there are none.
func (b *Brain) correct() []message.ReplicaID {
	var all, correct []message.ReplicaID
	for i, m := 0, b.envs[0].Members(); i < m.Len(); i++ {
		id := m.At(i).ID
		if all = append(all, id); b.As(id) == nil {
			correct = append(correct, id)
		}
	}
	if len(correct) == 0 {
		return all
	}
	return correct
}
