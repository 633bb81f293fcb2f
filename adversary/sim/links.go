package sim

import (
	"slices"

	"github.com/twothirds-bft/twothirds/clock"
	"github.com/twothirds-bft/twothirds/pbft/message"
)

// links carries messages between processes as the scenario says. Ends from
// len(World.hosts) on are clients.
type links struct {
	w     *World
	ends  int
	src   []Source // by from*ends + to
	rules []rule
	next  uint64 // names copies of messages
}

// rule is a Rule with its sets made quick, and how often it fitted.
type rule struct {
	Rule
	kinds [message.KindCount]bool
	fits  int
}

func newLinks(w *World, src Source) links {
	l := links{w: w, ends: w.sc.Replicas + len(w.sc.Twins) + w.sc.Clients}
	for i := 0; i < l.ends*l.ends; i++ {
		l.src = append(l.src, split(src, 0, uint64(i)))
	}
	for _, r := range w.sc.Rules {
		x := rule{Rule: r}
		for k := range x.kinds {
			x.kinds[k] = len(r.Kinds) == 0
		}
		for _, name := range r.Kinds {
			x.kinds[kindOf(name)] = true
		}
		l.rules = append(l.rules, x)
	}
	return l
}

// carry moves one message. arrive is called for each copy that gets through.
func (l *links) carry(from, to int, m message.Message, arrive func()) {
	w := l.w
	l.next++
	id := l.next
	if w.watched() {
		w.emit(Event{Kind: EventSend, Replica: from, Peer: to, ID: id, Msg: m})
		told := arrive
		arrive = func() {
			w.emit(Event{Kind: EventDeliver, Replica: to, Peer: from, ID: id, Msg: m})
			told()
		}
	}
	delay, again, lost := l.fate(from, to, m)
	if lost != "" {
		if w.watched() {
			w.emit(Event{Kind: EventLost, Replica: from, Peer: to, ID: id, Msg: m, Note: lost})
		}
		return
	}
	w.after(delay, arrive)
	if again > 0 {
		w.after(again, arrive)
	}
}

// fate draws what becomes of a message: its delay, that of a second copy if above
// 0, or why it is lost.
func (l *links) fate(from, to int, m message.Message) (delay, again clock.Duration, lost string) {
	w, src := l.w, l.src[from*l.ends+to]
	if w.cut(from, to) {
		return 0, 0, "cut"
	}
	d := &w.sc.Links
	delay = l.delay(src)
	if !w.healed() {
		if chance(src, "loss", d.LossPercent) {
			return 0, 0, "loss"
		}
		if chance(src, "duplicate", d.DuplicatePercent) {
			again = l.delay(src)
		}
	}
	for i := range l.rules {
		r := &l.rules[i]
		if !r.applies(w, src, from, to, m.Kind()) {
			continue
		}
		switch r.Do {
		case Drop:
			return 0, 0, "rule"
		case Delay:
			delay += r.By
		case Duplicate:
			again = delay + r.By
		}
	}
	hold, drop := w.brain.watch(from, to, m)
	if drop {
		return 0, 0, "adversary"
	}
	return delay + hold, again, ""
}

func (l *links) delay(src Source) clock.Duration {
	d := &l.w.sc.Links
	t := d.DelayMin + clock.Duration(src.Draw("delay", uint64(max(d.DelayMax-d.DelayMin, 0))+1))
	if !l.w.healed() && chance(src, "slow", d.SlowPercent) {
		t += clock.Duration(src.Draw("slow-by", uint64(20*d.DelayMax)))
	}
	return t
}

func (r *rule) applies(w *World, src Source, from, to int, k message.Kind) bool {
	t := w.elapsed()
	switch {
	case !r.kinds[k] || len(r.From) > 0 && !slices.Contains(r.From, from) || len(r.To) > 0 && !slices.Contains(r.To, to):
		return false
	case w.healed() && !r.Always || t < r.Begin || r.End > 0 && t >= r.End:
		return false
	}
	r.fits++
	return (r.Nth == 0 || r.fits == r.Nth) && (r.Percent == 0 || chance(src, "rule", r.Percent))
}

// cut reports whether two ends are separated now.
func (w *World) cut(from, to int) bool {
	if w.healed() {
		return w.lost(from) || w.lost(to)
	}
	t := w.elapsed()
	for i := range w.sc.Cuts {
		c := &w.sc.Cuts[i]
		if t < c.From || t >= c.To {
			continue
		}
		a, b := slices.Contains(c.Side, from), slices.Contains(c.Side, to)
		if a && !b || b && !a && !c.OneWay {
			return true
		}
	}
	return false
}

func (w *World) lost(end int) bool { return end < len(w.hosts) && w.hosts[end].lost }
