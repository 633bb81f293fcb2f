package sim

import (
	"fmt"
	"os"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
)

func runSeed(seed uint64, o Options, opts ...Option) *Result {
	src := Seed(seed)
	return Run(src, Generate(src, o), opts...)
}

func TestSeeds(t *testing.T) {
	from, to := uint64(1), uint64(200)
	if s := os.Getenv("SEEDS"); s != "" {
		fmt.Sscanf(s, "%d..%d", &from, &to)
	}
	n, _ := strconv.Atoi(os.Getenv("N"))
	var events uint64
	dec := 0
	fails := 0
	for seed := from; seed <= to; seed++ {
		var opts []Option
		if os.Getenv("TRACE") != "" {
			opts = append(opts, WithTrace(func(s string) { fmt.Println(s) }))
		}
		r := runSeed(seed, Options{Replicas: n}, opts...)
		events += r.Events
		dec += r.Decisions
		if r.Failure != nil {
			fails++
			t.Errorf("seed %d: %v\n%+v", seed, r.Failure, r.Scenario)
			if fails > 3 {
				break
			}
		}
	}
	t.Logf("events %d decisions %d", events, dec)
	require.Zero(t, fails)
}
