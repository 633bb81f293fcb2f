package core

// BlocksKnown returns how many blocks the core holds, on whatever chain.
func (c *Core) BlocksKnown() int { return len(c.nodes) }
