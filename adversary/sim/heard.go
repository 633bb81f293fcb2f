package sim

import (
	"fmt"
	"slices"

	"github.com/twothirds-bft/twothirds/clock"
	"github.com/twothirds-bft/twothirds/pbft/core"
	"github.com/twothirds-bft/twothirds/pbft/message"
)

// heard is what one correct replica was told in this life, of each member the newest, and
// where its last output says that it stands. From that the rules follow that speak of what
// others said: why a view is left (V1, V6), what is to be counted (N3, N5), what is to be
// said again (S3). It knows what the core was given and nothing of what that makes of it.
type heard struct {
	state    core.HardState // as of the last output, durable or not
	prepares []vote         // by member
	commits  []vote
	changes  []message.View // of VIEW-CHANGEs
	suspects []suspicion
	statuses []message.Status
	reported []message.Seq  // decided, the highest: a status may be a replay of an old one
	passed   []message.View // by SUSPECTs passed on, since the last output: the view after
	resigns  bool           // it led its view when it started: the next output leaves that
	votes    bool           // there is something new to count
	calls    bool           // or to follow
	doubts   bool           // a SUSPECT came since the last output
	led      vote           // of the view's primary, as of the last output
	shown    vote           // the highest PREPARE that came with blocks
	body     vote           // the block that came last while the tip was decided, on what it lies on
	owed     debts
	asked    asked
	patience patience
	passage  passage
}

// vote is a PREPARE or COMMIT.
type vote struct {
	view message.View
	base message.Seq
	at   message.Point
}

// suspicion is a SUSPECT: for which view to come, and when it arrived last.
type suspicion struct {
	next message.View // 0: none
	at   clock.Instant
}

func newHeard(n int) *heard {
	return &heard{
		prepares: make([]vote, n), commits: make([]vote, n), changes: make([]message.View, n), suspects: make([]suspicion, n),
		statuses: make([]message.Status, n), reported: make([]message.Seq, n), passed: make([]message.View, n), owed: debts{list: make([]debt, n)}, asked: asked{known: map[requestKey]bool{}},
	}
}

// boot begins a new life: what was heard in the last one is forgotten.
func (x *heard) boot(h *host, r *core.Restored) {
	clear(x.prepares)
	clear(x.commits)
	clear(x.changes)
	clear(x.suspects)
	clear(x.statuses)
	clear(x.reported)
	clear(x.passed)
	x.owed.boot(h.now())
	x.asked.boot(h.app.seq)
	x.led, x.shown, x.body = vote{}, vote{}, vote{}
	x.patience.boot(h.now(), r)
	x.passage = passage{}
	x.state, x.votes, x.calls, x.doubts = r.State, false, false, false
	if r.Change != nil {
		x.changes[h.id] = r.Change.View
	}
	x.resigns = h.leads(r.State.View) && x.target(h) == r.State.View && !r.Bootstrap && h.w.sc.Replicas > 1
}

// target is the view that the replica asks for, or the entered one.
func (x *heard) target(h *host) message.View { return max(x.state.View, x.changes[h.id]) }

// onHeard notes what passed the door on its way to a correct replica.
func (o *oracle) onHeard(h *host, p *packet) {
	x := o.heard[h.at]
	switch m := p.msg.(type) {
	case *message.Prepare:
		x.votes = x.note(x.prepares, m.Signer, vote{m.View, m.Base, m.Point()}) || x.votes
	case *message.Commit:
		x.votes = x.note(x.commits, m.Signer, vote{m.View, 0, m.Point()}) || x.votes
	case *message.Suspect:
		if s := &x.suspects[m.Signer]; m.View+1 >= s.next {
			*s = suspicion{next: m.View + 1}
		}
		x.doubts = true
	case *message.ViewChange:
		x.change(m)
	case *message.Leave:
		for i := range m.Changes {
			x.change(&m.Changes[i])
		}
		for i := range m.Suspects {
			s := &m.Suspects[i]
			x.passed[s.Signer] = max(x.passed[s.Signer], s.View+1)
		}
		x.doubts = true
	case *message.Blocks:
		if q := m.Prepare; q != nil && (q.View > x.shown.view || q.View == x.shown.view && q.Seq > x.shown.at.Seq) {
			x.shown = vote{q.View, q.Base, q.Point()}
		}
	case *message.Body:
		x.follow(o, h, m)
	case *message.Requests:
		o.onAsked(h, m)
	case *message.FetchView:
		x.passage.wanted(o, int(p.from), m)
	case *message.Status:
		if m.Epoch == x.state.Epoch {
			x.statuses[p.from] = *m
			x.reported[p.from] = max(x.reported[p.from], m.Decided)
		}
	}
	if o.w.hosts[p.from].faulty {
		o.overhear(p.msg)
	}
}

// note keeps a vote if it is newer than the one at hand, and reports whether it is.
func (x *heard) note(votes []vote, id message.ReplicaID, v vote) bool {
	old := &votes[id]
	if v.view < old.view || v.view == old.view && v.at.Seq <= old.at.Seq && old.at != (message.Point{}) {
		return false
	}
	*old = v
	return true
}

// follow notes the newest block of the view that came while the tip was decided already.
func (x *heard) follow(o *oracle, h *host, m *message.Body) {
	s, b := &x.state, &m.Header
	fits := b.View == s.View && b.Seq <= s.Low.Seq+2*message.Seq(o.w.sc.Interval) && m.Payload != nil
	if fits && s.Tip.Seq < h.core.Marks().Decided {
		x.body = vote{b.View, b.Seq - 1, message.Point{Seq: b.Seq, Chain: m.Parent.Extend(b.Digest())}}
	}
}

// says notes what the replica itself sends.
func (x *heard) says(h *host, m message.Message) {
	switch m := m.(type) {
	case *message.Prepare:
		x.votes = x.note(x.prepares, h.id, vote{m.View, m.Base, m.Point()}) || x.votes
	case *message.Commit:
		x.votes = x.note(x.commits, h.id, vote{m.View, 0, m.Point()}) || x.votes
	}
}

func (x *heard) change(m *message.ViewChange) {
	if m.View > x.changes[m.Signer] {
		x.changes[m.Signer], x.calls = m.View, true
	}
}

// onMoved follows one output of a correct core, and holds it against what was heard. One
// that has stopped for good heard nothing any more.
func (o *oracle) onMoved(h *host, out *core.Output) {
	if out.Fault != nil {
		return
	}
	x := o.heard[h.at]
	before := x.state
	fail := func(what string) {
		if what != "" {
			o.w.fail("I20", fmt.Sprintf("replica %d (life %d) %s", h.at, h.life, what))
		}
	}
	x.notes(o, h, out, fail)
	x.demands(o, h, fail)
	fail(x.passage.enters(out))
	fail(answersOnce(out, o.w.sc.Replicas))
	fail(keepsProofs(out))
	fail(x.passage.shows(x, h, &before, out))
	for i := range out.Send {
		if m, ok := out.Send[i].Msg.(*message.Blocks); ok {
			fail(x.serves(h, &before, m))
		}
	}
	paused, what := x.pauses(h)
	fail(what)
	fail(x.repeats(o, h))
	fail(x.patience.falls(h))
	fail(x.patience.blames(x, o, h, out))
	if h.turns%waitsEvery == 0 {
		fail(x.waits(h))
	}
	decided := h.core.Marks().Decided
	o.onGiven(h, out.Execute)
	fail(x.accepts(o, h, decided))
	fail(x.unserved(o, h, out, decided, paused))
	x.settle(h)
}

// notes follows what an output signs and writes, and why a view is left.
func (x *heard) notes(o *oracle, h *host, out *core.Output, fail func(string)) {
	for _, m := range out.Sign {
		if s, ok := m.(*message.Suspect); ok {
			x.suspects[h.id] = suspicion{next: s.View + 1}
			x.doubts = true
		}
		o.overhear(m)
	}
	for i := range out.Persist {
		switch r := &out.Persist[i]; r.Kind {
		case core.RecordChange:
			w := r.Message.(*message.ViewChange).View
			fail(x.leaves(o, h, w, out))
			o.onLeft(h, x.target(h), w)
			x.changes[h.id] = w
			fail(x.waits(h))
		case core.RecordState:
			x.votes = x.votes || r.State.Tip != x.state.Tip
			x.state = *r.State
		}
	}
	for _, m := range out.Sign {
		if s, ok := m.(*message.Suspect); ok {
			fail(x.suspectsEntry(o, s))
		}
	}
}

// demands holds an output against what had to be done about what was heard.
func (x *heard) demands(o *oracle, h *host, fail func(string)) {
	if x.resigns {
		x.resigns = false
		if x.target(h) == x.state.View {
			fail(fmt.Sprintf("goes on as the primary of view %d, which it led before it started (R2)", x.state.View))
		}
	}
	if x.calls {
		x.calls = false
		fail(x.follows(o, h))
		fail(x.resigned(o, h))
	}
	if x.votes {
		x.votes = false
		marks := h.core.Marks()
		fail(x.counts(o, h, x.prepares, marks.Decided, max(marks.Certified, marks.Decided), "certified or decided (N3)"))
		fail(x.counts(o, h, x.commits, marks.Decided, marks.Decided, "decided (N5)"))
	}
}

// waitsEvery is in how many turns a timeout is looked at once that did not change.
const waitsEvery = 256

// settle notes when what was heard since the last turn has arrived: that is when the loop
// took it in.
func (x *heard) settle(h *host) {
	x.led = x.prepares[uint64(x.state.View)%uint64(len(x.prepares))]
	if !x.doubts {
		return
	}
	x.doubts = false
	clear(x.passed)
	for i := range x.suspects {
		if s := &x.suspects[i]; s.at.IsZero() && s.next > 0 {
			s.at = h.now()
		}
	}
}

// leaves returns what is wrong with leaving for w, or "" (V1, R2).
func (x *heard) leaves(o *oracle, h *host, w message.View, out *core.Output) string {
	last := o.w.door.Members().Primary(w - 1)
	switch {
	case x.resigns && w == x.state.View+1:
		return "" // R2
	case last != h.id && x.changes[last] >= w:
		return "" // its primary resigned
	}
	for i := range out.Send {
		if l, ok := out.Send[i].Msg.(*message.Leave); ok && l.View == w && l.Proof != nil && l.Proof.Culprit == last && l.Proof.View() == w-1 {
			return ""
		}
	}
	timeout, n := max(h.core.Status().Timeout, x.owed.wait), 0 // a round trip in this turn may have shortened it
	for i := range x.changes {
		s := &x.suspects[i]
		live := s.at.IsZero() || i == int(h.id) || h.now().Sub(s.at) <= timeout
		if i != int(h.id) && x.changes[i] >= w || x.passed[i] >= w || live && s.next >= w {
			n++
		}
	}
	if n >= o.weak() {
		return ""
	}
	return fmt.Sprintf("leaves for view %d, which %d members want, without proof (V1)", w, n)
}

// suspectsEntry returns what is wrong with a SUSPECT for a view that was never entered:
// without quorum power that asked for it, nobody has waited for it (V6).
func (x *heard) suspectsEntry(o *oracle, m *message.Suspect) string {
	if m.View <= x.state.View {
		return ""
	}
	n := 0
	for _, v := range x.changes {
		if v >= m.View {
			n++
		}
	}
	if n >= o.quorum() {
		return ""
	}
	return fmt.Sprintf("suspects view %d, for which %d members have asked (V6)", m.View, n)
}

// follows returns which view the replica should have left by what weak power of others
// asks for, which never lapses (V1).
func (x *heard) follows(o *oracle, h *host) string {
	asked := make([]message.View, 0, 8)
	for i, v := range x.changes {
		if i != int(h.id) {
			asked = append(asked, v)
		}
	}
	slices.Sort(asked)
	if len(asked) < o.weak() {
		return ""
	}
	if w := asked[len(asked)-o.weak()]; w > x.target(h) {
		return fmt.Sprintf("stays with view %d, and weak power asks for %d (V1)", x.target(h), w)
	}
	return ""
}

// accepts returns which block the replica should have accepted, or "": it caught up beyond
// its tip, and the view's primary has signed the block on top of what is decided and
// executed here, which came with its body (N1).
func (x *heard) accepts(o *oracle, h *host, decided message.Seq) string {
	s, b := &x.state, &x.body
	if b.at.Seq == 0 || b.view != s.View || s.Tip.Seq >= decided || b.at.Seq != decided+1 || h.app.seq < decided {
		return ""
	}
	p := x.prepares[uint64(s.View)%uint64(len(x.prepares))]
	switch {
	case s.Over || x.target(h) != s.View || s.Base.Seq > decided || b.at.Seq > s.Low.Seq+2*message.Seq(o.w.sc.Interval):
		return ""
	case p.view != s.View || p.base != s.Base.Seq || p.at != b.at || o.chain[s.Tip.Seq] != s.Tip.Chain && s.Tip.Seq > 0:
		return ""
	case o.parents[b.at.Chain].at.Chain != o.chain[decided]:
		return ""
	case x.shown.view == s.View && x.shown.at.Seq > b.at.Seq:
		return "" // which took the place of the PREPARE for this one (N8), and need not show that it covers it
	}
	return fmt.Sprintf("does not accept %v of view %d, and its tip %v is decided (N1)", b.at, s.View, s.Tip)
}

// counts returns what the votes of correct members make of the blocks that the replica has
// accepted in its view, if that is more than it knows of. Only what lies at or below its tip
// is asked for, and only if nothing is missing above what it has decided.
func (x *heard) counts(o *oracle, h *host, votes []vote, decided, known message.Seq, what string) string {
	s := &x.state
	if s.Over || s.Base.Seq > decided || s.Tip.Seq <= known {
		return ""
	}
	fits := func(i int) bool {
		v := &votes[i]
		return v.view == s.View && (v.base == s.Base.Seq || v.base == 0) && v.at.Seq > known && v.at.Seq <= s.Tip.Seq && !o.w.hosts[i].faulty
	}
	n, low := 0, message.Point{}
	for i := range votes {
		if fits(i) {
			n++
			if v := &votes[i]; low.Seq == 0 || v.at.Seq < low.Seq {
				low = v.at
			}
		}
	}
	if n < o.quorum() {
		return ""
	}
	for i := range votes {
		if fits(i) && !(o.onChain(s.Tip, votes[i].at) && o.onChain(votes[i].at, low)) {
			return ""
		}
	}
	return fmt.Sprintf("has heard quorum power vote for %v in view %d, and %d is what it has %s", low, s.View, known, what)
}
