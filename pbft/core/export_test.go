package core

// FrameBytes is what is said of pbft/wire.
const FrameBytes = frameBytes

// Footing returns the footprint, and what of it the core keeps count of itself.
func (c *Core) Footing() (f Footprint, loose, looseBytes int) {
	return c.Footprint(), c.loose, c.looseBytes
}

// Pending returns how much an output holds that is not drained yet.
func (c *Core) Pending() (sends, records, total int) {
	o := &c.out
	return len(o.Send), len(o.Persist), len(o.Sign) + len(o.Early) + len(o.Persist) + len(o.Send) + len(o.Execute) + len(o.Serve) +
		len(o.Answer) + len(o.Busy) + len(o.Evidence)
}
