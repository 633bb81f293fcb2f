package core_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/clock"
	"github.com/twothirds-bft/twothirds/pbft/core"
	"github.com/twothirds-bft/twothirds/pbft/message"
)

// mob is a whole cluster under a schedule without any shape: every message, sync and
// tick by chance, crashes at any point, and one liar that knows all that was ever
// sent and makes the nastiest of it. The oracles hold the correct replicas to safety
// all the while, and at the end, in a calm network, to liveness.
type mob struct {
	*script
	rnd    *rand.Rand
	liar   int
	bodies map[message.Digest]*message.Body // by chain digest
	asked  int                              // requests submitted
}

func newMob(seed uint64) *mob {
	m := &mob{script: &script{}, rnd: rand.New(rand.NewPCG(seed, 4)), bodies: map[message.Digest]*message.Body{}}
	m.liar = m.rnd.IntN(4)
	m.do(fmt.Sprintf("new n=4 interval=%d window=%d floor=100ms cap=2s byz=%d", 2+m.rnd.IntN(4), 1+m.rnd.IntN(2), m.liar))
	m.do(fmt.Sprintf("crash %d", m.liar))
	m.brief = true
	return m
}

func (m *mob) chance(percent int) bool { return m.rnd.IntN(100) < percent }

func pick[T any](m *mob, list []T) T { return list[m.rnd.IntN(len(list))] }

func (m *mob) step() {
	m.log.Reset()
	h := m.hosts[m.rnd.IntN(4)]
	switch m.rnd.IntN(14) {
	case 12, 13:
		m.lieOnce()
	case 0:
		h.tick(pick(m, []clock.Duration{clock.Millisecond, 5 * clock.Millisecond, 30 * clock.Millisecond}))
	case 1:
		if m.chance(20) {
			h.tick(h.deadline.Sub(h.now))
		}
	case 2:
		if m.chance(30) && h.core != nil && h.id != m.liar {
			m.asked++
			h.submit(fmt.Sprintf("%c%d", 'a'+m.rnd.IntN(8), 1+m.asked/8))
		}
	case 3:
		if m.chance(4) && h.id != m.liar {
			h.crash(m.rnd.IntN(6) - 1)
		}
	case 4:
		if h.core == nil && h.id != m.liar && m.chance(50) {
			h.boot(false)
		}
	case 5:
		m.lieOnce()
	case 6, 7:
		h.turn()
		if m.chance(80) {
			h.sync()
		}
		if m.chance(60) {
			h.execute()
		}
	default:
		most := 1 + m.rnd.IntN(4)
		m.deliver(m.rnd.IntN(4), h.id, func(message.Message) bool { most--; return most >= 0 }, m.chance(8))
	}
	m.learn()
}

// learn keeps the bodies of all blocks that were ever sent.
func (m *mob) learn() {
	for _, h := range m.hosts {
		for _, o := range h.sent {
			if b, ok := o.Msg.(*message.Body); ok {
				m.bodies[b.Parent.Extend(b.Header.Digest())] = b
			}
		}
		h.sent = nil
	}
}

// anyPoint returns a named point, newer ones likelier.
func (m *mob) anyPoint() message.Point {
	points := make([]message.Point, 0, len(m.names.point))
	for _, p := range m.names.point {
		points = append(points, p)
	}
	slices.SortFunc(points, func(a, b message.Point) int {
		return int(int64(a.Seq)-int64(b.Seq))*4 + slices.Compare(a.Chain[:], b.Chain[:])
	})
	return points[len(points)-1-m.rnd.IntN(min(len(points), 6))]
}

func (m *mob) status() core.Status {
	for {
		if h := m.hosts[m.rnd.IntN(4)]; h.core != nil {
			return h.core.Status()
		}
		if !slices.ContainsFunc(m.hosts, func(h *host) bool { return h.core != nil }) {
			return core.Status{}
		}
	}
}

// lieOnce sends one message to some, or a proposal with the vote that signs it.
func (m *mob) lieOnce() {
	to := 1 + m.rnd.IntN(15)
	st := m.status()
	if int(st.Primary) == m.liar && st.Target == st.View && m.chance(60) {
		m.lieProposal(st, to)
		return
	}
	m.lieTo(to, m.lieMessage())
}

func (m *mob) lieTo(to int, msg message.Message) {
	if msg == nil {
		return
	}
	if s, ok := msg.(message.Signed); ok {
		_, err := m.door.Sign(m.hosts[m.liar].signer, message.ReplicaID(m.liar), s)
		m.check(err)
	}
	for j := range m.hosts {
		if j != m.liar && to&(1<<j) != 0 {
			m.transmit(m.liar, j, msg)
		}
	}
}

// lieProposal extends what one replica has, before some, and signs what they hold.
func (m *mob) lieProposal(st core.Status, to int) {
	on := pick(m, []message.Point{st.Tip, st.Tip, st.Base})
	if m.chance(40) {
		m.lieTo(to, &message.Prepare{View: st.View, Base: min(st.Base.Seq, on.Seq), Seq: on.Seq, Chain: on.Chain})
		m.lieTo(to, &message.Commit{View: st.View, Seq: on.Seq, Chain: on.Chain})
		return
	}
	name, ok := m.names.name[on.Chain]
	if !ok {
		return
	}
	m.asked++
	list := m.forgeBlock(st.View, args{pairs: map[string]string{"on": name, "op": fmt.Sprintf("%c%d", 'a'+m.rnd.IntN(8), 1+m.asked/8)}})
	b := list[1].(*message.Body)
	p := message.Point{Seq: b.Header.Seq, Chain: b.Parent.Extend(b.Header.Digest())}
	m.bodies[p.Chain] = b
	m.lieTo(to, list[0])
	m.lieTo(to, list[1])
	m.lieTo(to, &message.Prepare{View: st.View, Base: st.Base.Seq, Seq: p.Seq, Chain: p.Chain})
}

func (m *mob) lieMessage() message.Message {
	st, p := m.status(), m.anyPoint()
	view := st.View + message.View(m.rnd.IntN(2))
	switch m.rnd.IntN(12) {
	case 0, 1:
		return m.lieBlock(st)
	case 2, 3, 4:
		if m.chance(50) {
			p = st.Tip
		}
		base := st.Base.Seq
		if m.chance(20) {
			base = message.Seq(m.rnd.Uint64N(uint64(p.Seq) + 1))
		}
		return &message.Prepare{View: view, Base: min(base, p.Seq), Seq: p.Seq, Chain: p.Chain}
	case 5:
		return &message.Commit{View: view, Seq: p.Seq, Chain: p.Chain}
	case 6:
		return &message.Suspect{View: st.Target, Decided: st.Decided.Seq}
	case 7:
		vc := &message.ViewChange{View: st.Target + message.View(m.rnd.IntN(2)), Chain: m.root.Chain}
		if len(m.certs) > 0 && m.chance(50) {
			pc := pick(m, m.certs)
			vc.Rank, vc.Chain = pc.Rank(), pc.Chain
		}
		return vc
	case 8:
		return m.lieCert(p)
	case 9:
		return m.lieNewView(st.Target)
	case 10:
		return &message.Status{Entered: view, Target: view, Decided: st.Decided.Seq + message.Seq(m.rnd.IntN(9)), Stable: st.Stable.Seq + message.Seq(m.rnd.IntN(9))}
	}
	return m.lieAnswer(p)
}

// lieBlock proposes on top of what a replica has, or lets go a body after its header.
func (m *mob) lieBlock(st core.Status) message.Message {
	if len(m.bodies) > 0 && m.chance(40) {
		if b := m.bodies[st.Tip.Chain]; b != nil {
			return b
		}
	}
	on := pick(m, []message.Point{st.Tip, st.Base, st.Decided})
	name, ok := m.names.name[on.Chain]
	if !ok {
		return nil
	}
	m.asked++
	list := m.forgeBlock(st.View, args{pairs: map[string]string{"on": name, "op": fmt.Sprintf("%c%d", 'a'+m.rnd.IntN(8), 1+m.asked/8)}})
	b := list[1].(*message.Body)
	m.bodies[b.Parent.Extend(b.Header.Digest())] = b
	return list[m.rnd.IntN(2)]
}

// lieCert assembles a certificate for p out of votes that were sent.
func (m *mob) lieCert(p message.Point) (out message.Message) {
	defer func() {
		if r, ok := recover().(scriptError); ok {
			_, out = r, nil // there are not enough votes
		}
	}()
	from := slices.DeleteFunc([]int{0, 1, 2, 3}, func(i int) bool { return i == m.rnd.IntN(4) })
	var votes []*message.Prepare
	for _, s := range m.seen {
		if v, ok := s.(*message.Prepare); ok && m.names.extends(v.Point(), p) {
			votes = append(votes, v)
		}
	}
	if len(votes) == 0 {
		return nil
	}
	v := pick(m, votes)
	c := m.cutPrepareCert(v.View, v.Base, p, from)
	if m.door.PrepareCert(c) != nil {
		return nil
	}
	m.certs = append(m.certs, c)
	return c
}

func (m *mob) lieNewView(view message.View) (out message.Message) {
	defer func() {
		if recover() != nil {
			out = nil
		}
	}()
	from := []int{0, 1, 2, 3}
	if m.chance(70) {
		from = slices.Delete(from, m.rnd.IntN(4), len(from))
	}
	return m.forgeNewView(view, from)
}

// lieAnswer is an answer to a pull: true blocks, from where they may be wanted.
func (m *mob) lieAnswer(p message.Point) message.Message {
	a := &message.Blocks{From: p}
	for range 1 + m.rnd.IntN(4) {
		b := m.bodies[a.From.Chain]
		if b == nil {
			break
		}
		a.From = message.Point{Seq: b.Header.Seq - 1, Chain: b.Parent}
		d := message.BlockData{Header: b.Header, Raw: b.Raw}
		if m.chance(20) {
			d.Raw = nil
		}
		a.Blocks = append([]message.BlockData{d}, a.Blocks...)
	}
	for _, s := range m.seen {
		if v, ok := s.(*message.Prepare); ok && int(v.Signer) == m.liar && m.chance(30) {
			a.Prepare = v
		}
	}
	if len(a.Blocks) == 0 {
		return nil
	}
	return a
}

// settleDown ends the chaos: all are up, the liar is silent, and what is asked for now
// is decided by all.
func (m *mob) settleDown() {
	now := m.hosts[0].now
	for _, h := range m.hosts {
		if h.now.After(now) {
			now = h.now
		}
	}
	for _, h := range m.hosts {
		h.now = now
		if h.core == nil && h.id != m.liar {
			h.boot(false)
		}
	}
	up := slices.DeleteFunc(slices.Clone(m.hosts), func(h *host) bool { return h.id == m.liar })
	pick(m, up).submit("z")
	if !m.runUntil(func() bool {
		return !slices.ContainsFunc(up, func(h *host) bool {
			return h.core == nil || h.core.Status().Pending > 0 || h.seq < up[0].seq || up[0].seq == 0
		})
	}, 60*clock.Second) {
		for _, h := range up {
			m.violate("stuck", "%s", h.status())
		}
	}
}

func TestMob(t *testing.T) {
	for seed := range uint64(30) {
		m := newMob(seed)
		for range 1500 {
			m.step()
		}
		m.settleDown()
		require.Empty(t, m.violations, "world %d", seed)
	}
}
