package attack

import (
	"fmt"
	"slices"

	"github.com/twothirds-bft/twothirds/adversary/sim"
	"github.com/twothirds-bft/twothirds/pbft/message"
)

// Ways of making scenarios out of one file, for World.Each.

// sweep moves the file's first crash to each effect from first to last, at each replica
// that the file does not corrupt.
func sweep(first, last, step int) func(sim.Scenario) []sim.Scenario {
	return func(sc sim.Scenario) []sim.Scenario {
		var out []sim.Scenario
		for e := first; e <= last; e += step {
			c := sc
			c.Crashes = slices.Clone(sc.Crashes)
			c.Crashes[0].Effect = e
			out = append(out, named(c, "after effect", e))
		}
		return out
	}
}

// rotated gives each replica each place in turn: whoever leads first is each of them.
func rotated(sc sim.Scenario) []sim.Scenario {
	var out []sim.Scenario
	for k := range members(&sc) {
		out = append(out, named(rotate(sc, k), "turned by", k))
	}
	return out
}

// rotate adds k to all replicas that a scenario names. Clients stay who they are.
func rotate(sc sim.Scenario, k int) sim.Scenario {
	n := members(&sc)
	turn := func(list []int) []int {
		list = slices.Clone(list)
		for i, r := range list {
			if r < n {
				list[i] = (r + k) % n
			}
		}
		return list
	}
	sc.Twins, sc.Lost = turn(sc.Twins), turn(sc.Lost)
	sc.Byzantine, sc.Rules, sc.Cuts = slices.Clone(sc.Byzantine), slices.Clone(sc.Rules), slices.Clone(sc.Cuts)
	sc.Crashes, sc.Pauses = slices.Clone(sc.Crashes), slices.Clone(sc.Pauses)
	for i := range sc.Byzantine {
		sc.Byzantine[i].Replica = turn([]int{sc.Byzantine[i].Replica})[0]
	}
	for i := range sc.Rules {
		sc.Rules[i].From, sc.Rules[i].To = turn(sc.Rules[i].From), turn(sc.Rules[i].To)
	}
	for i := range sc.Cuts {
		sc.Cuts[i].Side, sc.Cuts[i].Others = turn(sc.Cuts[i].Side), turn(sc.Cuts[i].Others)
	}
	for i := range sc.Crashes {
		sc.Crashes[i].Replica = turn([]int{sc.Crashes[i].Replica})[0]
	}
	for i := range sc.Pauses {
		sc.Pauses[i].Replica = turn([]int{sc.Pauses[i].Replica})[0]
	}
	return sc
}

// eachKind gives the file's first rule each kind of message that replicas send, and
// each place from the first to the third.
func eachKind(sc sim.Scenario) []sim.Scenario {
	var out []sim.Scenario
	for k := message.KindPrePrepare; k < message.KindReply; k++ {
		for nth := 1; nth <= 3; nth++ {
			c := sc
			c.Rules = slices.Clone(sc.Rules)
			c.Rules[0].Kinds, c.Rules[0].Nth = []string{k.String()}, nth
			out = append(out, named(c, k.String(), nth))
		}
	}
	return out
}

// named says in a scenario's name which of the pattern it is.
func named(sc sim.Scenario, what string, k int) sim.Scenario {
	sc.Name = fmt.Sprintf("%s, %s %d", sc.Name, what, k)
	return sc
}
