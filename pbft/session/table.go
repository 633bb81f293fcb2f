package session

import (
	"fmt"

	"github.com/twothirds-bft/twothirds/internal/bug"
	"github.com/twothirds-bft/twothirds/pbft/message"
)

// Verdict says what becomes of an ordered request. The zero Verdict is none of them.
type Verdict uint8

// The verdicts.
const (
	Execute   Verdict = iota + 1 // an operation: the application executes it, now and never again
	Opened                       // an opening: Outcome.Session is the new session
	Duplicate                    // done before (or withdrawn, see the package doc); the reply may be cached
	Expired                      // no live session of this id under this key
	Refused                      // an opening with a stale nonce, or a number outside its own window
)

// String returns the name of the verdict.
func (v Verdict) String() string {
	switch v {
	case Execute:
		return "execute"
	case Opened:
		return "opened"
	case Duplicate:
		return "duplicate"
	case Expired:
		return "expired"
	case Refused:
		return "refused"
	}
	return fmt.Sprintf("verdict-%d", uint8(v))
}

// Outcome is what the table has to say about one request. A Duplicate that is not Cached was executed
// and its reply dropped for want of room; unless its client has raised Awaited past it, in which case
// it may also have been withdrawn, and nobody waits for an answer.
type Outcome struct {
	Verdict Verdict
	Session message.SessionID // the operation's; of an opening, the session found or opened, else zero
	Cached  bool              // a Duplicate whose Reply is known
	Reply   Reply
}

// Table is the replicated session table. Make it with [New] or [Restore]. The package doc says who
// may call what.
//
// A session never leaves the table except to make room for another, so the slots below len(slots)
// are always taken, and which slot a session has is a function of the log too.
type Table struct {
	cfg      Config
	slots    []*session
	byID     map[message.SessionID]*session
	byClient map[message.PublicKey]*session
	lru      session  // ends of the ring of sessions, lru.next the least recently used
	recent   *session // touched or stored to last; nil at first

	replyBytes int   // of all sessions
	held       []int // scratch of trim

	tree    [][]message.Digest // by level, from the leaves up to the root; nil until Digest is first called
	dirty   []uint32           // slots touched since
	scratch []byte             // of Digest
}

// New returns an empty table. It panics on a Config that does not Validate.
func New(cfg Config) *Table {
	if err := cfg.Validate(); err != nil {
		panic(err)
	}
	t := &Table{
		cfg:      cfg.withDefaults(),
		byID:     make(map[message.SessionID]*session),
		byClient: make(map[message.PublicKey]*session),
	}
	t.lru.next, t.lru.prev = &t.lru, &t.lru
	return t
}

// Len returns the number of live sessions.
func (t *Table) Len() int { return len(t.slots) }

// Config returns the limits in force, defaults filled in.
func (t *Table) Config() Config { return t.cfg }

// Apply takes the request at place pos of block seq through the table and returns what became of it
// (spec X1). Calls must be in log order and each place is applied once: a place that is not above
// every one that changed the table is an error of the caller, a block executed twice, and panics.
// Operations do not allocate. r is not kept.
func (t *Table) Apply(seq message.Seq, pos uint32, r *message.Request) Outcome {
	at := message.SessionID{Seq: seq, Pos: pos}
	if last := t.lru.prev.used; seq == 0 || at.Compare(last) <= 0 {
		panic(fmt.Sprintf("session: place %v applied after %v", at, last))
	}
	v, s := t.judge(r)
	switch v {
	case Execute:
		t.replyBytes -= s.raise(r.Awaited)
		s.mark(r.Number)
		t.touch(s, at)
	case Opened:
		if bug.M80 {
			at.Pos = 0
		}
		t.open(s, at, r)
		return Outcome{Verdict: Opened, Session: at}
	}
	return outcome(v, s, r)
}

// Judge returns what Apply would, and changes nothing. An opening that would succeed has no session
// yet. The executor answers with it a request that a client repeats.
func (t *Table) Judge(r *message.Request) Outcome {
	v, s := t.judge(r)
	return outcome(v, s, r)
}

// outcome completes a verdict. The reply to a repeated opening needs no cache: it is the session's
// id, and the id says where it was ordered.
func outcome(v Verdict, s *session, r *message.Request) Outcome {
	o := Outcome{Verdict: v, Session: r.Session}
	switch {
	case v != Duplicate:
	case r.Type == message.RequestOpen:
		o.Session, o.Cached, o.Reply = s.id, true, Reply{Seq: s.id.Seq}
	default:
		o.Reply, o.Cached = s.reply(r.Number)
	}
	return o
}

// Admissible reports whether r would be executed if it were ordered next: an operation of a live
// session of its client, with a number in the window that is not done, or an opening with a nonce
// above that of the client's session. It depends on nothing but r's bytes and the executed log, so
// all correct replicas at one seq agree (spec T1).
func (t *Table) Admissible(r *message.Request) bool {
	v, _ := t.judge(r)
	return v == Execute || v == Opened
}

// Executed reports whether the number of a live session is done: executed, or below Awaited. It is
// false for a session that is not live, whose numbers are all Expired.
func (t *Table) Executed(id message.SessionID, number uint64) bool {
	s := t.live(id)
	return s != nil && s.done(number)
}

// live returns the session of an id, nil if there is none. What a client has in a block stands close
// together, so it is mostly the recent one.
func (t *Table) live(id message.SessionID) *session {
	if t.recent != nil && t.recent.id == id {
		return t.recent
	}
	return t.byID[id]
}

// judge is the one place where verdicts are made. It also returns the session that an executed or
// repeated request belongs to, or that an opening replaces.
func (t *Table) judge(r *message.Request) (Verdict, *session) {
	switch {
	case r.Number == 0 || r.Type > message.RequestBundle:
		return Refused, nil
	case r.Type == message.RequestOpen:
		return t.judgeOpening(r)
	}
	return t.judgeOperation(r)
}

// judgeOperation measures the window from the request's own Awaited. The session's is raised to it
// before the number is used, so the number then fits; and since this looks at the bytes alone, a
// refusal is final. Measured from the session's, a refused request that somebody kept would be
// executed once the window has moved.
func (t *Table) judgeOperation(r *message.Request) (Verdict, *session) {
	if r.Awaited > r.Number || r.Number-max(r.Awaited, 1) >= t.cfg.Window {
		return Refused, nil
	}
	s := t.live(r.Session)
	if bug.M72 && s == nil {
		s = t.byClient[r.Client]
	}
	switch {
	case s == nil || s.client != r.Client:
		return Expired, nil
	case s.done(r.Number) && (!bug.M102 || r.Type != message.RequestBundle):
		return Duplicate, s
	}
	return Execute, s
}

// judgeOpening allows one live session per key.
func (t *Table) judgeOpening(r *message.Request) (Verdict, *session) {
	s := t.byClient[r.Client]
	switch {
	case s == nil || r.Number > s.nonce:
		return Opened, s
	case r.Number < s.nonce:
		return Refused, s
	}
	return Duplicate, s
}

// open makes a session in the slot of the one that it replaces: the client's own if that lives, else
// a new slot, else the least recently used.
func (t *Table) open(s *session, at message.SessionID, r *message.Request) {
	if s == nil && len(t.slots) < t.cfg.Sessions {
		s = newSession(uint32(len(t.slots)), t.cfg.Window)
		t.slots = append(t.slots, s)
	} else {
		if s == nil {
			s = t.lru.next
			if bug.M96 {
				s = t.lru.prev
			}
		}
		delete(t.byID, s.id)
		delete(t.byClient, s.client)
	}
	t.replyBytes -= s.reset(at, r)
	t.byID[s.id] = s
	t.byClient[s.client] = s
	t.touch(s, at)
}

// touch notes that s was changed by the request at the given place. Places rise, so moving s to the
// end keeps the ring sorted by them.
func (t *Table) touch(s *session, at message.SessionID) {
	s.used, t.recent = at, s
	if last := t.lru.prev; last != s {
		s.unlink()
		s.linkAfter(last)
	}
	t.soil(s)
}

// soil puts s on the list of those that Digest must hash again.
func (t *Table) soil(s *session) {
	if !s.dirty {
		s.dirty = true
		t.dirty = append(t.dirty, s.slot)
	}
}
