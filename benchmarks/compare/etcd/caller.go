package etcd

import (
	"context"
	"crypto/ed25519"
	"encoding/binary"
	"errors"
	"sync"

	"github.com/twothirds-bft/twothirds/benchmarks"
	"github.com/twothirds-bft/twothirds/transport"
	"github.com/twothirds-bft/twothirds/transport/tcp"
)

var errNotSent = errors.New("etcd: the link to the leader is down or full")

// caller is a client with a link to the leader.
type caller struct {
	links  transport.Endpoint
	leader transport.Peer

	mu      sync.Mutex
	last    uint64
	waiting map[uint64]chan struct{}
}

// Dial implements benchmarks.System.
func (s *System) Dial(ctx context.Context, _ int) (benchmarks.Caller, error) {
	_, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		return nil, err
	}
	up := make(chan transport.Peer, 1)
	c := &caller{leader: s.peers[s.Primary()], waiting: make(map[uint64]chan struct{})}
	c.links, err = tcp.New(tcp.Config{
		Config: transport.Config{
			Members: map[transport.Peer]string{c.leader: s.members[c.leader]},
			Handler: c.receive,
			OnUp: func(p transport.Peer) {
				select {
				case up <- p:
				default:
				}
			},
		},
		Key: key,
	})
	if err != nil {
		return nil, err
	}
	select {
	case <-up:
		return c, nil
	case <-ctx.Done():
		return nil, errors.Join(ctx.Err(), c.Close())
	}
}

// Do implements benchmarks.Caller.
func (c *caller) Do(ctx context.Context, op []byte) error {
	heard := make(chan struct{})
	c.mu.Lock()
	c.last++
	id := c.last
	c.waiting[id] = heard
	c.mu.Unlock()
	frame := binary.LittleEndian.AppendUint64(make([]byte, 0, idBytes+len(op)), id)
	if !c.links.Send(c.leader, transport.Frame{Class: transport.Bulk, Data: append(frame, op...)}) {
		c.forget(id)
		return errNotSent
	}
	select {
	case <-heard:
		return nil
	case <-ctx.Done():
		c.forget(id)
		return ctx.Err()
	}
}

func (c *caller) forget(id uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.waiting, id)
}

// receive takes the numbers of operations that the leader has executed.
func (c *caller) receive(_ transport.Peer, ids []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for ; len(ids) >= idBytes; ids = ids[idBytes:] {
		id := binary.LittleEndian.Uint64(ids)
		if heard, ok := c.waiting[id]; ok {
			close(heard)
			delete(c.waiting, id)
		}
	}
}

// Close implements benchmarks.Caller.
func (c *caller) Close() error { return c.links.Close() }
