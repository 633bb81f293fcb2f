package client

import (
	"cmp"
	"slices"

	"github.com/twothirds-bft/twothirds/clock"
	"github.com/twothirds-bft/twothirds/pbft/message"
)

// heed takes a member's word for the view that it has entered, as its replies tell (Castro and Liskov, section 4.1), and
// reports whether requests go elsewhere for it. One member's word is worth nothing; but what weak power has at least
// entered, a correct replica has (spec X2). It matters where only the primary takes requests (spec X6): else members are
// judged by how they do.
func (t *table) heed(member int, view message.View, now clock.Instant) bool {
	v := &t.voices[member]
	if t.route.relays || view <= v.view {
		return false
	}
	v.view = view
	w := t.entered()
	if w <= t.view {
		return false
	}
	t.view = w
	t.follow(t.members.Index(t.members.Primary(w)), now)
	return true
}

// entered returns the latest view that weak power has entered or left behind, by what members say.
func (t *table) entered() message.View {
	order := make([]int, len(t.voices))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(t.voices[b].view, t.voices[a].view) })
	power := uint64(0)
	for _, i := range order {
		if power += t.members.Quorums().Power(i); power >= t.members.Quorums().Weak() {
			return t.voices[i].view
		}
	}
	return 0
}

// follow has requests go to a new primary, also those that only an older one was given. What was measured, turned away
// and given up was the older one's doing.
func (t *table) follow(primary int, now clock.Instant) {
	t.route.choose(primary, now)
	t.flow.renew()
	for x := t.under.front; x != nil; {
		next := x.next
		if x.state == outstanding && !x.all && x.target != primary {
			t.setAside(x)
			x.first, x.tries = now, 1
		}
		x = next
	}
}
