package adversary_test

import (
	"bytes"
	"flag"
	"fmt"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/twothirds-bft/twothirds/adversary"
	"github.com/twothirds-bft/twothirds/adversary/sim"
	"github.com/twothirds-bft/twothirds/examples/bank"
)

// draws makes the draws of a property test the choices of a world.
func draws(t *rapid.T) adversary.Source {
	return sim.Func(func(label string, n uint64) uint64 { return rapid.Uint64Range(0, n-1).Draw(t, label) })
}

func hold(adversary.Source) []byte { return bank.Encode(bank.Hold, 0, 1, 1) }

// A property test of a user's own can have worlds beside other values.
func TestRapid(t *testing.T) {
	checks(t, "20")
	rapid.Check(t, func(t *rapid.T) {
		amount := rapid.ByteRange(1, 9).Draw(t, "amount")
		work := adversary.Workload(func(adversary.Source) []byte { return bank.Encode(bank.Hold, 0, 1, amount) })
		r := adversary.Play(draws(t), adversary.ForApp(bank.New), work, adversary.Decisions(5))
		if r.Failure != nil {
			t.Fatalf("%v\n\n%s", r.Failure, r.Scenario.TOML())
		}
	})
}

// rapid finds a bug that takes a crash at the right time, and makes the world smaller
// without knowing what a world is.
func TestRapidShrinks(t *testing.T) {
	checks(t, "400")
	var failed []*sim.Recorder
	var last *adversary.Result
	require.True(t, fails(func(tb rapid.TB) {
		rapid.Check(tb, func(rt *rapid.T) {
			tape := sim.Record(draws(rt))
			r := adversary.Play(tape, adversary.ForApp(newForgetful), adversary.Workload(hold), adversary.Replicas(1), adversary.Decisions(5))
			if r.Failure != nil {
				failed, last = append(failed, tape), r
				rt.Fatalf("%v", r.Failure)
			}
		})
	}))
	first, least := failed[0].Tape(), failed[len(failed)-1].Tape()
	t.Logf("%d worlds failed, tapes of %d bytes (%d not 0) to %d (%d)\n%s",
		len(failed), len(first), choices(first), len(least), choices(least), last.Scenario.TOML())
	require.Less(t, len(least), len(first))
	require.Less(t, choices(least), choices(first))
	require.Equal(t, "app", last.Failure.Oracle)
	// The bytes of the tape are that world too.
	again := adversary.Play(sim.Bytes(least), adversary.ForApp(newForgetful), adversary.Workload(hold), adversary.Replicas(1), adversary.Decisions(5))
	require.Equal(t, last.Failure, again.Failure)
	require.Equal(t, last.Hash, again.Hash)
}

// choices counts the bytes that are not the simplest.
func choices(tape []byte) int { return len(tape) - bytes.Count(tape, []byte{0}) }

// checks sets how much rapid does in a test.
func checks(t *testing.T, n string) {
	for name, value := range map[string]string{"rapid.checks": n, "rapid.seed": "1", "rapid.shrinktime": "2s", "rapid.nofailfile": "true"} {
		old := flag.Lookup(name).Value.String()
		require.NoError(t, flag.Set(name, value))
		t.Cleanup(func() { _ = flag.Set(name, old) })
	}
}

// fails reports whether a property test fails, without failing this one.
func fails(run func(tb rapid.TB)) bool {
	tb, done := &silent{}, make(chan struct{})
	go func() {
		defer close(done)
		run(tb)
	}()
	<-done
	return tb.failed
}

// silent is a test that only remembers how it ended.
type silent struct {
	testing.TB
	failed bool
}

func (s *silent) Helper()               {}
func (s *silent) Name() string          { return "silent" }
func (s *silent) Log(...any)            {}
func (s *silent) Logf(string, ...any)   {}
func (s *silent) Error(...any)          { s.failed = true }
func (s *silent) Errorf(string, ...any) { s.failed = true }
func (s *silent) Fatal(...any)          { s.FailNow() }
func (s *silent) Fatalf(string, ...any) { s.FailNow() }
func (s *silent) Fail()                 { s.failed = true }
func (s *silent) FailNow()              { s.failed = true; runtime.Goexit() }
func (s *silent) Failed() bool          { return s.failed }

// A world is a function of its choices, wherever these come from. By convention 0 is the
// simplest: here that is a world without any fault.
func ExamplePlay() {
	zero := sim.Func(func(string, uint64) uint64 { return 0 })
	r := adversary.Play(zero, adversary.Decisions(5))
	fmt.Println(r.Failure == nil, r.Decisions >= 5, len(r.Scenario.Crashes), r.Hash == adversary.Play(sim.Bytes(nil), adversary.Decisions(5)).Hash)
	// Output: true true 0 true
}
