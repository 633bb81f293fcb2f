package score

import (
	"slices"

	"github.com/twothirds-bft/twothirds/adversary/sim"
	"github.com/twothirds-bft/twothirds/clock"
	"github.com/twothirds-bft/twothirds/pbft/message"
)

// edges draws worlds whose numbers are small or large rather than likely: bugs of timers
// and bounds sit where two of them meet (boundary-value analysis: Myers, The Art of
// Software Testing, 1979). Each dimension is left as generated in about half of them.
func edges(src sim.Source, o sim.Options) sim.Scenario {
	o.Without = append(slices.Clip(o.Without), "faint") // the limit below is that of a network that becomes good
	s := sim.Generate(src, o)
	s.Decisions, s.Until = 12, 60 // so that one who was cut off has not too much to catch up with
	of := func(label string, p *int, values ...int) {
		if k := src.Draw(label, uint64(2*len(values))); k < uint64(len(values)) {
			*p = values[k]
		}
	}
	last := func(label string, p *clock.Duration, values ...clock.Duration) {
		if k := src.Draw(label, uint64(2*len(values))); k < uint64(len(values)) {
			*p = values[k]
		}
	}
	of("clients", &s.Clients, 1, 8)
	of("ahead", &s.Ahead, 1, 12)
	of("ops", &s.OpsBlock, 1, 16)
	of("interval", &s.Interval, 1, 2, 64)
	s.Window = min(s.Window, s.Interval)
	of("window", &s.Window, 1, s.Interval)
	last("sync", &s.SyncMax, clock.Nanosecond, 300*clock.Millisecond)
	last("exec", &s.ExecMax, clock.Nanosecond, 300*clock.Millisecond)
	last("delay", &s.Links.DelayMax, 300*clock.Microsecond, 150*clock.Millisecond, 500*clock.Millisecond)
	last("heal", &s.Heal, 4*clock.Second, 15*clock.Second, 60*clock.Second)
	if s.Heal > 0 {
		drops(&s, src)
		alone(&s, src)
	}
	// In the worst case each operation has a block of its own, clients have asked for as much
	// as they may when the last block is decided, and one block waits for the other: three
	// messages, each behind a sync.
	blocks := s.Until + s.Clients*(1+s.Ahead)
	s.Limit = 40*clock.Second + clock.Duration(3*blocks)*(s.Links.DelayMax+s.SyncMax+s.ExecMax)
	if !s.Burst {
		s.Limit += 2 * s.Heal // what its clients think in all
	}
	return s
}

// drops loses all messages of a kind or two, for everyone or between some, for a while.
func drops(s *sim.Scenario, src sim.Source) {
	some := func(label string) (out []int) {
		if src.Draw(label+"-all", 2) == 0 {
			return nil
		}
		for r := range s.Replicas {
			if src.Draw(label, 3) == 0 {
				out = append(out, r)
			}
		}
		return out
	}
	for k := src.Draw("drops", 3); k > 0; k-- {
		r := sim.Rule{Do: sim.Drop, From: some("drop-from"), To: some("drop-to")}
		for range 1 + src.Draw("drop-kinds", 2) {
			r.Kinds = append(r.Kinds, message.Kind(1+src.Draw("drop-kind", uint64(message.KindCount-1))).String())
		}
		slices.Sort(r.Kinds)
		r.Begin = clock.Duration(src.Draw("drop-begin", uint64(s.Heal)))
		if src.Draw("drop-end", 2) == 0 {
			r.End = r.Begin + clock.Duration(src.Draw("drop-for", uint64(s.Heal)))
		}
		s.Rules = append(s.Rules, r)
	}
}

// alone keeps one correct replica from the others for most of the time.
func alone(s *sim.Scenario, src sim.Source) {
	if src.Draw("alone", 3) != 0 {
		return
	}
	s.Cuts = append(s.Cuts, sim.Cut{Side: []int{int(src.Draw("alone-who", uint64(s.Replicas)))}, From: s.Heal / 8, To: s.Heal})
}
