package liar

import (
	"strings"

	"github.com/twothirds-bft/twothirds/clock"
	"github.com/twothirds-bft/twothirds/pbft/message"
)

// Compose chains behaviours: what the core sends passes the first, what that sends
// passes the second, and so on.
func Compose(list ...Behaviour) Behaviour {
	names := make([]string, len(list))
	for i := range list {
		names[i] = list[i].Name
	}
	return Behaviour{
		Name: "compose(" + strings.Join(names, ",") + ")", About: "one after the other",
		New: func(e *Env) Sender {
			out := Sender(e.Send)
			for i := len(list) - 1; i >= 0; i-- {
				c := *e
				c.Send = out
				out = list[i].New(&c)
			}
			return out
		},
	}
}

// Predicate says when a behaviour is at work: for message m that is about to go to a
// replica, be it from the liar or, in Watch, from another. For what the liar hears,
// to is the liar itself.
type Predicate struct {
	Name string
	Is   func(e *Env, to message.ReplicaID, m message.Message) bool
}

// When is b while p holds and honest else. b always hears and sees what there is to
// know, and what it sends on its own account is not held back.
func When(p Predicate, b Behaviour) Behaviour {
	return Behaviour{
		Name: "when(" + p.Name + "," + b.Name + ")", About: b.About, Source: b.Source,
		New: func(e *Env) Sender { return when(p.Is, b.New, e) },
	}
}

func when(is func(*Env, message.ReplicaID, message.Message) bool, begin func(*Env) Sender, e *Env) Sender {
	c := *e
	c.hear = func(f func(from message.ReplicaID, m message.Message) bool) {
		e.hear(func(from message.ReplicaID, m message.Message) bool { return f(from, m) && is(e, e.Self, m) })
	}
	c.watch = func(f func(from, to message.ReplicaID, m message.Message) Verdict) {
		e.watch(func(from, to message.ReplicaID, m message.Message) Verdict {
			if v := f(from, to, m); is(e, to, m) {
				return v
			}
			return Verdict{}
		})
	}
	lie := begin(&c)
	return func(to message.ReplicaID, m message.Message) {
		if is(e, to, m) {
			lie(to, m)
		} else {
			e.Send(to, m)
		}
	}
}

// After is b from d after the beginning on.
func After(d clock.Duration, b Behaviour) Behaviour { return When(after(d), b) }

// Until is b until d after the beginning.
func Until(d clock.Duration, b Behaviour) Behaviour { return When(until(d), b) }

func after(d clock.Duration) Predicate {
	return Predicate{"after " + d.String(), func(e *Env, _ message.ReplicaID, _ message.Message) bool { return e.Elapsed() >= d }}
}

func until(d clock.Duration) Predicate {
	return Predicate{"until " + d.String(), func(e *Env, _ message.ReplicaID, _ message.Message) bool { return e.Elapsed() < d }}
}

// Coordinated is one plan for all liars that have this behaviour. plan is called once
// in a world, with the first of them, and returns what makes each one's Sender.
func Coordinated(name, about, source string, plan func(first *Env) func(*Env) Sender) Behaviour {
	return Behaviour{Name: name, About: about, Source: source, New: func(e *Env) Sender {
		made, ok := e.Brain.plans[name]
		if !ok {
			made = plan(e)
			e.Brain.plans[name] = made
		}
		return made(e)
	}}
}

// groups are the sets of recipients that "towards" knows, beside single replicas.
var groups = map[string]func(e *Env, to message.ReplicaID) bool{
	"upper":   func(e *Env, to message.ReplicaID) bool { return e.upper(to) },
	"lower":   func(e *Env, to message.ReplicaID) bool { return e.member(to) && !e.upper(to) },
	"victim":  func(e *Env, to message.ReplicaID) bool { return to == e.Brain.victimOf(e) },
	"others":  func(e *Env, to message.ReplicaID) bool { return e.member(to) && to != e.Brain.victimOf(e) },
	"primary": func(e *Env, to message.ReplicaID) bool { return to == e.Members().Primary(e.core.Entered) },
	"next":    func(e *Env, to message.ReplicaID) bool { return to == e.Members().Primary(e.core.Target+1) },
	"clients": func(e *Env, to message.ReplicaID) bool { return !e.member(to) },
}

// states are the numbers that a predicate compares.
var states = map[string]func(e *Env) uint64{
	"view":    func(e *Env) uint64 { return uint64(e.core.Entered) },
	"target":  func(e *Env) uint64 { return uint64(e.core.Target) },
	"tip":     func(e *Env) uint64 { return uint64(e.core.Tip) },
	"decided": func(e *Env) uint64 { return uint64(e.core.Decided) },
	"stable":  func(e *Env) uint64 { return uint64(e.core.Stable) },
}

// comparisons by their sign; the longer ones first, for the parser.
var comparisons = []struct {
	sign string
	is   func(a, b uint64) bool
}{
	{">=", func(a, b uint64) bool { return a >= b }},
	{"<=", func(a, b uint64) bool { return a <= b }},
	{">", func(a, b uint64) bool { return a > b }},
	{"<", func(a, b uint64) bool { return a < b }},
	{"=", func(a, b uint64) bool { return a == b }},
}
