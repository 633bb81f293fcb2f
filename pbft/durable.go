package pbft

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/twothirds-bft/twothirds/internal/bug"
	"github.com/twothirds-bft/twothirds/pbft/core"
	"github.com/twothirds-bft/twothirds/pbft/message"
	"github.com/twothirds-bft/twothirds/pbft/session"
	"github.com/twothirds-bft/twothirds/storage"
)

// Durable is an Application that keeps its state itself across restarts, in a
// database for instance (spec X7). It does not execute the log again: it resumes
// after the last block that survived.
//
// Execute must store the effects of a block and Block.Meta of its results in one
// atomic write; when that write becomes durable is the application's business, as
// long as blocks become durable in order. What was written and lost in a crash is
// executed again.
type Durable interface {
	Application

	// Applied returns the seq of the newest block whose effects are durable, 0 if
	// there is none.
	Applied() (message.Seq, error)

	// Meta returns what was stored for a block: any from the first that Forget has
	// left to Applied.
	Meta(seq message.Seq) ([]byte, error)

	// Forget says that metas up to and including through are not asked for again.
	Forget(through message.Seq) error
}

func isDurable(a Application) bool {
	_, ok := a.(Durable)
	return ok
}

// ErrApplicationAhead says that a durable application holds blocks that the log
// does not show as decided: the two are not of one replica, or the log was
// replaced by an older one. The replica must not vote (spec X7, R4).
var ErrApplicationAhead = errors.New("pbft: the application is ahead of the durable log")

// Meta returns what a Durable application stores together with the effects of the
// block: the place, the results, and the last checkpoint's digest.
func (b *Block) Meta(results [][]byte) []byte {
	m := binary.BigEndian.AppendUint64(nil, uint64(b.point.Seq))
	m = append(m, b.point.Chain[:]...)
	m = append(m, b.before[:]...)
	m = binary.BigEndian.AppendUint32(m, uint32(len(results)))
	for _, r := range results {
		m = binary.BigEndian.AppendUint32(m, uint32(len(r)))
		m = append(m, r...)
	}
	return m
}

// meta is what Block.Meta encodes.
type meta struct {
	point   message.Point
	before  Digest // state before the block if that was a checkpoint, else zero
	results [][]byte
}

func parseMeta(b []byte) (m meta, err error) {
	const head = 8 + 32 + 32 + 4
	if len(b) < head {
		return m, fmt.Errorf("%w: meta of %d bytes", ErrApplication, len(b))
	}
	m.point, m.before = readPoint(b), Digest(b[40:72])
	n := binary.BigEndian.Uint32(b[72:])
	for b = b[head:]; n > 0; n-- {
		if len(b) < 4 || uint64(binary.BigEndian.Uint32(b)) > uint64(len(b)-4) {
			return m, fmt.Errorf("%w: meta of block %d is cut short", ErrApplication, m.point.Seq)
		}
		size := binary.BigEndian.Uint32(b)
		m.results, b = append(m.results, b[4:4+size]), b[4+size:]
	}
	return m, nil
}

// resume brings the session table to where a durable application stands, and
// returns the checkpoints above low that lie before it: they may have to be signed
// yet.
func (r *Replica) resume(app Durable, res *core.Restored) ([]core.Executed, error) {
	applied, err := app.Applied()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrApplication, err)
	}
	end := res.State.Low.Seq
	if res.Commit != nil {
		end = max(end, res.Commit.Seq)
	}
	if applied > end {
		return nil, fmt.Errorf("%w: it is at %d, the log at %d", ErrApplicationAhead, applied, end)
	}
	from, err := r.loadSessions(applied)
	if err != nil {
		return nil, err
	}
	var passed []core.Executed
	err = r.history.decided(message.Point{Seq: from}, res, applied, func(p message.Point, b *core.RestoredBlock) error {
		raw, err := app.Meta(p.Seq)
		if err != nil {
			return fmt.Errorf("%w: meta of block %d: %w", ErrApplication, p.Seq, err)
		}
		m, err := parseMeta(raw)
		if err != nil {
			return err
		}
		if m.point != p {
			return fmt.Errorf("%w: it executed %v, the log decided %v", ErrApplicationAhead, m.point, p)
		}
		if n := len(passed); n > 0 && passed[n-1].Seq+1 == p.Seq {
			passed[n-1].State = m.before
		}
		if bug.M62 {
			_, err = r.exec.run(&core.Decided{Block: b.Block, Parent: b.Parent, Point: p})
		} else {
			err = r.exec.reapply(p, b, m.results)
		}
		if err != nil {
			return err
		}
		if p.Seq%r.cfg.Genesis.Interval == 0 && p.Seq > res.State.Low.Seq {
			passed = append(passed, core.Executed{Seq: p.Seq, Clients: r.exec.table.Digest()})
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if applied > 0 && applied%r.cfg.Genesis.Interval == 0 {
		r.exec.before = app.Digest()
		if n := len(passed); n > 0 {
			passed[n-1].State = r.exec.before
		}
	}
	return passed, nil
}

// reapply repeats a block's transitions of the session table with results that are
// known already.
func (x *executor) reapply(p message.Point, b *core.RestoredBlock, results [][]byte) error {
	for i := range b.Block.Payload.Requests {
		r := &b.Block.Payload.Requests[i]
		o := x.table.Apply(p.Seq, uint32(i), r)
		if o.Verdict != session.Execute {
			continue
		}
		if len(results) < r.Count() {
			return fmt.Errorf("%w: meta of block %d has too few results", ErrApplication, p.Seq)
		}
		reply := session.Reply{Seq: p.Seq}
		reply.Result, results = resultOf(r, results)
		x.table.Store(o.Session, r.Number, reply)
	}
	x.seq = p.Seq
	return nil
}

// sessionsKept bounds the session snapshots that a durable application may lag
// behind; while it does, no more are taken.
const sessionsKept = 64

// saveSessions writes the session table down at a checkpoint, so that the metas
// before it can go once both are durable.
func (x *executor) saveSessions(app Durable, seq message.Seq) error {
	applied, err := app.Applied()
	if err != nil {
		return fmt.Errorf("%w: %w", ErrApplication, err)
	}
	saved := message.Seq(x.r.syncer.sessions.Load())
	base := message.Seq(0)
	for _, s := range x.saved {
		if s <= applied && s <= saved {
			base = max(base, s)
		}
	}
	if base > 0 {
		if err := app.Forget(base); err != nil {
			return fmt.Errorf("%w: %w", ErrApplication, err)
		}
	}
	keep := x.saved[:0:0]
	for _, s := range x.saved {
		if s >= base {
			keep = append(keep, s)
		}
	}
	if x.saved = keep; len(keep) >= sessionsKept {
		return nil
	}
	x.saved = append(x.saved, seq)
	list := make([]byte, 0, 8*len(x.saved))
	for _, s := range x.saved {
		list = binary.BigEndian.AppendUint64(list, uint64(s))
	}
	x.r.syncer.putSessions(seq, []storage.Record{
		{Index: uint64(seq), Data: x.table.AppendSnapshot([]byte{entrySessions})}, {Slot: slotSessions, Data: list},
	})
	return nil
}

// loadSessions restores the newest session table at or before seq, and returns
// where it stands: 0 with an empty table if none was saved.
func (r *Replica) loadSessions(seq message.Seq) (message.Seq, error) {
	list := r.cfg.Log.State(slotSessions)
	best := message.Seq(0)
	for ; len(list) >= 8; list = list[8:] {
		s := message.Seq(binary.BigEndian.Uint64(list))
		r.exec.saved = append(r.exec.saved, s)
		if s <= seq {
			best = max(best, s)
		}
	}
	if best == 0 {
		return 0, nil
	}
	entries, err := r.cfg.Log.Entries(uint64(best))
	if err != nil {
		return 0, err
	}
	for _, e := range entries {
		if len(e) > 0 && e[0] == entrySessions {
			t, err := session.Restore(r.exec.table.Config(), e[1:])
			if err != nil {
				return 0, fmt.Errorf("pbft: session table %d in the log: %w", best, err)
			}
			r.exec.table, r.exec.seq = t, best
			return best, nil
		}
	}
	return 0, fmt.Errorf("pbft: session table %d is not in the log", best)
}
