package client_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/twothirds-bft/twothirds/client"
	"github.com/twothirds-bft/twothirds/crypto/cryptotest"
	"github.com/twothirds-bft/twothirds/pbft/message"
	"github.com/twothirds-bft/twothirds/pbft/session"
	"github.com/twothirds-bft/twothirds/pbft/wire"
	"github.com/twothirds-bft/twothirds/transport"
	"github.com/twothirds-bft/twothirds/transport/memory"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// ring holds the members' keys from 0 on and the clients' from 1000 on.
var ring = cryptotest.NewRing(7)

// cluster stands in for replicas: one log, one session table and one counter that all of them share, so
// that it agrees at no cost. What a test wants to go wrong, its nodes do.
type cluster struct {
	t       testing.TB
	genesis message.Genesis
	door    *message.Door
	net     *memory.Network
	join    func(*node) (transport.Endpoint, error)
	nodes   []*node

	mu       sync.Mutex
	sessions *session.Table
	seq      message.Seq
	primary  int
	hop      time.Duration // what it takes to pass a request on to the primary
	hold     bool          // the primary orders nothing
	waiting  []message.Request
	count    uint64 // the application: operations executed
}

// node is one replica. Its hooks are called with the cluster locked.
type node struct {
	*cluster
	i       int
	id      message.ReplicaID
	link    transport.Endpoint
	down    bool
	stopped chan struct{}               // as by SIGSTOP: requests are not read until it is closed
	deaf    func(*message.Request) bool // a request is lost
	says    func(message.Reply) []message.Reply
	delay   time.Duration // of replies

	frames   []int // requests in each frame received
	requests []message.Request
}

func newCluster(t testing.TB, cfg session.Config, powers ...uint64) *cluster {
	c := &cluster{t: t, net: memory.NewNetwork()}
	c.join = func(n *node) (transport.Endpoint, error) {
		return c.net.Join(n.key(), transport.Config{Handler: n.handle})
	}
	var members []message.Member
	for i, power := range powers {
		members = append(members, message.Member{ID: message.ReplicaID(10 + i), Key: ring.Signer(i).Public(), Power: power})
	}
	c.begin(cfg, members, ring.Verifier())
	return c
}

func (c *cluster) begin(cfg session.Config, members []message.Member, keys message.Verifier) {
	c.genesis = message.Genesis{Name: "test", Interval: 128, Signed: true, Members: members}
	cfg.Replies = true
	c.sessions = session.New(cfg)
	c.identify(keys)
	for i, m := range members {
		n := &node{cluster: c, i: i, id: m.ID}
		c.nodes = append(c.nodes, n)
		n.start()
	}
	c.t.Cleanup(c.close)
}

// identify computes what follows from the genesis.
func (c *cluster) identify(keys message.Verifier) {
	id, members, err := c.genesis.Cluster()
	require.NoError(c.t, err)
	c.door = message.NewDoor(id, members, keys, c.genesis.Signed, message.Limits{})
}

// close ends the nodes.
func (c *cluster) close() {
	for _, n := range c.nodes {
		n.kill()
	}
}

func (n *node) key() transport.Peer { return n.genesis.Members[n.i].Key }

func (n *node) start() {
	link, err := n.join(n)
	require.NoError(n.t, err)
	n.mu.Lock()
	defer n.mu.Unlock()
	n.link, n.down = link, false
}

func (n *node) kill() {
	n.mu.Lock()
	n.down = true
	n.mu.Unlock()
	require.NoError(n.t, n.link.Close())
}

// do runs f with the cluster locked.
func (c *cluster) do(f func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	f()
}

// executed returns how many operations were executed.
func (c *cluster) executed() (n uint64) {
	c.do(func() { n = c.count })
	return n
}

// received returns what node i was sent: requests, and how many were in each frame.
func (c *cluster) received(i int) (requests []message.Request, frames []int) {
	c.do(func() { requests, frames = slices.Clone(c.nodes[i].requests), slices.Clone(c.nodes[i].frames) })
	return requests, frames
}

func (n *node) handle(from transport.Peer, frame []byte) {
	m, err := wire.Decode(frame)
	if err == nil {
		_, err = n.door.VerifyClient(from, m)
	}
	if err != nil {
		n.t.Errorf("node %d: %v", n.i, err)
		return
	}
	n.mu.Lock()
	stopped := n.stopped
	n.mu.Unlock()
	if stopped != nil {
		<-stopped
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	list := m.(*message.Requests).List
	n.frames = append(n.frames, len(list))
	for i := range list {
		n.take(&list[i])
	}
}

// take answers what is known and has the primary order the rest.
func (n *node) take(r *message.Request) {
	n.requests = append(n.requests, *r)
	switch {
	case n.down || n.deaf != nil && n.deaf(r):
	case !n.sessions.Admissible(r):
		n.send(r.Client, n.reply(n.sessions.Judge(r), r))
	case n.i == n.primary || n.hop == 0:
		n.order(*r)
	default:
		time.AfterFunc(n.hop, func() { n.do(func() { n.order(*r) }) })
	}
}

// order has the primary order and everyone execute a request, unless it has no time for it.
func (c *cluster) order(r message.Request) {
	p := c.nodes[c.primary]
	if c.hold || p.down || p.stopped != nil {
		if !slices.ContainsFunc(c.waiting, func(o message.Request) bool { return o.Digest(c.door.Cluster()) == r.Digest(c.door.Cluster()) }) {
			c.waiting = append(c.waiting, r)
		}
		return
	}
	c.seq++
	o := c.sessions.Apply(c.seq, 0, &r)
	if o.Verdict == session.Execute {
		var results [][]byte
		for op := range r.Ops() {
			c.count++
			results = append(results, binary.BigEndian.AppendUint64(bytes.Clone(op), c.count))
		}
		result := results[0]
		if r.Type == message.RequestBundle {
			result = message.AppendParts(nil, results)
		}
		c.sessions.Store(o.Session, r.Number, session.Reply{Seq: c.seq, Result: result})
		o.Cached, o.Reply = true, session.Reply{Seq: c.seq, Result: result}
	}
	if o.Verdict == session.Opened {
		o.Reply.Seq = c.seq
	}
	for _, n := range c.nodes {
		n.send(r.Client, n.reply(o, &r))
	}
}

// release orders what was held back, under another primary. The table goes through a snapshot, as it does
// where a checkpoint is transferred.
func (c *cluster) release(primary int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	table, err := session.Restore(c.sessions.Config(), c.sessions.AppendSnapshot(nil))
	require.NoError(c.t, err)
	c.sessions, c.primary, c.hold = table, primary, false
	list := c.waiting
	c.waiting = nil
	for _, r := range list {
		c.order(r)
	}
}

// reply is what a correct replica says.
func (n *node) reply(o session.Outcome, r *message.Request) message.Reply {
	m := message.Reply{Replica: n.id, Request: r.Digest(n.door.Cluster()), Seq: o.Reply.Seq, Session: o.Session, Number: r.Number, Result: o.Reply.Result}
	switch o.Verdict {
	case session.Expired:
		m.Code = message.ReplyExpired
	case session.Refused:
		m.Code = message.ReplyRefused
	case session.Duplicate:
		if !o.Cached {
			m.Code, m.Seq = message.ReplyForgotten, 0
		}
	}
	return m
}

func (n *node) send(to transport.Peer, m message.Reply) {
	if n.down {
		return
	}
	replies := []message.Reply{m}
	if n.says != nil {
		replies = n.says(m)
	}
	post := func() {
		for i := range replies {
			frame, err := wire.Append(nil, &replies[i])
			if err != nil {
				n.t.Error(err)
			}
			n.link.Send(to, transport.Frame{Data: frame})
		}
	}
	if n.delay > 0 {
		time.AfterFunc(n.delay, post)
		return
	}
	post()
}

func (c *cluster) addresses() map[transport.Peer]string {
	members := make(map[transport.Peer]string)
	for _, m := range c.genesis.Members {
		members[m.Key] = ""
	}
	return members
}

func (c *cluster) config(client1 int) client.Config {
	key := ring.Signer(client1)
	return client.Config{
		Genesis: c.genesis, Key: key,
		Connect: func(h transport.Handler, up func(transport.Peer)) (client.Endpoint, error) {
			return c.net.JoinClient(key.Public(), transport.Config{Members: c.addresses(), Handler: h, OnUp: up})
		},
	}
}

// client makes a client, in a bubble.
func (c *cluster) client(t testing.TB, alter ...func(*client.Config)) *client.Client {
	cfg := c.config(1000)
	for _, f := range alter {
		f(&cfg)
	}
	cl, err := client.New(cfg)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, cl.Close()) })
	synctest.Wait() // until the links are up
	return cl
}

// within is a context that ends after d.
func within(t testing.TB, d time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), d)
	t.Cleanup(cancel)
	return ctx
}

// opened has the client open its session, so that what follows is about the operation alone.
func opened(t testing.TB, c *cluster, cl *client.Client) {
	_, err := cl.Do(within(t, time.Minute), []byte("first"))
	require.NoError(t, err)
	c.do(func() {
		for _, n := range c.nodes {
			n.frames, n.requests = nil, nil
		}
	})
}

// place returns which execution a result is of.
func place(t testing.TB, op string, result []byte) uint64 {
	require.Len(t, result, len(op)+8)
	require.Equal(t, op, string(result[:len(op)]))
	return binary.BigEndian.Uint64(result[len(op):])
}
