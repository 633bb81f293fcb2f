package client

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/twothirds-bft/twothirds/clock"
	"github.com/twothirds-bft/twothirds/pbft/message"
	"github.com/twothirds-bft/twothirds/transport"
)

// Client is a client of one cluster. Make it with New. Its methods are safe for concurrent use.
type Client struct {
	cfg      Config
	door     *message.Door // signs
	members  *message.Members
	index    map[transport.Peer]int // of members
	clock    clock.Clock
	endpoint Endpoint

	wake    chan struct{} // holds a token: there may be something to send
	closing chan struct{}
	stopped chan struct{} // the sender has returned

	mu      sync.Mutex
	table   *table
	closed  bool
	scratch []message.Request // of pack
}

// systemClock is replaced in tests: within a bubble of testing/synctest the time is before the start of
// the process.
var systemClock = clock.System

// New makes a client and its links. It returns without waiting for them: the session is opened when the
// first operation needs it. It fails with ErrConfig, or with what Connect returned.
func New(cfg Config) (*Client, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	cfg = cfg.withDefaults()
	cluster, members, err := cfg.Genesis.Cluster()
	if err != nil {
		return nil, err
	}
	limits := message.Limits{OpBytes: cfg.OpBytesMax}
	c := &Client{
		cfg:     cfg,
		door:    message.NewDoor(cluster, members, nil, cfg.Genesis.Signed, limits),
		members: members,
		index:   make(map[transport.Peer]int, members.Len()),
		clock:   systemClock(),
		wake:    make(chan struct{}, 1),
		closing: make(chan struct{}),
		stopped: make(chan struct{}),
		table:   newTable(cfg, members),
	}
	for i := range members.Len() {
		c.index[members.At(i).Key] = i
	}
	c.table.client = c
	c.table.jitter = jitter
	if cfg.Nonce == 0 {
		c.table.wall = func() uint64 { return uint64(time.Now().UnixNano()) }
	}
	if c.endpoint, err = cfg.Connect(c.handle, c.onUp); err != nil {
		return nil, fmt.Errorf("client: connect: %w", err)
	}
	go c.send()
	return c, nil
}

// jitter varies a pause by a quarter, so that clients that lost the same primary do not come back all
// at once.
func jitter(d clock.Duration) clock.Duration { return d - d/4 + rand.N(d/2+1) }

// Do has the cluster execute an operation, at most once, and returns its result, which is the caller's
// to keep. It returns as soon as members of weak power, hence a correct one, have sent the same result
// (spec X2).
//
// Any number of goroutines may call Do. Operations that wait at one time share a request, up to 256 of them
// and no more bytes than OpBytesMax; up to Config.Window requests are under way at a time, in no particular
// order, and the other operations wait. op must not change before Do returns.
//
// If ctx ends, or the client is closed, before the operation may have left this machine, Do returns
// ctx.Err() or ErrClosed, and it never will; unless it shares a request by then. After that it returns an *UnknownOutcomeError. Then the
// client goes on asking the cluster for the operation, without anybody waiting: its number has to be
// settled before those after it can be forgotten. So a context that ends does not undo an operation;
// Resolve tells what became of it. The other errors are ErrTooLarge, ErrRefused, ErrForgotten, the
// Signer's, and ErrSessionExpired or ErrReply in an *UnknownOutcomeError.
func (c *Client) Do(ctx context.Context, op []byte) ([]byte, error) {
	if err := c.check(ctx, op); err != nil {
		return nil, err
	}
	o := newOp(op)
	c.mu.Lock()
	if c.closed {
		c.mu.Unlock()
		return nil, ErrClosed
	}
	c.table.submit(o)
	c.mu.Unlock()
	c.kick()
	return c.await(ctx, o)
}

// check reports why an operation cannot even begin.
func (c *Client) check(ctx context.Context, op []byte) error {
	if len(op) > c.cfg.OpBytesMax {
		return fmt.Errorf("%w: %d bytes, limit %d", ErrTooLarge, len(op), c.cfg.OpBytesMax)
	}
	return ctx.Err()
}

// Resolve waits for the outcome of an operation that was unknown, and has it sent again (spec X5). It
// returns what Do would have returned, any number of times and to any number of callers: the result if
// the operation was or is now executed, or an *UnknownOutcomeError if ctx ends first or if nobody can
// tell any more. The error must be one that this Client returned, else it fails with ErrForeign.
func (c *Client) Resolve(ctx context.Context, e *UnknownOutcomeError) ([]byte, error) {
	if e == nil || e.client != c {
		return nil, ErrForeign
	}
	c.mu.Lock()
	c.table.hurry(e.op.call, c.clock.Now())
	c.mu.Unlock()
	c.kick()
	return c.await(ctx, e.op)
}

// await waits for the outcome of one operation, whose result is not to keep those of others alive.
func (c *Client) await(ctx context.Context, o *op) (result []byte, err error) {
	select {
	case <-o.call.done:
		result, err = o.outcome()
	case <-ctx.Done():
		c.mu.Lock()
		result, err = c.table.cancel(o, ctx.Err())
		c.mu.Unlock()
	}
	if err == nil && len(o.call.ops) > 1 {
		result = bytes.Clone(result)
	}
	return result, err
}

// Close ends the links and all calls: those that may have been sent with an *UnknownOutcomeError that
// wraps ErrClosed, the others with ErrClosed. The session stays open in the cluster until it is evicted
// or replaced. Close returns the endpoint's error; calling it again is harmless and waits likewise.
func (c *Client) Close() error {
	c.mu.Lock()
	if !c.closed {
		c.closed = true
		close(c.closing)
	}
	c.mu.Unlock()
	<-c.stopped
	c.mu.Lock()
	c.table.shut()
	c.mu.Unlock()
	return c.endpoint.Close()
}

func (c *Client) kick() {
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// onUp is the endpoint's OnUp.
func (c *Client) onUp(peer transport.Peer) {
	if i, ok := c.index[peer]; ok {
		c.mu.Lock()
		c.table.linkUp(i)
		c.mu.Unlock()
		c.kick()
	}
}

// handle is the endpoint's Handler: it takes replies, each from its replica's own link.
func (c *Client) handle(peer transport.Peer, frame []byte) {
	i, ok := c.index[peer]
	if !ok {
		return
	}
	list := c.wanted(i, decodeReplies(frame, c.members.At(i).ID))
	if len(list) == 0 {
		return
	}
	contents := make([]message.Digest, len(list)) // hashed without the lock
	for k := range list {
		contents[k] = fingerprint(&list[k])
	}
	now := c.clock.Now()
	c.mu.Lock()
	defer c.mu.Unlock()
	for k := range list {
		c.table.reply(i, &list[k], contents[k], now)
	}
	if c.table.pending(now) {
		c.kick()
	}
}

// wanted leaves the replies that are worth looking at. A frame that is none is a fault of the member.
func (c *Client) wanted(member int, r *message.Replies) []message.Reply {
	c.mu.Lock()
	defer c.mu.Unlock()
	if r == nil {
		c.table.voices[member].malformed++
		return nil
	}
	if r.View > c.table.voices[member].view {
		if now := c.clock.Now(); c.table.heed(member, r.View, now) && c.table.pending(now) {
			c.kick()
		}
	}
	return c.table.wanted(member, r.List)
}
