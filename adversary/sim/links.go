package sim

import (
	"slices"

	"github.com/twothirds-bft/twothirds/clock"
	"github.com/twothirds-bft/twothirds/pbft/message"
)

// links carries messages between processes as the scenario says. Ends from
// len(World.hosts) on are clients.
type links struct {
	w       *World
	ends    int
	list    []link // by from*ends + to
	cuts    []cut
	pipes   []pipe
	rules   []rule
	next    uint64 // names copies of messages
	fragile bool   // connections can break

	measured message.Message // the last one, and its size
	bytes    uint64
	buf      []byte
}

// link is one direction between two ends.
type link struct {
	src    Source
	last   clock.Instant // when the newest message arrives, if they stay in order
	broken int           // how often the connection broke: what was on its way then is lost
}

// fate is what becomes of one message: why it is lost, or how long it takes, and, if
// above 0, how long a second copy and a replayed one take, and from 1 which bit is
// flipped.
type fate struct {
	lost                 string
	delay, again, replay clock.Duration
	bit                  uint64
}

func newLinks(w *World, src Source) links {
	l := links{w: w, ends: w.sc.Replicas + len(w.sc.Twins) + w.sc.Clients}
	for i := 0; i < l.ends*l.ends; i++ {
		l.list = append(l.list, link{src: split(src, 0, uint64(i))})
	}
	for _, c := range w.sc.Cuts {
		l.cuts = append(l.cuts, newCut(c, l.ends))
	}
	for _, p := range w.sc.Pipes {
		l.pipes = append(l.pipes, newPipe(p, l.ends))
	}
	for _, r := range w.sc.Rules {
		l.rules = append(l.rules, newRule(r, l.ends))
		l.fragile = l.fragile || r.Do == Corrupt
	}
	return l
}

func (l *links) at(from, to int) *link { return &l.list[from*l.ends+to] }

// carry moves one message. arrive is done for each copy that gets through.
func (l *links) carry(from, to int, m message.Message, arrive deed) {
	w := l.w
	l.next++
	id := l.next
	if w.watched() {
		w.emit(Event{Kind: EventSend, Replica: from, Peer: to, ID: id, Msg: m})
		told := arrive
		arrive = deed{run: func() {
			w.emit(Event{Kind: EventDeliver, Replica: to, Peer: from, ID: id, Msg: m})
			told.do()
		}}
	}
	f := l.fate(from, to, m)
	if f.lost != "" {
		l.lose(from, to, id, m, f.lost)
		return
	}
	if f.replay > 0 {
		l.replay(to, f.replay, arrive)
	}
	if f.bit > 0 {
		arrive = deed{run: func() { l.spoil(from, to, id, m, f.bit-1) }}
	}
	if l.fragile {
		arrive = l.unlessBroken(from, to, id, m, arrive)
	}
	w.later(f.delay, arrive)
	if f.again > 0 {
		w.later(f.again, arrive)
	}
}

func (l *links) lose(from, to int, id uint64, m message.Message, why string) {
	l.w.Sometimes(why, true)
	if l.w.watched() {
		l.w.emit(Event{Kind: EventLost, Replica: from, Peer: to, ID: id, Msg: m, Note: why})
	}
}

// fate draws what becomes of a message.
func (l *links) fate(from, to int, m message.Message) (f fate) {
	w, k := l.w, l.at(from, to)
	wait, down := l.cut(from, to)
	if down {
		return fate{lost: lostCut}
	}
	f.delay = wait + l.delay(k.src)
	if d := &w.sc.Links; !w.healed() {
		if chance(k.src, "loss", d.LossPercent) {
			return fate{lost: lostLoss}
		}
		if chance(k.src, "duplicate", d.DuplicatePercent) {
			f.again = l.delay(k.src)
		}
	}
	for i := range l.rules {
		if r := &l.rules[i]; r.applies(w, k.src, from, to, m.Kind()) {
			r.do(&f, k.src)
		}
	}
	hold, drop := w.brain.watch(from, to, m)
	switch {
	case f.lost != "":
		return f
	case drop:
		return fate{lost: lostAdversary}
	}
	f.delay += hold
	l.squeeze(&f, from, to, m)
	if w.sc.Links.InOrder && f.lost == "" {
		k.last = w.now.Add(max(f.delay, k.last.Sub(w.now)))
		f.delay = k.last.Sub(w.now)
	}
	return f
}

// rule is a Rule with its sets made quick, and how often it fitted.
type rule struct {
	Rule
	from, to members
	kinds    [message.KindCount]bool
	fits     int
}

// members is a set of ends of links.
type members []bool

// newMembers returns the set of a list, and of all ends for an empty list.
func newMembers(list []int, ends int) members {
	m := make(members, ends)
	for i := range m {
		m[i] = len(list) == 0 || slices.Contains(list, i)
	}
	return m
}

func newRule(r Rule, ends int) rule {
	x := rule{Rule: r, from: newMembers(r.From, ends), to: newMembers(r.To, ends)}
	for k := range x.kinds {
		x.kinds[k] = len(r.Kinds) == 0
	}
	for _, name := range r.Kinds {
		x.kinds[kindOf(name)] = true
	}
	return x
}

func (r *rule) applies(w *World, src Source, from, to int, k message.Kind) bool {
	t := w.elapsed()
	switch {
	case !r.kinds[k] || !r.from[from] || !r.to[to]:
		return false
	case w.healed() && !r.Always || t < r.Begin || r.End > 0 && t >= r.End:
		return false
	}
	r.fits++
	return (r.Nth == 0 || r.fits == r.Nth) && (r.Percent == 0 || chance(src, "rule", r.Percent))
}

// do changes the fate of a message to which the rule applies.
func (r *rule) do(f *fate, src Source) {
	switch r.Do {
	case Drop:
		f.lost = lostRule
	case Delay:
		f.delay += r.By
	case Duplicate:
		f.again = f.delay + r.By
	case Replay:
		f.replay = f.delay + 1 + clock.Duration(src.Draw("replay", uint64(r.By)+1))
	case Corrupt:
		f.bit = 1 + src.Draw("bit", 1<<32)
	}
}
