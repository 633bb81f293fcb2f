package sim

import (
	"cmp"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/twothirds-bft/twothirds/clock"
)

// Campaign runs one world per seed on several workers until the seeds or the time
// run out, or a few worlds have failed.
type Campaign struct {
	From, To uint64        // seeds, inclusive
	For      time.Duration // 0: no limit; else stop starting worlds after it
	Options  Options
	With     []Option // of every world; what they hold is shared by all workers
	Workers  int      // default 1
	// Shards > 1 splits the seeds over so many campaigns, on as many machines: this one
	// plays those that are Shard modulo Shards, from From on. Tally.Merge adds them up.
	Shard, Shards uint64
	// Stop, once closed, ends the campaign as if its time had run out.
	Stop <-chan struct{}
	// Twice, if not 0, runs every Twice-th seed again and compares trace hashes
	// (I21).
	Twice uint64
	// Progress is called about once a second, from one goroutine.
	Progress func(Tally)
}

// Tally sums what the worlds of a campaign showed.
type Tally struct {
	Worlds    uint64         `json:"worlds"`
	Lying     uint64         `json:"worlds_with_liar"`
	Decisions uint64         `json:"decisions"` // summed over worlds
	Requests  uint64         `json:"requests"`
	Events    uint64         `json:"events"`
	Views     uint64         `json:"views"` // highest views entered, summed
	Crashes   uint64         `json:"crashes"`
	Evidence  uint64         `json:"proofs"`
	Virtual   clock.Duration `json:"simulated_ns"`
	Elapsed   time.Duration  `json:"elapsed_ns"`  // real
	Hash      uint64         `json:"hash,string"` // of all trace hashes, whatever the order of the worlds
	Failures  []SeedFailure  `json:"failures"`    // by seed
	// Marks counts the worlds in which a rare state was reached, by its name.
	Marks map[string]uint64 `json:"marks"`
}

// SeedFailure is a world in which an invariant did not hold.
type SeedFailure struct {
	Seed     uint64 `json:"seed"`
	Oracle   string `json:"oracle"`
	What     string `json:"what"`
	Scenario string `json:"scenario"` // as TOML
}

// RunSeed plays the world that a seed stands for.
func RunSeed(seed uint64, o Options, opts ...Option) *Result {
	return Play(Generate(Seed(seed), o), opts...)
}

// failuresMax ends a campaign: one is enough to work on, a few show a pattern.
const failuresMax = 5

// Run plays the campaign. The tally does not depend on the number of workers.
func (c Campaign) Run() Tally {
	r := running{Campaign: c, start: time.Now(), stride: max(c.Shards, 1)}
	r.first = c.From + c.Shard%r.stride
	if r.first > c.To {
		return r.t
	}
	var workers, reporter sync.WaitGroup
	for range max(c.Workers, 1) {
		workers.Go(r.work)
	}
	stop := make(chan struct{})
	if c.Progress != nil {
		reporter.Go(func() { r.report(stop) })
	}
	workers.Wait()
	close(stop)
	reporter.Wait()
	r.t.Elapsed = time.Since(r.start)
	r.t.sort()
	return r.t
}

// running is a campaign under way.
type running struct {
	Campaign
	start         time.Time
	first, stride uint64
	next          atomic.Uint64 // seed to play, in strides from first on

	mu sync.Mutex
	t  Tally
}

// work plays seeds until there are none or the campaign is over.
func (r *running) work() {
	for !r.over() {
		k := r.next.Add(1) - 1
		if k > (r.To-r.first)/r.stride {
			return
		}
		seed := r.first + k*r.stride
		result := r.world(seed)
		r.mu.Lock()
		r.t.add(seed, result)
		r.mu.Unlock()
	}
}

func (r *running) over() bool {
	select {
	case <-r.Stop:
		return true
	default:
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.t.Failures) >= failuresMax || r.For > 0 && time.Since(r.start) >= r.For
}

func (r *running) report(stop <-chan struct{}) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-stop:
			return
		case <-tick.C:
			r.mu.Lock()
			t := r.t
			r.mu.Unlock()
			t.Elapsed = time.Since(r.start)
			r.Progress(t)
		}
	}
}

func (c Campaign) world(seed uint64) *Result {
	r := RunSeed(seed, c.Options, c.With...)
	if c.Twice != 0 && seed%c.Twice == 0 && r.Failure == nil {
		if again := RunSeed(seed, c.Options, c.With...); again.Hash != r.Hash {
			r.Failure = &Failure{Oracle: "I21", What: "the same seed gave two traces"}
		}
	}
	return r
}

func (t *Tally) add(seed uint64, r *Result) {
	t.Worlds++
	t.Decisions += uint64(r.Decisions)
	t.Requests += uint64(r.Requests)
	t.Events += r.Events
	t.Views += r.Views
	t.Crashes += uint64(r.Crashes)
	t.Evidence += uint64(r.Evidence)
	t.Virtual += r.Elapsed
	t.Hash += r.Hash * (2*seed + 1) // order independent, and no two seeds cancel
	if len(r.Scenario.Byzantine) > 0 {
		t.Lying++
	}
	t.addMarks(r.Marks, func(uint64) uint64 { return 1 })
	if r.Failure != nil {
		t.Failures = append(t.Failures, SeedFailure{seed, r.Failure.Oracle, r.Failure.What, string(r.Scenario.TOML())})
	}
}

// Merge adds what another campaign showed.
func (t *Tally) Merge(o *Tally) {
	t.Worlds += o.Worlds
	t.Lying += o.Lying
	t.Decisions += o.Decisions
	t.Requests += o.Requests
	t.Events += o.Events
	t.Views += o.Views
	t.Crashes += o.Crashes
	t.Evidence += o.Evidence
	t.Virtual += o.Virtual
	t.Elapsed += o.Elapsed
	t.Hash += o.Hash
	t.addMarks(o.Marks, func(n uint64) uint64 { return n })
	t.Failures = append(t.Failures, o.Failures...)
	t.sort()
}

func (t *Tally) sort() {
	slices.SortFunc(t.Failures, func(a, b SeedFailure) int { return cmp.Compare(a.Seed, b.Seed) })
}
