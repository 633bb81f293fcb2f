package links

import (
	"sync/atomic"

	"github.com/twothirds-bft/twothirds/transport"
)

// Meter counts what happens on the link to one peer. It outlives the links. Safe for concurrent use.
type Meter struct {
	Ups, Dropped, Superseded atomic.Uint64
	FramesIn, FramesOut      atomic.Uint64
	BytesIn, BytesOut        atomic.Uint64
	lastErr                  atomic.Pointer[error]
}

// Fail remembers why the link fell or did not come up.
func (m *Meter) Fail(err error) { m.lastErr.Store(&err) }

// Report fills in the counters of a snapshot.
func (m *Meter) Report(l *transport.Link) {
	l.Ups, l.Dropped, l.Superseded = m.Ups.Load(), m.Dropped.Load(), m.Superseded.Load()
	l.FramesIn, l.FramesOut = m.FramesIn.Load(), m.FramesOut.Load()
	l.BytesIn, l.BytesOut = m.BytesIn.Load(), m.BytesOut.Load()
	if err := m.lastErr.Load(); err != nil {
		l.LastErr = *err
	}
}

// Tally counts by reason. The zero value is ready. Safe for concurrent use.
type Tally struct {
	counts [transport.ReasonsMax]atomic.Uint64
}

// Add counts n more for the reason; none for zero, which is no reason.
func (t *Tally) Add(r transport.Reason, n int) {
	if r != 0 {
		t.counts[r].Add(uint64(n))
	}
}

// Counts returns the reasons that have occurred.
func (t *Tally) Counts() map[transport.Reason]uint64 {
	counts := make(map[transport.Reason]uint64)
	for r := range t.counts {
		if n := t.counts[r].Load(); n != 0 {
			counts[transport.Reason(r)] = n
		}
	}
	return counts
}
