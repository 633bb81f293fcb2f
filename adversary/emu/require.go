package emu

import (
	"errors"
	"fmt"
	"strings"

	"github.com/twothirds-bft/twothirds/pbft/message"
)

// Sent is a message that left the replica, to one member or, with All, to all others.
type Sent struct {
	All   bool
	To    message.ReplicaID
	Msg   message.Message // shared, change nothing
	Frame []byte          // as it travels
}

// Sent returns what the replica sent and nothing has required yet, oldest first. STATUS,
// which it sends all the time, is among them.
func (d *Driver) Sent() []Sent { return d.sent }

// Clear forgets what the replica sent so far.
func (d *Driver) Clear() { d.sent = nil }

// take removes the first message that is wanted and all repeats of it, and fails the test
// with what was sent instead if there is none.
func (d *Driver) take(want string, wanted func(message.Message) bool) *Sent {
	d.t.Helper()
	var found *Sent
	var left []Sent
	for i := range d.sent {
		s := d.sent[i]
		if found == nil && wanted(s.Msg) {
			found = &s
		}
		if found == nil || string(s.Frame) != string(found.Frame) {
			left = append(left, s)
		}
	}
	if found == nil {
		d.t.Fatalf("emu: want %s\n%s", want, d.instead())
		return nil
	}
	d.sent = left
	return found
}

// instead tells what the replica did send, and where it stands.
func (d *Driver) instead() string {
	var b strings.Builder
	b.WriteString("  the replica sent")
	n := 0
	for i := range d.sent {
		if d.sent[i].Msg.Kind() != message.KindStatus {
			fmt.Fprintf(&b, "\n    %s", d.describeSent(&d.sent[i]))
			n++
		}
	}
	if n == 0 {
		b.WriteString(" nothing")
	}
	fmt.Fprintf(&b, "\n  and is %s", d.state())
	return b.String()
}

// Require finds a message of the given kind that was sent, for kinds without a method of
// their own.
func (d *Driver) Require(k message.Kind) *Sent {
	d.t.Helper()
	return d.take(k.String(), func(m message.Message) bool { return m.Kind() == k })
}

// RequirePrepare holds the replica to a PREPARE of this view, from its base to a point.
func (v *View) RequirePrepare(at message.Point) *message.Prepare {
	v.d.t.Helper()
	want := v.prepare(at)
	return v.d.take(v.d.describe(want), func(m message.Message) bool {
		p, ok := m.(*message.Prepare)
		return ok && p.View == want.View && p.Base == want.Base && p.Point() == at
	}).Msg.(*message.Prepare)
}

// RequireCommit holds the replica to a COMMIT of this view at a point.
func (v *View) RequireCommit(at message.Point) *message.Commit {
	v.d.t.Helper()
	want := v.commit(at)
	return v.d.take(v.d.describe(want), func(m message.Message) bool {
		c, ok := m.(*message.Commit)
		return ok && c.View == want.View && c.Point() == at
	}).Msg.(*message.Commit)
}

// RequireProposal holds the replica, as primary of this view, to having proposed a block,
// header and body, and returns it. The PREPARE that signs it may be for a later block.
func (v *View) RequireProposal() *Block {
	v.d.t.Helper()
	h := v.d.take(fmt.Sprintf("PRE-PREPARE of view %d", v.Number), func(m message.Message) bool {
		p, ok := m.(*message.PrePrepare)
		return ok && p.Header.View == v.Number
	}).Msg.(*message.PrePrepare)
	m := v.d.take("BODY of "+v.d.point(h.Point()), func(m message.Message) bool {
		b, ok := m.(*message.Body)
		return ok && b.Parent == h.Parent && b.Header == h.Header
	}).Msg.(*message.Body)
	return &Block{Point: h.Point(), Parent: m.Parent, Header: m.Header, Raw: m.Raw}
}

// RequireNoVote holds the replica to having sent no PREPARE and no COMMIT but those
// required so far.
func (d *Driver) RequireNoVote() {
	d.t.Helper()
	d.forbid("no vote", func(k message.Kind) bool { return k == message.KindPrepare || k == message.KindCommit })
}

// RequireQuiet holds the replica to having sent nothing, STATUS apart, but what was
// required so far.
func (d *Driver) RequireQuiet() {
	d.t.Helper()
	d.forbid("nothing", func(k message.Kind) bool { return k != message.KindStatus })
}

func (d *Driver) forbid(want string, bad func(message.Kind) bool) {
	d.t.Helper()
	for i := range d.sent {
		if bad(d.sent[i].Msg.Kind()) {
			d.t.Fatalf("emu: want %s\n%s", want, d.instead())
		}
	}
}

// RequireDecided holds the replica to having decided a point, and handed it to the
// application.
func (d *Driver) RequireDecided(at message.Point) {
	d.t.Helper()
	if got, ok := d.decided[at.Seq]; !ok || got != at.Chain {
		d.t.Fatalf("emu: want %s decided\n%s", d.point(at), d.instead())
	}
}

// RequireUndecided holds the replica to not having decided anything at a seq.
func (d *Driver) RequireUndecided(seq message.Seq) {
	d.t.Helper()
	if got, ok := d.decided[seq]; ok {
		d.t.Fatalf("emu: want nothing decided at %d, and it is %s", seq, d.digest(got))
	}
}

// RequireCheckpoint holds the replica to a CHECKPOINT at a seq (spec C1).
func (d *Driver) RequireCheckpoint(seq message.Seq) *message.Checkpoint {
	d.t.Helper()
	return d.take(fmt.Sprintf("CHECKPOINT at %d", seq), func(m message.Message) bool {
		c, ok := m.(*message.Checkpoint)
		return ok && c.Seq == seq
	}).Msg.(*message.Checkpoint)
}

// RequireFetch holds the replica to a pull of blocks up to a point, and returns it: an
// answer counts only from the member that was asked (spec N9).
func (d *Driver) RequireFetch(want message.Point) *Sent {
	d.t.Helper()
	return d.take("FETCH of "+d.point(want), func(m message.Message) bool {
		f, ok := m.(*message.Fetch)
		return ok && f.Want == want
	})
}

// RequireEvidence holds the replica to having found a proof against a member that anyone
// can check (spec E1).
func (d *Driver) RequireEvidence(culprit message.ReplicaID) *message.Evidence {
	d.t.Helper()
	for _, e := range d.evidence {
		if e.Culprit != culprit {
			continue
		}
		if _, err := d.door.Evidence(e); err != nil {
			d.t.Fatalf("emu: the replica's proof against %d proves nothing: %v", culprit, err)
		}
		return e
	}
	d.t.Fatalf("emu: want a proof against %d, there are %d against others\n%s", culprit, len(d.evidence), d.instead())
	return nil
}

// RequireNoEvidence holds the replica to having found no proof against anyone.
func (d *Driver) RequireNoEvidence() {
	d.t.Helper()
	for _, e := range d.evidence {
		d.t.Fatalf("emu: want no proof, and there is one of kind %d against %d", e.Kind, e.Culprit)
	}
}

// RequireStopped holds the replica to having stopped for good, with an error that
// errors.As puts into target, as in new(*core.ForkedError) (spec C2, V4).
func (d *Driver) RequireStopped(target any) {
	d.t.Helper()
	if d.fault == nil || !errors.As(d.fault, target) {
		d.t.Fatalf("emu: want the replica stopped by %T\n%s", target, d.instead())
	}
}

// RequireRefused holds the door to refusing a message on the link of a member.
func (d *Driver) RequireRefused(from message.ReplicaID, m message.Message) {
	d.t.Helper()
	if err := d.Deliver(from, m); err == nil || errors.Is(err, ErrDown) {
		d.t.Fatalf("emu: want %s from %d refused: %v", d.describe(m), from, err)
	}
}
