package verify

import (
	"sync"

	"github.com/twothirds-bft/twothirds/pbft/message"
)

// Memory is the message.Memory of a replica. What it remembers is the newest memoryMax requests to twice as many, all
// in all 2 MB. (Bitcoin Core's signature cache is of this kind.) The zero value is ready; its methods are safe for
// concurrent use.
type Memory struct {
	mu          sync.Mutex
	now, before map[message.Digest]struct{}
}

var _ message.Memory = (*Memory)(nil)

// memoryMax is a little more than what one pool of requests holds at full load.
const memoryMax = 1 << 14

// Missing implements message.Memory.
func (s *Memory) Missing(names []message.Digest) (list []int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range names {
		if _, ok := s.now[names[i]]; ok {
			continue
		}
		if _, ok := s.before[names[i]]; !ok {
			list = append(list, i)
		}
	}
	return list
}

// Add implements message.Memory.
func (s *Memory) Add(names []message.Digest, list []int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, i := range list {
		if s.now == nil || len(s.now) >= memoryMax {
			s.now, s.before = make(map[message.Digest]struct{}), s.now
		}
		s.now[names[i]] = struct{}{}
	}
}
