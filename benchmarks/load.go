package benchmarks

import (
	"cmp"
	"errors"
	"fmt"
	"iter"
	"math/rand/v2"
	"time"
)

// Limits of a Load. Clients above ClientsMax have no precedent; a payload above PayloadMax exceeds what ours accepts by
// default.
const (
	ClientsMax = 4096
	PayloadMax = 64 << 10
)

// BatchDefault is what ours sends in one request if operations have no more than some 250 bytes.
const BatchDefault = 250

// Load is what the generator does to a system.
type Load struct {
	Clients     int `json:"clients"`     // identities with links of their own, 1 to ClientsMax
	Outstanding int `json:"outstanding"` // operations under way for each client; an open loop waits beyond, and the wait counts
	Payload     int `json:"payload"`     // bytes of one operation, 0 to PayloadMax

	// Batch bounds the operations of a client that a closed loop hands in together, if the client is Batching: those of a
	// batch are replaced by new ones when all of them have returned. 1 hands in each by itself, from a goroutine of its
	// own; 0 is BatchDefault.
	Batch int `json:"batch,omitempty"`

	// Rate is the mean of an open loop's arrivals per second, all clients together. 0 makes a closed loop.
	Rate float64 `json:"rate"`
	// Seed decides the open loop's arrivals, and nothing else.
	Seed uint64 `json:"seed"`

	// Warm is cut off before For begins. After For, operations under way may complete for Drain, 10 s by default.
	Warm  time.Duration `json:"warm_ns"`
	For   time.Duration `json:"for_ns"`
	Drain time.Duration `json:"drain_ns"`

	// Fault is the name of a schedule in Faults, "" for none.
	Fault string `json:"fault,omitempty"`

	// Progress, if set, is called with each interval once it is over.
	Progress func(Interval) `json:"-"`
}

// ErrLoad is wrapped by every error about a Load.
var ErrLoad = errors.New("benchmarks: invalid load")

// Validate reports the first thing in the load that cannot be.
func (l *Load) Validate() error {
	switch {
	case l.Clients < 1 || l.Clients > ClientsMax:
		return fmt.Errorf("%w: %d clients, limits 1 and %d", ErrLoad, l.Clients, ClientsMax)
	case l.Outstanding < 1:
		return fmt.Errorf("%w: %d operations outstanding", ErrLoad, l.Outstanding)
	case l.Batch < 0:
		return fmt.Errorf("%w: batches of %d operations", ErrLoad, l.Batch)
	case l.Payload < 0 || l.Payload > PayloadMax:
		return fmt.Errorf("%w: payload of %d bytes, limits 0 and %d", ErrLoad, l.Payload, PayloadMax)
	case l.Rate < 0 || l.Warm < 0 || l.For <= 0 || l.Drain < 0:
		return fmt.Errorf("%w: rate %v, warm %v, for %v and drain %v", ErrLoad, l.Rate, l.Warm, l.For, l.Drain)
	case l.Fault != "" && findFault(l.Fault) == nil:
		return fmt.Errorf("%w: no fault %q; there are %v", ErrLoad, l.Fault, FaultNames())
	}
	return nil
}

// total is how long operations are begun.
func (l *Load) total() time.Duration { return l.Warm + l.For }

// batches returns how many operations each goroutine of a client hands in together: as few batches as can be, of nearly
// one size.
func (l *Load) batches() []int {
	most := cmp.Or(l.Batch, BatchDefault)
	sizes := make([]int, (l.Outstanding+most-1)/most)
	for i := range sizes {
		sizes[i] = (l.Outstanding + i) / len(sizes)
	}
	return sizes
}

func (l *Load) drain() time.Duration {
	if l.Drain == 0 {
		return 10 * time.Second
	}
	return l.Drain
}

// Arrivals yields the instants, from the start, at which an open loop means to send: those of a Poisson process of rate
// per second. They are a function of the arguments alone, so what the system does cannot move them.
func Arrivals(seed uint64, rate float64, total time.Duration) iter.Seq[time.Duration] {
	return func(yield func(time.Duration) bool) {
		rng := rand.New(rand.NewPCG(seed, 0)) //nolint:gosec // arrivals are no secret
		for at := 0.0; ; {
			at += rng.ExpFloat64() / rate
			d := time.Duration(at * float64(time.Second))
			if d >= total || !yield(d) {
				return
			}
		}
	}
}
