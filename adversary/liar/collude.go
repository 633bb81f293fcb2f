package liar

import (
	"github.com/twothirds-bft/twothirds/clock"
	"github.com/twothirds-bft/twothirds/pbft/message"
)

// together are the behaviours of liars that act as one: each is a plan that all of
// them follow who have it. Some need a host that shows messages on their way.

// second reports whether a replica is of the second half of the correct ones: where
// liars split the others, they split those.
func (b *Brain) second(id message.ReplicaID) bool {
	correct := b.correct()
	for i, c := range correct {
		if c == id {
			return 2*i >= len(correct)
		}
	}
	return false
}

// planFork splits the correct replicas in two. Whichever liar is primary shows one half
// another chain, and all liars vote on both, each half seeing only its own. It breaks
// quorums that two groups can have with only liars in common (A13, A08; the twins of
// Bano et al., OPODIS 2021).
func planFork(*Env) func(*Env) Sender {
	q := &equivocator{twin: doubled, sees: func(e *Env, to message.ReplicaID) bool { return e.Brain.second(to) }}
	return q.sender
}

// planBases is planFork for views: whichever liar is primary builds two NEW-VIEWs with
// two bases, and all liars vote from both, each half seeing one. It breaks who counts
// votes of two bases together (story 8, 17).
func planBases(*Env) func(*Env) Sender {
	bases := make(map[message.View]message.Seq) // of the second NEW-VIEWs
	return func(e *Env) Sender {
		b := newBook(e)
		return func(to message.ReplicaID, m message.Message) {
			b.note(m)
			switch v := m.(type) {
			case *message.NewView:
				if other := b.twoNewViews(v); other != nil && e.Brain.second(to) {
					m = other
					keep(bases, v.View, 0)
					if other.Cert != nil {
						bases[v.View] = other.Cert.Seq
					}
				}
			case *message.Prepare:
				if base, ok := bases[v.View]; ok && e.Brain.second(to) && base < v.Base {
					c := *v
					c.Base = base
					m = e.signed(&c)
				}
			}
			e.Send(to, m)
		}
	}
}

// planBury lets one correct replica alone learn what is decided, and buries that with
// it: liars vote to the victim only, what it says of decisions is held up, and in
// view changes they report nothing. It breaks who does not carry over what a single
// correct replica may have decided (A04, A14).
func planBury(first *Env) func(*Env) Sender {
	first.Watch(func(from, _ message.ReplicaID, m message.Message) Verdict {
		if from != first.Brain.victimOf(first) {
			return Verdict{}
		}
		switch m.(type) {
		case *message.Commit, *message.ViewChange, *message.PrepareCert, *message.CommitCert, *message.Blocks, *message.Leave:
			return Verdict{Drop: true, Hold: clock.Second}
		}
		return Verdict{}
	})
	return func(e *Env) Sender {
		low := newLowReport(e)
		return func(to message.ReplicaID, m message.Message) {
			switch m.(type) {
			case *message.Commit, *message.CommitCert, *message.PrepareCert, *message.Blocks:
				if to != e.Brain.victimOf(e) {
					return
				}
			}
			low(to, m)
		}
	}
}

// planDeny cuts off whoever is primary, view after view, as soon as anyone speaks of
// that view, and liars do not propose. It breaks timeouts that do not grow, and
// replicas that stay in a view whose primary is gone (A72).
func planDeny(first *Env) func(*Env) Sender {
	view := message.View(0)
	first.Watch(func(from, to message.ReplicaID, m message.Message) Verdict {
		switch m := m.(type) {
		case *message.Prepare:
			view = max(view, m.View)
		case *message.NewView:
			view = max(view, m.View)
		}
		if p := first.Members().Primary(view); from == p || to == p {
			return Verdict{Drop: true, Hold: clock.Second}
		}
		return Verdict{}
	})
	return func(e *Env) Sender {
		return func(to message.ReplicaID, m message.Message) {
			if p, ok := m.(*message.PrePrepare); ok && e.Members().Primary(p.Header.View) == e.Self {
				return
			}
			e.Send(to, m)
		}
	}
}

// planHiddenLock lets one correct replica alone have a certificate in each view, another
// one each time, and keeps it from telling the next primary. It breaks protocols in
// which a primary must know the highest lock, and does not ask (A18; Cachin and
// Vukolic 2017 on Tendermint).
func planHiddenLock(first *Env) func(*Env) Sender {
	holder := func(v message.View) message.ReplicaID {
		correct := first.Brain.correct()
		return correct[uint64(v)%uint64(len(correct))]
	}
	first.Watch(func(from, to message.ReplicaID, m message.Message) Verdict {
		switch m := m.(type) {
		case *message.Prepare:
			if to != holder(m.View) && first.Members().Primary(m.View) != from {
				return Verdict{Drop: true, Hold: clock.Second}
			}
		case *message.ViewChange:
			if m.View > 0 && from == holder(m.View-1) {
				return Verdict{Drop: true, Hold: clock.Second}
			}
		}
		return Verdict{}
	})
	return func(e *Env) Sender {
		return func(to message.ReplicaID, m message.Message) {
			switch m := m.(type) {
			case *message.Prepare:
				if e.Members().Primary(m.View) != e.Self && to != holder(m.View) {
					return
				}
			case *message.PrepareCert, *message.Commit:
				return
			}
			e.Send(to, m)
		}
	}
}

// planStarve keeps everything from one correct replica for as long as it can, while the
// liars fill its place in every quorum. It breaks who cannot catch up once the window
// is past, and who waits for the slowest (A74).
func planStarve(first *Env) func(*Env) Sender {
	first.Watch(func(_, to message.ReplicaID, _ message.Message) Verdict {
		if to == first.Brain.victimOf(first) {
			return Verdict{Drop: first.Draw("starve", 8) > 0, Hold: clock.Second}
		}
		return Verdict{}
	})
	return func(e *Env) Sender {
		return func(to message.ReplicaID, m message.Message) {
			if to != e.Brain.victimOf(e) {
				e.Send(to, m)
			}
		}
	}
}

// planLateHalf has one half of the correct replicas hear everything as late as the
// bound on delays allows, and later than their timeouts before it holds. It breaks whatever
// takes silence for a fact, such as leases and fast paths (A19; Momose 2019 on Sync
// HotStuff).
func planLateHalf(first *Env) func(*Env) Sender {
	first.Watch(func(_, to message.ReplicaID, _ message.Message) Verdict {
		if first.Brain.second(to) {
			return Verdict{Hold: 250 * clock.Millisecond}
		}
		return Verdict{}
	})
	return func(e *Env) Sender { return e.Send }
}

// planLateNewView holds NEW-VIEWs on their way to one correct replica until others have
// moved on. It breaks who enters whatever view it is shown, and who takes one that
// was overtaken for a fork (story 12).
func planLateNewView(first *Env) func(*Env) Sender {
	first.Watch(func(_, to message.ReplicaID, m message.Message) Verdict {
		if v, ok := m.(*message.NewView); ok && to == first.Brain.victimOf(first) {
			return Verdict{Hold: clock.Second, Drop: v.View%2 == 1}
		}
		return Verdict{}
	})
	return func(e *Env) Sender {
		resign := newResign(e)
		return func(to message.ReplicaID, m message.Message) { resign(to, m) }
	}
}

// planFalseState has all liars sign the same false state at each checkpoint. It breaks
// who takes weak power, or one less than that, for the truth (A03).
func planFalseState(*Env) func(*Env) Sender {
	return func(e *Env) Sender {
		return func(to message.ReplicaID, m message.Message) {
			if cp, ok := m.(*message.Checkpoint); ok {
				c := *cp
				c.State = c.State.Extend(c.State)
				m = e.signed(&c)
			}
			e.Send(to, m)
		}
	}
}

// planSecond has all liars second whoever suspects: one correct replica is enough then,
// and f liars are just too few. It breaks who leaves at f, or on a suspicion that has
// lapsed (A49).
func planSecond(*Env) func(*Env) Sender {
	second := func(e *Env, m *message.Suspect) {
		e.Broadcast(e.signed(&message.Suspect{Epoch: m.Epoch, View: m.View, Decided: m.Decided}))
		c := e.root(m.View + 1)
		e.Broadcast(&c)
	}
	return func(e *Env) Sender {
		said := make(map[message.View]clock.Instant)
		e.OnReceive(func(_ message.ReplicaID, m message.Message) bool {
			s, ok := m.(*message.Suspect)
			if ok && s.View < 1<<40 && (said[s.View].IsZero() || e.Now().Sub(said[s.View]) > 50*clock.Millisecond) {
				keep(said, s.View, e.Now())
				for _, l := range e.Brain.Liars() {
					second(l, s)
				}
			}
			return false
		})
		return e.Send
	}
}
