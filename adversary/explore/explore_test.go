package explore_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/adversary/explore"
	"github.com/twothirds-bft/twothirds/clock"
)

func run(t *testing.T, w explore.World, o explore.Options) explore.Report {
	t.Helper()
	r, err := explore.Run(w, o)
	require.NoError(t, err)
	return r
}

// One slot, two views, wherever the liar stands: nothing that must never be can be. A
// world that does nothing is safe too, so what has to happen in it is asked for. And what
// message by message can come to, on cores that forget nothing, is among the states that
// are found: the proof of the reductions.
func TestCloses(t *testing.T) {
	for _, w := range []explore.World{
		{Byzantine: 0},
		{Byzantine: 1, Slots: []int{1, 0}},
		{Byzantine: 2, Slots: []int{1, 0}},
		{Byzantine: 3},
	} {
		t.Run(fmt.Sprint(w.Byzantine, w.Slots), func(t *testing.T) {
			s, err := explore.Close(w)
			require.NoError(t, err)
			require.Greater(t, s.States(), 20_000)
			seen := s.Seen()
			for _, what := range []string{
				"decided in view 0", "decided in view 1", "view 1 from the root", "view 1 from a PC",
				"voted in view 1", "a PC reported", "left without a PC", "waits",
			} {
				require.Positive(t, seen[what], what)
			}
			if w.Byzantine == 0 {
				require.Positive(t, seen["an equivocation convicted"])
			}
			visited, err := s.Covers(1, 50, 80)
			require.NoError(t, err)
			require.Greater(t, visited, 500)
		})
	}
}

// The boxes hold the states that are come to one by one, and no others.
func TestBoxes(t *testing.T) {
	for _, w := range []explore.World{
		{Byzantine: 0, Slots: []int{1, 0}},
		{Byzantine: 0, Slots: []int{1}, Crashes: 1},
		{Byzantine: 2, Slots: []int{1, 0}},
		{Byzantine: 3},
	} {
		t.Run(fmt.Sprint(w), func(t *testing.T) {
			s, err := explore.Close(w)
			require.NoError(t, err)
			states, missing := s.Plain()
			require.Zero(t, missing)
			require.Equal(t, states, s.States())
		})
	}
}

// One view can be explored message by message to its end: the states are the same ones.
func TestApart(t *testing.T) {
	for _, w := range []explore.World{{Byzantine: 0, Slots: []int{1}, Choices: 1}} {
		s, err := explore.Close(w)
		require.NoError(t, err)
		states, forms, missing, err := s.Apart()
		require.NoError(t, err)
		require.Zero(t, missing)
		require.Equal(t, s.Staying(), forms)
		require.Greater(t, states, 100*forms)
	}
}

// With a crash at any point, of any one correct replica, in which it loses what it had not
// synced.
func TestClosesWithCrashes(t *testing.T) {
	for _, w := range []explore.World{
		{Byzantine: 0, Slots: []int{1}, Crashes: 1},
		{Byzantine: 1, Slots: []int{1}, Crashes: 2},
		{Byzantine: 3, Slots: []int{1, 0}, Crashes: 1},
	} {
		t.Run(fmt.Sprint(w), func(t *testing.T) {
			s, err := explore.Close(w)
			require.NoError(t, err)
			require.Positive(t, s.Seen()["restarted"])
			if w.Byzantine != 0 {
				require.Positive(t, s.Seen()["a primary restarted and left"])
			}
			_, err = s.Covers(1, 20, 60)
			require.NoError(t, err)
		})
	}
}

// The same world gives the same report.
func TestSameAgain(t *testing.T) {
	w := explore.World{Byzantine: 3, Slots: []int{1}, Crashes: 1}
	once, again := run(t, w, explore.Options{}), run(t, w, explore.Options{})
	once.Elapsed, again.Elapsed = 0, 0
	require.Equal(t, once, again)
}

func TestBounds(t *testing.T) {
	r := run(t, explore.World{Slots: []int{2, 2}}, explore.Options{States: 5000})
	require.Equal(t, "states", r.Bound)
	require.False(t, r.Closed)
	require.Greater(t, r.States, 1000)
	r = run(t, explore.World{Slots: []int{2, 2}}, explore.Options{Time: clock.Millisecond})
	require.Equal(t, "time", r.Bound)
	stop := make(chan struct{})
	close(stop)
	r = run(t, explore.World{Slots: []int{2, 2}}, explore.Options{Stop: stop})
	require.Equal(t, "an interrupt", r.Bound)
	require.False(t, r.Closed)
	require.Positive(t, r.States)
}

// A world that is too large to close is sampled. The same seed walks the same way.
func TestWalk(t *testing.T) {
	w, o := explore.World{Byzantine: 2, Slots: []int{2, 3, 2}, Crashes: 1}, explore.WalkOptions{Seed: 7, Walks: 10, Moves: 60}
	once, err := explore.Walk(w, o)
	require.NoError(t, err)
	require.Nil(t, once.Violation, once)
	require.Greater(t, once.States, 200)
	again, err := explore.Walk(w, o)
	require.NoError(t, err)
	once.Elapsed, again.Elapsed = 0, 0
	require.Equal(t, once, again)
}

// Any way through a world can be taken again, action by action.
func TestReplay(t *testing.T) {
	for seed := range uint64(10) {
		w := explore.World{Byzantine: int(seed % 4), Slots: []int{1, 1}}
		actions := explore.Stroll(w, seed, 12)
		require.NotEmpty(t, actions)
		v, err := explore.Replay(w, actions)
		require.NoError(t, err)
		require.Nil(t, v)
	}
	_, err := explore.Replay(explore.World{}, []explore.Action{{Replica: 1, Input: "a miracle"}})
	require.ErrorIs(t, err, explore.ErrReplay)
	_, err = explore.Replay(explore.World{}, []explore.Action{{Replica: 0}})
	require.ErrorIs(t, err, explore.ErrReplay)
}

func TestValidate(t *testing.T) {
	require.NoError(t, explore.World{}.Validate())
	for _, w := range []explore.World{
		{Byzantine: 4}, {Byzantine: -1}, {Slots: []int{}}, {Slots: make([]int, explore.ViewsMax+1)}, {Slots: []int{explore.SlotsMax + 1}},
		{Choices: explore.ChoicesMax + 1}, {Crashes: explore.CrashesMax + 1},
	} {
		require.ErrorIs(t, w.Validate(), explore.ErrWorld, w)
		_, err := explore.Run(w, explore.Options{})
		require.ErrorIs(t, err, explore.ErrWorld)
		_, err = explore.Walk(w, explore.WalkOptions{})
		require.ErrorIs(t, err, explore.ErrWorld)
		_, err = explore.Replay(w, nil)
		require.ErrorIs(t, err, explore.ErrWorld)
	}
}

func ExampleRun() {
	// Replica 3 lies. Each view may decide one block at seq 1.
	r, err := explore.Run(explore.World{Byzantine: 3, Slots: []int{1, 1}}, explore.Options{})
	if err != nil {
		panic(err)
	}
	fmt.Println("everything was tried:", r.Closed)
	fmt.Println("something is wrong:", r.Violation != nil)
	// Output:
	// everything was tried: true
	// something is wrong: false
}

func TestSet(t *testing.T) {
	var s explore.Words
	seen := map[uint64]bool{}
	rnd := rand.New(rand.NewPCG(1, 1))
	for range 50_000 {
		w := 1<<63 | rnd.Uint64N(40_000)
		require.Equal(t, !seen[w], s.Add(w))
		seen[w] = true
	}
}
