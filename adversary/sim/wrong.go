package sim

import (
	"github.com/twothirds-bft/twothirds/pbft"
	"github.com/twothirds-bft/twothirds/pbft/core"
	"github.com/twothirds-bft/twothirds/pbft/message"
)

// What seeded bugs of the shell and the log do here: see internal/bug.

// cutDamaged goes on with what stands before the first damaged record (M35).
func (d *disk) cutDamaged(h *host) {
	for i := range d.records {
		if d.damaged[i] {
			d.cut(h, i, Rot)
			break
		}
	}
	d.damaged = nil
}

// again tells the application of the last block once more (M62).
func (x *executor) again(d *core.Decided) {
	b := pbft.Block{Seq: d.Point.Seq}
	for i := range d.Block.Payload.Requests {
		if r := &d.Block.Payload.Requests[i]; r.Type == message.RequestOperation {
			b.Ops = append(b.Ops, pbft.Op{Client: r.Client, Session: r.Session, Number: r.Number, Data: r.Op})
		}
	}
	x.app.Execute(&b)
}

// oldest returns the lowest number that is open: the one that any reply counts for
// (M73).
func (c *simClient) oldest() uint64 {
	n := c.number + 1
	for k := range c.open { // order: a minimum
		n = min(n, k)
	}
	return n
}
