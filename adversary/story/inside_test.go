package story

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/adversary/sim"
	"github.com/twothirds-bft/twothirds/clock"
	"github.com/twothirds-bft/twothirds/pbft/message"
)

// The causal past against a naive search: an event is in it if it is the last of one of
// those involved before the violation, or if the next event of the same end is in it,
// or if it sends a message whose arrival is.
func TestPast(t *testing.T) {
	for seed := uint64(1); seed <= 6; seed++ {
		sc := sim.Generate(sim.Seed(seed), sim.Options{Decisions: 3})
		s := New(sc, sim.WithInvariant(stop{at: 20 * clock.Millisecond}))
		if s.Result.Failure == nil {
			continue
		}
		require.Equal(t, []int{1}, s.involved)
		in := naivePast(s)
		for i := range s.Events {
			e := &s.Events[i]
			switch e.Kind {
			case sim.EventViolation, sim.EventLost:
			case sim.EventSend:
				c := s.copies[e.ID]
				require.Equal(t, c.deliver >= 0 && in[c.deliver], s.needed[e.ID], "seed %d, event %d", seed, i)
			case sim.EventDeliver:
				require.Equal(t, in[i] && s.copies[e.ID].deliver == i, s.relevant[i], "seed %d, event %d: %v", seed, i, e)
			default:
				require.Equal(t, in[i], s.relevant[i], "seed %d, event %d: %v", seed, i, e)
			}
		}
	}
}

// stop breaks the world at a time.
type stop struct{ at clock.Duration }

func (stop) Name() string { return "stop" }

func (s stop) OnEvent(_ *sim.World, e sim.Event) error {
	if e.At >= s.at {
		return errStop{}
	}
	return nil
}

func (stop) AtEnd(*sim.World) error { return nil }

type errStop struct{}

func (errStop) Error() string { return "replica 1 is looked at" }

func naivePast(s *Story) map[int]bool {
	in := make(map[int]bool)
	for changed := true; changed; {
		changed = false
		for i := range s.Events {
			e := &s.Events[i]
			who := s.whose(e)
			if in[i] || who < 0 {
				continue
			}
			next := slices.IndexFunc(s.Events[i+1:], func(o sim.Event) bool { return s.whose(&o) == who })
			yes := slices.Contains(s.involved, who) || next >= 0 && in[i+1+next]
			if e.Kind == sim.EventSend {
				c := s.copies[e.ID]
				yes = yes || c.deliver >= 0 && in[c.deliver]
			}
			in[i], changed = yes, changed || yes
		}
	}
	return in
}

func TestNames(t *testing.T) {
	root := message.Point{Chain: message.Digest{1}}
	block := func(parent message.Point, payload byte) (message.PrePrepare, message.Point) {
		p := message.PrePrepare{Parent: parent.Chain, Header: message.Header{Seq: parent.Seq + 1, PayloadDigest: message.Digest{payload}}}
		return p, p.Point()
	}
	one, p1 := block(root, 1)
	two, p2 := block(root, 2)
	three, p3 := block(p2, 3)
	n := newNames([]sim.Event{
		{Kind: sim.EventBoot, Point: root}, {Kind: sim.EventSend, Msg: &one}, {Kind: sim.EventSend, Msg: &two}, {Kind: sim.EventSend, Msg: &three},
		{Kind: sim.EventSend, Msg: &message.Prepare{Seq: 1 << 50, Chain: message.Digest{9}}},
	})
	require.Equal(t, []string{"0", "1a", "1b", "2"}, []string{n.of(root), n.of(p1), n.of(p2), n.of(p3)})
	require.Equal(t, "far", n.of(message.Point{Seq: 1 << 50, Chain: message.Digest{9}}))
	require.Equal(t, "1#0700", n.of(message.Point{Seq: 1, Chain: message.Digest{7}}))
	require.Equal(t, message.Seq(2), n.highest)
	require.True(t, n.conflict(p3, p1))
	require.False(t, n.conflict(p3, p2))
	require.False(t, n.conflict(p3, message.Point{Seq: 9, Chain: message.Digest{9}}), "not known")
	require.Equal(t, "at block 1b, not block 2 nor 0123456789abcdef", n.in("at "+p2.String()+", not "+p3.Chain.String()+" nor 0123456789abcdef"))
}

// Behaviours that say what is untrue are caught at it, and crashes are no lies.
func TestLies(t *testing.T) {
	for behaviour, lies := range map[string]bool{
		"equivocate": true, "vote-twice": true, "low-vote": true, "two-new-views": true, "status-liar": true,
		"silent": false, "delay": false, "partial": false,
	} {
		s := New(sim.Scenario{
			Decisions: 8, Burst: true, Heal: 200 * clock.Millisecond, Byzantine: []sim.Liar{{Replica: 1, Behaviour: behaviour}},
			Crashes: []sim.Crash{{Replica: 0, At: 9 * clock.Millisecond, Down: 100 * clock.Millisecond}},
		})
		caught := 0
		for _, c := range s.copies { // order: a count
			if c.lie != "" {
				caught++
			}
		}
		require.Equal(t, lies, caught > 0, "%s: %d", behaviour, caught)
	}
}

// Of too many events the oldest are forgotten, and the violation is still found.
func TestRecorderForgets(t *testing.T) {
	r := recorder{}
	w := sim.World{}
	for i := range EventsMax + 5 {
		require.NoError(t, r.OnEvent(&w, sim.Event{At: clock.Duration(i), Kind: sim.EventFault}))
	}
	require.Equal(t, EventsMax/2, r.missing)
	require.Len(t, r.events, EventsMax/2+5)
	require.Equal(t, clock.Duration(EventsMax/2), r.events[0].At)
}

func TestSpan(t *testing.T) {
	for d, want := range map[clock.Duration]string{
		0: "0", 1500: "0.0015 ms", clock.Millisecond: "1 ms", 31482812: "31.48 ms", 300 * clock.Millisecond: "300 ms",
		clock.Second: "1 s", 1259218568: "1.259 s", 40 * clock.Second: "40 s",
	} {
		require.Equal(t, want, span(d))
	}
}
