package emu

import (
	"fmt"

	"github.com/twothirds-bft/twothirds/pbft/message"
)

// RequireSuspect holds the replica to a SUSPECT of this view (spec V1).
func (v *View) RequireSuspect() *message.Suspect {
	v.d.t.Helper()
	return v.d.take(fmt.Sprintf("SUSPECT %d", v.Number), func(m message.Message) bool {
		s, ok := m.(*message.Suspect)
		return ok && s.View == v.Number
	}).Msg.(*message.Suspect)
}

// RequireLeave holds the replica to a LEAVE towards this view (spec V1).
func (v *View) RequireLeave() *message.Leave {
	v.d.t.Helper()
	return v.d.take(fmt.Sprintf("LEAVE to %d", v.Number), func(m message.Message) bool {
		l, ok := m.(*message.Leave)
		return ok && l.View == v.Number
	}).Msg.(*message.Leave)
}

// RequireViewChange holds the replica to a VIEW-CHANGE for this view that reports a
// certificate at a point, or genesis (spec V2).
func (v *View) RequireViewChange(reported message.Point) *message.ViewChange {
	v.d.t.Helper()
	want := fmt.Sprintf("VIEW-CHANGE %d that reports %s", v.Number, v.d.point(reported))
	return v.d.take(want, func(m message.Message) bool {
		c, ok := m.(*message.ViewChange)
		return ok && c.View == v.Number && c.Rank.Seq == reported.Seq && c.Chain == reported.Chain
	}).Msg.(*message.ViewChange)
}

// RequireNewView holds the replica, as primary of this view, to a NEW-VIEW with a base
// (spec V3).
func (v *View) RequireNewView(base message.Point) *message.NewView {
	v.d.t.Helper()
	want := fmt.Sprintf("NEW-VIEW %d with base %s", v.Number, v.d.point(base))
	return v.d.take(want, func(m message.Message) bool {
		n, ok := m.(*message.NewView)
		return ok && n.View == v.Number && v.d.baseOf(n) == base
	}).Msg.(*message.NewView)
}

// RequireEntered holds the replica to being in this view, not having left it.
func (v *View) RequireEntered() {
	v.d.t.Helper()
	if s := v.d.Status(); s.View != v.Number || s.Target != v.Number {
		v.d.t.Fatalf("emu: want view %d entered\n%s", v.Number, v.d.instead())
	}
}

// RequireAsked holds the replica to asking for this view, without having entered it.
func (v *View) RequireAsked() {
	v.d.t.Helper()
	if s := v.d.Status(); s.View >= v.Number || s.Target != v.Number {
		v.d.t.Fatalf("emu: want view %d asked for\n%s", v.Number, v.d.instead())
	}
}
