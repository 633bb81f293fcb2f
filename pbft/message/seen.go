package message

import (
	"crypto/sha256"
	"sync"
)

// seen remembers requests whose signature was checked, so that one which comes again, from its client, from
// replicas that pass it on and in a block, is not checked again. It names them by a hash of all that the
// verdict follows from: key, signed bytes and signature. It is safe for concurrent use.
//
// What is remembered is the newest seenMax to twice as many. (Bitcoin Core's signature cache is of this kind.)
type seen struct {
	mu          sync.Mutex
	now, before map[Digest]struct{}
}

// seenMax is a little more than what one pool of requests holds at full load.
const seenMax = 1 << 14

// missing returns which of these have not been seen, as a list of their indexes.
func (s *seen) missing(names []Digest) (list []int) {
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

// add remembers those of names that list says.
func (s *seen) add(names []Digest, list []int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, i := range list {
		if s.now == nil || len(s.now) >= seenMax {
			s.now, s.before = make(map[Digest]struct{}), s.now
		}
		s.now[names[i]] = struct{}{}
	}
}

// signatures checks the clients' signatures of those requests that were not checked before, in one batch. It does
// not tell which is bad: a client's frame, a member's, or a block is refused as a whole.
func (d *Door) signatures(list []Request) error {
	size := 0
	for i := range list {
		if len(list[i].Sig) != SignatureSize {
			return ErrSignature
		}
		size += signedFixed + len(list[i].Op) + SignatureSize
	}
	room := make([]byte, 0, size)
	names, signed := make([]Digest, len(list)), make([][]byte, len(list))
	for i := range list {
		start := len(room)
		room = list[i].appendSigned(room, d.cluster)
		signed[i] = room[start:len(room):len(room)]
		room = append(room, list[i].Sig...)
		names[i] = sha256.Sum256(room[start:])
	}
	fresh := d.seen.missing(names)
	if len(fresh) == 0 {
		return nil
	}
	b := newBatch(len(fresh))
	for _, i := range fresh {
		b.add(list[i].Client, signed[i], list[i].Sig)
	}
	if err := b.verify(d.keys); err != nil {
		return err
	}
	d.seen.add(names, fresh)
	return nil
}
