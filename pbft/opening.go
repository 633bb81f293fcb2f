package pbft

import (
	"context"
	"time"

	"github.com/twothirds-bft/twothirds/pbft/message"
)

// opening is one try to open the session of this process. Whoever submits without
// a session waits for it; one request is in flight for all.
type opening struct {
	nonce uint64
	done  chan struct{} // closed when the try has ended, after err is set
	err   error
}

// opened is what this process remembers of its openings.
type opened struct {
	nonce uint64            // last one used
	step  uint64            // to the next one, if that was refused
	id    message.SessionID // opened, but the core does not know it yet
}

// nonceStep is by how much, in nanoseconds, a refused nonce is raised first.
const nonceStep = uint64(time.Second)

// open waits for an opening, and begins one if none is in flight. s.mu is held, but
// not while waiting.
func (s *submitter) open(ctx context.Context) error {
	if s.ended != nil {
		return s.ended
	}
	if s.opening == nil {
		s.begin()
	}
	o := s.opening
	s.mu.Unlock()
	defer s.mu.Lock()
	select {
	case <-o.done:
		return o.err
	case <-ctx.Done():
		return ctx.Err()
	case <-s.r.gone:
		return s.r.Err()
	}
}

// begin sends an opening. Its nonce is the wall clock, so that it grows across
// restarts; if the clock went back the opening is refused, and each refusal raises
// the next nonce by twice as much (spec X1).
func (s *submitter) begin() {
	k := &s.opened
	k.nonce = max(k.nonce+k.step, uint64(time.Now().UnixNano()))
	o := &opening{nonce: k.nonce, done: make(chan struct{})}
	s.opening = o
	go func() {
		err := s.send(context.Background(), message.Request{Type: message.RequestOpen, Number: o.nonce})
		if err != nil {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.finish(o, err)
		}
	}()
}

// answered takes the outcome of an opening. s.mu is held.
func (s *submitter) answered(nonce uint64, m *message.Reply) {
	o := s.opening
	switch {
	case o == nil || o.nonce != nonce:
	case m.Code == message.ReplyOK:
		s.opened.id = m.Session
		s.ready()
	case m.Code == message.ReplyBusy:
		s.finish(o, ErrOverloaded)
	default:
		s.opened.step = max(2*s.opened.step, nonceStep)
		s.finish(o, nil) // those who wait begin another
	}
}

// executed notes that the core knows of an execution.
func (s *submitter) executed(seq message.Seq) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.told = max(s.told, seq)
	s.ready()
}

// ready enters the session that was opened once the core knows it: operations that
// came before would be early, and of those it keeps a few only. s.mu is held.
func (s *submitter) ready() {
	if id := s.opened.id; s.opening != nil && id.Seq != 0 && id.Seq <= s.told {
		s.session, s.next, s.lowest = id, 0, 1
		s.opened.id, s.opened.step = message.SessionID{}, 0
		s.finish(s.opening, nil)
	}
}

// finish ends an opening. s.mu is held.
func (s *submitter) finish(o *opening, err error) {
	if s.opening == o {
		s.opening = nil
		o.err = err
		close(o.done)
	}
}
