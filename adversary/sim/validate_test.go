package sim_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/adversary/sim"
	"github.com/twothirds-bft/twothirds/clock"
)

// What cannot be, or leaves the model without saying so, is refused with a reason.
func TestValidateRefuses(t *testing.T) {
	liar := []sim.Liar{{Replica: 0, Behaviour: "silent"}}
	disk := func(r int, f sim.DiskFault) []sim.Disk { return []sim.Disk{{Replica: r, Fault: f}} }
	for why, sc := range map[string]sim.Scenario{
		"101 replicas":              {Replicas: 101},
		"spec B4":                   {Interval: 3, Window: 4},
		"no replica 4":              {Lost: []int{4}},
		"are faulty":                {Byzantine: liar, Disks: disk(1, sim.LostSync)},
		"faulty, more than f = 1":   {Disks: append(disk(1, sim.OldImage), disk(2, sim.StaleRead)...)},
		"[0 1] are faulty":          {Byzantine: liar, Crashes: []sim.Crash{{Replica: 1, Amnesia: true}}},
		"[0 1] are faulty or gone":  {Byzantine: liar, Disks: disk(1, sim.Rot)},
		"[1 2] are faulty or gone":  {Lost: []int{2}, Disks: disk(1, sim.Full)},
		"[2 3] are faulty or gone":  {Disks: append(disk(2, sim.SyncError), disk(3, sim.Misdirected)...)},
		"no spread":                 {Links: sim.Links{Spread: "flat"}},
		"delays from":               {Links: sim.Links{DelayMin: 2, DelayMax: 1}},
		"101 of 100":                {Links: sim.Links{LossPercent: 101}},
		"cannot do \"lie\"":         {Rules: []sim.Rule{{Do: "lie"}}},
		"kind \"VOTE\"":             {Rules: []sim.Rule{{Do: sim.Drop, Kinds: []string{"VOTE"}}}},
		"a rule names process":      {Rules: []sim.Rule{{Do: sim.Drop, To: []int{6}}}},
		"a cut names process":       {Cuts: []sim.Cut{{Side: []int{-1}}}},
		"a cut lasts from":          {Cuts: []sim.Cut{{From: 2, To: 1}}},
		"a pipe of 0 bytes/s":       {Pipes: []sim.Pipe{{Queue: 5}}},
		"takes 10 s":                {Pipes: []sim.Pipe{{Rate: 1, Queue: 10}}},
		"a crash names process 4":   {Crashes: []sim.Crash{{Replica: 4}}},
		"later than heal + limit/2": {Crashes: []sim.Crash{{Down: 21 * clock.Second}}},
		"a pause lasts":             {Pauses: []sim.Pause{{From: 0, To: 30 * clock.Second}}},
		"fault \"dust\"":            {Disks: disk(1, "dust")},
		"a clock is off by":         {Clocks: []sim.Clock{{Skew: 400_000, Drift: 200_000}}},
		"1 s is the most":           {Clocks: []sim.Clock{{Late: 2 * clock.Second}}},
		"drifts anew":               {Clocks: []sim.Clock{{Period: 1}}},
	} {
		t.Run(why, func(t *testing.T) {
			err := sc.Validate()
			require.ErrorIs(t, err, sim.ErrScenario)
			require.ErrorContains(t, err, why)
		})
	}
}

// The same replica may fail in several ways, a twin's disk is its replica's, and what
// does no harm costs nothing.
func TestAtlas(t *testing.T) {
	sc := sim.Scenario{
		Byzantine: []sim.Liar{{Replica: 2, Behaviour: "silent"}}, Twins: []int{2}, Lost: []int{2},
		Crashes: []sim.Crash{{Replica: 4, Amnesia: true}},
		Disks:   []sim.Disk{{Replica: 2, Fault: sim.Rot}, {Replica: 4, Fault: sim.OldImage}, {Replica: 1, Fault: sim.Slow}},
	}
	require.NoError(t, sc.Validate())
	require.Equal(t, []int{2}, sc.Faulty())
	require.Equal(t, []int{2}, sc.Gone())
}
