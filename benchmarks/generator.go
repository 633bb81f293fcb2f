package benchmarks

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// generator drives the clients of one run.
type generator struct {
	load    *Load
	rec     *recorder
	order   *order
	callers []Caller
	calls   context.Context         // of the operations: outlives the end of sending by the drain
	number  atomic.Uint64           // of operations made
	late    *hdrhistogram.Histogram // what the open loop sends, behind its schedule
	woke    time.Duration           // the open loop's last wake-up
}

// dialling bounds the clients that connect at one time: systems guard themselves against crowds of strangers.
const dialling = 16

// connect makes the clients and has each do one operation, so that the first latencies are not those of handshakes.
func (g *generator) connect(ctx context.Context, s System) error {
	g.callers = make([]Caller, g.load.Clients)
	var (
		wg   sync.WaitGroup
		mu   sync.Mutex
		errs []error
		next atomic.Int64
	)
	for range min(dialling, g.load.Clients) {
		wg.Go(func() {
			for i := int(next.Add(1)) - 1; i < len(g.callers); i = int(next.Add(1)) - 1 {
				c, err := s.Dial(ctx, i)
				if err == nil {
					g.callers[i] = c
					err = g.do(ctx, c, g.operation(nil))
				}
				if err != nil {
					mu.Lock()
					errs = append(errs, fmt.Errorf("client %d: %w", i, err))
					mu.Unlock()
					return
				}
				g.rec.acknowledged.Add(1)
			}
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}

func (g *generator) close() {
	var wg sync.WaitGroup
	for _, c := range g.callers {
		if c != nil {
			wg.Go(func() { _ = c.Close() })
		}
	}
	wg.Wait()
}

// operation fills buf, or a new buffer if that is nil, so that no two operations of 16 bytes or more are equal: systems
// that take equal ones for copies must not have less to do.
func (g *generator) operation(buf []byte) []byte {
	if buf == nil {
		buf = make([]byte, g.load.Payload)
	}
	if len(buf) >= 16 {
		binary.BigEndian.PutUint64(buf, g.number.Add(1))
		copy(buf[8:], "bench op")
	}
	return buf
}

// do submits an operation and checks its place in the order, if the caller is told.
func (g *generator) do(ctx context.Context, c Caller, op []byte) error {
	submitted := &g.rec.submitted
	submitted.Add(1)
	o, ok := c.(Ordered)
	if !ok {
		return c.Do(ctx, op)
	}
	before := g.order.sent()
	position, err := o.DoOrdered(ctx, op)
	if err == nil {
		g.order.acknowledged(before, submitted.Load(), position)
	}
	return err
}

// call does one operation that was meant to be sent at an instant, and returns the buffer if it may be used again.
func (g *generator) call(worker int, c Caller, meant time.Duration, buf []byte) []byte {
	buf = g.operation(buf)
	err := g.do(g.calls, c, buf)
	at := g.rec.now()
	if err != nil && g.calls.Err() != nil {
		g.rec.abandoned(worker, meant, at)
		return nil
	}
	if err != nil {
		g.rec.fail(err)
		return nil // who does not know what became of it may still read it
	}
	g.rec.done(worker, meant, at, 1)
	return buf
}

// closed keeps Outstanding operations of each client under way until ctx ends.
func (g *generator) closed(ctx context.Context) {
	var wg sync.WaitGroup
	for i, c := range g.callers {
		if g.together() > 1 {
			for _, size := range g.load.batches() {
				wg.Go(func() { g.batches(ctx, i, c.(Batching), make([][]byte, size)) })
			}
			continue
		}
		for range g.load.Outstanding {
			wg.Go(func() {
				var buf []byte
				for ctx.Err() == nil {
					buf = g.call(i, c, g.rec.now(), buf)
				}
			})
		}
	}
	wg.Wait()
}

// together returns how many operations are handed in together at most.
func (g *generator) together() int {
	if _, ok := g.callers[0].(Batching); !ok || g.load.Rate > 0 {
		return 1
	}
	return slices.Max(g.load.batches())
}

// batches does one batch after the other until ctx ends. The latency of an operation is that of its batch.
func (g *generator) batches(ctx context.Context, worker int, c Batching, ops [][]byte) {
	for ctx.Err() == nil {
		meant := g.rec.now()
		for i := range ops {
			ops[i] = g.operation(ops[i])
		}
		g.rec.submitted.Add(uint64(len(ops)))
		before := g.order.sent()
		positions, errs := c.DoAll(g.calls, ops)
		at, done := g.rec.now(), len(ops)
		g.order.acknowledged(before, g.rec.submitted.Load(), positions...)
		for i, err := range errs {
			if err == nil {
				continue
			}
			ops[i] = nil // who does not know what became of it may still read it
			done--
			if g.calls.Err() == nil {
				g.rec.fail(err)
			}
		}
		g.rec.done(worker, meant, at, done)
	}
}

// arrival is an operation of an open loop.
type arrival struct {
	index int
	meant time.Duration
}

// openLoop sends at the instants of the schedule until it or ctx ends. Who is late sends at once, and the latency counts
// from the instant that was meant.
func (g *generator) openLoop(ctx context.Context) {
	var wg sync.WaitGroup
	defer wg.Wait()
	work := make(chan arrival)
	defer close(work)
	workers, index := 0, 0
	for meant := range Arrivals(g.load.Seed, g.load.Rate, g.load.total()) {
		if !g.await(ctx, meant) {
			return
		}
		record(g.late, g.rec.now()-meant, 1)
		a := arrival{index, meant}
		index++
		select {
		case work <- a: // somebody is idle
			continue
		default:
		}
		if workers < g.load.Clients*g.load.Outstanding {
			workers++
			wg.Go(func() { g.worker(a, work) })
			continue
		}
		select {
		case work <- a:
		case <-ctx.Done():
			return
		}
	}
}

func (g *generator) worker(a arrival, work <-chan arrival) {
	var buf []byte
	for ok := true; ok; a, ok = <-work {
		i := a.index % len(g.callers)
		buf = g.call(i, g.callers[i], a.meant, buf)
	}
}

// finest is replaced in tests.
var finest = nap

// coarse is how late a timer of the runtime may be. An open loop wakes up once in quantum at most and then sends all that
// is due: a wake-up costs tens of microseconds of CPU, which are the system's to use. The wait counts as latency.
const (
	coarse  = 2 * time.Millisecond
	quantum = 500 * time.Microsecond
)

// await waits for an instant, or for the end of the quantum, and reports false if ctx ended first.
func (g *generator) await(ctx context.Context, at time.Duration) bool {
	now := g.rec.now()
	if at <= now {
		return ctx.Err() == nil
	}
	at = max(at, g.woke+quantum)
	if !sleep(ctx, at-now-coarse) {
		return false
	}
	for d := at - g.rec.now(); d > 0; d = at - g.rec.now() {
		finest(d)
	}
	g.woke = g.rec.now()
	return true
}

// sleep waits for d and reports false if ctx ended first.
func sleep(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return ctx.Err() == nil
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
