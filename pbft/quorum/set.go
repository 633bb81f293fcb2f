package quorum

// Set is a set of members and the power that they have together. A member counts once however often it is added, so a
// peer that repeats itself gains nothing. Make it with [NewSet]; copies share their members. Not safe for concurrent use.
type Set struct {
	system *System
	bits   []uint64
	power  uint64
	len    int
}

// NewSet returns an empty Set over the members of s.
func NewSet(s *System) *Set {
	return &Set{system: s, bits: make([]uint64, (s.Len()+63)/64)}
}

// Add puts member i into the set and reports whether it was not there before.
func (t *Set) Add(i int) bool {
	power := t.system.Power(i) // before the bit: an index that is out of range leaves no trace
	word, bit := i/64, uint64(1)<<(i%64)
	if t.bits[word]&bit != 0 {
		return false
	}
	t.bits[word] |= bit
	t.power += power
	t.len++
	return true
}

// Has reports whether member i is in the set.
func (t *Set) Has(i int) bool {
	_ = t.system.powers[i] // same range as Add
	return t.bits[i/64]&(1<<(i%64)) != 0
}

// Len returns the number of members in the set.
func (t *Set) Len() int { return t.len }

// Power returns the power that the members of the set have together.
func (t *Set) Power() uint64 { return t.power }

// HasQuorum reports whether the set is a quorum: any other quorum shares a correct member with it.
func (t *Set) HasQuorum() bool { return t.power >= t.system.Quorum() }

// HasWeak reports whether the set must include a correct member.
func (t *Set) HasWeak() bool { return t.power >= t.system.Weak() }

// Clear empties the set.
func (t *Set) Clear() {
	clear(t.bits)
	t.power, t.len = 0, 0
}
