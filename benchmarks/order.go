package benchmarks

import (
	"fmt"
	"sync"
	"sync/atomic"
)

// order checks that what clients saw is linearizable (M. Herlihy and J. Wing, "Linearizability", 1990), if each
// acknowledgement tells the operation's position in the system's total order. The object is a counter: every operation
// adds one and is told the new value. Its history is linearizable if no two operations share a position, and if an
// operation that was acknowledged before another was sent stands before it. For the second it is enough to compare with
// the highest position that was acknowledged when the operation was sent, so each costs one number.
//
// It is safe for concurrent use. For each 65,536 positions of which some are not acknowledged it holds 8 KiB, and a few
// bytes for the others, however long the run.
type order struct {
	newest atomic.Uint64 // the highest position acknowledged; written with mu held

	mu    sync.Mutex
	count uint64           // positions checked
	pages map[uint64]*page // by position / pageSize; nil for one that is full
	wrong error            // the first
}

const pageSize = 1 << 16

// page is a set of positions.
type page struct {
	bits [pageSize / 64]uint64
	left int // positions not in it
}

func newOrder() *order { return &order{pages: make(map[uint64]*page)} }

// sent returns what acknowledged is to be told about an operation that is sent after the call.
func (o *order) sent() uint64 { return o.newest.Load() }

// acknowledged takes the positions of operations that were sent and acknowledged at one time; before is what sent returned.
// submitted is how many operations there are, which no position can exceed.
func (o *order) acknowledged(before, submitted uint64, positions ...uint64) {
	o.mu.Lock()
	defer o.mu.Unlock()
	highest := uint64(0)
	for _, position := range positions {
		if err := o.check(before, submitted, position); err != nil && o.wrong == nil {
			o.wrong = err
		}
		highest = max(highest, position)
	}
	o.count += uint64(len(positions))
	o.newest.Store(max(o.newest.Load(), highest))
}

func (o *order) check(before, submitted, position uint64) error {
	switch {
	case position == 0 || position > submitted:
		return fmt.Errorf("an operation was executed at position %d of %d submitted", position, submitted)
	case position <= before:
		return fmt.Errorf("not linearizable: an operation was executed at position %d and sent after that of position %d was acknowledged",
			position, before)
	case !o.take(position):
		return fmt.Errorf("two operations were executed at position %d", position)
	}
	return nil
}

// take reports whether a position is new.
func (o *order) take(position uint64) bool {
	key, at := position/pageSize, position%pageSize
	p, known := o.pages[key]
	if !known {
		p = &page{left: pageSize}
		o.pages[key] = p
	}
	if p == nil || p.bits[at/64]&(1<<(at%64)) != 0 {
		return false
	}
	p.bits[at/64] |= 1 << (at % 64)
	if p.left--; p.left == 0 {
		o.pages[key] = nil
	}
	return true
}

// verdict returns how many operations were checked, and the first that is wrong.
func (o *order) verdict() (uint64, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.count, o.wrong
}
