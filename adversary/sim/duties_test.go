package sim

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/clock"
	"github.com/twothirds-bft/twothirds/pbft/core"
	"github.com/twothirds-bft/twothirds/pbft/message"
)

// What a correct peer does not show is said again (S3); a process that stood still owes
// nothing for that.
func TestRepeatsAreDue(t *testing.T) {
	w := still()
	o, h := w.oracle, w.hosts[1]
	x := o.heard[1]
	wait := func(d clock.Duration) (what string) {
		for ; d > 0 && what == ""; d -= dutiesEvery {
			w.now = w.now.Add(dutiesEvery)
			what = x.repeats(o, h)
		}
		return what
	}
	say := func(m message.Message, to message.ReplicaID, all bool) {
		x.owed.paid(&core.Outgoing{All: all, To: to, Msg: m})
	}
	commit := &message.Commit{Seq: 1, Chain: w.root.Chain, Signer: 1}
	x.says(h, commit)
	say(commit, 0, true)
	long := o.patience + h.core.Status().Timeout
	require.Empty(t, wait(long))
	say(commit, 0, false)
	require.Contains(t, wait(dutiesEvery), "COMMIT to replica 2")
	x.statuses[2].Decided = 1
	require.Empty(t, wait(long-dutiesEvery), "it has decided")
	say(commit, 0, true)
	w.now = w.now.Add(10 * clock.Second)
	require.Empty(t, x.repeats(o, h), "it stood still")
	require.Contains(t, wait(long), "COMMIT to replica 0")

	x.commits[1] = vote{}
	x.owed.boot(w.now)
	require.Empty(t, wait(2*long))
	say(&message.Checkpoint{CheckpointBody: message.CheckpointBody{Seq: 8}}, 0, true)
	require.Contains(t, wait(2*long), "CHECKPOINT")
	x.state.Low.Seq = 8
	require.Empty(t, wait(2*long), "it is stable here")
}

// An answer to a pull shows the primary's PREPARE where it is known (N9).
func TestAnswersShowPrepare(t *testing.T) {
	w := still()
	o, h := w.oracle, w.hosts[1]
	x := o.heard[1]
	head := message.Header{Seq: 1}
	o.learn(w.root.Chain, &head)
	at := message.Point{Seq: 1, Chain: w.root.Chain.Extend(head.Digest())}
	before := &core.HardState{Base: w.root, Tip: at}
	answer := &message.Blocks{From: w.root, Blocks: []message.BlockData{{Header: head}}}
	require.Empty(t, x.serves(h, before, answer), "forgotten in a crash")
	x.led = vote{at: at}
	require.NotEmpty(t, x.serves(h, before, answer))
	answer.Prepare = &message.Prepare{}
	require.Empty(t, x.serves(h, before, answer))
}

// A turn that comes a second late was a pause (T5), and a timeout is not above its cap (T3).
func TestPausesAndTimeouts(t *testing.T) {
	w := still()
	h := w.hosts[1]
	x := w.oracle.heard[1]
	paused, what := x.pauses(h)
	require.False(t, paused)
	require.Empty(t, what)
	h.tickAt = w.now
	w.now = w.now.Add(clock.Second)
	paused, what = x.pauses(h)
	require.True(t, paused)
	require.NotEmpty(t, what)
	require.Empty(t, x.waits(h))
	w.tune = func(c *core.Config) { c.TimeoutCap /= 4 }
	require.NotEmpty(t, x.waits(h))
}
