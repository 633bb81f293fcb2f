package sim

import (
	"fmt"

	"github.com/twothirds-bft/twothirds/pbft/core"
	"github.com/twothirds-bft/twothirds/pbft/message"
)

// book is a small model of one correct replica, apart from the engine: what its disk
// shows, and what the rules let it write and send next (I20, and I7 across
// restarts). It never looks into the core.
type book struct {
	state   core.HardState
	prepare *message.PrepareCert // highest written
	newView *message.NewView
	change  *message.ViewChange
	points  map[message.Seq]message.CheckpointBody // CHECKPOINTs written
	blocks  map[message.Digest]bool                // written, by chain digest
	voted   message.View                           // highest view of a vote that left
	tip     message.Prepare                        // the last that left
	mute    bool                                   // since it crashed in the view of state
	asked   message.View                           // highest view of a VIEW-CHANGE that left
}

func newBook(root message.Point) *book {
	return &book{
		state:  core.HardState{Base: root, Tip: root, Low: root},
		points: map[message.Seq]message.CheckpointBody{}, blocks: map[message.Digest]bool{root.Chain: true},
	}
}

// write takes one durable record and returns which rule it breaks, or "".
func (b *book) write(o *oracle, r *core.Record) string {
	switch r.Kind {
	case core.RecordBlock:
		b.blocks[r.Parent.Extend(r.Block.Header.Digest())] = true
	case core.RecordPrepare:
		b.prepare = r.Message.(*message.PrepareCert)
	case core.RecordNewView:
		b.newView = r.Message.(*message.NewView)
		if b.change != nil && b.change.View > b.newView.View {
			return fmt.Sprintf("enters view %d after it asked for %d (V1)", b.newView.View, b.change.View)
		}
	case core.RecordCheckpoint:
		m := r.Message.(*message.Checkpoint)
		b.points[m.Seq] = m.CheckpointBody
	case core.RecordChange:
		b.change = r.Message.(*message.ViewChange)
		if got, want := b.change.Rank, b.rank(); got != want {
			return fmt.Sprintf("reports %v in VIEW-CHANGE, and its highest certificate is %v (V2)", got, want)
		}
	case core.RecordState:
		old := b.state
		b.state = *r.State
		if s := r.State; s.Stopped && b.tip.Seq > 0 && b.tip.View == s.View && !o.onChain(s.Tip, b.tip.Point()) {
			return fmt.Sprintf("ends in good order with tip %v, after a PREPARE for %v (R2)", s.Tip, b.tip.Point())
		}
		return b.moved(o, &old)
	}
	return ""
}

func (b *book) rank() message.Rank {
	if b.prepare == nil {
		return message.Rank{}
	}
	return b.prepare.Rank()
}

// moved checks how the hard state went on.
func (b *book) moved(o *oracle, old *core.HardState) string {
	s := &b.state
	switch {
	case s.View < old.View:
		return fmt.Sprintf("goes back from view %d to %d (I7)", old.View, s.View)
	case s.Low.Seq < old.Low.Seq:
		return fmt.Sprintf("moves its stable checkpoint back from %v to %v (C1)", old.Low, s.Low)
	case s.View > old.View:
		b.mute = false
		return b.entered()
	case s.Base != old.Base:
		return fmt.Sprintf("changes its base in view %d (N2)", s.View)
	case !o.onChain(s.Tip, old.Tip):
		return fmt.Sprintf("moves its tip from %v to %v, which does not extend it (N2)", old.Tip, s.Tip)
	case old.Commit.Seq > 0 && !o.onChain(s.Commit, old.Commit):
		return fmt.Sprintf("moves its commits from %v to %v, which does not extend them (N4)", old.Commit, s.Commit)
	}
	return ""
}

func (b *book) entered() string {
	nv := b.newView
	if nv == nil || nv.View != b.state.View {
		return fmt.Sprintf("enters view %d without its NEW-VIEW (V4)", b.state.View)
	}
	if nv.Cert != nil && nv.Cert.Point() != b.state.Base || nv.Cert == nil && b.state.Base.Seq != 0 {
		return fmt.Sprintf("enters view %d with base %v, which its NEW-VIEW does not justify (V4)", b.state.View, b.state.Base)
	}
	return ""
}

// send checks a signed message that leaves the machine against what is durable (N7).
// It returns what is wrong, or "". A PREPARE does not wait for what it speaks of.
func (b *book) send(o *oracle, m message.Signed) string {
	s := &b.state
	switch m := m.(type) {
	case *message.Prepare:
		b.voted, b.tip = max(b.voted, m.View), *m
		switch {
		case m.View > s.View:
			return "votes in a view before its entry is durable (N7)"
		case m.View < s.View:
			return "" // said before; the ledger compares
		case m.Base != s.Base.Seq:
			return "votes from a base that is not its view's (N2)"
		case b.mute:
			return "sends a PREPARE in a view in which it crashed (R2)"
		}
		return o.proposed(m)
	case *message.Commit:
		b.voted = max(b.voted, m.View)
		switch p := b.prepare; {
		case m.View < s.View:
			return ""
		case p == nil || p.View < m.View:
			return "sends COMMIT without a durable certificate of its view (N4)"
		case p.View == m.View && (p.Seq < m.Seq || !o.onChain(p.Point(), m.Point())):
			return "sends COMMIT for what its highest certificate does not cover (N4)"
		case m.Seq > s.Low.Seq && !b.blocks[m.Chain]:
			return "sends COMMIT for a block that it does not hold durably (N4)"
		}
	case *message.ViewChange:
		b.asked = max(b.asked, m.View)
		if b.change == nil || b.change.View < m.View {
			return "sends a VIEW-CHANGE that is not durable (N7)"
		}
	case *message.NewView:
		b.voted = max(b.voted, m.View)
		if b.newView == nil || b.newView.View < m.View {
			return "sends a NEW-VIEW that is not durable (N7)"
		}
	case *message.Checkpoint:
		if b.points[m.Seq] != m.CheckpointBody {
			return "sends a CHECKPOINT that is not durable (N7)"
		}
		if state, ok := o.states[m.Seq]; ok && state != m.State {
			return "signs another state than execution gives (C1)"
		}
	}
	return ""
}

// onDurable follows what the replica writes.
func (o *oracle) onDurable(h *host, r *core.Record) {
	if h.faulty {
		return
	}
	if what := o.books[h.at].write(o, r); what != "" {
		o.w.fail("I20", fmt.Sprintf("replica %d (life %d) %s", h.at, h.life, what))
	}
	switch m := r.Message.(type) {
	case *message.CommitCert:
		o.carry.decided(o, h, m)
	case *message.NewView:
		o.carry.entered(o, h, m)
	case *message.PrepareCert:
		o.carry.prepared(o, h, m)
	case *message.CheckpointCert:
		o.onStable(h, m)
	}
}

// onBoot checks that a restart finds the view in which the replica voted, and the
// one for which it asked (I7).
func (o *oracle) onBoot(h *host, r *core.Restored) {
	if h.faulty {
		return
	}
	if b := o.books[h.at]; !r.Bootstrap && !r.State.Stopped && o.w.sc.Replicas > 1 {
		b.mute, b.tip = true, message.Prepare{}
	}
	o.heard[h.at].boot(h, r)
	o.losses.onBack(o.w.elapsed())
	asked := message.View(0)
	if r.Change != nil {
		asked = r.Change.View
	}
	if b := o.books[h.at]; r.State.View < b.voted || max(asked, r.State.View) < b.asked {
		o.w.fail("I7", fmt.Sprintf("replica %d restarts in view %d, asking for %d, after it voted in %d and asked for %d",
			h.at, r.State.View, asked, b.voted, b.asked))
	}
}

// onStable checks that a stable checkpoint is a state which correct replicas of
// weak power executed (I8).
func (o *oracle) onStable(h *host, m *message.CheckpointCert) {
	o.w.emit(Event{Kind: EventStable, Replica: h.at, Point: m.Point()})
	correct := 0
	for _, v := range o.w.hosts {
		if !v.faulty && v.reached >= m.Seq {
			correct++
		}
	}
	if o.states[m.Seq] != m.State || correct < (o.w.sc.Replicas-1)/3+1 {
		o.w.fail("I8", fmt.Sprintf("replica %d holds a stable checkpoint %v of a state that %d correct replicas executed", h.at, m.Point(), correct))
	}
}

// carry knows what was decided and which views began where (I6): whatever is
// certified after a decision extends it.
type carry struct {
	commits map[message.View]message.Point // highest CC of each view
	bases   map[message.View]message.Point // of the NEW-VIEWs that correct replicas accepted
}

func newCarry() carry {
	return carry{commits: map[message.View]message.Point{}, bases: map[message.View]message.Point{}}
}

func (c *carry) decided(o *oracle, h *host, m *message.CommitCert) {
	if m.Seq <= c.commits[m.View].Seq {
		return
	}
	c.commits[m.View] = m.Point()
	for v, base := range c.bases { // order: any violation will do
		if v > m.View && !o.onChain(base, m.Point()) {
			o.w.fail("I6", fmt.Sprintf("replica %d holds %v decided in view %d, and view %d began at %v", h.at, m.Point(), m.View, v, base))
		}
	}
}

func (c *carry) entered(o *oracle, h *host, m *message.NewView) {
	base := o.w.root
	if m.Cert != nil {
		base = m.Cert.Point()
	}
	c.bases[m.View] = base
	c.check(o, h, m.View, base, "began at")
}

func (c *carry) prepared(o *oracle, h *host, m *message.PrepareCert) {
	c.check(o, h, m.View, m.Point(), "certified")
}

// check compares with the highest decision of the views before: those below it lie on
// its chain, or agreement is broken already.
func (c *carry) check(o *oracle, h *host, view message.View, p message.Point, what string) {
	var d message.Point
	for v, m := range c.commits { // order: a maximum
		if v < view && m.Seq > d.Seq {
			d = m
		}
	}
	if d.Seq > 0 && !o.onChain(p, d) {
		o.w.fail("I6", fmt.Sprintf("replica %d: view %d %s %v, and %v was decided before", h.at, view, what, p, d))
	}
}
