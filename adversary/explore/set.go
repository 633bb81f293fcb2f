package explore

import "slices"

// set is a hash set of words that are not 0.
type set struct {
	table []uint64
	n     int
}

// add reports whether p is new.
func (s *set) add(p uint64) bool {
	if 4*(s.n+1) > 3*len(s.table) {
		s.grow()
	}
	if !s.put(p) {
		return false
	}
	s.n++
	return true
}

// has reports whether p is there.
func (s *set) has(p uint64) bool { return s.n > 0 && s.table[s.find(p)] == p }

func (s *set) put(p uint64) bool {
	at := &s.table[s.find(p)]
	isNew := *at == 0
	*at = p
	return isNew
}

// find returns the place of p, or the free one where it belongs.
func (s *set) find(p uint64) uint64 {
	mask := uint64(len(s.table) - 1)
	h := p * 0x9e3779b97f4a7c15
	i := (h ^ h>>32) & mask
	for s.table[i] != 0 && s.table[i] != p {
		i = (i + 1) & mask
	}
	return i
}

// reset empties the set and makes room for n words.
func (s *set) reset(n int) {
	size := 1 << 6
	for 3*size <= 4*n {
		size *= 2
	}
	s.n, s.table = 0, slices.Grow(s.table[:0], size)[:size]
	clear(s.table)
}

func (s *set) grow() {
	old := s.table
	s.table = make([]uint64, max(1<<12, 2*len(old)))
	for _, p := range old {
		if p != 0 {
			s.put(p)
		}
	}
}
