package explore

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

func (s *set) put(p uint64) bool {
	mask := uint64(len(s.table) - 1)
	h := p * 0x9e3779b97f4a7c15
	for i := (h ^ h>>32) & mask; ; i = (i + 1) & mask {
		switch s.table[i] {
		case 0:
			s.table[i] = p
			return true
		case p:
			return false
		}
	}
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
