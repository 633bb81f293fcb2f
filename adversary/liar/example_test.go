package liar_test

import (
	"fmt"

	"github.com/twothirds-bft/twothirds/adversary/liar"
	"github.com/twothirds-bft/twothirds/adversary/sim"
	"github.com/twothirds-bft/twothirds/pbft/message"
)

// A behaviour of one's own: it agrees with everything, one view later.
func ExampleBehaviour() {
	late := liar.Behaviour{
		Name: "late", About: "votes in the view after its own; breaks who counts votes by seq alone",
		New: func(e *liar.Env) liar.Sender {
			return func(to message.ReplicaID, m message.Message) {
				if p, ok := m.(*message.Prepare); ok {
					c := *p // messages are shared: change a copy
					c.View++
					e.Sign(&c)
					m = &c
				}
				e.Send(to, m)
			}
		},
	}
	r := sim.Run(sim.Seed(1), sim.Scenario{Byzantine: []sim.Liar{{Replica: 2, Behaviour: "late"}}}, sim.WithBehaviours(late))
	fmt.Println("violation:", r.Failure != nil)
	// Output: violation: false
}

// Behaviours combine, in Go and as text in a scenario.
func ExampleParse() {
	b, err := liar.Parse("compose(low-vote,when(view>=1,towards(upper,withhold)))")
	fmt.Println(b.Name, err)
	_, err = liar.Parse("when(weather=fine,silent)")
	fmt.Println(err)
	// Output:
	// compose(low-vote,when(view>=1,towards(upper,withhold))) <nil>
	// liar: bad behaviour: condition "weather=fine" is not known
}
