package twins

import (
	"fmt"
	"slices"

	"github.com/twothirds-bft/twothirds/adversary/sim"
	"github.com/twothirds-bft/twothirds/clock"
)

// Times of a scenario. Every message takes one hop, so a view without a quorum is left
// within a phase: a timeout at its floor and a few hops.
const (
	hop         = 20 * clock.Millisecond
	phaseLength = 320 * clock.Millisecond
	down        = phaseLength / 2 // of a process that crashes
)

// At returns the scenario of an index below Size. It panics on others.
func (x *Space) At(i uint64) sim.Scenario {
	if i >= x.Size() {
		panic(fmt.Sprintf("twins: there is no scenario %d of %d", i, x.Size()))
	}
	n, t := x.shape.Replicas, x.shape.Twins
	name := x.cast(x.choices[i/x.each])
	s := sim.Scenario{
		Name: fmt.Sprintf("twins-%d", i), Seed: i, Replicas: n,
		Beyond:    t > (n-1)/3,
		Decisions: 1, Until: 2 * x.shape.Phases, Clients: 3, Ahead: 1, OpsBlock: 1, Burst: true,
		Links: sim.Links{DelayMin: hop, DelayMax: hop},
		Heal:  x.Begin(x.shape.Phases),
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
	s.Rules = append(s.Rules, sim.Rule{Do: sim.Drop, From: []int{ends + 2}})
	if t > 0 {
		s.Rules = append(s.Rules, sim.Rule{Do: sim.Drop, From: []int{ends}, To: second}, sim.Rule{Do: sim.Drop, From: []int{ends + 1}, To: first})
	}
	steps := x.tree.at(x.everyone(), x.shape.Phases, i%x.each)
	for k := 0; k < len(steps); {
		from := k
		for k++; k < len(steps) && steps[k].pattern == steps[from].pattern; k++ {
		}
		begin, end := x.Begin(from), x.Begin(k)
		s.Rules = append(s.Rules, x.rules(x.patterns[steps[from].pattern], name, begin, end)...)
	}
	for k, st := range steps {
		if st.crash >= 0 {
			s.Crashes = append(s.Crashes, sim.Crash{Replica: name[st.crash], At: x.Begin(k), Down: down})
		}
	}
	return s
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

// rules keeps apart who does not reach each other.
func (x *Space) rules(p pattern, name []int, begin, end clock.Duration) (out []sim.Rule) {
	r := x.roster
	for i := len(p) - 1; i >= 0; i-- { // bodies of twins last: they fit what is there
		var must, may []int
		for j := range p {
			if p[i]>>j&1 != 0 || i == j {
				continue
			}
			may = append(may, name[j])
			if !r.same(i, j) {
				must = append(must, name[j])
			}
		}
		if len(must) == 0 {
			continue
		}
		slices.Sort(must)
		slices.Sort(may)
		k := slices.IndexFunc(out, func(o sim.Rule) bool { return slices.Equal(o.To, must) || slices.Equal(o.To, may) })
		if k < 0 {
			k = len(out)
			out = append(out, sim.Rule{Do: sim.Drop, To: must, Begin: begin, End: end})
		}
		out[k].From = append(out[k].From, name[i])
	}
	return out
}
