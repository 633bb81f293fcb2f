package twins

import (
	"fmt"

	"github.com/twothirds-bft/twothirds/adversary/sim"
	"github.com/twothirds-bft/twothirds/clock"
)

// Times of a scenario. Every message takes one hop and all replicas act in step, so that
// what comes at one time is handled in one turn. A request that comes to a backup is
// decided there four hops later; the least timeout is five. Three more are the SUSPECTs,
// the VIEW-CHANGEs and the NEW-VIEW: a view without a quorum is left within a phase.
const (
	hop         = 40 * clock.Millisecond
	timeout     = 5 * hop // the least that worlds have
	phaseLength = timeout + 3*hop
	down        = phaseLength / 2 // of a process that crashes
)

// Two checkpoints of so many blocks become stable, and one block comes after them.
const (
	interval = 4
	blocks   = 2*interval + 1
)

// At returns the scenario of an index below Size. It panics on others.
func (x *Space) At(i uint64) sim.Scenario {
	if i >= x.Size() {
		panic(fmt.Sprintf("twins: there is no scenario %d of %d", i, x.Size()))
	}
	n, t := x.shape.Replicas, x.shape.Twins
	name := x.cast(x.choices[i/x.each])
	heal := x.Begin(x.shape.Phases)
	s := sim.Scenario{
		Name: fmt.Sprintf("twins-%d", i), Seed: i, Replicas: n,
		Beyond:    t > (n-1)/3,
		Decisions: 1, Until: blocks, Interval: interval, Window: interval, Clients: 3, Ahead: 1, OpsBlock: 1, Burst: true,
		Links: sim.Links{DelayMin: hop, DelayMax: hop}, Beat: hop, Cap: longest(i),
		Heal: heal,
	}
	var first, second []int
	for k := range t {
		first, second = append(first, name[2*k]), append(second, name[2*k+1])
	}
	s.Twins = first
	// Each of two clients knows one body of each twin, so that bodies lead with different
	// blocks. The third is not heard before the network heals: its request is what must be
	// answered then.
	ends := n + t
	s.Rules = append(s.Rules, sim.Rule{Do: sim.Delay, From: []int{ends + 2}, By: heal})
	if t > 0 {
		s.Rules = append(s.Rules, sim.Rule{Do: sim.Drop, From: []int{ends}, To: second}, sim.Rule{Do: sim.Drop, From: []int{ends + 1}, To: first})
	}
	steps := x.tree.at(x.everyone(), x.shape.Phases, i%x.each)
	for k := 0; k < len(steps); {
		from := k
		for k++; k < len(steps) && steps[k].pattern == steps[from].pattern; k++ {
		}
		s.Cuts = append(s.Cuts, x.cuts(x.patterns[steps[from].pattern], name, x.Begin(from), x.Begin(k))...)
	}
	for k, st := range steps {
		if st.crash >= 0 {
			s.Crashes = append(s.Crashes, sim.Crash{Replica: name[st.crash], At: x.Begin(k), Down: down})
		}
	}
	return s
}

// longest is the cap of the timeouts: the least timeout, so that every phase can end a
// view, but in one of four scenarios, where they double once after views that decide
// nothing.
func longest(i uint64) clock.Duration {
	if mix(i)%4 == 0 {
		return 2 * timeout
	}
	return timeout
}

// cast returns the process that plays each of the roster, given the replicas that run
// twice.
func (x *Space) cast(chosen uint32) []int {
	var twice, once []int
	for r := range x.shape.Replicas {
		if chosen>>r&1 != 0 {
			twice = append(twice, r, x.shape.Replicas+len(twice)/2)
		} else {
			once = append(once, r)
		}
	}
	return append(twice, once...)
}

// cuts keeps apart who does not reach each other: for each process whom no cut yet keeps
// from all of them, one between those and all who reach none of those.
func (x *Space) cuts(p pattern, name []int, from, to clock.Duration) (out []sim.Cut) {
	done := make(pattern, len(p))
	for i := len(p) - 1; i >= 0; i-- { // bodies of twins last: they fit what is there
		others := p.apart(x.roster, i)
		if others&^done[i] == 0 {
			continue
		}
		side := uint32(0)
		for j := range p {
			if others&p[j] == 0 && others>>j&1 == 0 {
				side |= 1 << j
			}
		}
		for j := range p {
			if side>>j&1 != 0 {
				done[j] |= others
			}
			if others>>j&1 != 0 {
				done[j] |= side
			}
		}
		out = append(out, sim.Cut{Side: named(side, name), Others: named(others, name), From: from, To: to})
	}
	return out
}

// named returns what the processes of a set are called.
func named(set uint32, name []int) (out []int) {
	for i := range name {
		if set>>i&1 != 0 {
			out = append(out, name[i])
		}
	}
	return out
}
