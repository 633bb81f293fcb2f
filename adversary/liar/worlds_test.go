package liar_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/adversary/liar"
	"github.com/twothirds-bft/twothirds/adversary/sim"
	"github.com/twothirds-bft/twothirds/clock"
	"github.com/twothirds-bft/twothirds/pbft/core"
	"github.com/twothirds-bft/twothirds/pbft/message"
)

const ms = clock.Millisecond

// worlds are where behaviours are shown at work, by name. Their Byzantine replicas are
// given a behaviour by lying.
var worlds = map[string]sim.Scenario{
	// The liar leads the first view, or none, and all else is well.
	"calm":   {Burst: true, Interval: 4, Byzantine: liars(0)},
	"backup": {Burst: true, Interval: 4, Byzantine: liars(2)},
	// Clients rest between operations.
	"idle": {Clients: 1, Ahead: 1, Decisions: 12, Heal: 1500 * ms, Byzantine: liars(2)},
	// The first primary pauses; the liar leads the next view, or votes in it.
	"next":  {Heal: 900 * ms, Pauses: []sim.Pause{{Replica: 0, From: 40 * ms, To: 600 * ms}}, Byzantine: liars(1)},
	"voter": {Heal: 900 * ms, Pauses: []sim.Pause{{Replica: 0, From: 40 * ms, To: 600 * ms}}, Byzantine: liars(2)},
	// Two primaries in a row pause.
	"twice": {
		Heal: 2000 * ms, Byzantine: liars(3),
		Pauses: []sim.Pause{{Replica: 0, From: 40 * ms, To: 500 * ms}, {Replica: 1, From: 600 * ms, To: 1500 * ms}},
	},
	// One replica is cut off for a while and has to catch up.
	"lag": {
		Heal: 700 * ms, Burst: true, Interval: 4, Byzantine: liars(3),
		Cuts: []sim.Cut{{Side: []int{1}, From: 20 * ms, To: 400 * ms}},
	},
	// The same, and what it lacks takes many answers, each proven by a CC.
	"behind": {
		Heal: 700 * ms, Burst: true, Interval: 40, Window: 4, Answer: 300, Byzantine: liars(3),
		Cuts: []sim.Cut{{Side: []int{1}, From: 20 * ms, To: 400 * ms}},
	},
	"lossy": {
		Heal: 1500 * ms, Byzantine: liars(1), Pauses: []sim.Pause{{Replica: 0, From: 100 * ms, To: 700 * ms}},
		Links: sim.Links{DelayMin: ms, DelayMax: 20 * ms, LossPercent: 10, SlowPercent: 5},
	},
	"views": {
		Heal: 2000 * ms, Byzantine: liars(2),
		Pauses: []sim.Pause{{Replica: 0, From: 30 * ms, To: 500 * ms}, {Replica: 1, From: 300 * ms, To: 1200 * ms}},
		Links:  sim.Links{DelayMin: ms, DelayMax: 10 * ms, LossPercent: 5},
	},
	// The correct replicas do not hear each other's PREPAREs in view 1 (story 1).
	"cut": {
		Heal: 2000 * ms, Burst: true, Byzantine: liars(3),
		Rules: []sim.Rule{{
			Do: sim.Drop, Kinds: []string{"PREPARE"}, From: []int{0, 1, 2}, To: []int{0, 1, 2}, Begin: 20 * ms, End: 1000 * ms,
		}},
	},
	"crash": {
		Heal: 1000 * ms, SyncMax: 5 * ms, Byzantine: liars(1),
		Crashes: []sim.Crash{
			{Replica: 0, At: 50 * ms, Down: 300 * ms}, {Replica: 2, At: 200 * ms, Down: 100 * ms}, {Replica: 3, At: 500 * ms, Down: 100 * ms},
		},
	},
	"seven": {
		Replicas: 7, Decisions: 15, Heal: 800 * ms, Byzantine: liars(0, 1), Links: sim.Links{DelayMin: ms, DelayMax: 10 * ms, LossPercent: 4},
	},
}

func liars(list ...int) (out []sim.Liar) {
	for _, r := range list {
		out = append(out, sim.Liar{Replica: r})
	}
	return out
}

// lying returns a world whose liars have a behaviour, or none if that is "".
func lying(world, behaviour string) sim.Scenario {
	sc, ok := worlds[world]
	if !ok {
		panic("no world " + world)
	}
	if sc.Decisions == 0 {
		sc.Decisions = 20
	}
	if sc.Interval == 0 {
		sc.Interval = 6
	}
	sc.Until, sc.Limit = 50, 6*clock.Second
	list := sc.Byzantine
	sc.Byzantine = nil
	for _, l := range list {
		if l.Behaviour = behaviour; behaviour != "" {
			sc.Byzantine = append(sc.Byzantine, l)
		}
	}
	return sc
}

// tally is what a world showed beside its result.
type tally struct {
	*sim.Result
	corrupt map[int]bool
	stats   core.Stats             // summed over the others, as all below
	sent    [message.KindCount]int // by them
	told    [message.KindCount]int // by liars
	refused map[error]int          // what liars sent and the door of a correct replica refuses
}

// play runs a world with a behaviour and counts.
func play(t testing.TB, seed uint64, world, behaviour string) *tally {
	t.Helper()
	out := &tally{corrupt: map[int]bool{}, refused: map[error]int{}}
	for _, l := range worlds[world].Byzantine {
		out.corrupt[l.Replica] = true
	}
	opts := []sim.Option{sim.WithInvariant(out), sim.WithTrace(out.event)}
	sc := lying(world, behaviour)
	if behaviour != "" {
		b, err := liar.Parse(behaviour)
		require.NoError(t, err)
		opts = append(opts, sim.WithBehaviours(out.spy(b)))
		for i := range sc.Byzantine {
			sc.Byzantine[i].Behaviour = "spy"
		}
	}
	out.Result = sim.Run(sim.Seed(seed), sc, opts...)
	return out
}

// reasons are the errors of the door that are counted apart.
var reasons = []error{
	message.ErrSignature, message.ErrSender, message.ErrEpoch, message.ErrForm, message.ErrCert, message.ErrEvidence, message.ErrBatch,
}

// spy is b with what it sends to members shown to a correct replica's door.
func (x *tally) spy(b *liar.Behaviour) liar.Behaviour {
	return liar.Behaviour{Name: "spy", New: func(e *liar.Env) liar.Sender {
		c := *e
		c.Send = func(to message.ReplicaID, m message.Message) {
			if e.Members().Index(to) >= 0 {
				x.told[m.Kind()]++
				_, err := e.Door.Verify(e.Self, m)
				for _, why := range reasons {
					if errors.Is(err, why) {
						x.refused[why]++
					}
				}
			}
			e.Send(to, m)
		}
		return b.New(&c)
	}}
}

func (x *tally) event(e sim.Event) {
	if e.Kind == sim.EventSend && e.Replica < len(worlds) && !x.corrupt[e.Replica] {
		x.sent[e.Msg.Kind()]++
	}
}

// Name implements sim.Invariant.
func (x *tally) Name() string { return "tally" }

// OnEvent implements sim.Invariant.
func (x *tally) OnEvent(*sim.World, sim.Event) error { return nil }

// AtEnd implements sim.Invariant.
func (x *tally) AtEnd(w *sim.World) error {
	for i := range w.Processes() {
		if x.corrupt[i] {
			continue
		}
		s := w.Status(i).Stats
		x.stats.Views += s.Views
		x.stats.Suspects += s.Suspects
		x.stats.Fetches += s.Fetches
		for j := range s.Drops {
			x.stats.Drops[j] += s.Drops[j]
		}
	}
	return nil
}
