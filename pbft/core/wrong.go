package core

import "container/list"

// What seeded bugs do that takes more than a line: see internal/bug. Nothing of it is
// linked where they are constants.

// second follows the primary to another chain of the entered view (M11). It reports
// whether that was one.
func (c *Core) second(t *tally, i int, v vote) bool {
	if t != &c.prepares || i != c.primary(c.view) || i == c.self || v.view != c.view || c.onChain(t, &v) || !c.joinable(v.at) {
		return false
	}
	for c.tip.Seq > max(c.base.Seq, c.decided.Seq) && !c.extends(v.at, c.tip) {
		c.tip = c.ownPoint(c.tip.Seq - 1)
	}
	c.switchChain(v.at)
	c.file(t, i, v)
	return true
}

// anyTurn returns the turn of the first client in a map (M59).
func (p *pool) anyTurn() *list.Element {
	for _, cl := range p.clients { // order: that there is none is the bug
		if cl.turn != nil {
			return cl.turn
		}
	}
	return nil
}

// admissible reports whether all requests of a block would be executed as of what is
// executed here (M76).
func (c *Core) admissible(n *node) bool {
	for i := range n.payload.Requests {
		if !c.sessions.Admissible(&n.payload.Requests[i]) {
			return false
		}
	}
	return true
}
