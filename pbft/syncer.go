package pbft

import (
	"fmt"
	"slices"
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
// out (spec N7). One sync covers all outputs that are waiting (group commit), and what
// nothing rests on waits for the next.
type syncer struct {
	r *Replica

	mu        sync.Mutex
	cond      *sync.Cond
	queue     []core.Output
	decisions []decision       // decided blocks that are not handed to execution yet, in order
	last      uint64           // number of the output that was queued last, from 1
	durable   uint64           // number of the newest output of which all is durable that anything rests on
	commit    *message.Commit  // the newest own one that is durable, nil in a new process
	tables    []storage.Record // session tables to write, with the seq of the newest
	tableSeq  message.Seq
	barriers  int  // outputs with a Barrier that are not durable yet
	ended     bool // nothing is queued any more

	sessions atomic.Uint64 // seq of the newest session table that is durable

	// proof is the newest commit certificate whose own vote is durable, or nil: only that may be
	// shown to anybody (spec N7).
	proof atomic.Pointer[message.CommitCert]

	syncP99 clock.Duration // decaying maximum of what a sync took

	// Of the syncer's goroutine:
	dirty  bool                // something was written after the last sync that others may rest on
	newest *message.CommitCert // written last
	mail   mail
	buf    []byte // of persist: what the log copies
}

// decision is a block to execute.
type decision struct {
	block core.Decided
	after uint64              // it rests on this output at the latest
	cert  *message.CommitCert // and is decided by this, nil if that came with another output
}

// queueMax bounds the outputs that wait for the disk; then the loop waits, and
// with it the inbox.
const queueMax = 256

// bufMax is how many bytes are encoded before they are written to the log. A single block
// may exceed it.
const bufMax = 1 << 20

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
	now := o.Early
	if early {
		o.Early = nil
	}
	s.last++
	if len(o.Execute) > 0 {
		cert := certOf(&o)
		for _, d := range o.Execute {
			s.decisions = append(s.decisions, decision{d, s.last, cert})
		}
		o.Execute = nil
		s.execute()
	}
	s.queue = append(s.queue, o)
	s.cond.Broadcast()
	s.mu.Unlock()
	if early {
		s.r.send(now)
	}
}

// certOf returns the commit certificate that an output has to keep.
func certOf(o *core.Output) *message.CommitCert {
	for i := range o.Persist {
		if o.Persist[i].Kind == core.RecordCommit {
			return o.Persist[i].Message.(*message.CommitCert)
		}
	}
	return nil
}

// execute hands over decided blocks, in order, as far as what they rest on is durable: all
// outputs so far, or an own COMMIT of the view in which they were decided, at or above them.
// For that says that they are held durably, and it is the only part of the certificate that
// this disk answers for (spec N4, N6). s.mu is held.
func (s *syncer) execute() {
	ready := core.Output{}
	for _, d := range s.decisions {
		if d.after > s.durable && !s.covers(d) {
			break
		}
		ready.Execute = append(ready.Execute, d.block)
	}
	s.decisions = slices.Delete(s.decisions, 0, len(ready.Execute))
	s.r.exec.put(&ready)
}

// covers reports whether the newest durable COMMIT covers a decision. An application that
// keeps its own state must not be ahead of the certificate either (spec X7).
func (s *syncer) covers(d decision) bool {
	own, by, seq := s.commit, d.cert, d.block.Point.Seq
	return own != nil && by != nil && own.Epoch == by.Epoch && own.View == by.View &&
		own.Seq >= seq && by.Seq >= seq && !isDurable(s.r.cfg.Application)
}

// putSessions queues a session table, in no hurry: it is durable with the next
// sync.
func (s *syncer) putSessions(seq message.Seq, recs []storage.Record) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tables, s.tableSeq = append(s.tables, recs...), seq
}

// end says that the loop queues nothing any more.
func (s *syncer) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ended = true
	s.cond.Broadcast()
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
// written, so that evidence and the cause of a fault survive, and that it ended in good
// order (spec R2). A fault of the core comes last in the queue and is returned once all
// before it has been released.
func (s *syncer) run() error {
	for {
		s.mu.Lock()
		for len(s.queue) == 0 && !s.ended {
			s.cond.Wait()
		}
		batch, tables, tableSeq := s.queue, s.tables, s.tableSeq
		through, needed := s.last, len(s.decisions) > 0 || len(s.tables) > 0
		s.queue, s.tables = nil, nil
		s.cond.Broadcast()
		s.mu.Unlock()
		if len(batch) == 0 {
			return nil
		}
		if err := s.persist(batch, tables, needed); err != nil {
			return err
		}
		s.sessions.Store(uint64(tableSeq))
		if s.r.Err() == nil {
			s.release(batch)
			s.settled(batch, through)
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

// rests reports whether anything must not leave before these outputs are durable.
func rests(batch []core.Output) bool {
	for i := range batch {
		if batch[i].Rests() {
			return true
		}
	}
	return false
}

// binds reports whether anything can rest on a record. A commit certificate by itself may
// always wait for the next sync: it says what quorum power has bound itself to durably, the
// own vote with an earlier sync, and whoever loses it learns it again (spec N7).
func (s *syncer) binds(k core.RecordKind) bool {
	return k != core.RecordCommit || isDurable(s.r.cfg.Application)
}

// persist writes outputs and session tables to the log, and syncs it if something waits
// for what is in it.
func (s *syncer) persist(batch []core.Output, tables []storage.Record, needed bool) error {
	start := s.r.clock.Now()
	s.dirty = s.dirty || len(tables) > 0
	recs := tables
	for i := range batch {
		for k := range batch[i].Persist {
			var err error
			if recs, err = s.encode(recs, &batch[i].Persist[k]); err != nil {
				return err
			}
		}
	}
	if err := s.write(recs); err != nil {
		return err
	}
	if bug.M74 {
		s.cut(batch)
	}
	if !s.dirty || !needed && !rests(batch) {
		return nil
	}
	if err := s.r.cfg.Log.Sync(); err != nil {
		return fmt.Errorf("%w: %w", ErrDurability, err)
	}
	s.dirty = false
	took := s.r.clock.Now().Sub(start)
	s.mu.Lock()
	s.syncP99 = max(took, s.syncP99-s.syncP99/128)
	s.mu.Unlock()
	return nil
}

// encode appends what a record is in the log to what is to be written, and writes it if that is
// much.
func (s *syncer) encode(recs []storage.Record, rec *core.Record) ([]storage.Record, error) {
	buf, list, err := s.r.encode(s.buf, rec)
	if err != nil {
		return nil, fmt.Errorf("pbft: own bug: record without an encoding: %w", err)
	}
	s.dirty = s.dirty || s.binds(rec.Kind)
	recs = append(recs, list...)
	if s.buf = buf; len(buf) < bufMax {
		return recs, nil
	}
	return nil, s.write(recs)
}

// write hands records to the log, which copies them: what they were encoded in is free again.
func (s *syncer) write(recs []storage.Record) error {
	if len(recs) == 0 {
		return nil
	}
	if err := s.r.cfg.Log.Write(recs); err != nil {
		return fmt.Errorf("%w: %w", ErrDurability, err)
	}
	if s.buf = s.buf[:0]; cap(s.buf) > 4*bufMax {
		s.buf = nil // it held one large block
	}
	return nil
}

// settled notes that outputs are in the log, and in it durably unless it is dirty, and lets
// out decisions that waited for that.
func (s *syncer) settled(batch []core.Output, through uint64) {
	for i := range batch {
		if c := certOf(&batch[i]); c != nil {
			s.newest = c
		}
	}
	if s.dirty {
		return
	}
	s.proof.Store(s.newest)
	s.r.exec.ring()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.durable = through
	for i := range batch {
		for k := range batch[i].Send {
			if c, ok := batch[i].Send[k].Msg.(*message.Commit); ok && c.Signer == s.r.cfg.Self {
				s.commit = c
			}
		}
	}
	s.execute()
}

// release lets out what rests on durable outputs, in the order of Output's fields.
func (s *syncer) release(batch []core.Output) {
	for i := range batch {
		o := &batch[i]
		s.r.send(o.Early)
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
