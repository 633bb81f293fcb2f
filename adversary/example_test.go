package adversary_test

import (
	"fmt"
	"io"

	"github.com/twothirds-bft/twothirds/adversary"
	"github.com/twothirds-bft/twothirds/adversary/sim"
	"github.com/twothirds-bft/twothirds/clock"
	"github.com/twothirds-bft/twothirds/examples/bank"
)

// forgetful is a bank whose snapshots lack what is on hold.
type forgetful struct{ *bank.Bank }

func newForgetful() forgetful { return forgetful{bank.New()} }

func (f forgetful) Snapshot(w io.Writer) error {
	b := *f.Bank
	b.OnHold = [bank.Accounts]int64{}
	return b.Snapshot(w)
}

// Search is Check without a test.
func ExampleSearch() {
	hold := func(adversary.Source) []byte { return bank.Encode(bank.Hold, 0, 1, 1) }
	found := adversary.Search(adversary.ForApp(newForgetful), adversary.Workload(hold))
	least := found.Shrink()
	fmt.Println(least.Failure.Oracle, "breaks with", len(least.Scenario.Crashes), "crash")
	// Output: app breaks with 1 crash
}

// A scenario can be written down as well as drawn.
func ExampleRun() {
	sc := adversary.Scenario{
		Byzantine: []sim.Liar{{Replica: 0, Behaviour: "equivocate"}},
		Crashes:   []sim.Crash{{Replica: 2, At: 20 * clock.Millisecond, Down: 300 * clock.Millisecond}},
		Heal:      clock.Second,
	}
	r := sim.Play(sc) // in a test: adversary.Run(t, sc)
	fmt.Println(r.Failure == nil, r.Decisions >= 20, r.Views >= 1, r.Evidence > 0)
	// Output: true true true true
}
