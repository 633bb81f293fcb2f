package cluster

import (
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/twothirds-bft/twothirds/transport"
)

// weather is what the network does to the frames between a replica and the other members.
type weather struct {
	mute, deaf bool
	loss       float64                          // chance that a frame is lost
	delay      map[transport.Peer]time.Duration // of what is sent
}

// links stand between a replica and its endpoint, and have weather. Frames to and from clients pass.
//
// A frame that is lost stays lost: on a real link TCP would send it again, so what is measured is what the protocol's own
// repeats are worth, and no assumption about a network's round trips and retransmission timers is in the figures.
type links struct {
	transport.Endpoint
	members map[transport.Peer]string
	now     atomic.Pointer[weather] // nil when it is fair
	lines   map[transport.Peer]*line
}

func newLinks(members map[transport.Peer]string) *links {
	l := &links{members: members, lines: make(map[transport.Peer]*line, len(members))}
	for p := range members {
		l.lines[p] = &line{}
	}
	return l
}

// handler stands before the engine's.
func (l *links) handler(h transport.Handler) transport.Handler {
	return func(from transport.Peer, data []byte) {
		if w := l.now.Load(); w != nil && w.deaf && l.lines[from] != nil {
			return
		}
		h(from, data)
	}
}

// Send implements transport.Endpoint.
func (l *links) Send(to transport.Peer, f transport.Frame) bool {
	line, w := l.lines[to], l.now.Load()
	if line == nil {
		return l.Endpoint.Send(to, f)
	}
	delay := time.Duration(0)
	if w != nil {
		if w.mute || w.loss > 0 && rand.Float64() < w.loss { //nolint:gosec // no secret
			return true
		}
		delay = w.delay[to]
	}
	return line.send(f, delay, func(f transport.Frame) bool { return l.Endpoint.Send(to, f) })
}

// line is the frames under way to one member, in the order in which they were sent.
type line struct {
	busy atomic.Bool // frames are waiting, or one of them is being sent

	mu     sync.Mutex
	frames []late
	bytes  int
}

type late struct {
	transport.Frame
	due time.Time
}

// lineBytesMax bounds what is under way to one member. What does not fit is lost.
const lineBytesMax = 64 << 20

func (l *line) send(f transport.Frame, delay time.Duration, send func(transport.Frame) bool) bool {
	if delay == 0 && !l.busy.Load() {
		return send(f)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.bytes+len(f.Data) > lineBytesMax {
		return false
	}
	l.bytes += len(f.Data)
	l.frames = append(l.frames, late{f, time.Now().Add(delay)})
	if l.busy.CompareAndSwap(false, true) {
		go l.deliver(send)
	}
	return true
}

// deliver sends what is due until nothing waits.
func (l *line) deliver(send func(transport.Frame) bool) {
	for {
		f, ok := l.next()
		if !ok {
			return
		}
		time.Sleep(time.Until(f.due))
		send(f.Frame)
	}
}

func (l *line) next() (late, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.frames) == 0 {
		l.busy.Store(false)
		return late{}, false
	}
	f := l.frames[0]
	l.frames = l.frames[1:]
	l.bytes -= len(f.Data)
	return f, true
}

// regions are five of Amazon's: Virginia, Oregon, Ireland, Tokyo and Sydney. A replica is in that of its number modulo 5.
// One-way delays are half of the round trips that
// https://acomputerscientistlearnsaws.blogspot.com/2017/04/aws-regions.html lists, in milliseconds and rounded.
var regions = [5][5]int{
	{0, 44, 40, 73, 115},
	{44, 0, 69, 45, 81},
	{40, 69, 0, 106, 155},
	{73, 45, 106, 0, 52},
	{115, 81, 155, 52, 0},
}

// regionDelay is the time that a frame takes from one replica to another.
func regionDelay(from, to int) time.Duration {
	return time.Duration(regions[from%len(regions)][to%len(regions)]) * time.Millisecond
}
