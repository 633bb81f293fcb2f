package client

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/clock"
	"github.com/twothirds-bft/twothirds/pbft/message"
)

// model is a cluster in virtual time, in steps of a millisecond, that orders so many requests in each and
// has room for so many. Replicas answer with one voice; a message takes a step.
type model struct {
	rate    int // requests ordered in a step
	relays  bool
	primary int
	stalled int // steps for which nothing is ordered
	timeout int // steps after which a request that a backup holds ends the view
	step    int
	clients []*loader
	members [4]member
}

// member is a replica: what it is to order as primary or holds against the primary.
type member struct {
	queues [][]ask // by client
	turn   int
	held   map[place]int // since when
	ages   []place       // in order, and some that are not held any more
}

type place struct {
	from   *loader
	number uint64
}

// loader is a client that always has so many operations to do.
type loader struct {
	*bench
	index       int
	outstanding int
	calls       map[*call]int // when they began
	took        []int         // steps that each took
}

type ask struct {
	place
	call *call
}

func newModel(t *testing.T, clients, outstanding int, relays bool) *model {
	m := &model{rate: 40, relays: relays, timeout: 500}
	for i := range m.members {
		m.members[i] = member{queues: make([][]ask, clients), held: map[place]int{}}
	}
	for i := range clients {
		cfg := config(1, 1, 1, 1)
		cfg.Key, cfg.Genesis.Signed = ring.Signer(1000+i), relays
		l := &loader{bench: newBench(t, cfg), index: i, outstanding: outstanding, calls: map[*call]int{}}
		l.submitted("first")
		l.turn()
		l.opening(l.opener.call, &message.Reply{Session: session1()}, l.now)
		m.clients = append(m.clients, l)
	}
	return m
}

func (m *model) run(steps int) {
	for range steps {
		m.step++
		for _, l := range m.clients {
			m.send(l)
		}
		if m.stalled > 0 {
			m.stalled--
		} else {
			for range m.rate {
				m.order()
			}
		}
		suspects := 0
		for i := range m.members {
			if i != m.primary && m.step-m.members[i].oldest(m.step) > m.timeout {
				suspects++
			}
		}
		if suspects > 1 {
			m.move((m.primary + 1) % 4)
		}
	}
}

func (r *member) oldest(now int) int {
	for len(r.ages) > 0 {
		if at, ok := r.held[r.ages[0]]; ok {
			return at
		}
		r.ages = r.ages[1:]
	}
	return now
}

func (r *member) add(a ask, now int) {
	r.queues[a.from.index] = append(r.queues[a.from.index], a)
	r.held[a.place] = now
	r.ages = append(r.ages, a.place)
}

// move begins a view: what the old primary alone had is lost.
func (m *model) move(to int) {
	m.primary, m.stalled = to, 0
	for i := range m.members {
		r := &m.members[i]
		for k := range r.held {
			r.held[k] = m.step
		}
	}
}

// limit is how many requests may be pending.
func (m *model) limit() int { return max(1024, 125*m.rate) }

func (m *model) send(l *loader) {
	l.pass(clock.Millisecond)
	for len(l.calls) < l.outstanding {
		l.calls[l.submitted("op")] = m.step
	}
	first, again := l.turn()
	for _, x := range append(first, again...) {
		if x.req.Type != message.RequestOperation {
			continue
		}
		for i := range m.members {
			if x.addressed(i) {
				m.receive(i, ask{place{l, x.req.Number}, x})
			}
		}
	}
}

func (m *model) receive(to int, a ask) {
	r := &m.members[to]
	if to != m.primary && m.relays {
		m.receive(m.primary, a)
	}
	if _, known := r.held[a.place]; known {
		return
	}
	if to != m.primary {
		r.add(a, m.step)
		return
	}
	own, busy := len(r.queues[a.from.index]), 0
	for _, q := range r.queues {
		if len(q) > 0 {
			busy++
		}
	}
	if len(r.held) >= m.limit() && own > 0 && own*busy >= m.limit() {
		a.from.answer(to, coded(a.call, message.ReplyBusy))
		return
	}
	r.add(a, m.step)
}

// order has the primary take one request, in turns over clients.
func (m *model) order() {
	r := &m.members[m.primary]
	for range r.queues {
		r.turn = (r.turn + 1) % len(r.queues)
		for q := r.queues[r.turn]; len(q) > 0; q = r.queues[r.turn] {
			a := q[0]
			r.queues[r.turn] = q[1:]
			if _, ok := r.held[a.place]; ok {
				m.execute(a)
				return
			}
		}
	}
}

func (m *model) execute(a ask) {
	for i := range m.members {
		delete(m.members[i].held, a.place)
	}
	if a.call.state != outstanding || a.call.req.Number != a.number {
		return
	}
	for i := range 2 {
		a.from.heed(i, message.View(m.primary), a.from.now)
		a.from.answer(i, done(a.call, ""))
	}
	if begun, ok := a.from.calls[a.call]; ok {
		a.from.took = append(a.from.took, m.step-begun)
		delete(a.from.calls, a.call)
	}
}

// summary is how a stretch of time went.
type summary struct {
	done        int // operations
	least, most int // of one client
	p50, p99    int // steps
	longest     int // of all, those under way too
	sent        uint64
}

// stretch runs for so many steps and returns how they went.
func (m *model) stretch(steps int) (s summary) {
	before := uint64(0)
	for _, l := range m.clients {
		l.took = nil
		before += l.stats.Sent + l.stats.Retransmitted
	}
	m.run(steps)
	var took []int
	s.least = 1 << 30
	for _, l := range m.clients {
		s.least, s.most = min(s.least, len(l.took)), max(s.most, len(l.took))
		s.sent += l.stats.Sent + l.stats.Retransmitted
		took = append(took, l.took...)
		for _, at := range l.calls {
			s.longest = max(s.longest, m.step-at)
		}
	}
	slices.Sort(took)
	n := len(took)
	s.sent -= before
	s.done, s.p50, s.p99, s.longest = n, took[n/2], took[n*99/100], max(s.longest, took[n-1])
	return s
}

// Far more operations than the cluster can take wait at their clients: it goes on at its full rate, with nothing
// sent in vain, and no client or operation waits longer than another. A primary that stands still for a while
// costs that while, whether or not backups relay.
func TestOverload(t *testing.T) {
	t.Parallel()
	for _, relays := range []bool{true, false} {
		m := newModel(t, 8, 1024, relays)
		m.stretch(300)
		s := m.stretch(700)
		require.Equal(t, 700*m.rate, s.done)
		require.LessOrEqual(t, s.most-s.least, 10)
		require.InDelta(t, 8*1024/m.rate, s.p50, 2)
		require.LessOrEqual(t, s.longest, s.p50+5)
		require.LessOrEqual(t, s.sent, uint64(s.done+s.done/50), "busy is rare")

		m.stalled = 400
		s = m.stretch(800)
		require.Equal(t, 400*m.rate, s.done, "relays %v", relays)
		require.LessOrEqual(t, s.longest, 8*1024/m.rate+400+10)
		s = m.stretch(300)
		require.Equal(t, 300*m.rate, s.done)
		require.LessOrEqual(t, s.most-s.least, 10)
		require.Zero(t, m.primary, "nobody was suspected")
		for _, l := range m.clients {
			require.Zero(t, l.route.best, "nor left")
		}
	}
}

// A primary that dies, with a thousand operations of each client, is followed by the next one and left by all
// clients, who find it again.
func TestOverloadWithoutPrimary(t *testing.T) {
	t.Parallel()
	for _, relays := range []bool{true, false} {
		m := newModel(t, 8, 1024, relays)
		m.stretch(300)
		m.stalled = 1 << 30
		s := m.stretch(1000)
		require.Equal(t, 1, m.primary)
		require.Positive(t, s.done)
		m.stretch(400)
		s = m.stretch(300)
		require.Equal(t, 300*m.rate, s.done)
		require.LessOrEqual(t, s.longest, 2*8*1024/m.rate)
	}
}
