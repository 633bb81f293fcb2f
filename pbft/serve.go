package pbft

import (
	"slices"
	"sync"

	"github.com/twothirds-bft/twothirds/pbft/core"
	"github.com/twothirds-bft/twothirds/pbft/message"
)

// server answers pulls of blocks that are no longer in memory, on a goroutine of its
// own: reading the log takes as long as it takes, and holds up neither votes nor
// execution. Of each member one question waits, the newest, and they take turns
// (spec D1, D2).
type server struct {
	r *Replica

	mu      sync.Mutex
	cond    *sync.Cond
	waiting map[message.ReplicaID]core.Serve
	turns   []message.ReplicaID // of those in waiting
}

func newServer(r *Replica) *server {
	s := &server{r: r, waiting: make(map[message.ReplicaID]core.Serve)}
	s.cond = sync.NewCond(&s.mu)
	return s
}

func (s *server) put(list []core.Serve) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, q := range list {
		if _, ok := s.waiting[q.To]; !ok {
			s.turns = append(s.turns, q.To)
		}
		s.waiting[q.To] = q
		s.cond.Signal()
	}
}

func (s *server) wake() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cond.Broadcast()
}

// next waits for a question, or until the replica stops.
func (s *server) next() (q core.Serve, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(s.turns) == 0 && s.r.Err() == nil {
		s.cond.Wait()
	}
	if s.r.Err() != nil {
		return q, false
	}
	q = s.waiting[s.turns[0]]
	delete(s.waiting, q.To)
	s.turns = slices.Delete(s.turns, 0, 1)
	return q, true
}

// loop is the server's goroutine.
func (s *server) loop() error {
	for {
		q, ok := s.next()
		if !ok {
			return nil
		}
		m, err := s.r.history.serve(q, answerBytes)
		if err != nil {
			s.r.log.Warn("cannot serve old blocks", "from", q.From, "err", err)
			continue
		}
		s.r.send([]core.Outgoing{{To: q.To, Msg: m}})
	}
}

// answerBytes bounds the payload in one answer to a pull.
const answerBytes = 512 << 10
