package pbft_test

import (
	"slices"
	"sync"
	"time"

	"github.com/twothirds-bft/twothirds/pbft"
	"github.com/twothirds-bft/twothirds/pbft/message"
	"github.com/twothirds-bft/twothirds/pbft/wire"
	"github.com/twothirds-bft/twothirds/transport"
)

// tap listens to what replicas send.
type tap struct {
	mu   sync.Mutex
	sent []letter
	// hear, if set, is called for each frame, in order, before it leaves; false keeps
	// it from leaving.
	hear func(letter) bool
}

type letter struct {
	from message.ReplicaID
	to   transport.Peer
	msg  message.Message
}

func newTap() *tap { return &tap{} }

// on returns a tune that taps the given replicas.
func (p *tap) on(ids ...message.ReplicaID) func(*pbft.Config) {
	return func(cfg *pbft.Config) {
		if !slices.Contains(ids, cfg.Self) {
			return
		}
		connect, self := cfg.Connect, cfg.Self
		cfg.Connect = func(h transport.Handler, up func(transport.Peer)) (transport.Endpoint, error) {
			e, err := connect(h, up)
			return &tapped{e, p, self}, err
		}
	}
}

func (p *tap) count() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.sent)
}

func (p *tap) take(l letter) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.hear != nil && !p.hear(l) {
		return false
	}
	p.sent = append(p.sent, l)
	return true
}

// slow returns a tune that holds up what replicas send for as long as delay says, in
// a queue that is lost when the endpoint closes, as those of a network are.
func slow(delay func(from message.ReplicaID, to transport.Peer, f transport.Frame) time.Duration) func(*pbft.Config) {
	return func(cfg *pbft.Config) {
		connect, self := cfg.Connect, cfg.Self
		cfg.Connect = func(h transport.Handler, up func(transport.Peer)) (transport.Endpoint, error) {
			e, err := connect(h, up)
			return &slowed{Endpoint: e, delay: func(to transport.Peer, f transport.Frame) time.Duration { return delay(self, to, f) }}, err
		}
	}
}

type slowed struct {
	transport.Endpoint
	delay func(transport.Peer, transport.Frame) time.Duration

	mu     sync.Mutex
	queued int
	closed bool
}

func (e *slowed) Send(to transport.Peer, f transport.Frame) bool {
	d := e.delay(to, f)
	if d == 0 {
		return e.Endpoint.Send(to, f)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.queued++
	time.AfterFunc(d, func() {
		e.mu.Lock()
		defer e.mu.Unlock()
		if e.queued--; !e.closed {
			e.Endpoint.Send(to, f)
		}
	})
	return true
}

func (e *slowed) Links() []transport.Link {
	e.mu.Lock()
	defer e.mu.Unlock()
	links := e.Endpoint.Links()
	for i := range links {
		links[i].QueuedFrames += e.queued
	}
	return links
}

func (e *slowed) Close() error {
	e.mu.Lock()
	e.closed = true
	e.mu.Unlock()
	return e.Endpoint.Close()
}

type tapped struct {
	transport.Endpoint
	tap  *tap
	self message.ReplicaID
}

func (e *tapped) Send(to transport.Peer, f transport.Frame) bool {
	m, err := wire.Decode(slices.Clone(f.Data))
	if err != nil {
		panic(err) // a replica sends what others can read
	}
	if !e.tap.take(letter{e.self, to, m}) {
		return false
	}
	return e.Endpoint.Send(to, f)
}
