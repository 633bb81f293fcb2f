package sim_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/adversary/sim"
	"github.com/twothirds-bft/twothirds/clock"
	"github.com/twothirds-bft/twothirds/pbft"
)

const ms = clock.Millisecond

// play plays a scenario that must pass, and returns what happened.
func play(t *testing.T, sc sim.Scenario) (*sim.Result, []sim.Event) {
	t.Helper()
	var all []sim.Event
	r := sim.Play(sc, sim.WithTrace(func(e sim.Event) { all = append(all, e) }))
	require.Nil(t, r.Failure, "%s", sc.TOML())
	return r, all
}

// deliveries returns what arrives from one process at another, or in all.
func deliveries(all []sim.Event, fits func(sim.Event) bool) (out []sim.Event) {
	for _, e := range all {
		if e.Kind == sim.EventDeliver && fits(e) {
			out = append(out, e)
		}
	}
	return out
}

// busy is a world whose clients go on until Heal.
func busy(sc sim.Scenario) sim.Scenario {
	sc.Seed, sc.Clients, sc.Ahead, sc.Interval, sc.Decisions = 5, 1, 1, 4, 50
	sc.SyncMax, sc.ExecMax = 5*ms, ms
	if sc.Heal == 0 {
		sc.Heal = 800 * ms
	}
	return sc
}

// Each fault strikes where a scenario has it, and nowhere else: the mark is that of the
// place in which it is done.
func TestEachFaultStrikes(t *testing.T) {
	back := []sim.Crash{{Replica: 1, At: 300 * ms, Down: 50 * ms}}
	disk := func(f sim.DiskFault) []sim.Disk {
		return []sim.Disk{{Replica: 1, Fault: f, From: 100 * ms, To: 400 * ms, By: 20 * ms}}
	}
	without, _ := play(t, busy(sim.Scenario{}))
	for mark, sc := range map[string]sim.Scenario{
		"cut":                            {Cuts: []sim.Cut{{Side: []int{1}, To: 300 * ms}}},
		"message clogged":                {Cuts: []sim.Cut{{Side: []int{1}, Clog: true, To: 300 * ms}}},
		"loss":                           {Links: sim.Links{LossPercent: 5}},
		"rule":                           {Rules: []sim.Rule{{Do: sim.Drop, Percent: 5}}},
		"replay arrived":                 {Rules: []sim.Rule{{Do: sim.Replay, Percent: 5, By: 100 * ms}}},
		"replay arrived after a restart": {Rules: []sim.Rule{{Do: sim.Replay, Percent: 20, By: 500 * ms}}, Crashes: back},
		"replay arrived in another view": {
			Rules:   []sim.Rule{{Do: sim.Replay, Percent: 20, By: 500 * ms}},
			Crashes: []sim.Crash{{Replica: 0, At: 300 * ms, Down: 50 * ms}},
		},
		"frame corrupted":       {Rules: []sim.Rule{{Do: sim.Corrupt, Percent: 1}}},
		"connection broken":     {Rules: []sim.Rule{{Do: sim.Corrupt, Percent: 5}}, Links: sim.Links{DelayMax: 20 * ms}},
		"message queued":        {Pipes: []sim.Pipe{{From: []int{0}, Rate: 50_000, Queue: 1000}}},
		"queue overflowed":      {Pipes: []sim.Pipe{{From: []int{0}, Rate: 20_000, Queue: 1000}}},
		"log torn":              {Crashes: []sim.Crash{{Replica: 1, All: true, At: 200 * ms, Down: 50 * ms}, {Replica: 2, All: true, At: 400 * ms, Down: 50 * ms}}},
		"power lost everywhere": {Crashes: []sim.Crash{{Replica: 1, All: true, At: 300 * ms, Down: 50 * ms}}},
		"disk wiped":            {Crashes: []sim.Crash{{Replica: 1, Amnesia: true, At: 300 * ms, Down: 50 * ms}}},
		"lost-sync":             {Disks: disk(sim.LostSync), Crashes: back},
		"stale-read":            {Disks: disk(sim.StaleRead), Crashes: back},
		"old-image":             {Disks: disk(sim.OldImage), Crashes: []sim.Crash{{Replica: 1, At: 500 * ms, Down: 50 * ms}}},
		"rot":                   {Disks: disk(sim.Rot), Crashes: back},
		"misdirected":           {Disks: disk(sim.Misdirected), Crashes: back},
		"damaged log refused":   {Disks: disk(sim.Rot), Crashes: back},
		"sync-error":            {Disks: disk(sim.SyncError)},
		"full":                  {Disks: disk(sim.Full)},
		"slow":                  {Disks: disk(sim.Slow)},
		"timer fired late":      {Pauses: []sim.Pause{{Replica: 1, From: 100 * ms, To: 500 * ms}}},
	} {
		t.Run(mark, func(t *testing.T) {
			with, _ := play(t, busy(sc))
			require.Positive(t, with.Marks[mark], "%v", with.Marks)
			require.Zero(t, without.Marks[mark])
		})
	}
}

// A one-way cut stops one direction, a bridge leaves both sides one friend, a star
// only its centre.
func TestTopologies(t *testing.T) {
	const until = 500 * ms
	for name, x := range map[string]struct {
		cuts []sim.Cut
		down func(from, to int) bool
	}{
		"one way": {
			[]sim.Cut{{Side: []int{0}, Others: []int{1, 2}, OneWay: true, To: until}},
			func(from, to int) bool { return from == 0 && (to == 1 || to == 2) },
		},
		"bridge": {
			[]sim.Cut{{Side: []int{0, 1}, Others: []int{3, 4}, To: until}},
			func(from, to int) bool { return from < 2 && to > 2 || from > 2 && to < 2 },
		},
		"star": {
			[]sim.Cut{{Side: []int{0, 1, 3, 4}, Others: []int{0, 1, 3, 4}, To: until}},
			func(from, to int) bool { return from != 2 && to != 2 },
		},
	} {
		t.Run(name, func(t *testing.T) {
			sc := busy(sim.Scenario{Replicas: 5, Cuts: x.cuts})
			_, all := play(t, sc)
			seen, lost := map[[2]int]bool{}, map[[2]int]bool{}
			for _, e := range all {
				pair := [2]int{e.Replica, e.Peer}
				switch {
				case e.At >= until || e.Replica >= 5 || e.Peer >= 5:
				case e.Kind == sim.EventDeliver:
					seen[[2]int{e.Peer, e.Replica}] = true
				case e.Kind == sim.EventLost:
					lost[pair] = true
				}
			}
			for from := range 5 {
				for to := range 5 {
					if from != to {
						require.Equal(t, x.down(from, to), lost[[2]int{from, to}], "%d to %d", from, to)
						require.Equal(t, !x.down(from, to), seen[[2]int{from, to}], "%d to %d", from, to)
					}
				}
			}
		})
	}
}

// A cut of the leader follows it from view to view.
func TestLeaderCut(t *testing.T) {
	cut := sim.Cut{Leader: true, From: 100 * ms, To: 2000 * ms}
	sc := busy(sim.Scenario{Cuts: []sim.Cut{cut}, Heal: 2100 * ms})
	r, all := play(t, sc)
	require.GreaterOrEqual(t, r.Views, uint64(2))
	view, lost := 0, map[int]int{}
	for _, e := range all {
		switch e.Kind {
		case sim.EventEnter:
			view = max(view, int(e.View))
		case sim.EventLost:
			require.Contains(t, []int{e.Replica, e.Peer}, view%4, "at %v", e.At)
			lost[view]++
		}
	}
	require.Positive(t, lost[0])
	require.Positive(t, lost[1])
}

// What a scenario says of delays and copies is what messages meet: each kind is seen
// with it, and not without.
func TestDelaysAndCopies(t *testing.T) {
	const most = 4 * ms
	base := sim.Links{DelayMin: ms, DelayMax: most}
	with := func(change func(*sim.Links)) sim.Scenario {
		l := base
		change(&l)
		return busy(sim.Scenario{Links: l})
	}
	rule := func(r sim.Rule) sim.Scenario { return busy(sim.Scenario{Links: base, Rules: []sim.Rule{r}}) }
	count := func(sc sim.Scenario) (above, far, copies int) {
		_, all := play(t, sc)
		sent, seen := map[uint64]clock.Duration{}, map[uint64]int{}
		for _, e := range all {
			switch e.Kind {
			case sim.EventSend:
				sent[e.ID] = e.At
			case sim.EventDeliver:
				if seen[e.ID]++; seen[e.ID] > 1 {
					copies++
					continue
				}
				took := e.At - sent[e.ID]
				require.GreaterOrEqual(t, took, ms)
				if took > most {
					above++
					require.Less(t, sent[e.ID], sc.Heal, "after Heal delays are bounded")
				}
				if took > 10*most {
					far++
				}
			}
		}
		return above, far, copies
	}
	for name, x := range map[string]struct {
		sc                 sim.Scenario
		above, far, copies bool
	}{
		"uniform":     {busy(sim.Scenario{Links: base}), false, false, false},
		"exponential": {with(func(l *sim.Links) { l.Spread = sim.Exponential }), true, false, false},
		"heavy tail":  {with(func(l *sim.Links) { l.Spread = sim.HeavyTail }), true, true, false},
		"slow":        {with(func(l *sim.Links) { l.SlowPercent = 20 }), true, true, false},
		"duplicate":   {with(func(l *sim.Links) { l.DuplicatePercent = 10 }), false, false, true},
		"delay":       {rule(sim.Rule{Do: sim.Delay, By: 50 * ms, Percent: 10}), true, true, false},
		"twice":       {rule(sim.Rule{Do: sim.Duplicate, By: 50 * ms, Percent: 10}), false, false, true},
		"replay":      {rule(sim.Rule{Do: sim.Replay, By: 50 * ms, Percent: 10}), false, false, true},
	} {
		t.Run(name, func(t *testing.T) {
			above, far, copies := count(x.sc)
			require.Equal(t, x.above, above > 0)
			require.Equal(t, x.far, far > 0)
			require.Equal(t, x.copies, copies > 0)
		})
	}
}

// Replicas time out by their own clocks.
func TestTimersFollowTheOwnClock(t *testing.T) {
	leave := func(c sim.Clock) clock.Duration {
		sc := busy(sim.Scenario{Byzantine: []sim.Liar{{Replica: 0, Behaviour: "silent"}}})
		for r := range 4 {
			c.Replica = r
			sc.Clocks = append(sc.Clocks, c)
		}
		_, all := play(t, sc)
		for _, e := range all {
			if e.Kind == sim.EventLeave {
				return e.At
			}
		}
		return 0
	}
	right := leave(sim.Clock{})
	require.Greater(t, right, 200*ms)
	require.Less(t, leave(sim.Clock{Skew: 400_000}), right-40*ms)
	require.Greater(t, leave(sim.Clock{Skew: -400_000}), right+100*ms)
	require.Greater(t, leave(sim.Clock{Late: 1000 * ms}), right+10*ms)
	require.NotEqual(t, right, leave(sim.Clock{Grain: 100 * ms}))
	require.NotEqual(t, right, leave(sim.Clock{Drift: 100_000, Period: 10 * ms}))
}

// Links that flap are down and up by turns; what a clog holds arrives when it ends.
func TestFlapAndClog(t *testing.T) {
	flap := sim.Cut{Side: []int{1}, Flap: 50 * ms, From: 100 * ms, To: 700 * ms}
	_, all := play(t, busy(sim.Scenario{Cuts: []sim.Cut{flap}}))
	down, up := 0, 0
	for _, e := range all {
		if e.Replica != 1 || e.At < flap.From || e.At >= flap.To || e.Kind != sim.EventLost && e.Kind != sim.EventSend {
			continue
		}
		phase := (e.At - flap.From) / flap.Flap % 2
		if e.Kind == sim.EventLost {
			require.Zero(t, phase, "lost at %v", e.At)
			down++
		} else if phase == 1 {
			up++
		}
	}
	require.Positive(t, down)
	require.Positive(t, up)

	clog := sim.Cut{Side: []int{1}, Clog: true, From: 100 * ms, To: 400 * ms}
	_, all = play(t, busy(sim.Scenario{Cuts: []sim.Cut{clog}}))
	sent := map[uint64]clock.Duration{}
	held := 0
	for _, e := range all {
		switch {
		case e.Kind == sim.EventSend && (e.Replica == 1 || e.Peer == 1) && e.At >= clog.From && e.At < clog.To:
			sent[e.ID] = e.At
		case e.Kind == sim.EventDeliver && sent[e.ID] > 0:
			require.GreaterOrEqual(t, e.At, clog.To, "sent at %v", sent[e.ID])
			delete(sent, e.ID)
			held++
		}
	}
	require.Positive(t, held)
	require.Empty(t, sent, "nothing is lost")
}

// Messages of one link overtake each other, unless links are in order.
func TestOrder(t *testing.T) {
	overtaken := func(inOrder bool) (n int) {
		_, all := play(t, busy(sim.Scenario{Links: sim.Links{DelayMax: 10 * ms, InOrder: inOrder}}))
		last := map[[2]int]uint64{}
		for _, e := range deliveries(all, func(sim.Event) bool { return true }) {
			link := [2]int{e.Replica, e.Peer}
			if e.ID < last[link] {
				n++
			}
			last[link] = max(last[link], e.ID)
		}
		return n
	}
	require.Positive(t, overtaken(false))
	require.Zero(t, overtaken(true))
}

// A paused process does nothing; what came meanwhile it finds when it wakes.
func TestPauseStopsEverything(t *testing.T) {
	p := sim.Pause{Replica: 1, From: 200 * ms, To: 500 * ms}
	_, all := play(t, busy(sim.Scenario{Pauses: []sim.Pause{p}}))
	arrived, before := 0, 0
	for _, e := range all {
		if e.Replica != 1 || e.At <= p.From || e.At >= p.To {
			if e.Replica == 1 && e.Kind == sim.EventSend {
				before++
			}
			continue
		}
		require.NotContains(t, []sim.EventKind{sim.EventSend, sim.EventDecide, sim.EventExecute}, e.Kind, "at %v", e.At)
		if e.Kind == sim.EventDeliver {
			arrived++
		}
	}
	require.Positive(t, arrived)
	require.Positive(t, before)
}

// A replica whose disk fails loudly never speaks again, restarts or not.
func TestStoppedForGood(t *testing.T) {
	for _, f := range []sim.DiskFault{sim.Rot, sim.Misdirected, sim.SyncError, sim.Full} {
		t.Run(string(f), func(t *testing.T) {
			_, all := play(t, busy(sim.Scenario{
				Disks:   []sim.Disk{{Replica: 0, Fault: f, From: 200 * ms}},
				Crashes: []sim.Crash{{Replica: 0, At: 300 * ms, Down: 50 * ms}, {Replica: 0, At: 600 * ms, Down: 50 * ms}},
			}))
			last := clock.Duration(0)
			for _, e := range all {
				if e.Kind == sim.EventSend && e.Replica == 0 {
					last = e.At
				}
			}
			require.Positive(t, last)
			require.LessOrEqual(t, last, 300*ms)
		})
	}
}

// What a disk forgets is gone: the replica starts further back than it would have, and
// the others are not harmed by what it signs again.
func TestForgetful(t *testing.T) {
	for _, f := range []sim.DiskFault{sim.LostSync, sim.StaleRead, sim.OldImage} {
		back := 0
		for seed := uint64(1); seed <= 6; seed++ {
			start := func(disks ...sim.Disk) (low int) {
				sc := busy(sim.Scenario{Disks: disks, Crashes: []sim.Crash{{Replica: 1, At: 290 * ms, Down: 20 * ms}}})
				sc.Seed, sc.Interval, sc.Window = seed, 2, 2
				_, all := play(t, sc)
				for _, e := range all {
					if e.Kind == sim.EventBoot && e.At > 0 {
						low = int(e.Point.Seq)
					}
				}
				return low
			}
			was, is := start(), start(sim.Disk{Replica: 1, Fault: f, From: 50 * ms, To: 300 * ms})
			require.LessOrEqual(t, is, was)
			if is < was {
				back++
			}
		}
		require.Positive(t, back, "%s", f)
	}
}

// No replica reads a wall clock (spec T6): whatever it does, the trace is the same. An
// application that does is found out.
func TestWallClock(t *testing.T) {
	walls := busy(sim.Scenario{Clocks: []sim.Clock{
		{Replica: 1, Wall: []sim.Step{{At: 100 * ms, By: -3600 * clock.Second}, {At: 300 * ms, By: 7200 * clock.Second, Over: 200 * ms}}},
	}})
	right := walls
	right.Clocks = []sim.Clock{{Replica: 1}}
	with, _ := play(t, walls)
	without, _ := play(t, right)
	require.Equal(t, without.Hash, with.Hash)

	var w *sim.World
	see := sim.WithInvariant(&watcher{at: func(world *sim.World) { w = world }})
	app := sim.WithApp(func(replica int) pbft.Application { return &wallApp{replica: replica, world: &w} })
	require.Nil(t, sim.Play(right, see, app).Failure, "clocks that agree hide it")
	failure := sim.Play(walls, see, app).Failure
	require.NotNil(t, failure)
	require.Equal(t, "I2", failure.Oracle)
}

// watcher learns the world.
type watcher struct{ at func(*sim.World) }

func (*watcher) Name() string                              { return "watcher" }
func (v *watcher) OnEvent(w *sim.World, _ sim.Event) error { v.at(w); return nil }
func (*watcher) AtEnd(*sim.World) error                    { return nil }

// wallApp writes down the hour.
type wallApp struct {
	replica int
	world   **sim.World
	state   pbft.Digest
}

func (a *wallApp) Execute(b *pbft.Block) [][]byte {
	if *a.world != nil {
		a.state[0] = byte((*a.world).Wall(a.replica) / (3600 * clock.Second))
	}
	return make([][]byte, len(b.Ops))
}

func (a *wallApp) Digest() pbft.Digest { return a.state }

// Where half of the votes never arrive, not in a good network either, those that say them
// again are enough (spec S3).
func TestFaintVotes(t *testing.T) {
	for _, kind := range []string{"PREPARE", "COMMIT"} {
		r, all := play(t, sim.Scenario{Seed: 2, Rules: []sim.Rule{{Do: sim.Drop, Kinds: []string{kind}, Percent: 50, Always: true}}, Limit: 10 * clock.Second})
		sent, lost := 0, 0
		for _, e := range all {
			switch {
			case e.Msg == nil || e.Msg.Kind().String() != kind:
			case e.Kind == sim.EventSend:
				sent++
			case e.Kind == sim.EventLost:
				lost++
			}
		}
		require.InDelta(t, 0.5, float64(lost)/float64(sent), 0.1)
		require.GreaterOrEqual(t, r.Decisions, 20)
	}
}
