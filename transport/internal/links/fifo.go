package links

import "github.com/twothirds-bft/twothirds/transport"

// fifo is the queue of one class: a ring of frames addressed by their absolute position, so that a
// slot can remember where its frame stands while frames before it leave.
type fifo struct {
	ring  []entry // length zero or a power of two; position p lives at p mod length
	head  uint64  // position of the oldest frame
	tail  uint64  // position of the next frame
	slots map[uint64]uint64
	taken int // bytes of the oldest frame that have already been taken
	bytes int // bytes queued and not taken
}

type entry struct {
	data []byte
	slot uint64
}

// ringKept is the largest ring that an empty fifo keeps for the next burst.
const ringKept = 256

func (q *fifo) len() int                  { return int(q.tail - q.head) }
func (q *fifo) at(p uint64) *entry        { return &q.ring[p&uint64(len(q.ring)-1)] }
func (q *fifo) fits(n int, l limits) bool { return q.bytes+n <= l.bytes }

func (q *fifo) put(f transport.Frame, l limits) Verdict {
	if f.Slot != 0 {
		if p, ok := q.slots[f.Slot]; ok {
			return q.supersede(p, f, l)
		}
	}
	if !q.fits(len(f.Data), l) || q.len() >= l.frames {
		return Full
	}
	if q.len() == len(q.ring) {
		q.grow()
	}
	if f.Slot != 0 {
		if q.slots == nil {
			q.slots = make(map[uint64]uint64)
		}
		q.slots[f.Slot] = q.tail
	}
	*q.at(q.tail) = entry{data: f.Data, slot: f.Slot}
	q.tail++
	q.bytes += len(f.Data)
	return Queued
}

// supersede puts f in the place of the older frame of its slot at p, which gives way but not its turn
// (spec D1). One that is too large for the room left is dropped instead: the bound comes first.
func (q *fifo) supersede(p uint64, f transport.Frame, l limits) Verdict {
	old := q.at(p)
	if !q.fits(len(f.Data)-len(old.data), l) {
		return Full
	}
	q.bytes += len(f.Data) - len(old.data)
	old.data = f.Data
	return Superseded
}

// take appends slices of up to SliceBytes in total. A frame that does not fit into what is left of the
// turn is cut there only if it is the first: small frames are not cut for the sake of a full turn.
func (q *fifo) take(class transport.Class, batch []Slice) []Slice {
	for room := SliceBytes; q.len() > 0; {
		head := q.at(q.head)
		left := len(head.data) - q.taken
		if left > room && room < SliceBytes {
			break
		}
		if head.slot != 0 {
			delete(q.slots, head.slot) // from its first slice on it cannot be replaced
			head.slot = 0
		}
		s := Slice{Class: class, Frame: head.data, From: q.taken, To: q.taken + min(left, room)}
		batch = append(batch, s)
		room -= s.To - s.From
		q.bytes -= s.To - s.From
		q.taken = s.To
		if !s.Last() {
			break
		}
		q.taken = 0
		*head = entry{}
		q.head++
	}
	if q.len() == 0 && len(q.ring) > ringKept {
		q.ring = nil
	}
	return batch
}

func (q *fifo) grow() {
	old := *q
	q.ring = make([]entry, max(16, 2*len(old.ring)))
	for p := old.head; p != old.tail; p++ {
		*q.at(p) = *old.at(p)
	}
}
