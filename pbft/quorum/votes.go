package quorum

import "fmt"

// Votes counts cumulative votes. A vote of value s stands for everything up to s, so of each member only the highest one
// matters, and the point is the largest s for which members who voted s or more have the threshold's power together.
// Value 0 is "no vote".
//
// The caller decides which votes belong together: of one epoch and view, and for PREPAREs also of one base. Counting
// those of several bases in one Votes forks the log (spec N3).
//
// Members are kept in order of falling value, and cut is the shortest prefix that has the threshold's power: the value
// of its last member is the point. A vote costs one step per member that it overtakes, none at all while members vote in
// the same order as the time before; the cut then moves by a step or two.
//
// Make it with [NewVotes]; copies share their votes. Not safe for concurrent use.
type Votes struct {
	system    *System
	threshold uint64
	order     []vote   // by value, falling; among equals the earlier vote first
	place     []uint16 // member -> its index in order
	cut       int      // index of the last member of the shortest prefix with power >= threshold
	cutPower  uint64   // power of order[:cut+1]
}

type vote struct {
	value  uint64
	member uint16
}

// NewVotes returns an empty count over the members of s. The threshold is a power, usually s.Quorum() or s.Weak(). It
// panics unless it lies in 1..s.Total(): no other has a point to speak of.
func NewVotes(s *System, threshold uint64) *Votes {
	if threshold == 0 || threshold > s.Total() {
		panic(fmt.Sprintf("quorum: threshold %d outside 1..%d", threshold, s.Total()))
	}
	v := &Votes{system: s, threshold: threshold, order: make([]vote, s.Len()), place: make([]uint16, s.Len())}
	v.Reset()
	return v
}

// Record takes member i's vote for everything up to value and reports whether the point rose by it. A vote that is not
// above the one held says nothing new and is ignored, so votes may come in any order and any number of times.
func (v *Votes) Record(i int, value uint64) (moved bool) {
	from := int(v.place[i])
	if value <= v.order[from].value {
		return false
	}
	before := v.Point()
	to := v.raise(from, value)
	if from > v.cut && to <= v.cut {
		v.cut++ // a member from behind the cut came before it: the prefix has grown by one
		v.cutPower += v.system.powers[i]
	}
	v.shortenCut()
	return v.Point() > before
}

// Value returns the highest vote of member i, 0 if none.
func (v *Votes) Value(i int) uint64 { return v.order[v.place[i]].value }

// Set makes value the vote of member i, whether higher or lower than the one held, and 0 takes the vote away. It is for
// votes that turn out to belong elsewhere. Unlike Record it walks over all members.
func (v *Votes) Set(i int, value uint64) {
	from := int(v.place[i])
	if value > v.order[from].value {
		v.raise(from, value)
	} else {
		v.lower(from, value)
	}
	v.cut = len(v.order) - 1
	v.cutPower = v.system.total
	v.shortenCut()
}

// Point returns the largest s such that members whose votes are s or more have the threshold's power together, or 0.
func (v *Votes) Point() uint64 { return v.order[v.cut].value }

// Reset takes all votes away.
func (v *Votes) Reset() {
	for i := range v.order {
		v.order[i] = vote{member: uint16(i)}
		v.place[i] = uint16(i)
	}
	v.cut = len(v.order) - 1
	v.cutPower = v.system.total
	v.shortenCut()
}

// raise gives the member at index from a higher value, moves it before all whose value is lower, and returns its index.
func (v *Votes) raise(from int, value uint64) (to int) {
	moving := vote{value: value, member: v.order[from].member}
	for to = from; to > 0 && v.order[to-1].value < value; to-- {
		v.put(to, v.order[to-1])
	}
	v.put(to, moving)
	return to
}

// lower gives the member at index from a lower value and moves it behind all whose value is higher.
func (v *Votes) lower(from int, value uint64) {
	moving := vote{value: value, member: v.order[from].member}
	to := from
	for ; to < len(v.order)-1 && v.order[to+1].value > value; to++ {
		v.put(to, v.order[to+1])
	}
	v.put(to, moving)
}

func (v *Votes) put(at int, x vote) {
	v.order[at] = x
	v.place[x.member] = uint16(at)
}

// shortenCut drops members from the end of the prefix while the rest still has the threshold's power.
func (v *Votes) shortenCut() {
	for {
		rest := v.cutPower - v.system.powers[v.order[v.cut].member]
		if rest < v.threshold {
			return
		}
		v.cutPower = rest
		v.cut--
	}
}
