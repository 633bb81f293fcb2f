package benchmarks_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/benchmarks"
)

// batches is a fake whose clients take operations by the batch. spoil, if set, says which of a batch fail.
type batches struct {
	*fake
	spoil func(i int) bool
	calls atomic.Int64

	kept [][2][]byte // the operations that failed, and copies of them
}

func (f *batches) Dial(ctx context.Context, i int) (benchmarks.Caller, error) {
	c, err := f.fake.Dial(ctx, i)
	return batching{c.(ordered), f}, err
}

type batching struct {
	ordered
	of *batches
}

func (c batching) DoAll(ctx context.Context, ops [][]byte) (positions []uint64, errs []error) {
	c.of.calls.Add(1)
	time.Sleep(time.Millisecond)
	c.mu.Lock()
	defer c.mu.Unlock()
	for i, op := range ops {
		if c.of.spoil != nil && c.of.spoil(i) {
			if errs == nil {
				errs = make([]error, len(ops))
			}
			errs[i] = errors.New("no")
			c.of.kept = append(c.of.kept, [2][]byte{op, bytes.Clone(op)})
			continue
		}
		id := binary.BigEndian.Uint64(op)
		if c.seen[id] {
			c.twice++
		}
		c.seen[id] = true
		c.executed++
		positions = append(positions, c.misplace(c.executed))
	}
	return positions, errs
}

func measureBatches(t *testing.T, f *batches, load benchmarks.Load) (res *benchmarks.Result) {
	f.seen = map[uint64]bool{}
	synctest.Test(t, func(t *testing.T) {
		var err error
		res, err = benchmarks.Run(t.Context(), f, load)
		require.NoError(t, err)
	})
	return res
}

func same(p uint64) uint64 { return p }

// A closed loop hands in what it has under way by batches of nearly one size, each operation of which counts.
func TestBatches(t *testing.T) {
	for _, row := range []struct {
		outstanding, batch, want int
		perMilli                 float64 // operations
	}{
		{600, 0, 200, 1800}, {250, 0, 250, 750}, {251, 0, 126, 753}, {8, 3, 3, 24}, {1, 0, 1, 3}, {8, 1, 1, 24},
	} {
		f := &batches{fake: &fake{misplace: same}}
		load := benchmarks.Load{Clients: 3, Outstanding: row.outstanding, Batch: row.batch, Payload: 16, For: 100 * time.Millisecond}
		r := measureBatches(t, f, load)
		require.Equal(t, row.want, r.Batch)
		require.Equal(t, row.want > 1, f.calls.Load() > 0)
		require.InEpsilon(t, row.perMilli*100, r.Done, 0.011)
		require.InDelta(t, r.Done, r.Latency.Count, 2*row.perMilli)
		require.InEpsilon(t, time.Millisecond, r.Latency.P50, 0.01)
		require.Equal(t, r.Submitted, r.Acknowledged)
		require.Equal(t, r.Acknowledged, r.Ordered)
		require.Equal(t, f.executed, r.Acknowledged)
		require.Zero(t, f.twice, "two operations were equal")
		require.Empty(t, r.Unsafe)
		var text, line bytes.Buffer
		r.Text(&text)
		r.GoBench(&line)
		require.Equal(t, row.want > 1, strings.Contains(text.String(), fmt.Sprintf("closed loop by batches of %d,", row.want)))
		require.Equal(t, row.want > 1, strings.Contains(line.String(), fmt.Sprintf("/batch=%d/", row.want)))
	}
}

// An open loop sends each operation when it is due.
func TestOpenLoopHasNoBatches(t *testing.T) {
	f := &batches{fake: &fake{misplace: same}}
	r := measureBatches(t, f, benchmarks.Load{Clients: 3, Outstanding: 50, Rate: 500, For: time.Second})
	require.Equal(t, 1, r.Batch)
	require.Zero(t, f.calls.Load())
}

// What fails of a batch is counted by itself, and its buffer, which may still be read, is not used again.
func TestBatchesWithErrors(t *testing.T) {
	f := &batches{fake: &fake{misplace: same}, spoil: func(i int) bool { return i%4 == 1 }}
	r := measureBatches(t, f, benchmarks.Load{Clients: 2, Outstanding: 8, Payload: 16, For: 100 * time.Millisecond})
	require.Equal(t, f.executed, r.Acknowledged)
	require.Equal(t, r.Acknowledged-2, 3*r.Failed, "but for the first of each client")
	require.Equal(t, "no", r.FirstError)
	require.Len(t, f.kept, int(r.Failed))
	for _, pair := range f.kept {
		require.Equal(t, pair[1], pair[0])
	}
}

func TestBatchesAreLinearizable(t *testing.T) {
	f := &batches{fake: &fake{misplace: func(p uint64) uint64 { return p - p/800*3 }}}
	r := measureBatches(t, f, benchmarks.Load{Clients: 2, Outstanding: 8, Payload: 16, For: time.Second})
	require.NotEmpty(t, r.Unsafe)
}
