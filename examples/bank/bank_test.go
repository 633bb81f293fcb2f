package bank_test

import (
	"fmt"
	"testing"

	"github.com/twothirds-bft/twothirds/adversary"
	"github.com/twothirds-bft/twothirds/examples/bank"
)

// transfer draws an operation.
func transfer(src adversary.Source) []byte {
	kind := bank.Kind(src.Draw("kind", 2))
	from, to := byte(src.Draw("from", bank.Accounts)), byte(src.Draw("to", bank.Accounts))
	return bank.Encode(kind, from, to, byte(src.Draw("amount", 50)))
}

// conserved is an invariant of the application's own: no money is made or lost.
type conserved struct{}

func (conserved) Name() string { return "conserved" }

func (conserved) OnEvent(w *adversary.World, e adversary.Event) error {
	if e.Kind != adversary.Executed || !w.Correct(e.Replica) {
		return nil
	}
	app, seq := w.App(e.Replica)
	if got := app.(*bank.Bank).Total(); got != bank.Accounts*bank.Opening {
		return fmt.Errorf("replica %d has %d after block %d, and there were %d", e.Replica, got, seq, bank.Accounts*bank.Opening)
	}
	return nil
}

func (conserved) AtEnd(*adversary.World) error { return nil }

func TestBank(t *testing.T) {
	adversary.Check(t, adversary.ForApp(bank.New), adversary.Workload(transfer),
		adversary.Holds(func() []adversary.Invariant { return []adversary.Invariant{conserved{}} }))
}
