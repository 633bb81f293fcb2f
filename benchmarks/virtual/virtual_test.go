package virtual_test

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/benchmarks"
	"github.com/twothirds-bft/twothirds/benchmarks/virtual"
)

func play(t *testing.T, cfg virtual.Config, load benchmarks.Load) *benchmarks.Result {
	t.Helper()
	r, err := virtual.Run(t.Context(), cfg, load)
	require.NoError(t, err)
	require.Empty(t, r.Unsafe)
	require.Equal(t, r.Acknowledged, r.Ordered)
	require.Equal(t, "C", r.Class)
	return r
}

// figures are what has to be equal for equal seeds: all but when and where the run was.
func figures(r *benchmarks.Result) benchmarks.Result {
	f := *r
	f.Started, f.Machine = time.Time{}, benchmarks.Machine{}
	return f
}

func TestSeedsDecide(t *testing.T) {
	load := benchmarks.Load{Clients: 4, Outstanding: 64, Payload: 256, Rate: 3000, Seed: 7, Warm: 50 * time.Millisecond, For: 150 * time.Millisecond}
	a := play(t, virtual.Config{Seed: 7}, load)
	require.Equal(t, figures(a), figures(play(t, virtual.Config{Seed: 7}, load)))
	require.NotEqual(t, figures(a), figures(play(t, virtual.Config{Seed: 8}, load)), "its delays are others")
}

// An operation of an idle cluster takes what the model says: three messages between replicas one after the other (body,
// PREPARE, COMMIT), of which the second and the third are those of a quorum and so no more than a tenth late, one sync, for which COMMIT waits, and some CPU.
func TestIdleLatency(t *testing.T) {
	cfg := virtual.Config{Delay: 10 * time.Millisecond, Near: 1, Sync: time.Millisecond}
	r := play(t, cfg, benchmarks.Load{Clients: 1, Outstanding: 1, Payload: 256, For: time.Second})
	require.Greater(t, r.Latency.P50, 3*cfg.Delay+cfg.Sync)
	require.Less(t, r.Latency.P50, 3*cfg.Delay*11/10+cfg.Sync+500*time.Microsecond)
}

// What the counters say of a request by itself at n=4: each replica signs a PREPARE and a COMMIT, makes one sync, and
// checks the votes of the quorum's others, and those of one more at most.
func TestCosts(t *testing.T) {
	r := play(t, virtual.Config{}, benchmarks.Load{Clients: 1, Outstanding: 1, Payload: 1000, For: 200 * time.Millisecond})
	s, done := &r.Cost.System, float64(r.Done)
	require.InDelta(t, 4, float64(s.Executed)/done, 0.1)
	require.InDelta(t, 8, float64(s.Signed)/done, 0.3)
	require.GreaterOrEqual(t, float64(s.Verified)/done, 4*2*2-0.5)
	require.LessOrEqual(t, float64(s.Verified)/done, 4*2*3+0.5)
	require.Greater(t, s.WireBytes, uint64(3*1000*r.Done), "a body goes to three")
	require.Less(t, s.WireBytes, uint64((3*1100+24*150)*r.Done), "and there are 24 votes")
	require.InDelta(t, 4, float64(s.Syncs)/done, 0.3)
	require.Positive(t, s.CPU)
	require.Zero(t, r.Cost.OwnCPU)
}

// Work takes time: with signature checks that cost a millisecond a cluster that is CPU-bound is slower by as much.
func TestCostsBound(t *testing.T) {
	load := benchmarks.Load{Clients: 4, Outstanding: 16, Payload: 256, For: 300 * time.Millisecond}
	dear := virtual.DefaultCosts("tls")
	dear.Verify = time.Millisecond
	fast, slow := play(t, virtual.Config{Cores: 1}, load), play(t, virtual.Config{Cores: 1, Costs: &dear}, load)
	require.Less(t, slow.PerSec, fast.PerSec/2)
	require.LessOrEqual(t, slow.Cost.System.CPU, 4*slow.Window+time.Millisecond, "four cores cannot work more")
}

// A primary dies or stands still and is back: one view change, nothing lost, and a gap of what clients wait (250 ms at
// least) and replicas wait (500 ms) before they give it up, and a few messages.
func TestPrimaryFails(t *testing.T) {
	load := benchmarks.Load{Clients: 8, Outstanding: 64, Payload: 256, Rate: 400, Warm: 300 * time.Millisecond, For: 3 * time.Second}
	for _, fault := range []string{"killed-primary", "stopped-primary"} {
		load.Fault = fault
		r := play(t, virtual.Config{}, load)
		require.Equal(t, r.Submitted, r.Acknowledged)
		require.Equal(t, uint64(1), r.Fault.Views)
		require.Greater(t, r.Fault.Gap, 750*time.Millisecond)
		require.Less(t, r.Fault.Gap, 1500*time.Millisecond)
	}
}

// Links and disks fail, too. Proposals do not wait for the primary's own disk, so the others go on without its votes. What is
// not modelled is refused.
func TestLinksFail(t *testing.T) {
	load := benchmarks.Load{Clients: 16, Outstanding: 64, Payload: 256, Rate: 250, Warm: 200 * time.Millisecond, For: 2700 * time.Millisecond}
	for fault, views := range map[string]uint64{"partition": 1, "one-way-cut": 1, "stalled-disk": 0, "loss": 0} {
		load.Fault = fault
		r := play(t, virtual.Config{}, load)
		require.Equal(t, r.Submitted, r.Acknowledged, fault)
		require.Equal(t, views, r.Fault.Views, fault)
	}
	load.Fault = "censoring-primary"
	_, err := virtual.Run(t.Context(), virtual.Config{}, load)
	require.ErrorIs(t, err, errors.ErrUnsupported)
}

// Where the turn of a replica that is silent for good comes again, the primary before it fails, too, so this costs a second
// timeout, and no more: views do not come back to it while others lead well (ADR 015).
func TestTurnAgain(t *testing.T) {
	r := play(t, virtual.Config{Replicas: 7}, benchmarks.Load{
		Clients: 8, Outstanding: 64, Payload: 256, Rate: 400, Warm: 300 * time.Millisecond, For: 30 * time.Second, Fault: "turn-again",
	})
	require.Equal(t, r.Submitted, r.Acknowledged)
	require.Equal(t, []int{0, 1, 2, 3, 4, 5, 6}, r.Fault.Replicas)
	require.Equal(t, uint64(8), r.Fault.Views, "seven primaries failed, one of them twice")
	require.Greater(t, r.Fault.Gap, 1250*time.Millisecond)
	require.Less(t, r.Fault.Gap, 1500*time.Millisecond)
	require.Greater(t, r.Fault.Between, 0.9*r.Fault.Before)
}

func TestManyReplicas(t *testing.T) {
	r := play(t, virtual.Config{Replicas: 31, Signed: true}, benchmarks.Load{Clients: 2, Outstanding: 8, Payload: 16, For: 50 * time.Millisecond})
	require.Positive(t, r.Done)
}

func TestErrors(t *testing.T) {
	load := benchmarks.Load{Clients: 1, Outstanding: 1, For: time.Second}
	for _, cfg := range []virtual.Config{{Replicas: 3}, {Replicas: 101}, {Link: "udp"}, {Log: "tape"}, {Cores: -1}, {Delay: -1}, {Interval: -1}, {Interval: 1025}} {
		_, err := virtual.Run(t.Context(), cfg, load)
		require.ErrorIs(t, err, virtual.ErrConfig, "%+v", cfg)
	}
	_, err := virtual.Run(t.Context(), virtual.Config{}, benchmarks.Load{})
	require.ErrorIs(t, err, benchmarks.ErrLoad)
	load.Fault = "two-primaries"
	_, err = virtual.Run(t.Context(), virtual.Config{}, load)
	require.ErrorIs(t, err, benchmarks.ErrLoad, "n=4 tolerates one")
}
