package core

import (
	"container/list"
	"maps"
	"slices"

	"github.com/twothirds-bft/twothirds/pbft/message"
	"github.com/twothirds-bft/twothirds/pbft/quorum"
)

// Clone returns a core in the same state that goes on by itself: given the same inputs,
// both do the same. Messages, payloads and certificates are shared, for nobody changes
// them once they are signed. So clone between turns, when what the last Output lists in
// Sign is signed. Explorers branch by it.
func (c *Core) Clone() *Core {
	d := *c
	d.nodes = make(map[message.Digest]*node, len(c.nodes))
	for chain, n := range c.nodes { // order: a copy
		m := *n
		d.nodes[chain] = &m
	}
	d.own = maps.Clone(c.own)
	d.prepares, d.commits = c.prepares.clone(), c.commits.clone()
	d.checkpoints = c.checkpoints.clone(c.sys)
	d.changes.suspects = slices.Clone(c.changes.suspects)
	d.changes.newest = slices.Clone(c.changes.newest)
	d.changes.certs = slices.Clone(c.changes.certs)
	d.pool = c.pool.clone()
	d.sessions = c.sessions.Clone()
	d.peers = slices.Clone(c.peers)
	d.pulls.asks = slices.Clone(c.pulls.asks)
	d.seen = &evidence{known: maps.Clone(c.seen.known)}
	d.mine.leaves = slices.Clone(c.mine.leaves)
	d.mine.checkpoint, d.mine.undone = slices.Clone(c.mine.checkpoint), slices.Clone(c.mine.undone)
	d.out = c.out.clone()
	return &d
}

func (t *tally) clone() tally {
	u := *t
	u.ballots, u.points = slices.Clone(t.ballots), t.points.Clone()
	return u
}

func (k *checkpoints) clone(sys *quorum.System) checkpoints {
	l := *k
	l.votes = make(map[message.Seq][]*message.Checkpoint, len(k.votes))
	for s, votes := range k.votes { // order: a copy
		l.votes[s] = slices.Clone(votes)
	}
	l.ahead = maps.Clone(k.ahead)
	l.set = quorum.NewSet(sys) // scratch: each use begins with an empty one
	return l
}

func (o *Output) clone() Output {
	p := *o
	p.Sign = slices.Clone(o.Sign)
	p.Early, p.Send = slices.Clone(o.Early), slices.Clone(o.Send)
	p.Persist, p.Execute, p.Serve = slices.Clone(o.Persist), slices.Clone(o.Execute), slices.Clone(o.Serve)
	p.Answer, p.Busy = slices.Clone(o.Answer), slices.Clone(o.Busy)
	p.Evidence = slices.Clone(o.Evidence)
	return p
}

// clone copies the pool with its three kinds of queues. What is decided has no
// place in any.
func (p *pool) clone() pool {
	q := *p
	q.items, q.clients = make(map[requestKey]*pending, len(p.items)), make(map[message.PublicKey]*client, len(p.clients))
	q.byAge, q.turns = list.New(), list.New()
	q.overdue, q.ahead, q.early, q.fresh = slices.Clone(p.overdue), slices.Clone(p.ahead), slices.Clone(p.early), slices.Clone(p.fresh)
	for k, x := range p.items { // order: a copy
		y := *x
		y.age, y.turn = nil, nil
		q.items[k] = &y
	}
	for k, cl := range p.clients { // order: a copy, each with its own queue
		q.clients[k] = cl.clone(&q)
	}
	each(p.byAge, func(x *pending) { y := q.items[x.key]; y.age = q.byAge.PushBack(y) })
	each(p.turns, func(cl *client) { dl := q.clients[cl.key]; dl.turn = q.turns.PushBack(dl) })
	return q
}

func (cl *client) clone(q *pool) *client {
	dl := *cl
	dl.queue, dl.turn = list.New(), nil
	each(cl.queue, func(x *pending) { y := q.items[x.key]; y.turn = dl.queue.PushBack(y) })
	return &dl
}

// each calls f with the elements of a list, from the front.
func each[T any](l *list.List, f func(T)) {
	for e := l.Front(); e != nil; e = e.Next() {
		f(e.Value.(T))
	}
}
