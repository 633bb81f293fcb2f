package sim

import (
	"fmt"
	"slices"

	"github.com/twothirds-bft/twothirds/clock"
	"github.com/twothirds-bft/twothirds/pbft/core"
	"github.com/twothirds-bft/twothirds/pbft/message"
)

// How patient a replica is, as far as that follows from what it went through: the exponent
// of its timeouts after a restart and when it falls again (T3), and that one that is behind
// does not blame the primary for it (T1).

// patience is what is known of that in this life.
type patience struct {
	k       int           // exponent at the last look
	at      clock.Instant // of the last look
	changed clock.Instant // of the one before k changed
	least   int           // what k begins with at least, until it has been looked at once
	suspect message.View  // the last that was suspected, and one more
	decided message.Seq   // as of the last turn
	ahead   message.Seq   // what weak power had decided then
}

// calmLeast is for how long k stays where it is at least before it falls (T3).
const calmLeast = 30 * clock.Second

// boot takes up a life: k begins with the views since that of the highest CC (T3).
func (p *patience) boot(now clock.Instant, r *core.Restored) {
	*p = patience{at: now, changed: now, decided: r.State.Low.Seq}
	if r.Commit != nil && r.State.View > r.Commit.View {
		p.least = int(min(r.State.View-r.Commit.View, 64))
	}
}

// falls returns what is wrong with how the exponent went on since the last look, or "".
func (p *patience) falls(h *host) string {
	now := h.now()
	if p.least == 0 && now.Sub(p.at) < dutiesEvery {
		return ""
	}
	s, last, before := h.core.Status(), p.k, p.at
	if least := min(p.least, s.BackoffMax); s.Backoff < least {
		return fmt.Sprintf("begins with %d doublings, %d views after that of its highest certificate (T3)", s.Backoff, least)
	}
	p.k, p.at, p.least = s.Backoff, now, 0
	if p.k == last {
		return ""
	}
	since := now.Sub(p.changed)
	p.changed = before
	if p.k < last-1 || p.k < last && since < calmLeast {
		return fmt.Sprintf("goes down from %d doublings to %d after %v (T3)", last, p.k, since)
	}
	return ""
}

// blames returns what is wrong with a SUSPECT for the entered view, or "": the first one
// comes when the timer fires, and then one that is behind weak power catches up before it
// suspects (T1). Where it has decided anything in this turn it may have caught up just now.
func (p *patience) blames(x *heard, o *oracle, h *host, out *core.Output) string {
	decided, was, before := h.core.Marks().Decided, p.decided, p.ahead
	p.decided, p.ahead = decided, o.told(x, h)
	for _, m := range out.Sign {
		s, ok := m.(*message.Suspect)
		if !ok || s.View != x.state.View || s.View < p.suspect {
			continue
		}
		p.suspect = s.View + 1
		if behind := min(before, p.ahead); decided == was && behind > decided {
			return fmt.Sprintf("suspects the primary of view %d, and is behind itself: at %d, weak power at %d (T1)", s.View, decided, behind)
		}
	}
	return ""
}

// told is the highest seq that weak power of others shows as decided in its last statuses.
func (o *oracle) told(x *heard, h *host) message.Seq {
	var room [16]message.Seq // more is allocated
	list := room[:0]
	for i := range x.statuses {
		if i != int(h.id) {
			list = append(list, x.statuses[i].Decided)
		}
	}
	if len(list) < o.weak() {
		return 0
	}
	slices.Sort(list)
	return list[len(list)-o.weak()]
}
