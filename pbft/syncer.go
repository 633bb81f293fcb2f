package pbft

import (
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/twothirds-bft/twothirds/clock"
	"github.com/twothirds-bft/twothirds/internal/bug"
	"github.com/twothirds-bft/twothirds/pbft/core"
	"github.com/twothirds-bft/twothirds/pbft/message"
	"github.com/twothirds-bft/twothirds/storage"
)

// syncer makes outputs durable and releases what rests on them, first in, first
// out (spec N7). One sync covers all outputs that are waiting (group commit).
type syncer struct {
	r *Replica

	mu       sync.Mutex
	cond     *sync.Cond
	queue    []core.Output
	tables   []storage.Record // session tables to write, with the seq of the newest
	tableSeq message.Seq
	barriers int // outputs with a Barrier that are not durable yet

	sessions atomic.Uint64 // seq of the newest session table that is durable

	syncP99 clock.Duration // decaying maximum of what a sync took

	mail mail   // of the syncer's goroutine
	buf  []byte // of persist: what the log copies
}

// queueMax bounds the outputs that wait for the disk; then the loop waits, and
// with it the inbox.
const queueMax = 256

// bufMax bounds the buffer that is kept for the blocks of the next sync, in bytes.
const bufMax = 4 << 20

func newSyncer(r *Replica) *syncer {
	s := &syncer{r: r, mail: mail{r: r}}
	s.cond = sync.NewCond(&s.mu)
	return s
}

// put queues an output. Its proposals leave at once, ahead of the own sync, unless
// a new view is not durable yet (spec N7).
func (s *syncer) put(o core.Output) {
	if bug.M75 {
		s.r.exec.put(&core.Output{Execute: o.Execute})
		o.Execute = nil
	}
	s.mu.Lock()
	for len(s.queue) >= queueMax && s.r.Err() == nil {
		s.cond.Wait()
	}
	early := s.barriers == 0 && !o.Barrier
	if o.Barrier {
		s.barriers++
	}
	propose := o.Propose
	if early {
		o.Propose = nil
	}
	s.queue = append(s.queue, o)
	s.cond.Broadcast()
	s.mu.Unlock()
	if early {
		s.r.send(propose)
	}
}

// putSessions queues a session table, in no hurry: it is durable with the next
// sync.
func (s *syncer) putSessions(seq message.Seq, recs []storage.Record) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tables, s.tableSeq = append(s.tables, recs...), seq
}

func (s *syncer) wake() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cond.Broadcast()
}

// cost returns what T2 wants to know: the p99 of an own sync, and nothing of the
// link yet.
func (s *syncer) cost() (clock.Duration, clock.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.syncP99, 0
}

// run is the syncer's goroutine. When the replica stops, what is queued is still
// written, so that evidence and the cause of a fault survive. A fault of the core
// comes last in the queue and is returned once all before it has been released.
func (s *syncer) run() error {
	for {
		s.mu.Lock()
		for len(s.queue) == 0 && s.r.Err() == nil {
			s.cond.Wait()
		}
		batch, tables, tableSeq := s.queue, s.tables, s.tableSeq
		s.queue, s.tables = nil, nil
		s.cond.Broadcast()
		s.mu.Unlock()
		if len(batch) == 0 {
			return nil
		}
		if err := s.persist(batch, tables); err != nil {
			return err
		}
		s.sessions.Store(uint64(tableSeq))
		if s.r.Err() == nil {
			s.release(batch)
		}
		if fault := batch[len(batch)-1].Fault; fault != nil {
			s.flush()
			return fault
		}
	}
}

// flushMax bounds how long a faulty replica waits for its links.
const flushMax = time.Second

// flush waits until the links have taken what was sent: closing them does not.
func (s *syncer) flush() {
	queued := func() (frames int) {
		for _, l := range s.r.net.Links() {
			if l.Connected {
				frames += l.QueuedFrames
			}
		}
		return frames
	}
	for end := s.r.clock.Now().Add(flushMax); queued() > 0 && s.r.clock.Now().Before(end); {
		select {
		case <-time.After(time.Millisecond):
		case <-s.r.done:
			return
		}
	}
}

// binds reports whether anything rests on these outputs. A commit certificate by itself
// may wait for the next sync: it says what quorum power has bound itself to durably, the
// own vote with an earlier sync, and whoever loses it learns it again (spec N7). Only
// an application that keeps its own state must not be ahead of it (spec X7).
func (s *syncer) binds(batch []core.Output) bool {
	if isDurable(s.r.cfg.Application) {
		return true
	}
	for i := range batch {
		for k := range batch[i].Persist {
			if batch[i].Persist[k].Kind != core.RecordCommit {
				return true
			}
		}
	}
	return false
}

func (s *syncer) persist(batch []core.Output, recs []storage.Record) error {
	buf := s.buf[:0]
	for i := range batch {
		for k := range batch[i].Persist {
			var (
				list []storage.Record
				err  error
			)
			if buf, list, err = s.r.encode(buf, &batch[i].Persist[k]); err != nil {
				return fmt.Errorf("pbft: own bug: record without an encoding: %w", err)
			}
			recs = append(recs, list...)
		}
	}
	if len(recs) == 0 {
		return nil
	}
	start := s.r.clock.Now()
	if err := s.r.cfg.Log.Write(recs); err != nil {
		return fmt.Errorf("%w: %w", ErrDurability, err)
	}
	if s.buf = buf; cap(buf) > bufMax {
		s.buf = nil
	}
	if !s.binds(batch) {
		s.r.exec.ring()
		return nil
	}
	if err := s.r.cfg.Log.Sync(); err != nil {
		return fmt.Errorf("%w: %w", ErrDurability, err)
	}
	if bug.M74 {
		s.cut(batch)
	}
	took := s.r.clock.Now().Sub(start)
	s.mu.Lock()
	s.syncP99 = max(took, s.syncP99-s.syncP99/128)
	s.mu.Unlock()
	s.r.exec.ring()
	return nil
}

// release lets out what rests on durable outputs, in the order of Output's fields.
func (s *syncer) release(batch []core.Output) {
	for i := range batch {
		o := &batch[i]
		s.r.send(o.Propose)
		if o.Barrier {
			s.mu.Lock()
			s.barriers--
			s.mu.Unlock()
		}
		s.r.send(o.Send)
		for k := range o.Busy {
			r := &o.Busy[k]
			s.mail.add(r, message.Reply{Code: message.ReplyBusy, Session: r.Session})
		}
		s.mail.post()
		s.r.server.put(o.Serve)
		s.r.exec.put(o)
	}
}
