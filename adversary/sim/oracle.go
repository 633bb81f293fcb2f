package sim

import (
	"bytes"
	"fmt"
	"slices"

	"github.com/twothirds-bft/twothirds/clock"
	"github.com/twothirds-bft/twothirds/pbft/core"
	"github.com/twothirds-bft/twothirds/pbft/message"
)

// oracle watches the correct replicas and knows what must never happen. Its names
// are those of the published list: I1 agreement, I2 total order, I3 validity and
// at most once, I4 certificates, I5 no contradiction signed across restarts, I6
// decisions are carried over, I7 views go up, I8 stable states were executed, I10
// nothing acknowledged is lost, I13 liveness, I17 no correct replica convicted, I18
// no panic, I20 every step is one that a small model of the rules allows.
type oracle struct {
	w        *World
	chain    map[message.Seq]message.Digest    // decided
	states   map[message.Seq]message.Digest    // after execution
	parents  map[message.Digest]parent         // by chain digest
	learned  [64]learned                       // lately, by seq
	links    map[message.Digest]message.Digest // beyond f only: by chain digest
	signed   transcripts                       // beyond f only
	issued   map[message.Digest]bool
	ran      map[message.Digest]message.Seq // where a request was executed
	done     map[requestKey]message.Seq     // where a request was in a block first
	used     map[requestKey]message.Seq     // where a number was executed
	results  map[message.Digest][][]byte    // of each operation of a request, until they are acknowledged
	operated message.Seq                    // up to which operations were looked at
	acked    map[message.Digest]message.Seq
	ledger   []*ledger // by process, as the next two
	books    []*book
	heard    []*heard
	lives    lives
	prepares voices // of primaries
	commits  voices
	carry    carry
	snaps    map[message.Seq]*snapshot // the first of each checkpoint
	patience clock.Duration            // with repeats
	losses   losses
	evidence int
	ackedTop message.Seq
	ordered  message.Seq // highest block that was given out to be executed
}

// parent is the block below a block, and the view in which that was first proposed.
type parent struct {
	at   message.Point
	view message.View
}

func newOracle(w *World) *oracle {
	o := &oracle{
		w: w, chain: map[message.Seq]message.Digest{}, states: map[message.Seq]message.Digest{},
		parents: map[message.Digest]parent{}, issued: map[message.Digest]bool{}, ran: map[message.Digest]message.Seq{},
		used: map[requestKey]message.Seq{}, results: map[message.Digest][][]byte{},
		acked: map[message.Digest]message.Seq{}, done: map[requestKey]message.Seq{},
		lives: newLives(w.sc.Sessions), prepares: voices{}, commits: voices{}, carry: newCarry(), snaps: map[message.Seq]*snapshot{}, patience: w.sc.patience(), losses: newLosses(&w.sc),
	}
	if w.sc.Beyond {
		o.links, o.signed = map[message.Digest]message.Digest{}, transcripts{}
	}
	for range w.sc.Replicas + len(w.sc.Twins) {
		o.ledger, o.books, o.heard = append(o.ledger, newLedger()), append(o.books, newBook(w.root)), append(o.heard, newHeard(w.sc.Replicas))
	}
	return o
}

// decided is how far every correct replica that runs has executed.
func (o *oracle) decided() int {
	low := -1
	for _, h := range o.w.hosts {
		if !h.faulty && !h.lost && (low < 0 || int(h.app.seq) < low) {
			low = int(h.app.seq)
		}
	}
	return low
}

// view is the highest view that a correct replica has entered: where clients send
// first.
func (o *oracle) view() message.View {
	v := message.View(0)
	for _, h := range o.w.hosts {
		if !h.faulty && h.core != nil {
			v = max(v, h.view)
		}
	}
	return v
}

func (o *oracle) onIssued(x *call) {
	o.issued[x.digest] = true
	list, ok := carried(&x.req, o.w.door.Limits().OpBytes)
	same := ok && slices.EqualFunc(list, x.ops, func(data []byte, op *Op) bool { return bytes.Equal(data, op.Input) })
	if x.req.Type != message.RequestOpen && !same {
		o.w.fail("I3", fmt.Sprintf("a request of %d operations does not carry them", len(x.ops)))
	}
}

// learn remembers who extends whom, from every header that anybody sends.
func (o *oracle) learn(below message.Digest, h *message.Header) {
	last := &o.learned[h.Seq%message.Seq(len(o.learned))]
	if last.parent == below && last.header == *h {
		return // each replica writes the same down
	}
	*last = learned{below, *h}
	link := h.Digest()
	chain := below.Extend(link)
	o.parents[chain] = parent{message.Point{Seq: h.Seq - 1, Chain: below}, h.View}
	if o.links != nil {
		o.links[chain] = link
	}
}

type learned struct {
	parent message.Digest
	header message.Header
}

// learnFrom remembers it from what a faulty replica sends.
func (o *oracle) learnFrom(m message.Message) {
	switch m := m.(type) {
	case *message.PrePrepare:
		o.learn(m.Parent, &m.Header)
	case *message.Body:
		o.learn(m.Parent, &m.Header)
	case *message.Blocks:
		below := m.From.Chain
		for i := range m.Blocks {
			h := &m.Blocks[i].Header
			o.learn(below, h)
			below = below.Extend(h.Digest())
		}
	}
	if o.signed != nil {
		o.signed.add(m)
	}
}

// onChain reports whether the chain of p contains q.
func (o *oracle) onChain(p, q message.Point) bool {
	for p.Seq > q.Seq {
		up, ok := o.parents[p.Chain]
		if !ok {
			return false
		}
		p = up.at
	}
	return p == q
}

// onOutput checks what a correct core emits: certificates, order, evidence.
func (o *oracle) onOutput(h *host, out *core.Output) {
	for i := range out.Persist {
		r := &out.Persist[i]
		switch r.Kind {
		case core.RecordBlock:
			o.learn(r.Parent, &r.Block.Header)
		case core.RecordEvidence:
			o.onEvidence(h, r.Evidence)
		case core.RecordState:
			if r.State.View > h.view {
				h.view = r.State.View
				h.entered(r.State)
				o.w.emit(Event{Kind: EventEnter, Replica: h.at, View: h.view, Point: r.State.Base})
			}
		case core.RecordChange:
			o.w.emit(Event{Kind: EventLeave, Replica: h.at, View: r.Message.(*message.ViewChange).View})
		}
		switch r.Kind {
		case core.RecordPrepare, core.RecordCommit, core.RecordStable, core.RecordNewView:
			if err := o.w.recheck(r.Message); err != nil {
				o.w.fail("I4", fmt.Sprintf("replica %d holds an invalid %v: %v", h.at, r.Message.Kind(), err))
			}
		}
	}
	o.onMoved(h, out)
}

// onDecided checks decided blocks when they are released: what a crash took back
// before was never seen by anyone.
func (o *oracle) onDecided(h *host, list []core.Decided) {
	if len(list) > 0 {
		o.checkBacked(h, list[len(list)-1].Point)
	}
	for i := range list {
		d := &list[i]
		if old, ok := o.chain[d.Point.Seq]; ok && old != d.Point.Chain {
			o.w.fail("I1", fmt.Sprintf("replica %d decides %v, another decided %v", h.at, d.Point, old))
		}
		o.chain[d.Point.Seq] = d.Point.Chain
		if o.w.watched() {
			o.w.emit(Event{Kind: EventDecide, Replica: h.at, Point: d.Point})
		}
	}
}

func (o *oracle) onEvidence(h *host, e *message.Evidence) {
	o.evidence++
	o.w.Sometimes(convicted, true)
	o.w.emit(Event{Kind: EventEvidence, Replica: h.at, Peer: int(e.Culprit), Note: fmt.Sprint("evidence ", e.Kind)})
	culprit, err := o.w.door.Evidence(e)
	if err == nil {
		err = o.w.recheckEvidence(e)
	}
	if err != nil {
		o.w.fail("I17", fmt.Sprintf("replica %d keeps evidence %d against %d that proves nothing: %v", h.at, e.Kind, e.Culprit, err))
	} else if !o.w.hosts[culprit].faulty {
		o.w.fail("I17", fmt.Sprintf("evidence %d convicts correct replica %d", e.Kind, culprit))
	}
}

// onExecuted checks one executed block: gap-free, equal states, only issued
// requests, each once.
func (o *oracle) onExecuted(h *host, d *core.Decided, state message.Digest, replies []message.Reply) {
	if want := h.app.seq; d.Point.Seq != want {
		o.w.fail("I2", fmt.Sprintf("replica %d executes %d after %d", h.at, d.Point.Seq, want))
	}
	if old, ok := o.states[d.Point.Seq]; ok && old != state {
		o.w.fail("I2", fmt.Sprintf("replica %d differs in state at %d", h.at, d.Point.Seq))
	}
	o.states[d.Point.Seq] = state
	for i := range replies {
		r := &replies[i]
		if !o.issued[r.Request] {
			o.w.fail("I3", fmt.Sprintf("replica %d executes at %d what no client asked for", h.at, d.Point.Seq))
		}
	}
	o.onAnswered(h, d, replies)
	o.onOperations(h, d, replies)
	for _, r := range h.app.fresh {
		if old, ok := o.ran[r]; ok && old != d.Point.Seq {
			o.w.fail("I3", fmt.Sprintf("replica %d executes at %d what was executed at %d", h.at, d.Point.Seq, old))
		}
		o.ran[r] = d.Point.Seq
	}
}

// onSnapshot checks that equal states have equal snapshots (I9).
func (o *oracle) onSnapshot(h *host, s *snapshot) {
	old := o.snaps[s.seq]
	if old == nil {
		o.snaps[s.seq] = s
	} else if !bytes.Equal(old.app, s.app) || !bytes.Equal(old.table, s.table) {
		o.w.fail("I9", fmt.Sprintf("replica %d has another snapshot of %d than others", h.at, s.seq))
	}
}

// onAcked checks that an acknowledged request stands in the decided log (I10).
func (o *oracle) onAcked(x *call, r message.Reply) {
	if _, ok := o.chain[r.Seq]; !ok {
		o.w.fail("I10", fmt.Sprintf("acknowledged at %d, which no correct replica decided", r.Seq))
	}
	if x.req.Type != message.RequestOpen {
		if o.ran[x.digest] != r.Seq {
			o.w.fail("I10", fmt.Sprintf("acknowledged at %d, executed at %d", r.Seq, o.ran[x.digest]))
		}
		o.onResults(x)
	}
	o.acked[x.digest] = r.Seq
	o.ackedTop = max(o.ackedTop, r.Seq)
}

// atEnd checks that every acknowledged request is executed by all correct
// replicas: their states agree and reach as far (I10).
func (o *oracle) atEnd() {
	for _, h := range o.w.hosts {
		if h.faulty || h.lost {
			continue
		}
		for _, seq := range o.acked { // order: any violation will do
			if h.app.seq < seq {
				o.w.fail("I10", fmt.Sprintf("replica %d ends at %d, acknowledged was %d", h.at, h.app.seq, seq))
			}
		}
	}
}

// onSent checks every message that leaves a correct replica, once for all that it goes to
// (I5, I20).
func (o *oracle) onSent(h *host, out *core.Outgoing) {
	o.heard[h.at].owed.paid(out)
	if h.odd && out.Msg.Kind() == message.KindCheckpoint {
		return // wrong, but the replica cannot know
	}
	if o.signed != nil {
		o.signed.add(out.Msg)
	}
	switch m := out.Msg.(type) {
	case *message.PrePrepare:
		o.learn(m.Parent, &m.Header)
	case message.Signed:
		if id, _ := m.Author(); id == h.id {
			o.heard[h.at].says(h, m)
			if what := o.books[h.at].send(o, m); what != "" {
				o.w.fail("I20", fmt.Sprintf("replica %d (life %d) %s: %v", h.at, h.life, what, Describe(m)))
			}
			if what := o.ledger[h.at].add(o, m); what != "" {
				o.w.fail("I5", fmt.Sprintf("replica %d (life %d) %s: %v", h.at, h.life, what, Describe(m)))
			}
		}
	}
}
