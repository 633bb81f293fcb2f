// Package links is what the kinds of transport share: the bounded queues to one peer, the counters
// of a link, and the rule of who dials.
package links

import (
	"sync"

	"github.com/twothirds-bft/twothirds/transport"
)

// SliceBytes is the most that one turn of the writer takes of each class, and so the most bulk that
// can stand before a control frame (spec D2).
const SliceBytes = 64 << 10

// Verdict says what became of a frame given to Put.
type Verdict uint8

// Verdicts of Put.
const (
	Queued     Verdict = iota
	Superseded         // queued in the place of an older frame of its slot, which is dropped
	Full               // dropped: no room for its bytes or for one more frame
	Closed             // dropped: the link has fallen
)

// Slice is a part of a frame, of SliceBytes at most: Frame[From:To].
type Slice struct {
	Class    transport.Class
	Frame    []byte
	From, To int
}

// Last reports whether the slice completes its frame.
func (s Slice) Last() bool { return s.To == len(s.Frame) }

// Queue holds what waits to be written to one peer: a bounded first-in first-out queue per class. It
// lives as long as its link. Any number of goroutines may Put; one Takes.
type Queue struct {
	mu      sync.Mutex
	classes [2]fifo
	limit   limits
	closed  bool
	parked  bool // the taker found nothing and waits on ready
	ready   chan struct{}
}

type limits struct{ bytes, frames int }

// NewQueue makes a queue that holds bytesMax bytes and framesMax frames of each class.
func NewQueue(bytesMax, framesMax int) *Queue {
	return &Queue{limit: limits{bytesMax, framesMax}, ready: make(chan struct{}, 1)}
}

// Put queues a frame, or says why it did not. It never blocks on anything but the lock.
func (q *Queue) Put(f transport.Frame) Verdict {
	q.mu.Lock()
	if q.closed {
		q.mu.Unlock()
		return Closed
	}
	verdict := q.classes[f.Class].put(f, q.limit)
	wake := q.parked && verdict == Queued
	if wake {
		q.parked = false
	}
	q.mu.Unlock()
	if wake {
		select {
		case q.ready <- struct{}{}:
		default: // an unused wake-up is still there and will do
		}
	}
	return verdict
}

// Take appends one turn to batch: up to SliceBytes of control, then up to SliceBytes of bulk. If
// nothing is queued it returns batch as it was, and the next Put makes Ready receivable.
func (q *Queue) Take(batch []Slice) []Slice {
	q.mu.Lock()
	defer q.mu.Unlock()
	taken := len(batch)
	batch = q.classes[transport.Control].take(transport.Control, batch)
	batch = q.classes[transport.Bulk].take(transport.Bulk, batch)
	q.parked = len(batch) == taken
	return batch
}

// Ready receives when a frame has been queued after a Take that found none, and sometimes without.
func (q *Queue) Ready() <-chan struct{} { return q.ready }

// Queued returns the bytes and frames that wait, a frame counting until its last slice is taken.
func (q *Queue) Queued() (bytes, frames int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for i := range q.classes {
		bytes += q.classes[i].bytes
		frames += q.classes[i].len()
	}
	return bytes, frames
}

// Close discards what is queued and returns how many frames that was. Later Puts are refused.
func (q *Queue) Close() (frames int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for i := range q.classes {
		frames += q.classes[i].len()
	}
	q.classes = [2]fifo{}
	q.closed = true
	return frames
}
