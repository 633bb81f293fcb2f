package sim

import "github.com/twothirds-bft/twothirds/clock"

// event is something that will happen at a time. Events of one time happen in the
// order in which they were planned.
type event struct {
	at    clock.Instant
	order uint64
	host  *host // whose process it needs, or nil; void once that process has died
	life  int
	deed
}

// deed is what happens: run, or without it the packet arrives at a replica. Nearly all
// that happens is an arrival, and this way it needs no closure.
type deed struct {
	run    func()
	to     *host
	packet *packet
}

func (d *deed) do() {
	if d.run != nil {
		d.run()
	} else {
		d.to.arrive(d.packet)
	}
}

func (e *event) before(o *event) bool {
	return e.at.Before(o.at) || e.at == o.at && e.order < o.order
}

// queue is a heap of four children a node: half the levels of a binary one, and
// neighbours in memory.
type queue struct {
	list  []event
	order uint64
}

func (q *queue) push(e event) {
	q.order++
	e.order = q.order
	q.list = append(q.list, e)
	i := len(q.list) - 1
	for i > 0 {
		up := (i - 1) / 4
		if !e.before(&q.list[up]) {
			break
		}
		q.list[i] = q.list[up]
		i = up
	}
	q.list[i] = e
}

func (q *queue) pop() event {
	first := q.list[0]
	last := len(q.list) - 1
	e := q.list[last]
	q.list[last] = event{}
	q.list = q.list[:last]
	i := 0
	for {
		least := 4*i + 1
		if least >= last {
			break
		}
		for k := least + 1; k < min(4*i+5, last); k++ {
			if q.list[k].before(&q.list[least]) {
				least = k
			}
		}
		if !q.list[least].before(&e) {
			break
		}
		q.list[i] = q.list[least]
		i = least
	}
	if last > 0 {
		q.list[i] = e
	}
	return first
}
