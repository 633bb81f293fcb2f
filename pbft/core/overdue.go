package core

import (
	"slices"

	"github.com/twothirds-bft/twothirds/pbft/message"
)

// overdueMax is how many undecided requests of each member are overdue at a time. One
// would do, but for what is decided at the member and not here yet.
const overdueMax = 4

// overdue is a request that has been a member's oldest for half of its timeout.
type overdue struct {
	key    requestKey
	member int
}

// noteOverdue has the primary propose a request before all others, and find room for it,
// unless the member has too many of them. So no correct primary loses its view for what a
// client sent to others while it used up its share of the primary's pool (spec T1).
func (c *Core) noteOverdue(member int, r *message.Request) bool {
	p, k, count := &c.pool, keyOf(r), 0
	p.overdue = slices.DeleteFunc(p.overdue, func(o overdue) bool {
		x := p.items[o.key]
		return x == nil || x.done
	})
	for _, o := range p.overdue {
		if o.key == k {
			return true
		}
		if o.member == member {
			count++
		}
	}
	if count < overdueMax {
		p.overdue = append(p.overdue, overdue{k, member})
	}
	return count < overdueMax
}

// takeOverdue begins a block, and returns its size so far.
func (p *pool) takeOverdue(bytesMax, most int) (out []message.Request, size int) {
	size = 4
	for _, o := range p.overdue {
		x := p.items[o.key]
		if x == nil || x.turn == nil {
			continue
		}
		if next := size + 4 + x.req.Size(); len(out) < most && (next <= bytesMax || len(out) == 0) {
			out, size = append(out, x.req), next
			p.dequeue(x)
		}
	}
	return out, size
}

// awaited reports whether a member waits for a request that is in no block.
func (p *pool) awaited() bool {
	return slices.ContainsFunc(p.overdue, func(o overdue) bool {
		x := p.items[o.key]
		return x != nil && x.turn != nil
	})
}
