package core

// Held is how much a core holds of what others made it hold (spec D1).
type Held struct {
	Nodes, Loose, Bodies, Own, Requests, RequestBytes, Clients, Early, Fresh, Checkpoints, Evidence, Mine int
}

// Held counts.
func (c *Core) Held() Held {
	h := Held{
		Nodes: len(c.nodes), Own: len(c.own), Requests: len(c.pool.items), RequestBytes: c.pool.bytes, Clients: len(c.pool.clients),
		Early: len(c.pool.early), Fresh: len(c.pool.fresh), Checkpoints: len(c.checkpoints.votes), Evidence: len(c.seen.known),
		Mine: len(c.mine.checkpoint),
	}
	for _, n := range c.nodes { // order: sums
		if !n.covered {
			h.Loose++
		}
		if n.payload != nil {
			h.Bodies += len(n.payload.Raw)
		}
	}
	if h.Loose != c.loose {
		panic("loose is miscounted")
	}
	return h
}

// Pending returns how much an output holds that is not drained yet.
func (c *Core) Pending() (sends, records, total int) {
	o := &c.out
	return len(o.Send), len(o.Persist), len(o.Sign) + len(o.Propose) + len(o.Persist) + len(o.Send) + len(o.Execute) + len(o.Serve) +
		len(o.Answer) + len(o.Busy) + len(o.Evidence)
}
