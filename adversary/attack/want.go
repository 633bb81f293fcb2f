package attack

import (
	"fmt"

	"github.com/twothirds-bft/twothirds/adversary/sim"
)

// Want is what is asked of a world beside the oracles: that the attack took place at
// all, for an attack that does not bite proves nothing, and that its harm is bounded.
// The zero value asks for the bound on views only.
type Want struct {
	// Took place: else the failure's oracle is "bite".
	Views    uint64 // at least so many views are entered
	Evidence int    // at least so many proofs
	Hidden   int    // so often at least a view is entered while one correct replica alone has decided something
	// Bounded harm: else it is I13 for Burned, I12 for Traffic, I16 for the others.
	Burned  uint64  // at most so many views pass after Heal; 0: f + c, with c the most faulty members in a row; none: none
	Share   float64 // at least this part of the operations per virtual second of the same world without faults
	Traffic float64 // at most so many times the messages of correct replicas, blocks in them counted, for each operation
	Fair    float64 // the client served least gets at least this part of what the one served best gets
}

// none asks for no view at all in Want.Burned.
const none = ^uint64(0)

// Bite is the oracle of the failures of an attack that did not take place.
const Bite = "bite"

// judge returns what a world that broke no oracle falls short of, or nil. calm plays it
// without its faults.
func (w *Want) judge(r *sim.Result, g *gauge, calm func() (*sim.Result, *gauge)) *sim.Failure {
	oracle, what := w.harm(r, g, calm)
	if oracle == "" {
		oracle, what = w.bite(r, g)
	}
	if oracle == "" {
		return nil
	}
	return &sim.Failure{Oracle: oracle, At: r.Elapsed, What: what}
}

// harm returns which bound the attack broke, or "".
func (w *Want) harm(r *sim.Result, g *gauge, calm func() (*sim.Result, *gauge)) (oracle, what string) {
	most := w.Burned
	switch most {
	case 0:
		most = bound(&g.sc)
	case none:
		most = 0
	}
	switch {
	case g.burned() > most:
		return "I13", fmt.Sprintf("%d views passed after the network had healed, at most %d may", g.burned(), most)
	case g.fairness() < w.Fair:
		return "I16", fmt.Sprintf("the clients' operations %v are further apart than %.2f", g.acked, w.Fair)
	case w.Share == 0 && w.Traffic == 0:
		return "", ""
	}
	without, quiet := calm()
	share, traffic := rate(r)/rate(without), g.traffic(r)/quiet.traffic(without)
	switch {
	case share < w.Share:
		return "I16", fmt.Sprintf("%.3f of the fault-free throughput is left, %.3f is wanted", share, w.Share)
	case w.Traffic > 0 && traffic > w.Traffic:
		return "I12", fmt.Sprintf("an operation costs %.2f times the messages of a fault-free one, %.2f are allowed", traffic, w.Traffic)
	}
	return "", ""
}

// bite returns what of the attack did not take place, or "".
func (w *Want) bite(r *sim.Result, g *gauge) (oracle, what string) {
	switch {
	case r.Views < w.Views:
		return Bite, fmt.Sprintf("%d views were entered, %d are wanted", r.Views, w.Views)
	case r.Evidence < w.Evidence:
		return Bite, fmt.Sprintf("%d proofs were found, %d are wanted", r.Evidence, w.Evidence)
	case g.hidden < w.Hidden:
		return Bite, fmt.Sprintf("%d views were entered over a decision that one replica knew, %d are wanted", g.hidden, w.Hidden)
	}
	return "", ""
}

// rate is client operations per virtual second.
func rate(r *sim.Result) float64 { return float64(r.Requests) / r.Elapsed.Seconds() }

// bound is how many views faulty primaries can cost after the network has healed:
// the one in which it healed, and c in a row (spec, Theorem 3, with timeouts that fit).
func bound(sc *sim.Scenario) uint64 {
	n := members(sc)
	bad := make([]bool, n)
	for _, r := range append(sc.Faulty(), sc.Gone()...) {
		bad[r] = true
	}
	longest, run := 0, 0
	for i := range 2 * n { // twice around, for a run over the end
		if run++; !bad[i%n] {
			run = 0
		}
		longest = max(longest, run)
	}
	return uint64((n-1)/3 + longest)
}

func members(sc *sim.Scenario) int { return orDefault(sc.Replicas, 4) }

func orDefault(n, d int) int {
	if n == 0 {
		return d
	}
	return n
}
