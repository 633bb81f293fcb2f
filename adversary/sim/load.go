package sim

import (
	"fmt"

	"github.com/twothirds-bft/twothirds/clock"
)

// floor is the least timeout of all replicas.
const floor = 200 * clock.Millisecond

// Busy returns a good world of many decisions, in which two clients have 256 operations
// under way, each a block of its own: what speed is measured with.
func Busy() Scenario {
	return Scenario{
		Burst: true, Decisions: 1000, Clients: 2, Ahead: 128, OpsBlock: 1, Interval: 256, Window: 256, TurnMax: clock.Millisecond,
	}
}

// loaded reports whether the world wants load, whatever is decided.
func (w *World) loaded() bool { return w.sc.Load > 0 && w.elapsed() < w.sc.Heal+w.sc.Load }

// impatient checks that under load no request waits for longer than Limit: that
// everything is decided in the end does not show a client that others are served before
// (I13).
func (c *simClient) impatient(x *call) {
	w := c.w
	if wait := w.elapsed() - max(x.at, w.sc.Heal); w.sc.Load > 0 && wait > w.sc.Limit {
		w.fail("I13", fmt.Sprintf("under load, request %d of client %d waits for %v", x.req.Number, c.id, wait))
	}
}
