package pbft

import (
	"errors"
	"runtime"
	"time"

	"github.com/twothirds-bft/twothirds/clock"
	"github.com/twothirds-bft/twothirds/pbft/core"
	"github.com/twothirds-bft/twothirds/pbft/message"
	"github.com/twothirds-bft/twothirds/pbft/verify"
)

// turnMax bounds the messages of one turn, so that timers and votes are not kept
// waiting by a long inbox.
const turnMax = 512

// loop owns the core: drain the inbox, one step each, then take one output. That
// is a turn, and at most one PREPARE and one COMMIT come out of it (spec N2).
func (r *Replica) loop() error {
	timer := time.NewTimer(0)
	defer timer.Stop()
	defer r.syncer.end()
	defer func() {
		s := r.core.Status()
		r.last.Store(&s)
	}()
	deadline := clock.Instant{}
	for {
		select {
		case <-r.done:
			if errors.Is(r.Err(), ErrClosed) {
				r.syncer.put(core.Output{Persist: []core.Record{r.core.Stop()}, Barrier: true})
			}
			return nil
		case v := <-r.inbox:
			r.core.Step(r.clock.Now(), v)
			runtime.Gosched() // whoever has read a frame, too, hands it in first: one turn for all
			r.drain()
		case list := <-r.exec.finished:
			r.executed(list)
			r.drain()
		case <-timer.C:
			r.drain()
		case reply := <-r.ask:
			reply <- r.core.Status()
			continue
		}
		if now := r.clock.Now(); !deadline.IsZero() && !now.Before(deadline) {
			r.core.Tick(now)
		}
		next, err := r.turn()
		if err != nil {
			return err
		}
		deadline = next
		timer.Reset(r.until(deadline))
	}
}

// drain steps through what is waiting, without blocking: nobody else receives, so what
// is there stays there. A select would cost more than many a step.
func (r *Replica) drain() {
	for range turnMax {
		switch {
		case len(r.exec.finished) > 0:
			r.executed(<-r.exec.finished)
		case len(r.inbox) > 0:
			r.core.Step(r.clock.Now(), <-r.inbox)
		default:
			return
		}
	}
}

func (r *Replica) executed(list []core.Executed) {
	for _, e := range list {
		r.core.Executed(r.clock.Now(), e)
		r.own.executed(e.Seq)
	}
}

// turn takes outputs until the own votes have settled: sign, propose, hand the rest
// to the syncer, count the own votes. It returns the next deadline.
func (r *Replica) turn() (clock.Instant, error) {
	r.core.Measured(r.syncer.cost())
	for {
		out := r.core.Output()
		own := make([]message.Verified, 0, len(out.Sign))
		for _, m := range out.Sign {
			v, err := r.door.Sign(r.cfg.Key, r.cfg.Self, m)
			if err != nil {
				return clock.Instant{}, err
			}
			own = append(own, v)
		}
		r.publish()
		if out.Fault != nil {
			// What was proved is worth keeping. Of messages those leave that were signed
			// before: the others need them to find the same fault (spec C2).
			r.syncer.put(core.Output{Persist: out.Persist, Fault: out.Fault})
			<-r.done
			return clock.Instant{}, out.Fault
		}
		for _, e := range out.Evidence {
			r.log.Warn("evidence", "culprit", e.Culprit, "kind", uint8(e.Kind), "view", e.View())
		}
		if !out.Empty() {
			r.syncer.put(out)
		}
		if len(own) == 0 {
			return out.Deadline, nil
		}
		for _, v := range own {
			r.core.Step(r.clock.Now(), v)
		}
	}
}

// publish shows where the core stands to the verifiers.
func (r *Replica) publish() {
	m := r.core.Marks()
	r.pool.Publish(new(verify.Filter(m)))
	r.low.Store(uint64(m.Low))
	r.view.Store(uint64(m.View))
}
