package pbft

import (
	"context"
	"sync"
	"time"

	"github.com/twothirds-bft/twothirds/pbft/message"
)

// submitter is this process as a client of its own replica: one session under the
// replica's key.
type submitter struct {
	r *Replica

	mu      sync.Mutex
	session message.SessionID
	opening chan struct{} // closed when the opening in flight has ended
	nonce   uint64
	next    uint64
	waiting map[uint64]chan outcome // by number; the opening's nonce is apart
	ended   error
}

type outcome struct {
	code   message.ReplyCode
	result []byte
}

// ownWindow bounds the operations of this process that are outstanding; more are
// refused as overload. It stays below the session table's smallest window.
const ownWindow = 1000

func newSubmitter(r *Replica) *submitter {
	return &submitter{r: r, waiting: make(map[uint64]chan outcome)}
}

// Submit orders op, executes it and returns its result as computed by this
// replica, which the caller trusts: it is the caller's own process. It is safe for
// concurrent use; operations submitted at the same time share blocks.
//
// Errors: ErrOverloaded and ErrSessionExpired say that op was not executed. If ctx
// ends while op is under way the error is an *UnknownOutcomeError. Otherwise it is
// the reason for which the application refuses op (Admitter) or for which the
// replica stopped.
func (r *Replica) Submit(ctx context.Context, op []byte) ([]byte, error) {
	if a, ok := r.cfg.Application.(Admitter); ok {
		if err := a.Admit(op); err != nil {
			return nil, err
		}
	}
	s := r.own
	if err := s.open(ctx); err != nil {
		return nil, err
	}
	number, session, ch, err := s.issue(op)
	if err != nil {
		return nil, err
	}
	select {
	case o := <-ch:
		return s.outcome(o)
	case <-ctx.Done():
		s.forget(number)
		return nil, &UnknownOutcomeError{Session: session, Number: number, Cause: ctx.Err()}
	case <-r.gone:
		return nil, &UnknownOutcomeError{Session: session, Number: number, Cause: r.Err()}
	}
}

func (s *submitter) outcome(o outcome) ([]byte, error) {
	switch o.code {
	case message.ReplyOK:
		return o.result, nil
	case message.ReplyBusy:
		return nil, ErrOverloaded
	case message.ReplyExpired:
		s.mu.Lock()
		s.session = message.SessionID{}
		s.mu.Unlock()
	}
	return nil, ErrSessionExpired
}

// issue signs the operation and puts it before the loop.
func (s *submitter) issue(op []byte) (uint64, message.SessionID, chan outcome, error) {
	s.mu.Lock()
	if s.ended != nil || len(s.waiting) >= ownWindow {
		err := s.ended
		s.mu.Unlock()
		if err == nil {
			err = ErrOverloaded
		}
		return 0, message.SessionID{}, nil, err
	}
	s.next++
	number, session := s.next, s.session
	awaited := number
	for n := range s.waiting { // order: a minimum
		awaited = min(awaited, n)
	}
	ch := make(chan outcome, 1)
	s.waiting[number] = ch
	s.mu.Unlock()
	err := s.send(message.Request{
		Client: s.r.cfg.Key.Public(), Session: session, Number: number, Awaited: awaited, Op: op,
	})
	if err != nil {
		s.forget(number)
	}
	return number, session, ch, err
}

func (s *submitter) send(r message.Request) error {
	if err := s.r.door.SignRequest(s.r.cfg.Key, &r); err != nil {
		return err
	}
	v, err := s.r.door.Verify(s.r.cfg.Self, &message.Requests{List: []message.Request{r}})
	if err != nil {
		return err
	}
	s.r.deliver(v)
	return nil
}

func (s *submitter) forget(number uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.waiting, number)
}

// open makes sure that there is a session. One caller opens it, the others wait.
// The nonce is the wall clock, so that it grows across restarts; if the clock went
// back the opening is refused and tried again with a larger one (spec X1).
func (s *submitter) open(ctx context.Context) error {
	for {
		s.mu.Lock()
		if s.ended != nil || s.session.Seq != 0 {
			err := s.ended
			s.mu.Unlock()
			return err
		}
		if s.opening == nil {
			s.opening = make(chan struct{})
			s.nonce = max(s.nonce*2, uint64(time.Now().UnixNano()))
			go s.sendOpening(s.nonce)
		}
		wait := s.opening
		s.mu.Unlock()
		select {
		case <-wait:
		case <-ctx.Done():
			return ctx.Err()
		case <-s.r.gone:
			return s.r.Err()
		}
	}
}

func (s *submitter) sendOpening(nonce uint64) {
	err := s.send(message.Request{Type: message.RequestOpen, Client: s.r.cfg.Key.Public(), Number: nonce})
	if err != nil {
		s.opened(message.SessionID{})
	}
}

func (s *submitter) opened(id message.SessionID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.opening == nil {
		return
	}
	if id.Seq != 0 {
		s.session, s.next = id, 0
	}
	close(s.opening)
	s.opening = nil
}

// reply takes an outcome from the executor.
func (s *submitter) reply(r *message.Request, m *message.Reply) {
	if r.Type == message.RequestOpen {
		s.mu.Lock()
		mine := r.Number == s.nonce
		s.mu.Unlock()
		if mine {
			id := m.Session
			if m.Code != message.ReplyOK {
				id = message.SessionID{}
			}
			s.opened(id)
		}
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if ch := s.waiting[r.Number]; ch != nil && r.Session == s.session {
		delete(s.waiting, r.Number)
		ch <- outcome{code: m.Code, result: m.Result}
	}
}

func (s *submitter) end(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ended = err
}
