package virtual

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/twothirds-bft/twothirds/benchmarks"
)

// Work is a closed loop that ends after a number of operations, and not after a time: what it costs has no loose ends.
type Work struct {
	Clients     int
	Outstanding int // operations under way for each client
	Payload     int // bytes of one
	Operations  int // to be begun by all clients together; those under way then are done, too
	Silent      int // of the backups, those whose turn to lead comes last do nothing

	Idle time.Duration // after all is done, what passes and counts, too; 100 ms at least, for votes that nobody waits for
}

// Spent is what replicas spent, all together.
type Spent struct {
	Operations      int // done
	Turns           int // of protocol loops, each of which had to be woken
	Frames, Letters int // messages to other replicas, and to clients and from them
	benchmarks.Counters
}

// workLimit is how long the operations of a Work may take, and settleTime how long what they leave behind.
const (
	workLimit  = 10 * time.Minute
	settleTime = 100 * time.Millisecond
)

// ErrStuck is that a Work does not come to its end.
var ErrStuck = errors.New("virtual: the work is not done in time")

// Spend has a modelled cluster do some work and returns what its replicas spent on it, from the first operation until
// all of them stand still. Clients have their sessions before. It is a function of its arguments, the same on every machine.
func Spend(ctx context.Context, cfg Config, work Work) (*Spent, error) {
	load := benchmarks.Load{Clients: work.Clients, Outstanding: work.Outstanding, Payload: work.Payload, For: workLimit}
	w, err := newWorld(cfg, &load)
	if err != nil {
		return nil, err
	}
	for i := range work.Silent {
		if err := (system{w}).Kill(w.cfg.Replicas - 1 - i); err != nil {
			return nil, err
		}
	}
	if err := w.connect(ctx); err != nil {
		return nil, err
	}
	return w.spend(ctx, work.Operations, max(settleTime, work.Idle))
}

func (w *world) spend(ctx context.Context, operations int, idle time.Duration) (*Spent, error) {
	w.rest(settleTime)
	before := w.spent()
	w.origin = w.now
	for _, c := range w.clients {
		for range w.load.Outstanding {
			c.submit(w.now)
		}
		c.pacing.pump()
	}
	enough := func() bool { return w.begun() >= operations || w.wrong != nil || ctx.Err() != nil }
	done := w.play(enough, workLimit)
	w.load.For = w.since(w.now) // from here on an answer begins nothing
	done = done && w.play(w.answered, workLimit)
	w.rest(idle)
	if err := errors.Join(w.wrong, ctx.Err()); err != nil {
		return nil, err
	}
	if !done {
		return nil, fmt.Errorf("%w: %d of %d operations were begun", ErrStuck, w.begun(), operations)
	}
	after := w.spent()
	after.Counters = after.Minus(before.Counters)
	after.Operations -= before.Operations
	after.Turns -= before.Turns
	after.Frames -= before.Frames
	after.Letters -= before.Letters
	return &after, nil
}

// rest lets the replicas end what they are at.
func (w *world) rest(d time.Duration) { w.play(func() bool { return false }, d) }

// begun is how many operations there were.
func (w *world) begun() (n int) {
	for _, c := range w.clients {
		n += c.begun
	}
	return n
}

func (w *world) spent() (s Spent) {
	s.Operations, s.Counters = w.begun(), system{w}.Counters()
	for _, r := range w.replicas {
		s.Turns += r.turns
		s.Frames += r.frames
		s.Letters += r.letters
	}
	return s
}
