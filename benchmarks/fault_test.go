package benchmarks_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/benchmarks"
)

func TestFaultFigures(t *testing.T) {
	f := &fake{}
	r := measure(t, f, benchmarks.Load{Clients: 4, Outstanding: 2, Warm: time.Second, For: 9 * time.Second, Fault: "killed-primary"})
	require.NotNil(t, r.Fault)
	require.Equal(t, []int{0}, r.Fault.Replicas)
	require.Empty(t, f.down, "started again")
	require.EqualValues(t, 1, r.Fault.Views)
	require.InEpsilon(t, failover, r.Fault.Gap, 0.01)
	require.InEpsilon(t, 8000, r.Fault.Before, 0.01)
	require.InEpsilon(t, 8000, r.Fault.After, 0.01)
	require.Less(t, r.Fault.Between, 7000.0)
	require.InEpsilon(t, failover, r.Fault.Lost, 0.03)
	require.InDelta(t, failover, r.Fault.Recovery, float64(200*time.Millisecond))
	require.InDelta(t, 0, r.Fault.RecoveryAfterEnd, float64(100*time.Millisecond))
}

func TestFaultsThatTheSystemCannotBear(t *testing.T) {
	for _, fault := range []string{"two-primaries", "turn-again"} {
		_, err := benchmarks.Run(t.Context(), &fake{}, benchmarks.Load{Clients: 1, Outstanding: 1, For: time.Second, Fault: fault})
		require.ErrorIs(t, err, benchmarks.ErrLoad)
	}
}

// failing is a fake that fails in all ways.
type failing struct {
	*fake
	began  time.Time
	events []string
}

func (f *failing) note(what string, i int) error {
	if f.began.IsZero() {
		f.began = time.Now()
	}
	f.events = append(f.events, fmt.Sprint(what, " ", i, " ", time.Since(f.began).Round(time.Millisecond)))
	return nil
}

func (f *failing) Fail(i int, how benchmarks.Failure) error { return f.note(string(how), i) }
func (f *failing) Heal(i int) error                         { return f.note("heal", i) }
func (f *failing) Kill(i int) error                         { return f.note("kill", i) }
func (f *failing) Start(i int) error                        { return f.note("start", i) }
func (f *failing) Pause(i int) error                        { return f.note("pause", i) }
func (f *failing) Resume(i int) error                       { return f.note("resume", i) }

func TestSchedules(t *testing.T) {
	want := map[string][]string{
		"silent-backup":        {"pause 3 0s"},
		"f-down":               {"kill 3 0s"},
		"killed-primary":       {"kill 0 0s", "start 0 1s"},
		"stopped-primary":      {"pause 0 0s", "resume 0 1s"},
		"slow-primary":         {"slow-proposals 0 0s", "heal 0 1s"},
		"equivocating-primary": {"equivocation 0 0s", "heal 0 1s"},
		"censoring-primary":    {"censorship 0 0s", "heal 0 1s"},
		"garbage-votes":        {"garbage-votes 3 0s", "heal 3 1s"},
		"fetch-flood":          {"fetch-flood 3 0s", "heal 3 1s"},
		"partition":            {"isolation 0 0s", "heal 0 1s"},
		"one-way-cut":          {"muteness 0 0s", "heal 0 1s"},
		"loss":                 {"loss 0 0s", "loss 1 0s", "loss 2 0s", "loss 3 0s", "heal 0 1s", "heal 1 1s", "heal 2 1s", "heal 3 1s"},
		"five-regions":         {"regions 0 0s", "regions 1 0s", "regions 2 0s", "regions 3 0s", "heal 0 1s", "heal 1 1s", "heal 2 1s", "heal 3 1s"},
		"stalled-disk":         {"stalled-disk 0 0s", "heal 0 1s"},
		"clock-step":           {"clock-step 3 0s"},
		"clock-step-primary":   {"clock-step 0 0s"},
	}
	for _, fault := range benchmarks.FaultNames() {
		if fault == "two-primaries" || fault == "turn-again" { // more than this system bears
			continue
		}
		synctest.Test(t, func(t *testing.T) {
			f := &failing{fake: &fake{}}
			_, err := benchmarks.Run(t.Context(), f, benchmarks.Load{Clients: 1, Outstanding: 1, For: 3 * time.Second, Fault: fault})
			require.NoError(t, err)
			require.Equal(t, want[fault], f.events, fault)
		})
	}
}

// rotating is a failing of seven, of which each that is paused in its turn is followed by the next one that runs.
type rotating struct {
	*failing
	lead, dead int
}

func (r *rotating) Replicas() int  { return 7 }
func (r *rotating) Tolerates() int { return 2 }
func (r *rotating) Primary() int   { return r.lead }

func (r *rotating) Pause(i int) error {
	if r.lead = (r.lead + 1) % 7; r.lead == r.dead {
		r.lead = (r.lead + 1) % 7
	}
	return r.note("pause", i)
}

func TestTurnAgain(t *testing.T) {
	load := benchmarks.Load{Clients: 1, Outstanding: 1, For: 21 * time.Second, Fault: "turn-again"}
	synctest.Test(t, func(t *testing.T) {
		r := &rotating{failing: &failing{fake: &fake{}}, dead: 7}
		res, err := benchmarks.Run(t.Context(), r, load)
		require.NoError(t, err)
		require.Equal(t, []string{
			"pause 0 0s", "pause 1 1s", "resume 1 2s", "pause 2 2s", "resume 2 3s", "pause 3 3s", "resume 3 4s", "pause 4 4s",
			"resume 4 5s", "pause 5 5s", "resume 5 6s", "pause 6 6s", "resume 6 7s",
		}, r.events)
		require.Equal(t, []int{0, 1, 2, 3, 4, 5, 6}, res.Fault.Replicas)
		require.InDelta(t, 7*time.Second, res.Fault.End-res.Fault.Begin, float64(time.Millisecond))
	})
	synctest.Test(t, func(t *testing.T) { // never more than two at one time, whoever leads
		r := &rotating{failing: &failing{fake: &fake{}}, lead: 5}
		_, err := benchmarks.Run(t.Context(), r, load)
		require.NoError(t, err)
		require.Equal(t, []string{
			"pause 5 0s", "pause 6 1s", "resume 6 2s", "pause 1 2s", "resume 1 3s", "pause 2 3s", "resume 2 4s", "pause 3 4s",
			"resume 3 5s", "pause 4 5s", "resume 4 6s",
		}, r.events)
	})
}

// An interrupt ends the fault too, so that the check finds replicas that can come to one state.
func TestInterruptedFaultEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &failing{fake: &fake{}}
		ctx, cancel := context.WithTimeout(t.Context(), 1501*time.Millisecond) // the first operation takes one
		defer cancel()
		r, err := benchmarks.Run(ctx, f, benchmarks.Load{Clients: 1, Outstanding: 1, For: 3 * time.Second, Fault: "partition"})
		require.NoError(t, err)
		require.True(t, r.Interrupted)
		require.Equal(t, []string{"isolation 0 0s", "heal 0 500ms"}, f.events)
	})
}

func TestSystemThatCannotFailSo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, err := benchmarks.Run(t.Context(), &fake{}, benchmarks.Load{Clients: 1, Outstanding: 1, For: time.Second, Fault: "partition"})
		require.ErrorIs(t, err, errors.ErrUnsupported)
	})
}
