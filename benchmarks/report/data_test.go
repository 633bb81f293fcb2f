package report

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/benchmarks"
)

func TestLabels(t *testing.T) {
	all := []config{
		configOf(measured(4, 1, 1)),
		configOf(measured(7, 1, 1, named("twothirds/n=7/link=tls/log=memory/signed=off"))),
		configOf(measured(4, 1, 1, named("twothirds/n=4/link=tls/log=memory/signed=off"), args("bench", "--quota=0.25"))),
		configOf(measured(4, 1, 1, named("etcd/n=4"), commit("0123456789abcdef+dirty"))),
		configOf(measured(4, 1, 1, named("etcd"), loadFault("silent"), rate(5))),
	}
	require.Equal(t, []string{
		"twothirds link=memory", "twothirds link=tls", "twothirds link=tls quota=0.25",
		"etcd loop=closed commit=012345678+", "etcd fault=silent loop=open commit=012345678",
	}, labels(all))
	require.Equal(t, []string{"twothirds: log=memory, signed=off, loop=closed, commit=012345678"}, common(all))
	require.Equal(t, []int{4, 7, 4, 4, 0}, []int{all[0].n, all[1].n, all[2].n, all[3].n, all[4].n})
	late := []config{
		configOf(measured(4, 1, 1, named("twothirds/n=4/delay=20ms"), args("bench", "--delay", "20ms"))),
		configOf(measured(4, 1, 1, class("C"), named("twothirds/n=4"), args("bench", "--delay", "1ms"))),
	}
	require.Equal(t, []string{"twothirds delay=20ms", "twothirds delay=1ms"}, labels(late), "told once, by the name or by the command")
	require.Equal(t, "unknown", shortCommit(""))
	require.Equal(t, "v1.2.3", shortCommit("v1.2.3"))
}

func TestCurves(t *testing.T) {
	results := []*benchmarks.Result{
		measured(4, 8, 300), measured(4, 1, 100), measured(4, 8, 500), measured(4, 8, 400), // three runs of one load
		measured(4, 1, 90, named("etcd/n=4")), measured(4, 16, 99999, broken("they differ")), measured(4, 4, 88888, killed(time.Second)),
		measured(4, 1, 10, class("A")), measured(4, 8, 20, class("A")), measured(7, 1, 50),
	}
	figures := curves(seriesOf(results))
	require.Len(t, figures, 2, "classes and n have figures of their own, and one point is no curve")
	require.Equal(t, "curve-classA-n-4-256B", figures[0].name)
	f := figures[1]
	require.Equal(t, "curve-classB-n-4-256B", f.name)
	rates := f.rows[0][0]
	require.Equal(t, []line{
		{name: "twothirds", color: 0, dots: true, pieces: [][]xy{{{100, 2e6}, {400, 2e6}}}},
		{name: "etcd", color: 1, dots: true, pieces: [][]xy{{{90, 2e6}}}},
	}, rates.lines, "the median of three, least load first, nothing unsafe and nothing of a fault")
	require.Equal(t, xy{400, 5e6}, f.rows[0][1].lines[0].pieces[0][1], "p99")
	require.True(t, rates.y.log)
	require.False(t, rates.x.log)
	require.True(t, curves(seriesOf(append(results, measured(4, 64, 5000))))[1].rows[0][0].x.log, "5000 is far from 90")
}

func TestFaultFigures(t *testing.T) {
	results := []*benchmarks.Result{
		measured(4, 2, 1000, rate(1000), killed(700*time.Millisecond)), measured(4, 2, 1000, rate(1000), killed(300*time.Millisecond)),
		measured(4, 2, 1000, rate(1000), killed(400*time.Millisecond), func(r *benchmarks.Result) { r.Fault.Recovery = -1 }),
		measured(4, 2, 1000, rate(1000), killed(time.Second), broken("they differ")), measured(4, 2, 1000),
		measured(4, 2, 1000, killed(700*time.Millisecond)),
	}
	all := faultsOf(results)
	require.Len(t, all, 2, "a closed loop is another load")
	require.Len(t, faultFigures(all), 2)
	f := faultFigures(all)[0]
	done, late := f.rows[0][0], f.rows[1][0]
	require.Equal(t, []mark{{1, 1.4, "gap 400 ms"}, {1, 0, "fault begins"}, {2, 0, "fault ends"}}, done.marks, "the run whose gap is the median never recovers")
	require.Len(t, done.lines[0].pieces, 1)
	require.Len(t, done.lines[0].pieces[0], 30, "a point for each tenth of a second")
	require.Equal(t, xy{0.05, 1000}, done.lines[0].pieces[0][0])
	require.Zero(t, done.lines[0].pieces[0][12].y)
	require.Equal(t, line{name: "sent", color: 1, dashed: true, pieces: [][]xy{{{0, 1000}, {3, 1000}}}}, done.lines[1])
	require.Len(t, late.lines[0].pieces, 2, "where nothing completes there is no latency")
	require.Equal(t, 4.4e6, late.lines[1].pieces[0][0].y)
	require.Contains(t, f.caption[0], "gap 400 ms, view changes: 1, p99 within 1.1 of before (4 ms) never again in this run; 1 k/s before, 700/s until it ends at 2 s (p99 at once from there), 1 k/s since.")
	require.Contains(t, f.caption[1], "3 runs with gaps from 300 ms to 700 ms")
	require.Equal(t, "killed-primary: twothirds, class B, n=4, 256 B, open loop at 1 k/s", f.title)
	require.Equal(t, []loss{{
		Class: "B", Fault: "killed-primary", Config: "twothirds", Load: "open loop at 1 k/s", N: 4, Payload: 256, Runs: 3,
		Before: "1 k", Retained: "70 %", Gap: "400 ms", Worst: "700 ms", Lost: "400 ms", Recovery: "800 ms", Views: "1",
	}}, lossesOf(all)[:1])
}

func TestRecoveryIsMarked(t *testing.T) {
	m := faultMarks(measured(4, 1, 1, killed(500*time.Millisecond)))
	require.Equal(t, mark{1.6, 0, "p99 as before after 600 ms"}, m[len(m)-1])
	require.Len(t, faultMarks(measured(4, 1, 1, killed(50*time.Millisecond), func(r *benchmarks.Result) {
		r.Intervals[10].Done = 1
	})), 3, "a gap within a tenth of a second is nowhere to be seen")
	before := measured(4, 1, 1, killed(500*time.Millisecond), func(r *benchmarks.Result) {
		for i := range 8 {
			r.Intervals[i].Done = 0
		}
	})
	require.Equal(t, mark{1, 1.5, "gap 500 ms"}, faultMarks(before)[0], "what was before the fault is not its gap")
}

func TestMemory(t *testing.T) {
	held := func(n int) func(*benchmarks.Result) {
		return func(r *benchmarks.Result) {
			for i := range n {
				r.Memory = append(r.Memory, benchmarks.Memory{At: time.Duration(i) * time.Second, Resident: 2e6, Live: uint64(1e6 + 1e6*(i*3/n))})
			}
		}
	}
	figures := memoryFigures([]*benchmarks.Result{measured(4, 1, 1, held(60)), measured(4, 1, 1, held(61)), measured(4, 1, 1, held(90), broken("they differ"))})
	require.Len(t, figures, 1, "a minute or longer")
	require.Equal(t, "memory-2-twothirds-classB-n-4", figures[0].name)
	require.Equal(t, "From its first third to its last: resident 2 MB to 2 MB (+0 %), live 1 MB to 3 MB (+200 %).", figures[0].caption[0])
	live := figures[0].rows[0][1].lines[0].pieces[0]
	require.Len(t, live, 61)
	require.Equal(t, xy{1, 3e6}, live[60], "in minutes")
}

// Costs that are powers of n have those exponents.
func TestGrowth(t *testing.T) {
	grow := func(n int, perSec, power float64) *benchmarks.Result {
		return measured(n, 8, perSec, func(r *benchmarks.Result) {
			r.Cost.OwnCPU = time.Duration(float64(r.Done) * 1000 * math.Pow(float64(n), power))
		})
	}
	results := []*benchmarks.Result{
		grow(4, 1000, 1.5), grow(16, 1000, 1.5), grow(64, 1000, 1.5), measured(4, 1, 10), // of less throughput
		measured(4, 8, 1000, named("etcd/n=4")), measured(16, 8, 1000, named("etcd/n=16")), measured(7, 8, 10, named("cometbft/n=7")),
		measured(4, 8, 900, commit("fedc")), measured(64, 8, 900, commit("fedc")),
		measured(4, 8, 10, loadFault("silent")), measured(7, 8, 10, loadFault("silent")),
	}
	figures, rows := growth(familiesOf(seriesOf(results)))
	require.Len(t, figures, 1)
	require.Len(t, figures[0].rows, 2)
	cpu := figures[0].rows[0][0]
	require.Equal(t, []float64{4, 16, 64}, cpu.x.at)
	var names []string
	for _, l := range cpu.lines {
		names = append(names, l.name)
	}
	require.Equal(t, []string{
		"twothirds commit=012345678", "etcd", "twothirds commit=fedc", "the model's least, link=memory signed=off",
	}, names, "one model of both; one point is no growth")
	require.InDelta(t, 8000, cpu.lines[0].pieces[0][0].y, 1, "1 us times 4 to the 1.5, at the load of the highest throughput")
	c, err := benchmarks.NewCeiling(benchmarks.Ceiling{Replicas: 64, Payload: 256, Link: "memory"})
	require.NoError(t, err)
	require.Equal(t, xy{64, float64(c.CPU())}, cpu.lines[3].pieces[0][2])
	require.Equal(t, "1.50", rows[0].Measured)
	require.NotEmpty(t, rows[0].Model)
	require.Equal(t, "0.00", rows[1].Measured, "etcd's are all alike")
	require.Empty(t, rows[1].Model)
	require.Equal(t, exponent{
		Class: "B", Payload: 256, Config: "twothirds commit=012345678", Cost: "bytes between replicas", From: 4, To: 64, Points: 3,
		First: "1 kB", Last: "1 kB", Measured: "0.00", Model: "1.10", // of 3, 15 and 63 copies
	}, rows[3])
	require.Len(t, rows, 9, "no signatures were checked")

	results = nil
	for _, n := range []int{4, 100} {
		results = append(results, measured(n, 8, 1000, class("C"), func(r *benchmarks.Result) { r.Cost.System.CPU = time.Duration(n * int(time.Second)) }))
	}
	_, rows = growth(familiesOf(seriesOf(results)))
	require.Equal(t, "1.00", rows[0].Measured, "in virtual time it is what the replicas spent that counts, not what the model did")
}

func TestFit(t *testing.T) {
	require.Equal(t, "2.00", fit([]xy{{1, 3}, {2, 12}, {4, 48}}))
	require.Equal(t, "-1.00", fit([]xy{{1, 1}, {10, 0.1}}))
	require.Empty(t, fit([]xy{{2, 1}, {2, 3}}), "one n")
	require.Equal(t, "1.00", fit([]xy{{1, 1}, {2, 2}, {3, 0}}), "nothing is not on the axes")
}

func TestShares(t *testing.T) {
	c, err := benchmarks.NewCeiling(benchmarks.Ceiling{Replicas: 4, Payload: 256, Link: "memory"})
	require.NoError(t, err)
	half := c.PerSec(2) / 2
	rows := sharesOf(seriesOf([]*benchmarks.Result{
		measured(4, 8, half), measured(4, 8, 1.2*half), measured(4, 8, 0.8*half), measured(4, 1, half/10),
		measured(4, 8, half/4, class("A"), named("twothirds/n=4/link=memory"), args("bench", "--quota", "0.25")),
		measured(4, 8, 1, class("C")), measured(4, 8, 1, named("etcd/n=4")), measured(4, 8, half, rate(half)), measured(4, 8, half, loadFault("silent")),
	}))
	require.Len(t, rows, 2, "virtual time, peers, open loops and faults have no share")
	require.InDelta(t, 25, rows[0].Percent, 1e-9, "four quarters of a core are one core")
	require.Equal(t, "A", rows[0].Class)
	require.InDelta(t, 50, rows[1].Percent, 1e-9)
	require.Equal(t, 3, rows[1].Runs)
	require.Equal(t, "40 %", rows[1].Spread)
	require.Equal(t, "closed loop of 8 x 8", rows[1].Load)
	require.Equal(t, "10 us", rows[1].CPU)
}

func TestTicks(t *testing.T) {
	for _, values := range [][]float64{{0}, {3}, {0, 1e-9}, {99, 101}, {5, 80000}, {1e-12, 1e18}, {20, 20}, {999999.5}} {
		s := axis{}.ticks(values)
		require.Zero(t, s.from)
		require.LessOrEqual(t, len(s.ticks), 8)
		require.GreaterOrEqual(t, s.to, values[len(values)-1]*(1-1e-9))
		require.LessOrEqual(t, s.to, max(1, 2.5*values[len(values)-1]))
		if values[0] == 0 {
			continue
		}
		s = axis{log: true}.ticks(values)
		require.Positive(t, s.from)
		require.Greater(t, s.to, s.from)
		require.LessOrEqual(t, s.from, values[0])
		require.GreaterOrEqual(t, s.to, values[len(values)-1])
		require.Greater(t, s.from*10.1, values[0], "not a power of ten too much")
		named := 0
		for _, tick := range s.ticks {
			if tick.Label != "" {
				named++
			}
		}
		require.GreaterOrEqual(t, named, 2)
	}
	s := axis{from: 2.5, to: 9.1}.ticks([]float64{3, 7, 12})
	require.Equal(t, [2]float64{2.5, 9.1}, [2]float64{s.from, s.to})
	s = axis{log: true}.ticks(nil)
	require.Equal(t, [2]float64{0.9, 2}, [2]float64{s.from, s.to}, "nothing to hold is no reason to fail")
}

func TestNumbers(t *testing.T) {
	for v, want := range map[float64]string{0: "0", 0.0004: "0.0004", 12: "12", 999: "999", 12500: "12.5 k", 1.5e6: "1.5 M", 1e18: "1000000 T"} {
		require.Equal(t, want, number(v))
	}
	for v, want := range map[float64]string{0: "0 ns", 950: "950 ns", 1500: "1.5 us", 2e6: "2 ms", 1.25e9: "1.25 s", 9e13: "90000 s"} {
		require.Equal(t, want, duration(v))
	}
	for v, want := range map[float64]string{900: "900 B", 1500: "1.5 kB"} {
		require.Equal(t, want, size(v))
	}
	require.Equal(t, "curve-a-b-1.5", fileName("curve", "a/b", "1.5"))
	require.Equal(t, `x --dir 'a b' ''`, command([]string{"/tmp/x", "--dir", "a b", ""}))
}
