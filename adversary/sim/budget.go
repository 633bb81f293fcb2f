package sim

import (
	"fmt"

	"github.com/twothirds-bft/twothirds/pbft/core"
	"github.com/twothirds-bft/twothirds/pbft/message"
)

// budgetEvery is in how many turns a footprint is taken once. What grows without a limit
// is found later all the same.
const budgetEvery = 16

// onTurn checks what a correct core holds (I11, spec D1), at its most: between what came
// in and what goes out.
func (o *oracle) onTurn(h *host) {
	if h.turns++; h.turns%budgetEvery != 0 {
		return
	}
	f := h.core.Footprint()
	if err := f.Within(h.config(), h.w.sc.Replicas); err != nil {
		o.w.fail("I11", fmt.Sprintf("replica %d: %v", h.at, err))
	}
}

// onRecovered checks what a correct replica's disk holds of others' faults: one proof
// per culprit and kind, in all lives together (I11, spec E1).
func (o *oracle) onRecovered(h *host, r *core.Restored) {
	if h.faulty {
		return
	}
	type key struct {
		who  message.ReplicaID
		kind message.EvidenceKind
	}
	seen := make(map[key]bool, len(r.Evidence))
	for _, e := range r.Evidence {
		k := key{e.Culprit, e.Kind}
		if seen[k] {
			o.w.fail("I11", fmt.Sprintf("replica %d has two proofs of kind %d against %d on its disk", h.at, e.Kind, e.Culprit))
		}
		seen[k] = true
	}
}
