package pbft

import (
	"context"
	"fmt"
	"runtime/debug"
	"slices"
	"sync"

	"github.com/twothirds-bft/twothirds/pbft/core"
	"github.com/twothirds-bft/twothirds/pbft/message"
	"github.com/twothirds-bft/twothirds/pbft/session"
)

// executor owns the application and its session table (spec N6, X1). A slow
// application holds up nothing but itself: what waits for it is bounded by the
// window above the stable checkpoint.
type executor struct {
	r        *Replica
	table    *session.Table
	before   Digest        // state at the last block if that was a checkpoint
	saved    []message.Seq // session tables in the log, for a Durable application
	finished chan []core.Executed
	mail     mail // replies of the block at hand
	outcomes []session.Outcome
	ops      []Op // of the block at hand, too

	mu    sync.Mutex
	cond  *sync.Cond
	queue []core.Output // Execute and Answer only
	asks  int           // Answer in queue
	asked []chan<- state
	seq   message.Seq   // last executed
	moved chan struct{} // closed by ring; nil while nobody waits
}

func newExecutor(r *Replica) *executor {
	cfg := r.cfg.Sessions
	cfg.Replies = true
	x := &executor{r: r, table: session.New(cfg), mail: mail{r: r}, finished: make(chan []core.Executed, 16)}
	x.cond = sync.NewCond(&x.mu)
	return x
}

// asksMax bounds the questions of others that wait behind a slow application.
// Those who get no answer ask again (spec D1).
const asksMax = 1024

// put queues the released part of an output that concerns execution. What there is
// to execute is bounded by the window.
func (x *executor) put(o *core.Output) {
	part := core.Output{Execute: o.Execute, Answer: o.Answer}
	if len(part.Execute)+len(part.Answer) == 0 {
		return
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.asks+len(part.Answer) > asksMax {
		part.Answer = slices.DeleteFunc(part.Answer, func(r message.Request) bool { return r.Client != x.r.cfg.Key.Public() })
	}
	x.asks += len(part.Answer)
	x.queue = append(x.queue, part)
	x.cond.Signal()
}

func (x *executor) wake() {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.cond.Broadcast()
}

// applied returns the last executed seq.
func (x *executor) applied() message.Seq {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.seq
}

// loop is the executor's goroutine.
func (x *executor) loop() error {
	for {
		x.mu.Lock()
		for len(x.queue) == 0 && len(x.asked) == 0 && x.r.Err() == nil {
			x.cond.Wait()
		}
		batch, asked := x.queue, x.asked
		x.queue, x.asked, x.asks = nil, nil, 0
		x.mu.Unlock()
		if len(batch)+len(asked) == 0 || x.r.Err() != nil {
			return nil //nolint:nilerr // the replica stops for a reason of its own
		}
		for i := range batch {
			if err := x.do(&batch[i]); err != nil {
				return err
			}
		}
		for _, ch := range asked {
			d, err := x.digest()
			if err != nil {
				return err
			}
			ch <- state{x.applied(), d}
		}
	}
}

// state is the application's digest after a block.
type state struct {
	seq    message.Seq
	digest Digest
}

// State returns the application's digest and the block after which it was taken.
// It waits for the executor, until ctx ends or the replica stops.
func (r *Replica) State(ctx context.Context) (message.Seq, Digest, error) {
	ch := make(chan state, 1)
	x := r.exec
	x.mu.Lock()
	x.asked = append(x.asked, ch)
	x.cond.Signal()
	x.mu.Unlock()
	select {
	case s := <-ch:
		return s.seq, s.digest, nil
	case <-ctx.Done():
		return 0, Digest{}, ctx.Err()
	case <-r.gone:
		return 0, Digest{}, r.Err()
	}
}

func (x *executor) do(o *core.Output) error {
	var done []core.Executed
	for i := range o.Execute {
		e, err := x.run(&o.Execute[i])
		if err != nil {
			return err
		}
		done = append(done, e)
		x.mail.post()
	}
	for i := range o.Answer {
		x.answer(&o.Answer[i])
	}
	x.mail.post()
	if len(done) == 0 {
		return nil
	}
	select {
	case x.finished <- done:
	case <-x.r.done:
	}
	return nil
}

// opsKept bounds the room that is kept for the operations of a block: bundles of empty
// ones can make a block of many.
const opsKept = 1 << 14

// run executes one block: duplicates are answered from the table, the rest goes to
// the application in one call (spec X1).
func (x *executor) run(d *core.Decided) (core.Executed, error) {
	reqs := d.Block.Payload.Requests
	outcomes := slices.Grow(x.outcomes[:0], len(reqs))[:len(reqs)]
	block := Block{Seq: d.Point.Seq, Ops: slices.Grow(x.ops[:0], len(reqs)), point: d.Point, before: x.before}
	x.outcomes = outcomes
	defer func() { clear(outcomes); clear(block.Ops) }() // the room is kept, what it points to is not
	for i := range reqs {
		r := &reqs[i]
		outcomes[i] = x.table.Apply(d.Point.Seq, uint32(i), r)
		if outcomes[i].Verdict == session.Execute {
			block.add(r)
		}
	}
	if x.ops = block.Ops; cap(x.ops) > opsKept {
		x.ops = nil
	}
	results, err := x.apply(&block)
	if err != nil {
		return core.Executed{}, err
	}
	for i := range reqs {
		o := &outcomes[i]
		switch {
		case o.Verdict == session.Execute:
			o.Cached, o.Reply = true, session.Reply{Seq: d.Point.Seq}
			o.Reply.Result, results = resultOf(&reqs[i], results)
			x.table.Store(o.Session, reqs[i].Number, o.Reply)
		case o.Verdict == session.Duplicate && !o.Cached:
			*o = x.table.Judge(&reqs[i]) // of a request further up in this block: its result is known by now
		}
		x.conclude(d.Point.Seq, &reqs[i], o)
	}
	x.advance(d.Point.Seq)
	e := core.Executed{Seq: d.Point.Seq}
	x.before = Digest{}
	if d.Point.Seq%x.r.cfg.Genesis.Interval != 0 {
		return e, nil
	}
	if e.State, err = x.digest(); err != nil {
		return e, err
	}
	e.Clients = x.table.Digest()
	x.before = e.State
	if app, ok := x.r.cfg.Application.(Durable); ok {
		return e, x.saveSessions(app, e.Seq)
	}
	if app, ok := x.r.cfg.Application.(Snapshotter); ok {
		return e, x.saveSnapshot(app, e.Seq, e.State)
	}
	return e, nil
}

// add appends the operations of a request.
func (b *Block) add(r *message.Request) {
	index := 0
	for data := range r.Ops() {
		b.Ops = append(b.Ops, Op{Client: r.Client, Session: r.Session, Number: r.Number, Index: index, Data: data})
		index++
	}
}

// resultOf takes what a request's operations resulted in off the front of a block's
// results: as the reply and the session table have it.
func resultOf(r *message.Request, results [][]byte) (result []byte, rest [][]byte) {
	if r.Type == message.RequestOperation {
		return results[0], results[1:]
	}
	n := r.Count()
	return message.AppendParts(nil, results[:n]), results[n:]
}

// apply calls the application, which may panic.
func (x *executor) apply(b *Block) (results [][]byte, err error) {
	defer x.caught(&err)
	results = x.r.cfg.Application.Execute(b)
	if len(results) != len(b.Ops) {
		return nil, fmt.Errorf("%w: block %d has %d operations and %d results", ErrApplication, b.Seq, len(b.Ops), len(results))
	}
	return results, nil
}

// digest calls the application, which may panic.
func (x *executor) digest() (d Digest, err error) {
	defer x.caught(&err)
	return x.r.cfg.Application.Digest(), nil
}

// caught turns a panic of the application into an error that says where it was. It
// must be deferred.
func (x *executor) caught(err *error) {
	if p := recover(); p != nil { //nolint:revive // it is deferred itself, by its two callers
		*err = fmt.Errorf("%w: panic after block %d: %v\n%s", ErrApplication, x.applied(), p, debug.Stack())
	}
}

func (x *executor) advance(seq message.Seq) {
	x.mu.Lock()
	x.seq = seq
	x.mu.Unlock()
	x.ring()
}

// bell returns a channel that is closed once there may be more blocks to prove.
func (x *executor) bell() <-chan struct{} {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.moved == nil {
		x.moved = make(chan struct{})
	}
	return x.moved
}

// ring wakes those who wait for blocks or for their certificates.
func (x *executor) ring() {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.moved != nil {
		close(x.moved)
		x.moved = nil
	}
}

// conclude tells the client of a request how it ended. Only once the replica is
// running are there clients to tell: replays at the start answer nobody.
func (x *executor) conclude(seq message.Seq, r *message.Request, o *session.Outcome) {
	if x.r.net != nil {
		x.mail.add(r, o.Conclude(seq, r))
	}
}

// answer tells a client what the table knows without ordering anything.
func (x *executor) answer(r *message.Request) {
	o := x.table.Judge(r)
	if o.Verdict == session.Execute || o.Verdict == session.Opened {
		// Not known after all: an opening whose older session was evicted meanwhile. The
		// client asks again, and so does this process once it knows.
		if r.Client != x.r.cfg.Key.Public() {
			return
		}
		o.Verdict = session.Refused
	}
	x.conclude(0, r, &o)
}
