// Package ledger is the application of the peers: each replica counts the operations that it executes and adds each to a
// CRC-32C, in their order, and the replicas agree if their sums do. Package cluster does the same for this project's
// replicas, so that the application costs the same everywhere: nanoseconds.
package ledger

import (
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"sync"
	"time"
)

// poll is how often Agree looks.
const poll = 10 * time.Millisecond

// ErrDiffer means that replicas executed the same number of operations and not the same ones, or in another order.
var ErrDiffer = errors.New("ledger: replicas differ")

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Ledger is what one replica has executed. Its methods are safe for concurrent use.
type Ledger struct {
	mu     sync.Mutex
	count  uint64
	blocks uint64
	sum    uint32
}

// New returns an empty ledger.
func New() *Ledger { return new(Ledger) }

// Add executes a batch of operations. It keeps none of the slices.
func (l *Ledger) Add(ops ...[]byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, op := range ops {
		l.sum = crc32.Update(l.sum, castagnoli, op)
	}
	l.count += uint64(len(ops))
	l.blocks++
}

// State returns how many operations there were, and their sum.
func (l *Ledger) State() (count uint64, sum uint32) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.count, l.sum
}

// Counts returns how many operations there were, and in how many batches.
func (l *Ledger) Counts() (ops, batches uint64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.count, l.blocks
}

// Agree waits until all ledgers hold at least acknowledged operations, and equally many, and returns an error if they differ
// then, if there are more than were submitted, or if the context ends first.
func Agree(ctx context.Context, ledgers []*Ledger, acknowledged, submitted uint64) error {
	for {
		err := compare(ledgers, acknowledged, submitted)
		if err == nil || errors.Is(err, ErrDiffer) {
			return err
		}
		select {
		case <-ctx.Done():
			return errors.Join(ctx.Err(), err)
		case <-time.After(poll):
		}
	}
}

// compare is one look at the ledgers. Only ErrDiffer is final.
func compare(ledgers []*Ledger, acknowledged, submitted uint64) error {
	if len(ledgers) == 0 {
		return errors.New("ledger: no replica runs")
	}
	first, sum := ledgers[0].State()
	if first > submitted {
		return fmt.Errorf("%w from the clients: %d operations executed, %d submitted", ErrDiffer, first, submitted)
	}
	if first < acknowledged {
		return fmt.Errorf("ledger: %d operations acknowledged, %d executed", acknowledged, first)
	}
	for i, l := range ledgers[1:] {
		count, other := l.State()
		if count != first {
			return fmt.Errorf("ledger: replica %d of those that run has executed %d operations, the first %d", i+1, count, first)
		}
		if other != sum {
			return fmt.Errorf("%w: replica %d of those that run after %d operations", ErrDiffer, i+1, count)
		}
	}
	return nil
}
