package sim

import (
	"github.com/twothirds-bft/twothirds/adversary/liar"
	"github.com/twothirds-bft/twothirds/clock"
)

// Options bounds what Generate draws.
type Options struct {
	Replicas  int // default 4
	Decisions int // default 20
	// Behaviours are names of what liars are drawn from; default liar.Behaviours.
	Behaviours []string
}

// behaviour draws what a liar is.
func (o *Options) behaviour(src Source) string {
	if len(o.Behaviours) > 0 {
		return o.Behaviours[src.Draw("behaviour", uint64(len(o.Behaviours)))]
	}
	return liar.Behaviours[src.Draw("behaviour", uint64(len(liar.Behaviours)))].Name
}

// Generate draws a scenario that stays within the model: at most f faulty replicas,
// crashes with the disk kept, and after Heal a good network.
func Generate(src Source, o Options) Scenario {
	n := o.Replicas
	if n == 0 {
		n = 4
	}
	s := Scenario{
		Replicas: n, Decisions: o.Decisions, Clients: 1 + int(src.Draw("clients", 3)), Ahead: 1 + int(src.Draw("ahead", 4)),
		OpsBlock: 1 + int(src.Draw("ops", 3)), Interval: 1 + int(src.Draw("interval", 11)),
		Heal:    clock.Duration(500+src.Draw("heal", 2500)) * clock.Millisecond,
		TurnMax: 200 * clock.Microsecond, SyncMax: clock.Duration(1+src.Draw("sync", 5)) * clock.Millisecond,
		ExecMax: clock.Duration(1+src.Draw("exec", 3)) * clock.Millisecond,
	}
	s.Window = 1 + int(src.Draw("window", uint64(s.Interval)))
	if chance(src, "answer", 50) {
		s.Answer = 1 + int(src.Draw("answer-bytes", 1500)) // a window takes several
	}
	s.Links = Links{DelayMin: 200 * clock.Microsecond, DelayMax: clock.Duration(1+src.Draw("delay", 20)) * clock.Millisecond}
	s.Burst = chance(src, "burst", 50)
	s.Encode = chance(src, "encode", 5)
	calm := chance(src, "calm", 40) // good network: Byzantine logic gets deep
	if calm {
		s.Heal = 0
	} else {
		s.generateFaults(src)
	}
	s.generateLiars(src, &o)
	s.Seed = src.Draw("seed", 1<<63)
	return s
}

func (s *Scenario) generateLiars(src Source, o *Options) {
	f := (s.Replicas - 1) / 3
	liars := int(src.Draw("liars", uint64(f+1)))
	if f > 0 && liars == 0 && chance(src, "liar", 60) {
		liars = 1
	}
	perm := permutation(src, s.Replicas)
	for _, r := range perm[:liars] {
		s.Byzantine = append(s.Byzantine, Liar{Replica: r, Behaviour: o.behaviour(src)})
	}
	if gone := f - liars; gone > 0 && chance(src, "lost", 20) {
		s.Lost = append(s.Lost, perm[liars])
	}
}

// generateFaults switches on a random half of the fault kinds (swarm testing,
// Groce et al., ISSTA 2012).
func (s *Scenario) generateFaults(src Source) {
	n := uint64(s.Replicas)
	at := func(label string, most clock.Duration) clock.Duration {
		return clock.Duration(src.Draw(label, uint64(most)))
	}
	if chance(src, "swarm-loss", 50) {
		s.Links.LossPercent = 1 + src.Draw("loss", 20)
	}
	if chance(src, "swarm-duplicate", 50) {
		s.Links.DuplicatePercent = 1 + src.Draw("duplicate", 20)
	}
	if chance(src, "swarm-slow", 50) {
		s.Links.SlowPercent = 1 + src.Draw("slow", 15)
	}
	if chance(src, "swarm-crash", 50) {
		for k := src.Draw("crashes", 5); k > 0; k-- {
			s.Crashes = append(s.Crashes, Crash{
				Replica: int(src.Draw("crash-who", n)), At: at("crash-at", s.Heal), Down: at("crash-down", s.Heal/2) + clock.Millisecond,
			})
		}
		if chance(src, "power-loss", 20) {
			t := at("power-at", s.Heal)
			for r := 0; r < s.Replicas; r++ {
				s.Crashes = append(s.Crashes, Crash{Replica: r, At: t, Down: at("power-down", s.Heal/4) + clock.Millisecond})
			}
		}
	}
	if chance(src, "swarm-cut", 50) {
		for k := src.Draw("cuts", 3); k > 0; k-- {
			c := Cut{OneWay: chance(src, "one-way", 30), From: at("cut-from", s.Heal)}
			c.To = c.From + at("cut-for", s.Heal/2)
			for r := 0; r < s.Replicas; r++ {
				if chance(src, "cut-side", 40) {
					c.Side = append(c.Side, r)
				}
			}
			s.Cuts = append(s.Cuts, c)
		}
	}
	if chance(src, "swarm-pause", 50) {
		for k := src.Draw("pauses", 3); k > 0; k-- {
			p := Pause{Replica: int(src.Draw("pause-who", n)), From: at("pause-from", s.Heal)}
			p.To = p.From + at("pause-for", s.Heal)
			s.Pauses = append(s.Pauses, p)
		}
	}
}

func permutation(src Source, n int) []int {
	p := make([]int, n)
	for i := range p {
		p[i] = i
	}
	for i := n - 1; i > 0; i-- {
		j := src.Draw("permutation", uint64(i+1))
		p[i], p[j] = p[j], p[i]
	}
	return p
}
