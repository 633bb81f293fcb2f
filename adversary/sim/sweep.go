package sim

import (
	"cmp"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/twothirds-bft/twothirds/clock"
)

// SweepOptions says which crashes a Sweep plays.
type SweepOptions struct {
	Stride  int            // crash after every so many-th effect; default 1, which is after each
	Power   bool           // also cut the power of all processes there (A38)
	Pairs   int            // also play so many drawn pairs of crashes
	Down    clock.Duration // how long a process stays down; default 50 ms
	Workers int            // default 1
	With    []Option       // of every world
}

// SweepReport is what a Sweep showed.
type SweepReport struct {
	Effects  []int          // of each process, in the run without a crash of the sweep's
	Runs     int            // worlds played, that one not counted
	Missed   int            // worlds in which a crash was not reached: another one had come before
	Failures []SweepFailure // in the order of the crashes
}

// SweepFailure is a world of a sweep in which an invariant did not hold.
type SweepFailure struct {
	Scenario Scenario // with the crash
	*Failure
}

// Sweep plays a scenario once to count what each process does to the world outside it,
// the writes, syncs and sends, and then again with a crash of each process after each
// of these. Up to its crash a world is the first one again. If that one fails, it is
// the only one played.
func Sweep(sc Scenario, o SweepOptions) SweepReport {
	first := Play(sc, o.With...)
	rep := SweepReport{Effects: first.Effects}
	if first.Failure != nil {
		rep.Failures = []SweepFailure{{sc, first.Failure}}
		return rep
	}
	worlds := o.Worlds(sc, first.Effects)
	results := make([]*Result, len(worlds))
	var next atomic.Int64
	var wg sync.WaitGroup
	for range max(o.Workers, 1) {
		wg.Go(func() {
			for {
				i := int(next.Add(1)) - 1
				if i >= len(worlds) {
					return
				}
				results[i] = Play(worlds[i], o.With...)
			}
		})
	}
	wg.Wait()
	rep.Runs = len(worlds)
	for i, r := range results {
		if r.Crashes < first.Crashes+len(worlds[i].Crashes)-len(sc.Crashes) {
			rep.Missed++
		}
		if r.Failure != nil {
			rep.Failures = append(rep.Failures, SweepFailure{worlds[i], r.Failure})
		}
	}
	return rep
}

// Worlds returns the scenarios of a sweep over one that has so many effects: see
// Result.Effects.
func (o *SweepOptions) Worlds(sc Scenario, effects []int) (out []Scenario) {
	down := o.Down
	if down == 0 {
		down = 50 * clock.Millisecond
	}
	add := func(crashes ...Crash) {
		s := sc
		s.Crashes = slices.Concat(sc.Crashes, crashes)
		out = append(out, s)
	}
	for r, n := range effects {
		for e := 1; e <= n; e += max(o.Stride, 1) {
			c := Crash{Replica: r, Effect: e, Down: down}
			add(c)
			if o.Power {
				c.All = true
				add(c)
			}
		}
	}
	src := split(Seed(sc.Seed), 20)
	for range o.Pairs {
		two := make([]Crash, 2)
		for i := range two {
			r := int(src.Draw("who", uint64(len(effects))))
			two[i] = Crash{Replica: r, Effect: 1 + int(src.Draw("effect", uint64(max(effects[r], 1)))), Down: down}
		}
		add(two...)
	}
	return out
}

// inOrder sorts crashes by the effects that they come after.
func inOrder(list []Crash) {
	slices.SortStableFunc(list, func(a, b Crash) int { return cmp.Compare(a.Effect, b.Effect) })
}
