package attack

import (
	"crypto/sha256"
	"fmt"
	"strings"

	"github.com/twothirds-bft/twothirds/adversary/sim"
	"github.com/twothirds-bft/twothirds/pbft"
)

// differing runs an application that computes something else on each replica that the
// scenario corrupts, and wants those who find that out to stop.
func differing(sc sim.Scenario) []sim.Option {
	odd := map[int]bool{}
	for _, l := range sc.Byzantine {
		odd[l.Replica] = true
	}
	app := func(replica int) pbft.Application {
		a := &chain{}
		if odd[replica] {
			a.salt = byte(replica)
		}
		return a
	}
	return []sim.Option{sim.WithApp(app), sim.WithInvariant(loud{sc})}
}

// chain hashes all operations, with a salt of its own.
type chain struct {
	state pbft.Digest
	salt  byte
}

// Execute implements pbft.Application.
func (a *chain) Execute(b *pbft.Block) [][]byte {
	out := make([][]byte, len(b.Ops))
	for i := range b.Ops {
		a.state = sha256.Sum256(append(append([]byte{a.salt}, a.state[:]...), b.Ops[i].Data...))
	}
	return out
}

// Digest implements pbft.Application.
func (a *chain) Digest() pbft.Digest { return a.state }

// loud is broken by a replica that goes on although it has another state than a quorum,
// or although no state has one (I8).
type loud struct{ sc sim.Scenario }

// Name implements sim.Invariant.
func (loud) Name() string { return "I8" }

// OnEvent implements sim.Invariant.
func (loud) OnEvent(*sim.World, sim.Event) error { return nil }

// AtEnd implements sim.Invariant.
func (l loud) AtEnd(w *sim.World) error {
	all := l.sc.Beyond // then nobody has the quorum's state
	for i := range w.Processes() {
		if s := w.Status(i).Waiting; (all || !w.Correct(i)) && !strings.HasPrefix(s, "stopped: ") {
			return fmt.Errorf("replica %d does not stop, and waits for %s", i, s)
		}
	}
	return nil
}
