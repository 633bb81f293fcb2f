package sim_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/adversary/liar"
	"github.com/twothirds-bft/twothirds/adversary/sim"
	"github.com/twothirds-bft/twothirds/clock"
	"github.com/twothirds-bft/twothirds/pbft/message"
)

// passed fails the test with the line that replays the seed.
func passed(t *testing.T, seed uint64, o sim.Options, r *sim.Result) {
	t.Helper()
	if r.Failure != nil {
		t.Fatalf("seed %d: %v\ntwothirds replay %d --replicas %d\n%+v", seed, r.Failure, seed, o.Replicas, r.Scenario)
	}
}

// Every cluster size has worlds of its own: the arithmetic of n = 3f+1 hides
// mistakes that n = 5 and 6 show.
func TestWorlds(t *testing.T) {
	for _, n := range []int{1, 4, 5, 6, 7, 10} {
		t.Run(fmt.Sprint("n=", n), func(t *testing.T) {
			t.Parallel()
			o := sim.Options{Replicas: n}
			decisions, lying := 0, 0
			for seed := uint64(1); seed <= 30; seed++ {
				r := sim.RunSeed(seed, o)
				passed(t, seed, o, r)
				decisions += r.Decisions
				lying += len(r.Scenario.Byzantine)
			}
			require.GreaterOrEqual(t, decisions, 30*20)
			if n > 1 {
				require.Positive(t, lying)
			}
		})
	}
}

// I21: one seed, one trace. Different seeds are different worlds: the generator is not stuck.
func TestSameSeedSameTrace(t *testing.T) {
	const seeds = 20
	seen := map[uint64]bool{}
	for seed := uint64(1); seed <= seeds; seed++ {
		once, again := sim.RunSeed(seed, sim.Options{}), sim.RunSeed(seed, sim.Options{})
		require.Equal(t, once.Hash, again.Hash, "seed %d", seed)
		seen[once.Hash] = true
	}
	require.Len(t, seen, seeds)
}

// Each behaviour alone, as the first primary and as a backup, in a world that is
// otherwise good: the cluster decides and convicts nobody who is innocent.
func TestEachBehaviour(t *testing.T) {
	for _, b := range liar.Behaviours {
		for _, who := range []int{0, 2} {
			t.Run(fmt.Sprintf("%s/%d", b.Name, who), func(t *testing.T) {
				sc := sim.Scenario{Byzantine: []sim.Liar{{Replica: who, Behaviour: b.Name}}, Burst: true, Decisions: 40}
				r := sim.Run(sim.Seed(7), sc)
				passed(t, 7, sim.Options{}, r)
				if b.Name == "silent" && who == 0 {
					require.Positive(t, r.Views, "a silent primary must lose its view")
				}
				if (b.Name == "equivocate" || b.Name == "bad-payload") && who == 0 || b.Name == "vote-twice" {
					require.Positive(t, r.Evidence, "this lie leaves proof")
				}
			})
		}
	}
}

// A replica that missed more than three windows of the log (L = 2K each) catches up
// from the others' logs: until there is state transfer the log is kept whole
// (spec C5, S1).
func TestCatchUpOverThreeWindows(t *testing.T) {
	sc := sim.Scenario{
		Interval: 4, Window: 4, Clients: 2, OpsBlock: 1, Ahead: 2, Burst: true, Decisions: 40,
		Crashes: []sim.Crash{{Replica: 3, At: 20 * clock.Millisecond, Down: 2 * clock.Second}}, Heal: 3 * clock.Second,
		Until: 60,
	}
	r := sim.Run(sim.Seed(3), sc)
	passed(t, 3, sim.Options{}, r)
	require.Equal(t, 1, r.Crashes)
	require.Greater(t, r.Missed, 3*2*4, "the replica must have been behind by more than three windows")
}

// Evidence against the equivocating primary verifies, and the view moves on.
func TestEquivocationIsConvicted(t *testing.T) {
	sc := sim.Scenario{Byzantine: []sim.Liar{{Replica: 0, Behaviour: "equivocate"}}, Burst: true}
	r := sim.Run(sim.Seed(1), sc)
	passed(t, 1, sim.Options{}, r)
	require.Positive(t, r.Evidence)
	require.Positive(t, r.Views)
}

// A scenario outside the model is refused rather than judged.
func TestBeyondF(t *testing.T) {
	sc := sim.Scenario{Byzantine: []sim.Liar{{Replica: 0, Behaviour: "silent"}, {Replica: 1, Behaviour: "silent"}}}
	r := sim.Run(sim.Seed(1), sc)
	require.NotNil(t, r.Failure)
	require.Equal(t, "scenario", r.Failure.Oracle)
}

// The tally of a campaign does not depend on the number of workers.
func TestCampaignIsDeterministic(t *testing.T) {
	c := sim.Campaign{From: 1, To: 16, Workers: 1, Twice: 4}
	one := c.Run()
	c.Workers = 3
	three := c.Run()
	one.Elapsed, three.Elapsed = 0, 0
	require.Equal(t, one, three)
	require.Empty(t, one.Failures)
	require.EqualValues(t, 16, one.Worlds)
}

// Decisions a second of one core: with two clients that wait, and with 256 operations
// under way.
func BenchmarkWorld(b *testing.B) {
	for name, sc := range map[string]sim.Scenario{
		"few":  {Burst: true, Decisions: 100},
		"many": sim.Busy(),
	} {
		b.Run(name, func(b *testing.B) {
			decisions := 0
			for i := range b.N {
				r := sim.Run(sim.Seed(uint64(i)), sc)
				if r.Failure != nil {
					b.Fatal(r.Failure)
				}
				decisions += r.Decisions
			}
			b.ReportMetric(float64(decisions)/b.Elapsed().Seconds(), "decisions/s")
		})
	}
}

// Answers to pulls are shorter than what leads to a base whose headers are missing:
// each must begin where the last one ended, or the base is never reached. (Found by
// seed 576 when pulls first remembered how far they had come.)
func TestShortAnswersReachTheBase(t *testing.T) {
	for seed := uint64(1); seed <= 60; seed++ {
		r := sim.Run(sim.Seed(seed), sim.Scenario{
			Interval: 6, Window: 5, Clients: 3, Ahead: 4, OpsBlock: 3, Burst: true, Answer: 809,
			Byzantine: []sim.Liar{{Replica: 0, Behaviour: "withhold"}},
			Links: sim.Links{
				DelayMin: 200 * clock.Microsecond, DelayMax: 2 * clock.Millisecond, SlowPercent: 5, LossPercent: 4, DuplicatePercent: 18,
			},
			Pauses: []sim.Pause{
				{Replica: 1, From: 40 * clock.Millisecond, To: 900 * clock.Millisecond},
				{Replica: 3, From: 45 * clock.Millisecond, To: 600 * clock.Millisecond},
			},
			Heal: 910 * clock.Millisecond,
		})
		passed(t, seed, sim.Options{}, r)
	}
}

// A scenario is a file: it comes back as it was, and plays the same.
func TestScenarioFile(t *testing.T) {
	for seed := uint64(1); seed <= 40; seed++ {
		sc := sim.Generate(sim.Seed(seed), sim.Options{})
		back, err := sim.ParseScenario(sc.TOML())
		require.NoError(t, err)
		require.Equal(t, sc, back)
		if seed <= 8 {
			require.Equal(t, sim.Play(sc).Hash, sim.Play(back).Hash)
		}
	}
	_, err := sim.ParseScenario([]byte("replicas = 4\nreplicsa = 5\n"))
	require.ErrorIs(t, err, sim.ErrScenario)
	require.ErrorContains(t, err, "replicsa")
}

// What a recorder taped, or any bytes at all, is a world too.
func TestBytesAreWorlds(t *testing.T) {
	for seed := uint64(1); seed <= 10; seed++ {
		r := sim.Record(sim.Seed(seed))
		once := sim.Run(r, sim.Generate(r, sim.Options{}))
		src := sim.Bytes(r.Tape())
		again := sim.Run(src, sim.Generate(src, sim.Options{}))
		require.Equal(t, once.Hash, again.Hash)
	}
	src := sim.Bytes(nil)
	r := sim.Run(src, sim.Generate(src, sim.Options{}))
	require.Nil(t, r.Failure)
}

// One replica runs twice under one key, each process with a disk of its own: a
// Byzantine fault that every failover script can make (Bano et al., Twins, 2020).
func TestTwins(t *testing.T) {
	for seed := uint64(1); seed <= 20; seed++ {
		r := sim.Run(sim.Seed(seed), sim.Scenario{Twins: []int{int(seed % 4)}, Burst: true})
		passed(t, seed, sim.Options{}, r)
	}
}

// A quorum goes on when one correct replica is gone for good.
func TestLost(t *testing.T) {
	for lost := range 4 {
		r := sim.Run(sim.Seed(1), sim.Scenario{Lost: []int{lost}, Burst: true})
		passed(t, 1, sim.Options{}, r)
	}
	require.ErrorIs(t, sim.Scenario{Lost: []int{1}, Twins: []int{2}}.Validate(), sim.ErrScenario)
}

// Any single message of any kind may be lost on a good network (spec S3).
func TestOneMessageLost(t *testing.T) {
	for k := message.KindPrePrepare; k < message.KindReply; k++ {
		for nth := 1; nth <= 3; nth++ {
			sc := sim.Scenario{Burst: true, Rules: []sim.Rule{{Do: sim.Drop, Kinds: []string{k.String()}, Nth: nth, Always: true}}}
			passed(t, 1, sim.Options{}, sim.Run(sim.Seed(1), sc))
		}
	}
}

// Two of four replicas run twice, on two sides of a partition: agreement breaks, as it
// must, and what they signed convicts both and nobody else (I17). Whatever else too
// many twins do, no correct replica is ever convicted.
func TestBeyondFIsConvicted(t *testing.T) {
	sc := sim.Scenario{
		Beyond: true, Twins: []int{0, 1}, Burst: true, Heal: clock.Second, Limit: clock.Second,
		Rules: []sim.Rule{
			{Do: sim.Drop, From: []int{0, 1, 2}, To: []int{3, 4, 5}},
			{Do: sim.Drop, From: []int{3, 4, 5}, To: []int{0, 1, 2}},
		},
	}
	forks := 0
	for seed := uint64(1); seed <= 10; seed++ {
		r := sim.Run(sim.Seed(seed), sc)
		passed(t, seed, sim.Options{}, r)
		if r.Broken != nil {
			require.Equal(t, "I1", r.Broken.Oracle, r.Broken.What)
			require.Equal(t, 2, r.Convicted)
			forks++
		}
	}
	require.Positive(t, forks, "the two sides may build the same blocks, but not always")
	for seed := uint64(1); seed <= 10; seed++ {
		sc := sim.Generate(sim.Seed(seed), sim.Options{})
		sc.Beyond, sc.Twins, sc.Limit = true, []int{0, 1, 2}[:2+seed%2], 8*clock.Second
		passed(t, seed, sim.Options{}, sim.Play(sc))
	}
}

func TestStoppedCampaign(t *testing.T) {
	stop := make(chan struct{})
	close(stop)
	require.Zero(t, sim.Campaign{From: 1, To: 10, Stop: stop}.Run().Worlds)
}

// With a beat all replicas act in step, and nothing else is lost by it.
func TestBeat(t *testing.T) {
	const beat = 10 * clock.Millisecond
	sends := 0
	sc := sim.Scenario{Beat: beat, Links: sim.Links{DelayMin: beat, DelayMax: beat}}
	r := sim.Play(sc, sim.WithTrace(func(e sim.Event) {
		if e.Kind == sim.EventSend && e.Replica < 4 {
			sends++
			require.Zero(t, e.At%beat, "%v", e)
		}
	}))
	require.Nil(t, r.Failure)
	require.Greater(t, sends, 100)
	sc.Beat = clock.Second
	require.ErrorIs(t, sc.Validate(), sim.ErrScenario)
}
