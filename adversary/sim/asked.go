package sim

import (
	"fmt"
	"slices"

	"github.com/twothirds-bft/twothirds/clock"
	"github.com/twothirds-bft/twothirds/pbft/core"
	"github.com/twothirds-bft/twothirds/pbft/message"
)

// asked is what a correct replica was asked for in this life and has not decided yet, the
// oldest first: the progress timer belongs to that, whatever else is decided (T1).
type asked struct {
	list   []request
	known  map[requestKey]bool
	since  clock.Instant  // when the first of the list became that, at the latest
	wait   clock.Duration // the longest timeout from then on: its timer runs with that of then
	view   message.View   // in which it waits
	lag    message.Seq    // one above what weak power had decided when its time was over, or what the primary needs after its window was full
	full   message.Seq    // that, if the window was full meanwhile
	paused int            // times a pause put it off
	given  message.Seq    // up to which this replica has decided blocks and holds them
}

type requestKey struct {
	client  message.PublicKey
	session message.SessionID
	number  uint64
}

type request struct {
	key  requestKey
	sure bool        // it is admitted for certain
	tip  message.Seq // of blocks that are older obligations, as those up to the view's base may be
}

func (a *asked) boot(executed message.Seq) {
	a.list, a.lag, a.since, a.given = a.list[:0], 0, clock.Instant{}, executed
	clear(a.known)
}

func keyOf(r *message.Request) requestKey { return requestKey{r.Client, r.Session, r.Number} }

// onAsked notes requests that reach a correct replica. It admits those of correct clients
// whose session it knows, if they ever open one only.
func (o *oracle) onAsked(h *host, m *message.Requests) {
	x, sc := o.heard[h.at], &o.w.sc
	lasting := sc.Reopen == 0 && sc.Sessions == 0 && len(h.executed) == 0
	for i := range m.List {
		r := &m.List[i]
		k := keyOf(r)
		if _, done := o.done[k]; done || x.asked.known[k] {
			continue
		}
		x.asked.known[k] = true
		sure := (r.Type == message.RequestOpen || r.Session.Seq <= h.app.seq) &&
			slices.ContainsFunc(o.w.clients, func(c *simClient) bool { return c.key == r.Client })
		x.asked.list = append(x.asked.list, request{k, sure && lasting, x.state.Tip.Seq})
	}
}

// onGiven notes which requests are decided: those of blocks that are given out.
func (o *oracle) onGiven(h *host, list []core.Decided) {
	for i := range list {
		seq := list[i].Point.Seq
		o.heard[h.at].asked.given = seq
		if seq <= o.ordered {
			continue
		}
		o.ordered = seq
		for k := range list[i].Block.Payload.Requests {
			if k := keyOf(&list[i].Block.Payload.Requests[k]); o.done[k] == 0 {
				o.done[k] = seq
			}
		}
	}
}

// unserved returns for how long the replica has not suspected a primary that leaves its
// oldest request undecided, if that is too long, or "": its timer runs its full length once,
// and T5 may put it off by as much again. If it lags, it first catches up to what weak
// power had decided by then.
func (x *heard) unserved(o *oracle, h *host, out *core.Output, decided message.Seq, paused bool) string {
	a, now := &x.asked, h.now()
	first := len(a.list)
	for i := range a.list {
		if seq, done := o.done[a.list[i].key]; !done || seq > decided {
			first = i
			break
		}
	}
	if first > 0 {
		a.list = slices.Delete(a.list, 0, first)
		a.start(now)
	}
	for _, m := range out.Sign {
		if _, ok := m.(*message.Suspect); ok {
			a.start(now)
		}
	}
	target := x.target(h)
	if len(a.list) == 0 || !a.list[0].sure || max(a.list[0].tip, x.state.Base.Seq) > decided || a.since.IsZero() ||
		target != x.state.View || target != a.view {
		a.start(now)
		a.view, a.lag = target, 0
		return ""
	}
	if paused {
		a.stoodStill(now)
		return ""
	}
	a.wait = max(a.wait, x.owed.wait)
	if high := x.state.Low.Seq + 2*message.Seq(o.w.sc.Interval); decided >= high {
		a.full = high + message.Seq(roomToAnswer*o.w.sc.Replicas)
	}
	waited := now.Sub(a.since)
	if waited <= 2*a.wait+o.patience {
		a.lag = 0
		return ""
	}
	if a.lag == 0 {
		a.lag = max(x.weakDecided(o, h), a.full) + 1
	}
	if decided+1 < a.lag || a.given < decided {
		return "" // what is decided and not held may be just that
	}
	return fmt.Sprintf("has waited for its oldest request for %v, with a timeout of %v at most, and suspects nobody (T1)", waited, a.wait)
}

// start begins to wait anew.
func (a *asked) start(now clock.Instant) { a.since, a.wait, a.full, a.paused = now, 0, 0, 0 }

// roomToAnswer is how many blocks for each member a primary may fill with what others have
// waited for, after its window was full (T1).
const roomToAnswer = 4

// stoodStill begins to wait anew after a pause of the process. Two of them put a timer off
// (T5), and the one before may have ended as it was set.
func (a *asked) stoodStill(now clock.Instant) {
	if a.paused < 3 {
		a.since, a.wait, a.lag, a.paused = now, 0, 0, a.paused+1
	}
}

// weakDecided is the highest seq that weak power of others has said is decided.
func (x *heard) weakDecided(o *oracle, h *host) message.Seq {
	list := slices.Delete(slices.Clone(x.reported), int(h.id), int(h.id)+1)
	slices.Sort(list)
	if len(list) < o.weak() {
		return 0
	}
	return list[len(list)-o.weak()]
}
