package verify

import "github.com/twothirds-bft/twothirds/pbft/message"

// Waiting holds what members signed (see [Waits]) until a processor has time for it. All that has gathered by then is checked
// as one batch, in which a signature among twenty costs little more than half of one by itself; what comes alone to an idle
// replica is checked at once.
//
// Of the votes that wait only so many are taken as make a quorum. The others are held back until the protocol loop has
// counted those, and have no use then unless it counted otherwise (spec N8).
//
// T is what the caller knows a message by. Not safe for concurrent use.
type Waiting[T any] struct {
	members *message.Members
	list    []waiting[T] // in order of arrival
	tallies [2]tally     // of PREPAREs and of COMMITs
	liars   []bool       // members that sent a bad signature
	taken   int          // batches that are being checked
	fresh   bool         // something was found good since the last Review, so another one comes
	closed  bool
	in      []bool // room of atHand: who was counted
}

type waiting[T any] struct {
	as     T
	msg    message.Signed
	member int
	held   bool // back, at the last Take
	passed bool // a Review has passed since
	due    bool // it was held back long enough
}

// batchMax bounds a batch: a larger one saves next to nothing, and keeps other processors from helping.
const batchMax = 32

// NewWaiting returns an empty Waiting for messages of members.
func NewWaiting[T any](members *message.Members) *Waiting[T] {
	n := members.Len()
	return &Waiting[T]{
		members: members, liars: make([]bool, n), in: make([]bool, n),
		tallies: [2]tally{{message.KindPrepare, make([]mark, n)}, {message.KindCommit, make([]mark, n)}},
	}
}

// Waits returns m if it may wait for others: its signer sends it on its own link, and it has no other signature in it.
func Waits(m message.Message) (message.Signed, bool) {
	switch m := m.(type) {
	case *message.Prepare, *message.Commit, *message.Suspect, *message.ViewChange, *message.Checkpoint:
		return m.(message.Signed), true
	}
	return nil, false
}

// Add has a message of the member at index i wait. It reports false if it has to be checked by itself, since that member
// has sent a bad signature before: in a batch it would cost a check of each other (spec D2).
func (w *Waiting[T]) Add(i int, m message.Signed, as T) bool {
	if w.liars[i] {
		return false
	}
	w.list = append(w.list, waiting[T]{as: as, msg: m, member: i})
	return true
}

// Take appends what is to be checked now to batch, and what the filter has no use for to stale. It reports whether there
// is more for another batch. How this one ends the caller has to say by Done, unless it is empty.
func (w *Waiting[T]) Take(f *Filter, batch, stale []T) (_, _ []T, more bool) {
	stale = w.drop(f, stale)
	w.holdBack(f)
	n, kept := 0, w.list[:0]
	for _, x := range w.list {
		if x.held || n == batchMax {
			more = more || !x.held
			kept = append(kept, x)
			continue
		}
		batch = append(batch, x.as)
		n++
		for k := range w.tallies {
			w.tallies[k].note(x.member, x.msg)
		}
	}
	w.keep(kept)
	if n > 0 {
		w.taken++
	}
	return batch, stale, more
}

// Done says how a batch ended: some were good, and of those members in bad the signature was not. It returns one of those
// that were held back and have to be taken now, if there are any.
func (w *Waiting[T]) Done(good bool, bad []int) (due T, ok bool) {
	w.taken--
	w.fresh = w.fresh || good
	for _, i := range bad {
		w.liars[i] = true
		for k := range w.tallies {
			w.tallies[k].newest[i] = mark{}
		}
	}
	if len(bad) == 0 {
		return due, false
	}
	return w.release(true)
}

// Review is to be called whenever the loop has published a filter. It appends what has become stale to stale, and returns
// one of those that were held back and have to be taken now, if there are any.
func (w *Waiting[T]) Review(f *Filter, stale []T) (_ []T, due T, ok bool) {
	w.fresh = false
	stale = w.drop(f, stale)
	due, ok = w.release(w.taken == 0)
	return stale, due, ok
}

// Close ends the holding back for good. It returns one of those that were held back, if there are any.
func (w *Waiting[T]) Close() (due T, ok bool) {
	w.closed = true
	return w.release(true)
}

// release lets go of what is held back: of all, or else, while the loop is still to be told of some, of what was held back
// at the last Review already.
func (w *Waiting[T]) release(all bool) (due T, ok bool) {
	for i := range w.list {
		switch x := &w.list[i]; {
		case !x.held || x.due:
		case all || x.passed:
			x.due = true
			due, ok = x.as, true
		default:
			x.passed = true
		}
	}
	return due, ok
}

// drop takes out what the filter has no use for.
func (w *Waiting[T]) drop(f *Filter, stale []T) []T {
	kept := w.list[:0]
	for _, x := range w.list {
		if f.Useful(x.msg, w.members) {
			kept = append(kept, x)
		} else {
			stale = append(stale, x.as)
		}
	}
	w.keep(kept)
	return stale
}

// keep makes the list its own prefix.
func (w *Waiting[T]) keep(kept []waiting[T]) {
	clear(w.list[len(kept):])
	w.list = kept
}

// holdBack decides what is held back.
func (w *Waiting[T]) holdBack(f *Filter) {
	for i := range w.list {
		w.list[i].held = false
	}
	if w.closed {
		return
	}
	w.holdBackOf(&w.tallies[0], f, f.Certified, f.Prepared)
	if f.Settled { // else each COMMIT counts (spec V5)
		w.holdBackOf(&w.tallies[1], f, f.Decided, f.Committed)
	}
}

// holdBackOf holds back the votes of a kind that are not needed for the highest point that can be reached: lower ones, and
// those beyond a quorum. Floor is what has been reached, own the own vote.
func (w *Waiting[T]) holdBackOf(t *tally, f *Filter, floor, own message.Seq) {
	point := w.reach(t, f, floor, own)
	if point == 0 {
		return
	}
	power, chosen := w.atHand(t, f, point, own), false
	for i := range w.list {
		x := &w.list[i]
		switch seq := w.raises(x, t, f, floor); {
		case seq == 0: // it is taken in any case
		case seq >= point && power < w.members.Needed(t.kind):
			power += w.count(x.member)
			chosen = true
		default:
			x.held = true
		}
	}
	if chosen || w.taken > 0 || w.fresh {
		return // the loop is still to be told of some
	}
	for i := range w.list { // it has been told of all, and counted otherwise
		if x := &w.list[i]; x.msg.Kind() == t.kind {
			x.held = false
		}
	}
}

// reach returns the highest point above floor that the votes at hand and those that wait can reach, 0 if there is none.
func (w *Waiting[T]) reach(t *tally, f *Filter, floor, own message.Seq) (point message.Seq) {
	for i := range w.list {
		seq := w.raises(&w.list[i], t, f, floor)
		if seq <= point {
			continue
		}
		power := w.atHand(t, f, seq, own)
		for j := range w.list {
			if w.raises(&w.list[j], t, f, floor) >= seq {
				power += w.count(w.list[j].member)
			}
		}
		if power >= w.members.Needed(t.kind) {
			point = seq
		}
	}
	return point
}

// raises returns the seq of a vote of a kind for the entered view that may be held back, 0 of anything else. The primary's
// PREPARE may not: it may be evidence (spec N8).
func (w *Waiting[T]) raises(x *waiting[T], t *tally, f *Filter, floor message.Seq) message.Seq {
	v, kind := voteOf(x.msg)
	if kind != t.kind || x.due || v.view != f.View || v.seq <= floor ||
		kind == message.KindPrepare && w.members.At(x.member).ID == w.members.Primary(v.view) {
		return 0
	}
	return v.seq
}

// atHand begins to count members, and returns the power of those whose votes at or above a point need not be waited for.
func (w *Waiting[T]) atHand(t *tally, f *Filter, point, own message.Seq) (power uint64) {
	clear(w.in)
	for i, m := range t.newest {
		if m.view == f.View && m.seq >= point {
			power += w.count(i)
		}
	}
	if own >= point {
		power += w.count(f.Self)
	}
	return power
}

// count returns the power of a member, once.
func (w *Waiting[T]) count(i int) uint64 {
	if w.in[i] {
		return 0
	}
	w.in[i] = true
	return w.members.At(i).Power
}

// tally is what is known of the votes of a kind, without those that wait.
type tally struct {
	kind   message.Kind
	newest []mark // of each member, taken and not found bad
}

type mark struct {
	view message.View
	seq  message.Seq
}

// note remembers a vote that is taken.
func (t *tally) note(i int, m message.Message) {
	old := &t.newest[i]
	if v, kind := voteOf(m); kind == t.kind && (v.view > old.view || v.view == old.view && v.seq > old.seq) {
		*old = v
	}
}

// voteOf returns what a message votes for, if it is a PREPARE or a COMMIT.
func voteOf(m message.Message) (mark, message.Kind) {
	switch m := m.(type) {
	case *message.Prepare:
		return mark{m.View, m.Seq}, message.KindPrepare
	case *message.Commit:
		return mark{m.View, m.Seq}, message.KindCommit
	}
	return mark{}, m.Kind()
}
