package liar_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/adversary/liar"
	"github.com/twothirds-bft/twothirds/adversary/sim"
	"github.com/twothirds-bft/twothirds/clock"
	"github.com/twothirds-bft/twothirds/pbft/message"
)

// tag is a behaviour that leaves its mark in the nonce of each STATUS.
func tag(digit uint64) liar.Behaviour {
	return liar.Behaviour{Name: fmt.Sprint("tag", digit), New: func(e *liar.Env) liar.Sender {
		return func(to message.ReplicaID, m message.Message) {
			if s, ok := m.(*message.Status); ok {
				c := *s
				c.Nonce = c.Nonce*10 + digit
				m = &c
			}
			e.Send(to, m)
		}
	}}
}

// corrupt gives replica 3 of a bench another behaviour, with a brain of its own.
func (b *bench) corrupt(with liar.Behaviour) *liar.Brain {
	brain := liar.NewBrain()
	b.lie = brain.Corrupt(b.env, &with)
	return brain
}

// said returns what the bench's liar made of a message to replica to.
func (b *bench) said(to message.ReplicaID, m message.Message) []message.Message {
	b.sent, b.to = nil, nil
	b.lie(to, m)
	return b.sent
}

func (b *bench) nonce(t *testing.T, to message.ReplicaID) uint64 {
	t.Helper()
	out := b.said(to, &message.Status{})
	require.Len(t, out, 1)
	return out[0].(*message.Status).Nonce
}

func newParsed(t *testing.T, text string) *bench { return newBench(t, 4, 3, text, sim.Seed(1)) }

func TestComposeIsInOrder(t *testing.T) {
	b := newParsed(t, "silent")
	b.corrupt(liar.Compose(tag(1), tag(2), tag(3)))
	require.EqualValues(t, 123, b.nonce(t, 0))
	require.Empty(t, newParsed(t, "compose(vote-twice,silent)").said(0, &message.Status{}))
}

func TestWhen(t *testing.T) {
	b := newParsed(t, "when(view>=2,silent)")
	require.Len(t, b.said(0, &message.Status{Entered: 1}), 1)
	require.Empty(t, b.said(0, &message.Status{Entered: 2}))
	require.Len(t, b.said(0, &message.Status{Entered: 1}), 1, "conditions are looked at each time")

	b = newParsed(t, "when(primary,silent)") // replica 3 leads view 3
	require.Len(t, b.said(0, &message.Status{Entered: 2}), 1)
	require.Empty(t, b.said(0, &message.Status{Entered: 3}))
}

func TestTime(t *testing.T) {
	b := newParsed(t, "compose(after(2s,only(prepare,silent)),until(1s,only(commit,silent)))")
	prepare, commit := &message.Prepare{}, &message.Commit{}
	require.Len(t, b.said(0, prepare), 1)
	require.Empty(t, b.said(0, commit))
	b.now = b.now.Add(2 * clock.Second)
	require.Empty(t, b.said(0, prepare))
	require.Len(t, b.said(0, commit), 1)
}

func TestRecipients(t *testing.T) {
	for text, deaf := range map[string][]message.ReplicaID{
		"towards(upper,silent)":   {2},
		"towards(lower,silent)":   {0, 1},
		"towards(1,silent)":       {1},
		"towards(primary,silent)": {0},
		"towards(next,silent)":    {1},
		"towards(clients,silent)": {9},
	} {
		b := newParsed(t, text)
		var got []message.ReplicaID
		for _, to := range []message.ReplicaID{0, 1, 2, 9} {
			if len(b.said(to, &message.Status{})) == 0 {
				got = append(got, to)
			}
		}
		require.Equal(t, deaf, got, text)
	}
	b := newParsed(t, "compose(towards(victim,silent),towards(others,silent))")
	for to := range message.ReplicaID(3) {
		require.Empty(t, b.said(to, &message.Status{}))
	}
}

// What is heard is kept from the core only while the condition holds.
func TestWhenHides(t *testing.T) {
	deaf := liar.Behaviour{Name: "deaf", New: func(e *liar.Env) liar.Sender {
		e.OnReceive(func(message.ReplicaID, message.Message) bool { return true })
		return e.Send
	}}
	b := newParsed(t, "silent")
	brain := b.corrupt(liar.After(clock.Second, deaf))
	require.True(t, brain.Receive(3, 0, &message.Status{}))
	require.True(t, brain.Receive(2, 0, &message.Status{}), "another replica's")
	b.now = b.now.Add(clock.Second)
	require.False(t, brain.Receive(3, 0, &message.Status{}))
}

// The brain's verdicts add up, and a condition holds for the message in question
// (spec M3 bounds what a host makes of them).
func TestWatch(t *testing.T) {
	b := newParsed(t, "silent")
	watch := func(v liar.Verdict) liar.Behaviour {
		return liar.Behaviour{Name: "watch", New: func(e *liar.Env) liar.Sender {
			e.Watch(func(_, _ message.ReplicaID, _ message.Message) liar.Verdict { return v })
			return e.Send
		}}
	}
	brain := b.corrupt(tag(1))
	require.False(t, brain.Watches())
	to1 := liar.Predicate{Name: "to 1", Is: func(_ *liar.Env, to message.ReplicaID, _ message.Message) bool { return to == 1 }}
	brain = b.corrupt(liar.Compose(
		watch(liar.Verdict{Hold: 20 * ms}), watch(liar.Verdict{Hold: 30 * ms}), liar.When(to1, watch(liar.Verdict{Drop: true})),
	))
	require.True(t, brain.Watches())
	require.Equal(t, liar.Verdict{Hold: 30 * ms, Drop: true}, brain.See(0, 1, &message.Status{}))
	require.Equal(t, liar.Verdict{Hold: 30 * ms}, brain.See(0, 2, &message.Status{}))
}

// All liars of a world follow one plan, and sign as each other (spec M2).
func TestCoordinated(t *testing.T) {
	plans := 0
	b := liar.Coordinated("plan", "", "", func(*liar.Env) func(*liar.Env) liar.Sender {
		plans++
		return func(e *liar.Env) liar.Sender {
			return func(to message.ReplicaID, _ message.Message) {
				for _, other := range e.Brain.Liars() {
					m := &message.Suspect{View: 1}
					other.Sign(m)
					e.Send(to, m)
				}
			}
		}
	})
	one, two := newParsed(t, "silent"), newBench(t, 4, 2, "silent", sim.Seed(1))
	brain := liar.NewBrain()
	lie := brain.Corrupt(one.env, &b)
	brain.Corrupt(two.env, &b)
	lie(0, &message.Status{})
	require.Equal(t, 1, plans)
	require.Same(t, two.env, brain.As(2))
	require.Nil(t, brain.As(0))
	require.Len(t, one.sent, 2)
	for i, who := range []message.ReplicaID{3, 2} {
		require.NoError(t, one.door.Signature(one.sent[i].(message.Signed)))
		signer, _ := one.sent[i].(message.Signed).Author()
		require.Equal(t, who, signer)
	}
}

// What the core says of itself is what conditions look at.
func TestCore(t *testing.T) {
	b := newParsed(t, "silent")
	b.lie(0, &message.Status{Entered: 1, Target: 2, Tip: 7, Decided: 5})
	require.Equal(t, message.Status{Entered: 1, Target: 2, Tip: 7, Decided: 5}, b.env.Core())
	b.lie(0, &message.Prepare{View: 3, Seq: 8})
	require.Equal(t, message.View(3), b.env.Core().Entered)
	require.Equal(t, message.Seq(8), b.env.Core().Tip)
	require.True(t, b.env.Leads())
	b.lie(0, &message.ViewChange{View: 4})
	require.Equal(t, message.View(4), b.env.Core().Target)
	require.True(t, b.env.Leads())
}
