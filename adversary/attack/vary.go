package attack

import (
	"fmt"
	"slices"

	"github.com/twothirds-bft/twothirds/adversary/sim"
	"github.com/twothirds-bft/twothirds/pbft/message"
)

// Ways of making scenarios out of one file, for World.Each.

// sweep moves the file's first crash to each effect that its replica has in the world
// without that crash, or to each so-many-th; that world comes first. sim.Sweep does so for all replicas.
func sweep(stride int) func(sim.Scenario) []sim.Scenario {
	return func(sc sim.Scenario) []sim.Scenario {
		calm := sc
		calm.Crashes = sc.Crashes[1:]
		out := []sim.Scenario{calm}
		for e, most := 1, sim.Play(calm).Effects[sc.Crashes[0].Replica]; e <= most; e += stride {
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
	turn := func(r int) int {
		if r >= n {
			return r
		}
		return (r + k) % n
	}
	all := func(list []int) []int {
		list = slices.Clone(list)
		for i := range list {
			list[i] = turn(list[i])
		}
		return list
	}
	sc.Twins, sc.Lost = all(sc.Twins), all(sc.Lost)
	sc.Byzantine = edited(sc.Byzantine, func(l *sim.Liar) { l.Replica = turn(l.Replica) })
	sc.Pipes = edited(sc.Pipes, func(p *sim.Pipe) { p.From, p.To = all(p.From), all(p.To) })
	sc.Rules = edited(sc.Rules, func(r *sim.Rule) { r.From, r.To = all(r.From), all(r.To) })
	sc.Cuts = edited(sc.Cuts, func(c *sim.Cut) { c.Side, c.Others = all(c.Side), all(c.Others) })
	sc.Crashes = edited(sc.Crashes, func(c *sim.Crash) { c.Replica = turn(c.Replica) })
	sc.Pauses = edited(sc.Pauses, func(p *sim.Pause) { p.Replica = turn(p.Replica) })
	sc.Disks = edited(sc.Disks, func(d *sim.Disk) { d.Replica = turn(d.Replica) })
	sc.Clocks = edited(sc.Clocks, func(c *sim.Clock) { c.Replica = turn(c.Replica) })
	return sc
}

// edited returns a copy of a list with each element changed.
func edited[T any](list []T, change func(*T)) []T {
	list = slices.Clone(list)
	for i := range list {
		change(&list[i])
	}
	return list
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
