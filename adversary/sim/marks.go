package sim

import "github.com/twothirds-bft/twothirds/clock"

// Rare states that a campaign must have reached: one that never does shows that
// something is not tried any more. The idea is that of FoundationDB's and Antithesis'
// "sometimes" assertions.
const (
	lostCut        = "cut"
	lostLoss       = "loss"
	lostRule       = "rule"
	lostAdversary  = "adversary"
	lostQueue      = "queue overflowed"
	lostConnection = "connection broken"
	lostCorrupt    = "frame corrupted"
	corruptDecoded = "corrupted frame decoded"
	clogged        = "message clogged"
	queued         = "message queued"
	replayed       = "replay arrived"
	replayedView   = "replay arrived in another view"
	replayedLife   = "replay arrived after a restart"

	timerLate        = "timer fired late"
	tornLog          = "log torn"
	crashedProposing = "crashed with a proposal that is not durable"
	powerLost        = "power lost everywhere"
	amnesia          = "disk wiped"
	refused          = "damaged log refused"
	stoppedRestart   = "faulty replica cannot restart"
)

// lateness is from when on a timer counts as late.
const lateness = 50 * clock.Millisecond

// Sometimes counts a state that is to be reached now and then, under a name: see
// Result.Marks.
func (w *World) Sometimes(mark string, cond bool) {
	if cond {
		w.marks[mark]++
	}
}
