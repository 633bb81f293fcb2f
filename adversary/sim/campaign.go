package sim

import (
	"sync"
	"sync/atomic"
	"time"
)

// Campaign runs one world per seed on several workers until the seeds or the time
// run out, or a world fails.
type Campaign struct {
	From, To uint64        // seeds, inclusive
	For      time.Duration // 0: no limit; else stop starting worlds after it
	Options  Options
	Workers  int // default 1
	// Twice, if not 0, runs every Twice-th seed again and compares trace hashes
	// (I21).
	Twice uint64
	// Progress is called about once a second, from one goroutine.
	Progress func(Tally)
}

// Tally sums what the worlds of a campaign showed.
type Tally struct {
	Worlds    uint64
	Decisions uint64 // summed over worlds
	Requests  uint64
	Events    uint64
	Views     uint64 // highest views entered, summed
	Crashes   uint64
	Evidence  uint64
	Lying     uint64        // worlds with a Byzantine replica
	Virtual   time.Duration // simulated
	Elapsed   time.Duration // real
	Hash      uint64        // of all trace hashes, whatever the order of the worlds
	Failures  []SeedFailure // by seed
}

// SeedFailure is a world in which an invariant did not hold.
type SeedFailure struct {
	Seed uint64
	*Failure
}

// RunSeed plays the world that a seed stands for.
func RunSeed(seed uint64, o Options, opts ...Option) *Result {
	return Play(Generate(Seed(seed), o), opts...)
}

// failuresMax ends a campaign: one is enough to work on, a few show a pattern.
const failuresMax = 5

// Run plays the campaign. The tally does not depend on the number of workers.
func (c Campaign) Run() Tally {
	start := time.Now()
	var (
		mu   sync.Mutex
		t    Tally
		next atomic.Uint64
		wg   sync.WaitGroup
	)
	next.Store(c.From)
	done := func() bool {
		mu.Lock()
		defer mu.Unlock()
		return len(t.Failures) >= failuresMax || c.For > 0 && time.Since(start) >= c.For
	}
	for range max(c.Workers, 1) {
		wg.Go(func() {
			for !done() {
				seed := next.Add(1) - 1
				if seed > c.To {
					return
				}
				r := c.world(seed)
				mu.Lock()
				t.add(seed, r)
				mu.Unlock()
			}
		})
	}
	stop := make(chan struct{})
	var reporter sync.WaitGroup
	if c.Progress != nil {
		reporter.Go(func() {
			tick := time.NewTicker(time.Second)
			defer tick.Stop()
			for {
				select {
				case <-stop:
					return
				case <-tick.C:
					mu.Lock()
					s := t
					mu.Unlock()
					s.Elapsed = time.Since(start)
					c.Progress(s)
				}
			}
		})
	}
	wg.Wait()
	close(stop)
	reporter.Wait()
	t.Elapsed = time.Since(start)
	return t
}

func (c Campaign) world(seed uint64) *Result {
	r := RunSeed(seed, c.Options)
	if c.Twice != 0 && seed%c.Twice == 0 && r.Failure == nil {
		if again := RunSeed(seed, c.Options); again.Hash != r.Hash {
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
	if r.Failure != nil {
		t.Failures = append(t.Failures, SeedFailure{seed, r.Failure})
	}
}
