package cluster

import (
	"encoding/binary"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/adversary/host"
	"github.com/twothirds-bft/twothirds/adversary/liar"
	"github.com/twothirds-bft/twothirds/benchmarks"
	"github.com/twothirds-bft/twothirds/crypto"
	"github.com/twothirds-bft/twothirds/pbft/message"
	"github.com/twothirds-bft/twothirds/pbft/wire"
	"github.com/twothirds-bft/twothirds/storage/wal"
	"github.com/twothirds-bft/twothirds/transport"
)

// sink keeps what is sent.
type sink struct {
	transport.Endpoint
	mu   sync.Mutex
	sent map[transport.Peer][][]byte
}

func (s *sink) Send(to transport.Peer, f transport.Frame) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.sent == nil {
		s.sent = make(map[transport.Peer][][]byte)
	}
	s.sent[to] = append(s.sent[to], f.Data)
	return true
}

func (s *sink) count(to transport.Peer) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.sent[to])
}

var peer, stranger = transport.Peer{1}, transport.Peer{2}

func TestWeather(t *testing.T) {
	const frames = 40000
	for name, c := range map[string]struct {
		weather     *weather
		least, most int // of 40,000 frames to a member
		heard       bool
	}{
		"fair":     {nil, frames, frames, true},
		"mute":     {&weather{mute: true}, 0, 0, true},
		"isolated": {&weather{mute: true, deaf: true}, 0, 0, false},
		"loss":     {&weather{loss: lossRate}, frames - 500, frames - 300, true}, // five standard deviations
	} {
		out, heard := &sink{}, map[transport.Peer]bool{}
		l := newLinks(map[transport.Peer]string{peer: ""})
		l.Endpoint = out
		l.now.Store(c.weather)
		hear := l.handler(func(from transport.Peer, _ []byte) { heard[from] = true })
		for range frames {
			require.True(t, l.Send(peer, transport.Frame{Data: []byte{1}}))
			l.Send(stranger, transport.Frame{Data: []byte{1}})
		}
		hear(peer, nil)
		hear(stranger, nil)
		require.GreaterOrEqual(t, out.count(peer), c.least, name)
		require.LessOrEqual(t, out.count(peer), c.most, name)
		require.Equal(t, frames, out.count(stranger), "clients do not notice")
		require.Equal(t, c.heard, heard[peer], name)
		require.True(t, heard[stranger], name)
	}
}

// Frames arrive as late as they should and in their order, also when the delay ends while some are under way.
func TestDelay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out := &sink{}
		l := newLinks(map[transport.Peer]string{peer: ""})
		l.Endpoint = out
		send := func(from, to uint32) {
			for i := from; i < to; i++ {
				require.True(t, l.Send(peer, transport.Frame{Data: binary.BigEndian.AppendUint32(nil, i)}))
			}
		}
		l.now.Store(&weather{delay: map[transport.Peer]time.Duration{peer: 50 * time.Millisecond}})
		send(0, 100)
		time.Sleep(49 * time.Millisecond)
		require.Zero(t, out.count(peer))
		send(100, 200)
		time.Sleep(2 * time.Millisecond)
		require.Equal(t, 100, out.count(peer))
		l.now.Store(nil)
		send(200, 300)
		require.Equal(t, 100, out.count(peer), "behind those that are under way")
		time.Sleep(48 * time.Millisecond)
		synctest.Wait()
		send(300, 400)
		require.Equal(t, 400, out.count(peer))
		for i, b := range out.sent[peer] {
			require.EqualValues(t, i, binary.BigEndian.Uint32(b))
		}
		require.Zero(t, l.lines[peer].bytes)
	})
}

func TestRegions(t *testing.T) {
	for i := range 10 {
		for j := range 10 {
			require.Equal(t, regionDelay(j, i), regionDelay(i, j))
			require.Equal(t, i%5 == j%5, regionDelay(i, j) == 0)
		}
	}
}

// lying puts a behaviour at replica 0 of 4, the primary, and returns its end and what leaves it.
func lying(t *testing.T, b liar.Behaviour) (transport.Endpoint, *sink, *message.Door) {
	g := (&Config{Replicas: 4}).genesis()
	cluster, members, err := g.Cluster()
	require.NoError(t, err)
	door := message.NewDoor(cluster, members, crypto.Ed25519{}, false, g.Limits())
	out := &sink{}
	return host.New(&b, door, keyOf("replica", 0), 0, 1).Wrap(out), out, door
}

func TestSlowProposals(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const by = 100 * time.Millisecond
		end, out, door := lying(t, slow(by))
		to := keyOf("replica", 1).Public()
		put := func(m message.Message) {
			b, err := wire.Append(nil, m)
			require.NoError(t, err)
			end.Send(to, transport.Frame{Data: b})
		}
		for seq := range message.Seq(50) {
			p := &message.Prepare{Seq: seq + 1, Chain: message.Digest{1}}
			_, err := door.Sign(keyOf("replica", 0), 0, p)
			require.NoError(t, err)
			put(p)
		}
		time.Sleep(by - 1)
		require.Zero(t, out.count(to))
		put(&message.FetchView{})
		require.Equal(t, 1, out.count(to), "only proposals wait")
		time.Sleep(2 * time.Nanosecond)
		synctest.Wait()
		require.Equal(t, 51, out.count(to))
		for i, b := range out.sent[to][1:] {
			m, err := wire.Decode(b)
			require.NoError(t, err)
			require.EqualValues(t, i+1, m.(*message.Prepare).Seq, "in their order")
		}
	})
}

func TestFloodEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := new(lie)
		_, out, _ := lying(t, lies[benchmarks.FetchFlood](nil, l))
		to := keyOf("replica", 3).Public()
		time.Sleep(100*time.Millisecond + 1)
		before := out.count(to)
		require.Equal(t, 101, before)
		l.over.Store(true)
		time.Sleep(time.Second)
		require.Equal(t, before, out.count(to))
	})
}

// What fails comes on top of the usual delay.
func TestFailingWeather(t *testing.T) {
	r := &replica{face: &face{links: newLinks(nil)}, spec: spec{Config: Config{Replicas: 4, Delay: time.Millisecond}}}
	for how, want := range map[benchmarks.Failure]weather{
		benchmarks.Isolation: {mute: true, deaf: true, delay: r.usual().delay},
		benchmarks.Muteness:  {mute: true, delay: r.usual().delay},
		benchmarks.Loss:      {loss: lossRate, delay: r.usual().delay},
		benchmarks.Regions:   {delay: r.delays(func(i int) time.Duration { return regionDelay(0, i) })},
	} {
		require.NoError(t, r.fail(how))
		require.Equal(t, &want, r.face.now.Load(), how)
	}
	require.Len(t, r.usual().delay, 4)
	r.Config.Delay = 0
	require.NoError(t, r.heal())
	require.Nil(t, r.face.now.Load())
}

// While a replica lies, the lie stands between engine and links; then nothing does.
func TestHeal(t *testing.T) {
	honest, lying, heard := &sink{}, &sink{}, 0
	f := &face{links: newLinks(nil), engine: func(transport.Peer, []byte) { heard++ }}
	f.Endpoint = honest
	l := &lie{Endpoint: lying, handler: func(transport.Peer, []byte) {}}
	f.lie.Store(l)
	f.now.Store(&weather{mute: true})
	r := &replica{face: f, spec: spec{Config: Config{Replicas: 4, Delay: time.Millisecond}}}
	r.disk.stall()
	for want := range 2 {
		f.Send(peer, transport.Frame{})
		f.hear(peer, nil)
		require.Equal(t, want, honest.count(peer))
		require.Equal(t, want, heard)
		require.Equal(t, 1, lying.count(peer))
		require.NoError(t, r.heal())
		require.True(t, l.over.Load())
		require.Equal(t, &weather{delay: r.delays(func(int) time.Duration { return time.Millisecond })}, f.now.Load(), "as always")
		require.Nil(t, r.disk.gate.Load())
	}
}

func TestStalledDisk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &disk{FS: wal.OS}
		d.stall()
		d.stall()
		synced := false
		go func() { _ = d.sync(func() error { synced = true; return nil }) }()
		time.Sleep(time.Hour)
		require.False(t, synced)
		d.goOn()
		d.goOn()
		synctest.Wait()
		require.True(t, synced)
	})
}

func TestClockSteps(t *testing.T) {
	r := &replica{face: &face{links: newLinks(nil)}}
	before := r.clock.Now()
	require.Less(t, r.clock.Now().Sub(before), clockStep)
	require.NoError(t, r.fail(benchmarks.ClockStep))
	require.NoError(t, r.heal())
	require.GreaterOrEqual(t, r.clock.Now().Sub(before), clockStep, "it does not go back")
}
