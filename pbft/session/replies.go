package session

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/twothirds-bft/twothirds/pbft/message"
)

// ReplyOverhead is what a cached reply counts beyond its result, in bytes: about what it takes in
// memory.
const ReplyOverhead = 128

// Reply is the cached outcome of an executed request: what a repeated request is answered with
// (spec X2).
type Reply struct {
	Seq    message.Seq // of the block in which it was executed
	Code   message.ReplyCode
	Result []byte // read-only; stays valid after the table has dropped it
}

// cached is a Reply in the table.
type cached struct {
	number uint64
	Reply
	digest message.Digest // of Result, zero until Digest needs it
	room   [24]byte       // of a short Result
}

// newCached copies the result: a short one, and most are, costs no memory of its own.
func newCached(number uint64, r Reply) *cached {
	c := &cached{number: number, Reply: r}
	if r.Result != nil {
		c.Result = append(c.room[:0], r.Result...)
	}
	return c
}

func (c *cached) size() int { return ReplyOverhead + len(c.Result) }

// Store caches the reply to an executed number. The table keeps a copy of the result.
//
// A reply that nobody can ask for any more (the session is gone, Awaited has passed the number) is
// dropped, so replies may be stored one by one or after the whole block. All replicas must do it in
// the same order between the same Apply calls, for the bound on bytes is applied here. A number that
// was not executed or has its reply already, or a block in which the session executed nothing, is an
// error of the caller and panics. A mirror stores nothing.
func (t *Table) Store(id message.SessionID, number uint64, r Reply) {
	s := t.live(id)
	if !t.cfg.Replies || s == nil || number < s.awaited {
		return
	}
	t.recent = s
	if !s.done(number) || r.Seq < s.id.Seq || r.Seq > s.used.Seq {
		panic(fmt.Sprintf("session: reply to number %d of %v, not executed in block %d", number, id, r.Seq))
	}
	if len(r.Result) > t.cfg.ReplyBytes-ReplyOverhead {
		return
	}
	if !s.replies.insert(newCached(number, r)) {
		panic(fmt.Sprintf("session: second reply to number %d of %v", number, id))
	}
	t.soil(s)
	if t.replyBytes += ReplyOverhead + len(r.Result); t.replyBytes > t.cfg.ReplyBytes {
		t.trim()
	}
}

// trim cuts every session down to the level at which all together hold 7/8 of ReplyBytes. So the
// bound falls on those who hold most, and nobody can push out the replies of one who holds little
// (spec D1). Each session's cut depends on the level alone, so their order does not matter. The
// spare eighth pays for looking at all sessions.
func (t *Table) trim() {
	t.held = t.held[:0]
	for _, s := range t.slots {
		t.held = append(t.held, s.replies.bytes)
	}
	level := waterLevel(t.held, t.cfg.ReplyBytes-t.cfg.ReplyBytes/8)
	for _, s := range t.slots {
		if freed := s.replies.dropDownTo(level); freed > 0 {
			t.replyBytes -= freed
			t.soil(s)
		}
	}
}

// waterLevel returns the largest level such that no more than budget is left when each of held is cut
// down to it. It sorts held.
func waterLevel(held []int, budget int) int {
	slices.Sort(held)
	for i, h := range held {
		if level := budget / (len(held) - i); h > level {
			return level
		}
		budget -= h
	}
	return math.MaxInt
}

// reply returns the cached reply to a number, if there is one.
func (s *session) reply(number uint64) (Reply, bool) {
	live := s.replies.live()
	i, ok := find(live, number)
	if !ok {
		return Reply{}, false
	}
	return live[i].Reply, true
}

// replies are one session's cached replies by rising number. Numbers come in nearly rising order and
// go from the low end, hence a slice with a head: both ends are cheap. A client that insists on
// another order makes us move 8 bytes per number of its window.
type replies struct {
	list  []*cached
	head  int // list[:head] is dropped and nil
	bytes int // of live()
}

func (q *replies) live() []*cached { return q.list[q.head:] }

func find(live []*cached, number uint64) (int, bool) {
	return slices.BinarySearchFunc(live, number, func(c *cached, n uint64) int { return cmp.Compare(c.number, n) })
}

// insert puts c at its place and reports whether the number was not there before.
func (q *replies) insert(c *cached) bool {
	i, ok := find(q.live(), c.number)
	if ok {
		return false
	}
	q.list = slices.Insert(q.list, q.head+i, c)
	q.bytes += c.size()
	return true
}

// dropBelow forgets the replies to numbers below n and returns their bytes.
func (q *replies) dropBelow(n uint64) (freed int) {
	k := 0
	for live := q.live(); k < len(live) && live[k].number < n; k++ {
		freed += live[k].size()
	}
	q.drop(k, freed)
	return freed
}

// dropDownTo forgets replies until no more than level bytes are left, lowest number first: the reply
// that was sent longest ago. It returns the bytes forgotten.
func (q *replies) dropDownTo(level int) (freed int) {
	k := 0
	for live := q.live(); q.bytes-freed > level; k++ {
		freed += live[k].size()
	}
	q.drop(k, freed)
	return freed
}

func (q *replies) dropAll() (freed int) {
	freed = q.bytes
	q.drop(len(q.live()), freed)
	return freed
}

// drop forgets the first k replies. The rest moves down when the gap has grown as long as itself, and
// to a smaller array when most of this one is unused, so that a burst leaves nothing behind. Both
// are O(1) per reply dropped.
func (q *replies) drop(k, freed int) {
	const spare = 32 // entries that are not worth a smaller array
	clear(q.list[q.head : q.head+k])
	q.head += k
	q.bytes -= freed
	live := q.live()
	switch {
	case cap(q.list) > spare && len(live) < cap(q.list)/4:
		q.list, q.head = append(make([]*cached, 0, 2*len(live)), live...), 0
	case k > 0 && q.head >= len(live):
		n := copy(q.list, live)
		clear(q.list[n:])
		q.list, q.head = q.list[:n], 0
	}
}
