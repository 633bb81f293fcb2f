package shrink_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/adversary/shrink"
	"github.com/twothirds-bft/twothirds/adversary/sim"
	"github.com/twothirds-bft/twothirds/clock"
	"github.com/twothirds-bft/twothirds/pbft/message"
)

// never is a user's invariant: no event for which it is true.
type never func(sim.Event) bool

func (never) Name() string { return "never" }

func (f never) OnEvent(_ *sim.World, e sim.Event) error {
	if f(e) {
		return errors.New("it happened")
	}
	return nil
}

func (never) AtEnd(*sim.World) error { return nil }

// noView forbids to enter a view: an artificial invariant, so that an honest engine
// has failures to shrink.
func noView(v message.View) []sim.Option {
	return []sim.Option{sim.WithInvariant(never(func(e sim.Event) bool { return e.Kind == sim.EventEnter && e.View >= v }))}
}

// noisy is a world with a bit of everything.
func noisy() sim.Scenario {
	ms := clock.Millisecond
	return sim.Scenario{
		Name: "noisy", Seed: 7, Replicas: 7, Decisions: 3, Clients: 2, Ahead: 2, Interval: 3, Encode: true, Burst: true,
		Byzantine: []sim.Liar{{Replica: 3, Behaviour: "compose(low-vote,replay)"}, {Replica: 0, Behaviour: "silent"}},
		Links:     sim.Links{DelayMin: ms / 3, DelayMax: 7 * ms, LossPercent: 3, SlowPercent: 2, DuplicatePercent: 4},
		Crashes:   []sim.Crash{{Replica: 2, At: 123456789, Down: 78 * ms}, {Replica: 5, At: 201 * ms, Down: 33 * ms}},
		Cuts:      []sim.Cut{{Side: []int{1, 4}, From: 77 * ms, To: 99 * ms}},
		Pauses:    []sim.Pause{{Replica: 6, From: 40 * ms, To: 55 * ms}},
		Disks:     []sim.Disk{{Replica: 4, Fault: sim.Slow, By: 3 * ms}},
		Clocks:    []sim.Clock{{Replica: 1, Skew: -300}},
		Rules:     []sim.Rule{{Do: sim.Duplicate, Kinds: []string{"COMMIT"}, From: []int{2, 4}, Nth: 3, By: 9 * ms}},
		Heal:      600 * ms, TurnMax: 100_000, SyncMax: 2 * ms, ExecMax: ms,
	}
}

// Entering view 1 takes no fault at all and next to no message: a request, a timer at
// two of two replicas, a VIEW-CHANGE.
func TestShrinksToAFewEvents(t *testing.T) {
	o := shrink.Options{With: noView(1), Plays: 3000, Found: "a test"}
	phases := map[string]bool{}
	o.Progress = func(phase string, r *shrink.Report) {
		phases[phase] = true
		require.Equal(t, "never", r.Failure.Oracle)
	}
	r := shrink.Run(noisy(), o)
	require.True(t, r.Minimal)
	require.LessOrEqual(t, r.Events, 10)
	require.Greater(t, r.Before, 100)
	require.Contains(t, phases, "messages")

	sc := r.Scenario
	for i := range sc.Rules {
		require.Equal(t, sim.Drop, sc.Rules[i].Do)
	}
	require.Equal(t, sim.Scenario{
		Name: "noisy", Seed: sc.Seed, Replicas: 2, Decisions: 1, Clients: 1, Ahead: 1, OpsBlock: 1, Rules: sc.Rules,
		Links: sc.Links, Heal: sc.Heal, Burst: sc.Burst,
	}, sc, "nothing is left that the story does without")
	again := sim.Play(sc, o.With...)
	require.Equal(t, r.Failure, again.Failure)
	require.Equal(t, r.Hash, again.Hash)
	require.Nil(t, sim.Play(sc).Failure, "what does not break the invariant recovers from the story")
}

// What the package promises of a minimal story: each message that arrives is needed.
// The test drops each by the time at which it was sent, not as the shrinker does.
func TestEveryMessageIsNeeded(t *testing.T) {
	with := noView(1)
	sc := sim.Scenario{Decisions: 1, Clients: 1, Ahead: 1, Byzantine: []sim.Liar{{Replica: 0, Behaviour: "silent"}}}
	r := shrink.Run(sc, shrink.Options{With: with, Plays: 3000})
	require.True(t, r.Minimal)
	_, arrived, events := count(r.Scenario, with)
	require.NotEmpty(t, arrived)
	require.Equal(t, r.Events, events)
	for _, e := range arrived {
		sc := r.Scenario
		sc.Limit = r.Failure.At + 100*clock.Millisecond - sc.Heal
		sc.Rules = append([]sim.Rule{{
			Do: sim.Drop, From: []int{e.Replica}, To: []int{e.Peer}, Kinds: []string{e.Msg.Kind().String()},
			Begin: e.At, End: e.At + 1, Always: true,
		}}, sc.Rules...)
		if without, _, others := count(sc, with); without.Failure != nil && without.Failure.Oracle == "never" {
			require.GreaterOrEqual(t, others, events, "without %v there is still %v", e, without.Failure)
		}
	}
}

// count plays a scenario and returns the sending of each message that arrived in it, and
// how many these and the timers that fired are.
func count(sc sim.Scenario, with []sim.Option) (r *sim.Result, arrived []sim.Event, events int) {
	sent, fired := map[uint64]sim.Event{}, map[string]bool{}
	r = sim.Play(sc, append(with, sim.WithTrace(func(e sim.Event) {
		switch e.Kind {
		case sim.EventSend:
			sent[e.ID] = e
			if m, ok := e.Msg.(*message.Suspect); ok {
				fired[fmt.Sprint(e.Replica, m.View)] = true
			}
		case sim.EventDeliver:
			arrived = append(arrived, sent[e.ID])
		}
	}))...)
	return r, arrived, len(arrived) + len(fired)
}

// A behaviour comes down to the part that matters.
func TestBehaviours(t *testing.T) {
	with := []sim.Option{sim.WithInvariant(never(func(e sim.Event) bool { return e.Kind == sim.EventEvidence }))}
	sc := sim.Scenario{Decisions: 2, Burst: true, Byzantine: []sim.Liar{
		{Replica: 2, Behaviour: "compose(after(1ms,delay(3ms)),when(decided>=0,compose(replay,vote-twice)))"},
	}}
	r := shrink.Run(sc, shrink.Options{With: with, Plays: 1500})
	require.Equal(t, []sim.Liar{{Replica: 2, Behaviour: "vote-twice"}}, r.Scenario.Byzantine)
}

// A liveness failure stays one for the reason that it was: nothing more is lost after
// Heal than the scenario said, and there is as much time.
func TestLiveness(t *testing.T) {
	sc := sim.Scenario{
		Decisions: 3, Burst: true, Heal: 200 * clock.Millisecond, Limit: 2 * clock.Second,
		Links: sim.Links{LossPercent: 5},
		Cuts:  []sim.Cut{{Side: []int{1}, From: 5 * clock.Millisecond, To: 9 * clock.Millisecond}},
		Rules: []sim.Rule{{Do: sim.Drop, To: []int{2}, End: 90 * clock.Second, Always: true}},
	}
	r := shrink.Run(sc, shrink.Options{Plays: 100})
	require.NotNil(t, r.Failure)
	require.Equal(t, "I13", r.Failure.Oracle)
	require.Equal(t, sc.Limit, r.Scenario.Limit)
	for _, rule := range r.Scenario.Rules {
		require.True(t, !rule.Always || rule.End > 0 && len(rule.To) == 1, "%+v", rule)
	}
	require.Empty(t, r.Scenario.Cuts)
	require.Less(t, r.Events, r.Before)
}

func TestWhatPassesStays(t *testing.T) {
	sc := sim.Scenario{Decisions: 2}
	r := shrink.Run(sc, shrink.Options{})
	require.Nil(t, r.Failure)
	require.Equal(t, sc, r.Scenario)
	require.Equal(t, 1, r.Plays)

	sc = sim.Scenario{Window: 9}
	require.Nil(t, shrink.Run(sc, shrink.Options{}).Failure, "no scenario")
}

// The budget ends the search with what there is, and equal inputs give equal results.
func TestBudget(t *testing.T) {
	o := shrink.Options{With: noView(1), Plays: 30}
	one, two := shrink.Run(noisy(), o), shrink.Run(noisy(), o)
	require.False(t, one.Minimal)
	require.LessOrEqual(t, one.Plays, 31)
	require.NotNil(t, one.Failure)
	two.Elapsed = one.Elapsed
	require.Equal(t, one, two)
	require.NotNil(t, sim.Play(one.Scenario, o.With...).Failure)

	o.Same = func(a, b *sim.Failure) bool { return a.What == b.What && a.At == b.At }
	require.Equal(t, one.Before, shrink.Run(noisy(), o).Before)
}

// A replay file reads as what it is of.
func TestFile(t *testing.T) {
	r := shrink.Report{
		Scenario: noisy(), Failure: &sim.Failure{Oracle: "I1", At: clock.Second, What: "two\nlines"},
		Found: "twothirds hunt --seeds 1..9", Events: 5, Before: 99, Minimal: true, Hash: 0xab,
	}
	b := r.File("fork.toml")
	sc, err := sim.ParseScenario(b)
	require.NoError(t, err)
	require.Equal(t, noisy(), sc)
	for _, line := range []string{
		"# I1 at 1s: two\n# lines\n", "twothirds replay fork.toml\n", "twothirds hunt --seeds 1..9\n",
		"from 99 events to 5; no message in it can be spared", "00000000000000ab",
	} {
		require.Contains(t, string(b), line)
	}
}
