package liar

import (
	"github.com/twothirds-bft/twothirds/clock"
	"github.com/twothirds-bft/twothirds/pbft/message"
)

// Env is what a corrupted replica has: its links, its key, time and chance. A host
// fills the exported fields but Brain and hands it to Brain.Corrupt, once per
// replica for the whole run, restarts included. Its functions are called by one
// goroutine at a time, the one that calls the Sender.
//
// Ends of links that are no members are clients: a Sender also gets the REPLYs to
// them, and OnReceive their REQUESTS. What numbers they have is the host's business.
type Env struct {
	Self  message.ReplicaID
	Door  *message.Door  // of the cluster: members, limits, and what correct replicas let in
	Key   message.Signer // the corrupted key, for what Sign does not make
	Now   func() clock.Instant
	Send  func(to message.ReplicaID, m message.Message)
	After func(d clock.Duration, f func())
	Draw  func(label string, n uint64) uint64 // in [0, n)
	Brain *Brain                              // never nil in New

	hear  func(f func(from message.ReplicaID, m message.Message) bool)
	watch func(f func(from, to message.ReplicaID, m message.Message) Verdict)
	core  *standing
}

// standing is where the honest core last said that it stands.
type standing struct {
	message.Status
	voted message.View // view of its newest PREPARE,
	base  message.Seq  // and that one's base
}

// Sender takes what the replica's honest core would send and sends whatever the
// liar likes instead. Messages are shared: a liar changes copies.
type Sender func(to message.ReplicaID, m message.Message)

// Members returns the cluster's members.
func (e *Env) Members() *message.Members { return e.Door.Members() }

// Root returns the point on which the chain begins.
func (e *Env) Root() message.Point { return message.Root(e.Door.Cluster()) }

// Sign signs m with the corrupted key, in place.
func (e *Env) Sign(m message.Signed) {
	if _, err := e.Door.Sign(e.Key, e.Self, m); err != nil {
		panic(err)
	}
}

// signed returns m with the corrupted replica's signature.
func (e *Env) signed(m message.Signed) message.Message {
	e.Sign(m)
	return m
}

// OnReceive has f called with each message that reaches the corrupted replica, before
// its own core. The core does not get a message for which any such f returns true.
// What comes has not passed the door.
func (e *Env) OnReceive(f func(from message.ReplicaID, m message.Message) bool) { e.hear(f) }

// Watch has f called with each message on its way between members, whoever sends it,
// before it is delivered, in hosts that can show that: simulations can, a real
// process cannot, and f is never called there. m is read-only.
func (e *Env) Watch(f func(from, to message.ReplicaID, m message.Message) Verdict) { e.watch(f) }

// Elapsed returns the time since the first replica was corrupted.
func (e *Env) Elapsed() clock.Duration { return e.Now().Sub(e.Brain.start) }

// Core returns what the replica's honest core last said of itself: the views, the
// tip, what it decided. Signed votes count as well as STATUS.
func (e *Env) Core() message.Status { return e.core.Status }

// Leads reports whether the replica is the primary of the view that its core is in.
func (e *Env) Leads() bool { return e.Members().Primary(e.core.Entered) == e.Self }

// Broadcast sends m to all other members.
func (e *Env) Broadcast(m message.Message) { e.each(func(to message.ReplicaID) { e.Send(to, m) }) }

// each calls f with the id of each other member.
func (e *Env) each(f func(to message.ReplicaID)) {
	for i := range e.Members().Len() {
		if id := e.Members().At(i).ID; id != e.Self {
			f(id)
		}
	}
}

// follow learns from what the core sends where it stands.
func (e *Env) follow(m message.Message) {
	at := e.core
	switch m := m.(type) {
	case *message.Status:
		at.Status = *m
	case *message.Prepare:
		at.Entered, at.Target = max(at.Entered, m.View), max(at.Target, m.View)
		at.voted, at.base, at.Tip = m.View, m.Base, m.Seq
	case *message.ViewChange:
		at.Target = max(at.Target, m.View)
	case *message.NewView:
		at.Entered, at.Target = max(at.Entered, m.View), max(at.Target, m.View)
	}
}

// base returns the base from which the core votes in a view, as far as it is known.
func (e *Env) base(v message.View) message.Seq {
	if e.core.voted == v {
		return e.core.base
	}
	return 0
}

// member reports whether an end of a link is a member; else it is a client.
func (e *Env) member(id message.ReplicaID) bool { return e.Members().Index(id) >= 0 }

// victim draws another replica.
func (e *Env) victim() message.ReplicaID {
	i := int(e.Draw("victim", uint64(e.Members().Len()-1)))
	if i >= e.Members().Index(e.Self) {
		i++
	}
	return e.Members().At(i).ID
}

// upper reports whether a replica is of the upper half, for whom the other story is.
func (e *Env) upper(to message.ReplicaID) bool {
	return e.Members().Index(to) >= e.Members().Len()/2
}

// garbage returns a digest that no chain has.
func (e *Env) garbage() (d message.Digest) {
	for i := range d {
		d[i] = byte(e.Draw("garbage", 256))
	}
	return d
}

// far returns a number that is small, near to n, or huge.
func (e *Env) far(n uint64) uint64 {
	switch e.Draw("far", 4) {
	case 0:
		return e.Draw("near", n+1)
	case 1:
		return n + e.Draw("above", 64)
	case 2:
		return 1<<62 - 1 - e.Draw("top", 4)
	}
	return n + 1<<e.Draw("bits", 61)
}
