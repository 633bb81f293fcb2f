// Package adversary attacks an application, or an idea, on this engine: simulated
// clusters in which up to a third of the replicas lie, links lose and replay, disks
// tear, clocks drift and processes die, while invariants are checked after every
// event.
//
// Three lines test an application under all of it:
//
//	func TestBank(t *testing.T) {
//		adversary.Check(t, adversary.ForApp(newBank), adversary.Workload(transfer))
//	}
//
// A failure is shrunk to the least that still fails, told as a story, and kept as a
// replay file under testdata/adversary, which later runs play first.
//
// What is checked without being asked for: replicas agree on blocks, results and
// states, restarts and snapshots included; what a client was told is never lost; after
// the network heals every request is decided; no correct replica is convicted; every
// step of every replica is one that the rules allow (docs/testing.md has the list).
// More come as an [Invariant] of one's own. Liars are those of package liar and any
// [Behaviour] of one's own.
//
// [Check] searches, [Run] plays one scenario, [Replay] a file, [Fuzz] hands worlds to
// go test's fuzzer, and package explore tries everything in a small world. Package emu
// drives one replica by hand.
package adversary

import (
	"github.com/twothirds-bft/twothirds/adversary/liar"
	"github.com/twothirds-bft/twothirds/adversary/sim"
)

// The nouns of the packages below, for those who need one import only.
type (
	// Scenario is a world as plain data.
	Scenario = sim.Scenario
	// World is a run of a scenario, as an Invariant sees it.
	World = sim.World
	// Event is one thing that happened in a World.
	Event = sim.Event
	// Invariant is a property of a user's own.
	Invariant = sim.Invariant
	// Result is what a run showed.
	Result = sim.Result
	// Source is a stream of choices.
	Source = sim.Source
	// Behaviour is one way of lying.
	Behaviour = liar.Behaviour
	// Env is what a corrupted replica has.
	Env = liar.Env
	// Sender takes what the replica's honest core would send.
	Sender = liar.Sender
)

// What an Event may tell; package sim has the other kinds.
const (
	Executed = sim.EventExecute // a replica has executed a block
	Decided  = sim.EventDecide  // a replica has decided a block
	Entered  = sim.EventEnter   // a replica has entered a view
	Crashed  = sim.EventCrash   // a replica's process has died
	Booted   = sim.EventBoot    // a replica has started
)
