package message_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	. "github.com/twothirds-bft/twothirds/pbft/message"
)

// life is what one correct replica signs in a few views under primaries that
// equivocate as they like: chains a and b part after seq 4.
type life struct {
	*evidenceWorld
	signed []Signed
	pc     Rank // highest certificate that it holds
	at     Point
}

// liveView is one view of it: votes on one chain from one base (spec N2), and
// COMMITs that may be on the other (spec N4), never below its last.
func (l *life) liveView(t *rapid.T, v View) {
	base := l.at
	prepares, commits := l.a, l.a
	if base.Seq <= 4 && rapid.Bool().Draw(t, "prepares b") {
		prepares = l.b
	}
	if base.Seq <= 4 && rapid.Bool().Draw(t, "commits b") {
		commits = l.b
	}
	if base.Seq > 4 && base == l.b.at(base.Seq) {
		prepares, commits = l.b, l.b
	}
	grow := func(s Seq) Seq { return min(9, s+Seq(rapid.IntRange(0, 2).Draw(t, "grow"))) }
	tip, committed := base.Seq, base.Seq
	for range rapid.IntRange(0, 3).Draw(t, "turns") {
		l.signed = append(l.signed, l.prepare(0, v, base.Seq, prepares.at(tip)))
		if rapid.Bool().Draw(t, "commit") {
			l.signed = append(l.signed, l.commit(0, v, commits.at(committed)))
			l.pc, l.at = l.rank(v, committed), commits.at(committed)
		}
		tip, committed = grow(tip), grow(committed)
	}
}

// leaveFor signs the VIEW-CHANGE for v, and NEW-VIEW(v) as its primary.
func (l *life) leaveFor(t *rapid.T, v View) {
	l.signed = append(l.signed, l.viewChange(0, v, l.pc, l.at.Chain))
	if v%4 == 0 {
		l.signed = append(l.signed, l.newView(0, v, l.at.Seq))
	}
}

// TestCorrectReplicaIsNeverConvicted (spec E1; oracle I17): out of all that a
// correct replica signed no accuser can make a proof, with whatever links there
// are.
func TestCorrectReplicaIsNeverConvicted(t *testing.T) {
	w := newEvidenceWorld(t)
	kinds := []EvidenceKind{
		EvidencePrepareFork, EvidenceCommitFork, EvidenceBase, EvidenceLowReport, EvidenceViewChange, EvidenceNewView,
	}
	tried := 0
	rapid.Check(t, func(t *rapid.T) {
		l := &life{evidenceWorld: w, pc: w.rank(0, 0), at: w.a.at(0)}
		l.liveView(t, 0)
		for v := View(1); v <= 5; v++ {
			if rapid.IntRange(0, 3).Draw(t, "skips") == 0 {
				continue // it never asked for this view
			}
			l.leaveFor(t, v)
			if rapid.Bool().Draw(t, "enters") {
				l.liveView(t, v)
			}
		}
		for _, first := range l.signed {
			for _, second := range l.signed {
				for _, k := range kinds {
					for _, e := range w.accusations(k, first, second) {
						_, err := w.door.Evidence(e)
						require.Error(t, err, "kind %d: %+v and %+v", k, first, second)
						tried++
					}
				}
			}
		}
	})
	require.Greater(t, tried, 10_000)
}

// accusations makes proofs of a pair: bare, and with each chain's links between
// them.
func (w *evidenceWorld) accusations(k EvidenceKind, first, second Signed) []*Evidence {
	list := []*Evidence{w.proof(k, first, second)}
	low, high, ok := seqOf(first), seqOf(second), k == EvidencePrepareFork || k == EvidenceCommitFork
	if ok && low <= high {
		list = append(list, w.fork(k, first, second, w.a, low, high), w.fork(k, first, second, w.b, low, high))
	}
	return list
}

func seqOf(m Signed) Seq {
	switch m := m.(type) {
	case *Prepare:
		return m.Seq
	case *Commit:
		return m.Seq
	}
	return 0
}
