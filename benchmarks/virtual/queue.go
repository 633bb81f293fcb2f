package virtual

import "github.com/twothirds-bft/twothirds/clock"

// event happens at an instant; those of one instant in the order in which they were planned.
type event struct {
	at    clock.Instant
	order uint64
	do    func()
}

func (e *event) before(o *event) bool {
	return e.at.Before(o.at) || e.at == o.at && e.order < o.order
}

// queue is a binary heap of events.
type queue struct {
	list  []event
	order uint64
}

func (q *queue) push(at clock.Instant, do func()) {
	q.order++
	e := event{at, q.order, do}
	q.list = append(q.list, e)
	i := len(q.list) - 1
	for ; i > 0 && e.before(&q.list[(i-1)/2]); i = (i - 1) / 2 {
		q.list[i] = q.list[(i-1)/2]
	}
	q.list[i] = e
}

// pop takes out the first event of a queue that is not empty.
func (q *queue) pop() event {
	first, last := q.list[0], len(q.list)-1
	e := q.list[last]
	q.list[last] = event{}
	q.list = q.list[:last]
	i := 0
	for k := 1; k < last; k = 2*i + 1 {
		if k+1 < last && q.list[k+1].before(&q.list[k]) {
			k++
		}
		if !q.list[k].before(&e) {
			break
		}
		q.list[i], i = q.list[k], k
	}
	if last > 0 {
		q.list[i] = e
	}
	return first
}
