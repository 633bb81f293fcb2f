package twins

import (
	"errors"
	"fmt"
	"iter"
	"math/bits"

	"github.com/twothirds-bft/twothirds/adversary/sim"
	"github.com/twothirds-bft/twothirds/clock"
)

// Shape says which scenarios a Space has. Zero values mean the defaults.
type Shape struct {
	Replicas int  // n; default 4
	Twins    int  // replicas that run twice; default f, at least 1
	Phases   int  // each as long as a view without progress; default 8
	Parts    int  // blocks of a partition at most; default 2
	Shared   bool // bodies of a twin may share listeners (overlapping recipients)
	Crashes  bool // a process may crash at the beginning of each phase
}

// ErrShape is wrapped by all errors about shapes.
var ErrShape = errors.New("twins: shape")

// Bounds of a shape: what can be numbered, and held in memory while it is.
const (
	sizeMax     = 1 << 62
	replicasMax = 16
	patternsMax = 1 << 16
)

// Space is all scenarios of a shape, numbered. It is safe for concurrent use.
type Space struct {
	shape    Shape
	roster   roster
	patterns []pattern
	tree     *tree
	choices  []uint32 // which replicas are twins, as bits
	each     uint64   // scenarios of one choice
}

// New returns the space of a shape. All errors wrap ErrShape.
func New(s Shape) (*Space, error) {
	def := func(v *int, d int) {
		if *v == 0 {
			*v = d
		}
	}
	def(&s.Replicas, 4)
	def(&s.Twins, max(1, (s.Replicas-1)/3))
	def(&s.Phases, 8)
	def(&s.Parts, 2)
	x := &Space{shape: s, roster: roster{pairs: s.Twins, singles: s.Replicas - s.Twins}}
	switch {
	case s.Replicas < 1 || s.Replicas > replicasMax || s.Twins < 0 || s.Twins > min(s.Replicas, 4) || s.Phases < 1 || s.Parts < 1:
		return nil, fmt.Errorf("%w: %+v", ErrShape, s)
	case s.Shared && 2*s.Twins*x.roster.singles > bits.Len(patternsMax), !s.Shared && x.roster.size() > 10 && s.Parts > 2:
		return nil, fmt.Errorf("%w: too many patterns: %+v", ErrShape, s)
	}
	x.patterns = patterns(x.roster, s.Parts, s.Shared)
	x.tree = newTree(x.roster, x.patterns, s.Crashes)
	for set := range uint32(1) << s.Replicas {
		if bits.OnesCount32(set) == s.Twins {
			x.choices = append(x.choices, set)
		}
	}
	var ok bool
	if x.each, ok = x.tree.size(x.everyone(), s.Phases); !ok || x.each > sizeMax/uint64(len(x.choices)) {
		return nil, fmt.Errorf("%w: more scenarios than can be numbered: %+v", ErrShape, s)
	}
	return x, nil
}

// everyone is the group of all exchanges: nothing has happened yet.
func (x *Space) everyone() group { return group(1)<<(1<<x.shape.Twins) - 1 }

// Size returns how many scenarios there are.
func (x *Space) Size() uint64 { return x.each * uint64(len(x.choices)) }

// Pick returns the ith scenario of a sample without replacement: with i from 0 to Size()
// - 1 it returns each scenario once, in an order that the seed decides.
func (x *Space) Pick(seed, i uint64) sim.Scenario { return x.At(permute(seed, x.Size(), i%x.Size())) }

// Sample yields all scenarios in the order that the seed decides.
func (x *Space) Sample(seed uint64) iter.Seq[sim.Scenario] {
	return func(yield func(sim.Scenario) bool) {
		for i := range x.Size() {
			if !yield(x.Pick(seed, i)) {
				return
			}
		}
	}
}

// Phases returns how many there are in each scenario.
func (x *Space) Phases() int { return x.shape.Phases }

// Begin returns when a phase begins, from 0 on; the network heals with the last one's
// end.
func (x *Space) Begin(phase int) clock.Duration { return clock.Duration(phase) * phaseLength }
