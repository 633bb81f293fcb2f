package verify

import (
	"runtime"
	"sync/atomic"

	"github.com/twothirds-bft/twothirds/pbft/message"
)

// ticket is what the reader of a member's link waits with for a message to be checked, by itself or by another reader.
type ticket struct {
	message.Direct
	busy  atomic.Bool
	ready chan bool // sent under mu: true at the end, and false once before it if this reader has to see to what was held back
}

// bench is what a permit comes with: room for a batch.
type bench struct {
	batch, stale []*ticket
	list         []*message.Direct
	bad          []int
}

// together checks a message of the member at index i in one batch with whatever waits besides.
func (p *Pool) together(i int, from message.ReplicaID, m message.Signed) (message.Verified, error) {
	t := &p.tickets[i]
	if !t.busy.CompareAndSwap(false, true) {
		return p.alone(from, m) // from another link of this member
	}
	defer t.busy.Store(false)
	t.Direct = message.Direct{From: from, Message: m}
	p.mu.Lock()
	trusted := p.waiting.Add(i, m, t)
	p.mu.Unlock()
	if !trusted {
		return p.alone(from, m)
	}
	runtime.Gosched() // whoever has read a vote, too, hands it in first: one batch for all
	p.await(t)
	return t.Verified, t.Err
}

// await returns when a ticket's message has been checked. It checks what waits, once for itself, and again if it is told to.
func (p *Pool) await(t *ticket) {
	permits := p.permits
	for {
		select {
		case done := <-t.ready:
			if done {
				return
			}
			permits = p.permits
		case b := <-permits:
			for p.check(b) {
			}
			p.permits <- b
			permits = nil // whoever holds back what is left tells one of its readers when that ends
		}
	}
}

// check checks one batch of what waits, and reports whether there is another one.
func (p *Pool) check(b *bench) (more bool) {
	p.mu.Lock()
	b.batch, b.stale, more = p.waiting.Take(p.filter.Load(), b.batch[:0], b.stale[:0])
	p.dismiss(b.stale)
	p.mu.Unlock()
	if len(b.batch) == 0 {
		return false
	}
	b.list, b.bad = b.list[:0], b.bad[:0]
	for _, t := range b.batch {
		b.list = append(b.list, &t.Direct)
	}
	p.door.VerifyDirect(b.list)
	for _, x := range b.list {
		if x.Err != nil {
			b.bad = append(b.bad, p.door.Members().Index(x.From))
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, t := range b.batch {
		t.ready <- true
	}
	if due, ok := p.waiting.Done(len(b.bad) < len(b.list), b.bad); ok {
		due.ready <- false
	}
	return more
}

// dismiss ends the wait of what has become stale. The caller holds mu.
func (p *Pool) dismiss(list []*ticket) {
	for _, t := range list {
		p.stale.Add(1)
		t.Err = ErrStale
		t.ready <- true
	}
}

// review holds what waits against a new filter.
func (p *Pool) review(f *Filter) {
	p.mu.Lock()
	defer p.mu.Unlock()
	stale, due, ok := p.waiting.Review(f, p.reviewed[:0])
	p.dismiss(stale)
	p.reviewed = stale
	if ok {
		due.ready <- false
	}
}

// Close ends the holding back of votes: of a loop that has stopped no filter comes any more. Member still checks what it
// is given.
func (p *Pool) Close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if due, ok := p.waiting.Close(); ok {
		due.ready <- false
	}
}
