package sim

import (
	"maps"

	"github.com/twothirds-bft/twothirds/clock"
	"github.com/twothirds-bft/twothirds/pbft/core"
	"github.com/twothirds-bft/twothirds/pbft/message"
)

// Names of rare states. The idea is that of the sometimes assertions of FoundationDB
// and Antithesis: a state that no world of a campaign reaches shows that something is
// not tried any more.
const (
	lostCut        = "cut"
	lostLoss       = "loss"
	lostRule       = "rule"
	lostAdversary  = "adversary"
	lostQueue      = "queue overflowed"
	lostConnection = "connection broken"
	lostCorrupt    = "frame corrupted"

	corruptDecoded   = "corrupted frame decoded"
	clogged          = "message clogged"
	queued           = "message queued"
	replayed         = "replay arrived"
	replayedView     = "replay arrived in another view"
	replayedLife     = "replay arrived after a restart"
	filtered         = "message dropped unverified"
	timerLate        = "timer fired late"
	tornLog          = "log torn"
	crashedProposing = "crashed with a proposal that is not durable"
	powerLost        = "power lost everywhere"
	stopped          = "stopped in good order"
	amnesia          = "disk wiped"
	refused          = "damaged log refused"
	stoppedRestart   = "faulty replica cannot restart"
	differs          = "state differs"
	divergence       = "diverged replica stopped"
	sessionExpired   = "session evicted under its client"
	sessionReopened  = "old operations sent again in the next session"
	bundleAcked      = "bundle acknowledged"
	resultsInParts   = "results of a bundle came in parts"

	viewEntered   = "view changed"
	viewInherited = "view begins with blocks that are not decided"
	viewDecided   = "view begins below what is decided"
	viewLost      = "crashed between leaving a view and entering the next"
	missedWindow  = "restarted further behind than the window"
	convicted     = "evidence kept"
)

// Expected returns the names of the rare states that any campaign of some hundreds of
// seeds must reach with all faults on: see Result.Marks and Tally.Unreached.
func Expected() []string {
	return []string{
		lostCut, lostLoss, lostRule, lostQueue, lostConnection, lostCorrupt, corruptDecoded, clogged, queued,
		replayed, replayedView, replayedLife, filtered, timerLate, tornLog, crashedProposing, powerLost, stopped, amnesia, refused,
		differs, divergence, sessionExpired, sessionReopened, bundleAcked, resultsInParts,
		viewEntered, viewInherited, viewDecided, viewLost, missedWindow, convicted,
		string(LostSync), string(StaleRead), string(OldImage), string(Rot), string(Misdirected), string(SyncError), string(Full), string(Slow),
	}
}

// lateness is from when on a timer counts as late.
const lateness = 50 * clock.Millisecond

// Sometimes counts a state that is to be reached now and then, under a name: see
// Result.Marks.
func (w *World) Sometimes(mark string, cond bool) {
	if cond {
		w.marks[mark]++
	}
}

// entered marks how a replica enters a view.
func (h *host) entered(s *core.HardState) {
	w := h.w
	w.Sometimes(viewEntered, true)
	decided := message.Seq(0)
	if h.core != nil {
		decided = h.core.Status().Decided.Seq
	}
	w.Sometimes(viewInherited, s.Base.Seq > decided)
	w.Sometimes(viewDecided, s.Base.Seq < decided)
}

// Unreached returns the rare states that no world of the campaign has reached.
func (t *Tally) Unreached() (out []string) {
	for _, m := range Expected() {
		if t.Marks[m] == 0 {
			out = append(out, m)
		}
	}
	return out
}

// addMarks counts the worlds in which a rare state was reached. The map is never
// changed in place: others may look at an older tally meanwhile.
func (t *Tally) addMarks(marks map[string]uint64, worlds func(n uint64) uint64) {
	if len(marks) == 0 {
		return
	}
	sum := maps.Clone(t.Marks)
	if sum == nil {
		sum = map[string]uint64{}
	}
	for m, n := range marks { // order: a sum
		sum[m] += worlds(n)
	}
	t.Marks = sum
}
