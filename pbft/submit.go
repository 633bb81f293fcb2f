package pbft

import (
	"context"
	"fmt"
	"sync"

	"github.com/twothirds-bft/twothirds/pbft/message"
)

// submitter is this process as a client of its own replica: one session under the
// replica's key.
type submitter struct {
	r      *Replica
	window uint64 // of a session, see issue

	mu      sync.Mutex
	session message.SessionID // zero while there is none
	next    uint64            // last number given out in session
	lowest  uint64            // no lower number of session is awaited
	waiting map[ticket]chan outcome
	opening *opening    // the one in flight, see open
	opened  opened      // what is known of openings
	told    message.Seq // the core knows that this block is executed
	ended   error
}

// ticket names an operation.
type ticket struct {
	session message.SessionID
	number  uint64
}

type outcome struct {
	code   message.ReplyCode
	result []byte
}

// ownMax bounds the operations of this process that are outstanding; more are
// refused as overload.
const ownMax = 1000

func newSubmitter(r *Replica) *submitter {
	return &submitter{r: r, window: r.exec.table.Config().Window, waiting: make(map[ticket]chan outcome)}
}

// Submit orders op, executes it and returns its result as computed by this
// replica, which the caller trusts: it is the caller's own process. It is safe for
// concurrent use, but not to be called from within the Application; operations
// submitted at the same time share blocks.
//
// ErrOverloaded, ErrSessionExpired, ErrTooLarge, the reason for which the
// application refuses op (Admitter), what ctx ended with and why the replica
// stopped say, as errors, that op was not executed and never will be. If op was
// under way and its outcome is not known, the error is an *UnknownOutcomeError that
// wraps the cause.
func (r *Replica) Submit(ctx context.Context, op []byte) ([]byte, error) {
	if most := r.door.Limits().OpBytes; len(op) > most {
		return nil, fmt.Errorf("%w: %d bytes, limit %d", ErrTooLarge, len(op), most)
	}
	if a, ok := r.cfg.Application.(Admitter); ok {
		if err := a.Admit(op); err != nil {
			return nil, err
		}
	}
	s := r.own
	t, awaited, ch, err := s.issue(ctx)
	if err != nil {
		return nil, err
	}
	if err := s.send(ctx, message.Request{Session: t.session, Number: t.number, Awaited: awaited, Op: op}); err != nil {
		s.forget(t)
		return nil, err
	}
	select {
	case o := <-ch:
		return s.conclude(t, o)
	case <-ctx.Done():
		err = ctx.Err()
	case <-r.gone:
		err = r.Err()
	}
	select {
	case o := <-ch: // it came at the same time
		return s.conclude(t, o)
	default:
		return nil, &UnknownOutcomeError{Session: t.session, Number: t.number, Cause: err}
	}
}

// conclude turns an outcome into what Submit returns.
func (s *submitter) conclude(t ticket, o outcome) ([]byte, error) {
	switch o.code {
	case message.ReplyOK:
		return o.result, nil
	case message.ReplyBusy:
		return nil, ErrOverloaded
	case message.ReplyExpired:
		return nil, ErrSessionExpired
	}
	return nil, &UnknownOutcomeError{Session: t.session, Number: t.number, Cause: errForgotten}
}

// issue gives out the next number, and opens a session first if there is none.
// awaited is what the request says of the numbers before it. A request whose number
// is a window above that is refused by all, so none is issued.
func (s *submitter) issue(ctx context.Context) (t ticket, awaited uint64, ch chan outcome, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for s.session.Seq == 0 {
		if err := s.open(ctx); err != nil {
			return t, 0, nil, err
		}
	}
	for s.lowest <= s.next && s.waiting[ticket{s.session, s.lowest}] == nil {
		s.lowest++
	}
	switch {
	case s.ended != nil:
		return t, 0, nil, s.ended
	case len(s.waiting) >= ownMax || s.next+1-s.lowest >= s.window:
		return t, 0, nil, ErrOverloaded
	}
	s.next++
	t, ch = ticket{s.session, s.next}, make(chan outcome, 1)
	s.waiting[t] = ch
	return t, s.lowest, ch, nil
}

// send signs a request and puts it before the loop. On error it was not sent.
func (s *submitter) send(ctx context.Context, r message.Request) error {
	r.Client = s.r.cfg.Key.Public()
	if err := s.r.door.SignRequest(s.r.cfg.Key, &r); err != nil {
		return err
	}
	v, err := s.r.door.Verify(s.r.cfg.Self, &message.Requests{List: []message.Request{r}})
	if err != nil {
		return err
	}
	select {
	case s.r.inbox <- v:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-s.r.done:
		return s.r.Err()
	}
}

// forget withdraws a number that was not sent. One that was stays awaited, whether
// or not its caller still waits: raising awaited above it would make it inadmissible
// everywhere but in the pools that hold it, where it would go on being an
// obligation (spec T1).
func (s *submitter) forget(t ticket) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.waiting, t)
}

// reply takes an outcome from the executor.
func (s *submitter) reply(r *message.Request, m *message.Reply) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r.Type == message.RequestOpen {
		s.answered(r.Number, m)
		return
	}
	if m.Code == message.ReplyExpired && r.Session == s.session {
		s.session = message.SessionID{} // evicted: the next operation opens another
	}
	t := ticket{r.Session, r.Number}
	if ch := s.waiting[t]; ch != nil {
		delete(s.waiting, t)
		ch <- outcome{code: m.Code, result: m.Result}
	}
}

// end lets go of everyone: the replica has stopped.
func (s *submitter) end(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ended = err
}
