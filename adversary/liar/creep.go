package liar

import (
	"github.com/twothirds-bft/twothirds/clock"
	"github.com/twothirds-bft/twothirds/pbft/message"
)

// newCreep is, as primary, later and later with everything, twice as late every 300 ms
// from 50 ms on. It breaks timeouts that are learnt from the primary's own latency: they
// grow along, and each operation waits for as long as the liar likes (A45; Prime).
func newCreep(e *Env) Sender {
	const step, most = 300 * clock.Millisecond, 8 * clock.Second
	var since clock.Instant // its first proposal in a row of views that it leads
	return func(to message.ReplicaID, m message.Message) {
		if _, ok := m.(*message.PrePrepare); ok && since.IsZero() {
			since = e.Now()
		}
		if !e.Leads() || since.IsZero() {
			since = clock.Instant{}
			e.Send(to, m)
			return
		}
		d := 50 * clock.Millisecond << min(e.Now().Sub(since)/step, 10)
		e.After(min(d, most), func() { e.Send(to, m) })
	}
}
