package cometbft

import (
	"context"
	"encoding/binary"
	"errors"
	"sync/atomic"
	"time"

	"github.com/cometbft/cometbft/mempool"
	"github.com/cometbft/cometbft/types"

	"github.com/twothirds-bft/twothirds/benchmarks"
)

const (
	uniqueBytes = 16                   // operations of so many bytes all differ
	fullPause   = 2 * time.Millisecond // before a full mempool is tried again
)

// caller gives its operations to one node of those that run.
type caller struct {
	system *System
	index  int
	nonce  atomic.Uint64
}

// Dial implements benchmarks.System. Client i uses the i-th of the nodes that run, so that they all have as many.
func (s *System) Dial(_ context.Context, i int) (benchmarks.Caller, error) {
	c := &caller{system: s, index: i}
	return c, nil
}

// Do implements benchmarks.Caller.
func (c *caller) Do(ctx context.Context, op []byte) error {
	up := c.system.running()
	if len(up) == 0 {
		return errStopped
	}
	m := up[c.index%len(up)]
	tx := c.transaction(op)
	heard := m.app.wait(string(tx))
	if err := submit(ctx, m.Mempool(), tx); err != nil {
		m.app.forget(string(tx))
		return err
	}
	select {
	case err := <-heard:
		return err
	case <-ctx.Done():
		m.app.forget(string(tx))
		return ctx.Err()
	}
}

// transaction copies an operation, for nodes keep it. A mempool takes no transaction twice, so short ones get a number.
func (c *caller) transaction(op []byte) types.Tx {
	if len(op) >= uniqueBytes {
		return append(types.Tx(nil), op...)
	}
	n := c.nonce.Add(1)
	tx := make(types.Tx, uniqueBytes, uniqueBytes+len(op))
	binary.LittleEndian.PutUint64(tx, uint64(c.index))
	binary.LittleEndian.PutUint64(tx[8:], n)
	return append(tx, op...)
}

// submit puts a transaction into the mempool, in time if that is full.
func submit(ctx context.Context, pool mempool.Mempool, tx types.Tx) error {
	for {
		err := pool.CheckTx(tx, nil, mempool.TxInfo{})
		var full mempool.ErrMempoolIsFull
		if !errors.As(err, &full) {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(fullPause):
		}
	}
}

// Close implements benchmarks.Caller.
func (c *caller) Close() error { return nil }
