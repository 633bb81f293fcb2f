package attack

import (
	"github.com/twothirds-bft/twothirds/adversary/sim"
	"github.com/twothirds-bft/twothirds/pbft/message"
)

// gauge measures a world while it runs. It is a sim.Invariant that never fails.
type gauge struct {
	sc      sim.Scenario
	faulty  []bool        // by process
	healed  message.View  // highest that a correct replica had asked for when the network healed
	top     message.View  // highest that one has asked for
	entered message.View  // highest that one has entered
	decided []message.Seq // by process
	hidden  int
	acked   []int // by client
	sent    int   // messages that correct replicas sent, and blocks in them
}

func newGauge(sc sim.Scenario) *gauge {
	processes := members(&sc) + len(sc.Twins)
	g := &gauge{
		sc: sc, faulty: make([]bool, processes), decided: make([]message.Seq, processes),
		acked: make([]int, orDefault(sc.Clients, 2)),
	}
	for _, r := range sc.Faulty() {
		g.faulty[r] = true
	}
	for i := members(&sc); i < processes; i++ {
		g.faulty[i] = true
	}
	return g
}

// Name implements sim.Invariant.
func (g *gauge) Name() string { return "gauge" }

// AtEnd implements sim.Invariant.
func (g *gauge) AtEnd(*sim.World) error { return nil }

// OnEvent implements sim.Invariant.
func (g *gauge) OnEvent(_ *sim.World, e sim.Event) error {
	switch e.Kind {
	case sim.EventSend:
		g.send(e)
	case sim.EventAck:
		g.acked[e.Replica]++
	case sim.EventDecide:
		if !g.faulty[e.Replica] {
			g.decided[e.Replica] = max(g.decided[e.Replica], e.Point.Seq)
		}
	case sim.EventEnter, sim.EventLeave:
		if !g.faulty[e.Replica] {
			g.view(e)
		}
	}
	return nil
}

func (g *gauge) send(e sim.Event) {
	if e.Replica >= len(g.faulty) || g.faulty[e.Replica] {
		return // a client, or a liar
	}
	g.sent++
	if b, ok := e.Msg.(*message.Blocks); ok {
		g.sent += len(b.Blocks)
	}
}

func (g *gauge) view(e sim.Event) {
	if e.Kind == sim.EventEnter && e.View > g.entered {
		g.entered = e.View
		if g.oneKnows() {
			g.hidden++
		}
	}
	g.top = max(g.top, e.View)
	if e.At < g.sc.Heal {
		g.healed = g.top
	}
}

// oneKnows reports whether one correct replica has decided what no other one has.
func (g *gauge) oneKnows() bool {
	best, who := message.Seq(0), 0
	for i, s := range g.decided {
		switch {
		case g.faulty[i] || s < best:
		case s > best:
			best, who = s, 1
		default:
			who++
		}
	}
	return who == 1
}

// burned is how many views passed after the network had healed.
func (g *gauge) burned() uint64 { return uint64(g.top - g.healed) }

// traffic is messages of correct replicas for each operation.
func (g *gauge) traffic(r *sim.Result) float64 { return float64(g.sent) / float64(max(r.Requests, 1)) }

// fairness is the part that the client served least got of what the one served best got.
func (g *gauge) fairness() float64 {
	least, most := g.acked[0], g.acked[0]
	for _, k := range g.acked {
		least, most = min(least, k), max(most, k)
	}
	return float64(least) / float64(max(most, 1))
}
