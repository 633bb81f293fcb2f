// Package etcd runs a cluster of etcd's raft as a benchmarks.System, over this project's own links and logs, so that what
// differs is the protocol alone: the price of tolerating traitors. Clients speak to the leader over the same links, and
// believe it.
package etcd

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"sync"
	"time"

	"go.etcd.io/raft/v3"
	"go.etcd.io/raft/v3/raftpb"

	"github.com/twothirds-bft/twothirds/benchmarks"
	"github.com/twothirds-bft/twothirds/benchmarks/compare/ledger"
	"github.com/twothirds-bft/twothirds/storage/wal"
	"github.com/twothirds-bft/twothirds/transport"
	"github.com/twothirds-bft/twothirds/transport/tcp"
)

const (
	clientsMax   = 8192
	startTimeout = 30 * time.Second
)

// System is a cluster. Its nodes are numbered from 0; raft calls them from 1.
type System struct {
	members map[transport.Peer]string
	peers   []transport.Peer
	nodes   []*node

	mu   sync.Mutex
	down map[int]bool
}

var (
	_ benchmarks.System  = (*System)(nil)
	_ benchmarks.Faulty  = (*System)(nil)
	_ benchmarks.Counted = (*System)(nil)
)

// Start runs n nodes, with their logs below dir, and returns once the first of them leads.
func Start(ctx context.Context, n int, dir string) (*System, error) {
	s := &System{members: make(map[transport.Peer]string), down: make(map[int]bool)}
	keys, listeners := make([]ed25519.PrivateKey, n), make([]net.Listener, n)
	for i := range n {
		public, key, err := ed25519.GenerateKey(nil)
		if err != nil {
			return nil, err
		}
		if listeners[i], err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
			return nil, err
		}
		keys[i] = key
		s.peers = append(s.peers, transport.Peer(public))
		s.members[s.peers[i]] = listeners[i].Addr().String()
	}
	for i := range n {
		node, err := s.newNode(i, keys[i], listeners[i], filepath.Join(dir, fmt.Sprintf("node%d", i)))
		if err != nil {
			return nil, errors.Join(fmt.Errorf("etcd: node %d: %w", i, err), s.Close())
		}
		s.nodes = append(s.nodes, node)
	}
	if err := s.elect(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// newNode makes a node that knows of its cluster from the start, and runs it.
func (s *System) newNode(i int, key ed25519.PrivateKey, listener net.Listener, dir string) (*node, error) {
	conf := new(raftpb.ConfState)
	for id := range s.peers {
		conf.Voters = append(conf.Voters, uint64(id+1))
	}
	n := &node{
		ledger: ledger.New(), peers: s.peers, waiting: make(map[uint64]origin), memory: memory{raft.NewMemoryStorage()},
		wake: make(chan struct{}, 1), quit: make(chan struct{}), done: make(chan struct{}),
	}
	first := uint64(1) // raft's advice: members are known from a snapshot at the first index
	meta := &raftpb.SnapshotMetadata{ConfState: conf, Index: &first, Term: &first}
	if err := n.memory.ApplySnapshot(&raftpb.Snapshot{Metadata: meta}); err != nil {
		return nil, err
	}
	n.applied, n.compacted = first, first
	log, err := wal.Create(dir, wal.Options{})
	if err != nil {
		return nil, err
	}
	n.disk.Log = log
	if n.raft, err = raft.NewRawNode(raftConfig(uint64(i+1), n.memory)); err != nil {
		return nil, err
	}
	n.links, err = tcp.New(tcp.Config{
		Config: transport.Config{Members: s.members, Handler: n.receive, Limits: transport.Limits{ClientsMax: clientsMax}},
		Key:    key, Listener: listener,
	})
	if err != nil {
		return nil, err
	}
	go n.run()
	return n, nil
}

// elect waits until all links are up, and makes the first node the leader.
func (s *System) elect(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	asked := false
	for {
		switch {
		case !s.linked():
		case !asked:
			asked = true
			s.nodes[0].push(func(in *inbox) { in.campaign = true })
		case s.agreed():
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("etcd: no leader: %w", ctx.Err())
		case <-time.After(5 * time.Millisecond):
		}
	}
}

func (s *System) linked() bool {
	for _, n := range s.nodes {
		for _, l := range n.links.Links() {
			if !l.Connected {
				return false
			}
		}
	}
	return true
}

func (s *System) agreed() bool {
	for _, n := range s.nodes {
		if lead := n.leader.Load(); lead == 0 || lead != s.nodes[0].leader.Load() {
			return false
		}
	}
	return true
}

// Name implements benchmarks.System.
func (s *System) Name() string { return "etcd" }

// Class implements benchmarks.System: all nodes are in one process, with the clients.
func (s *System) Class() string { return "B" }

// About implements benchmarks.System.
func (s *System) About() []string {
	n := len(s.nodes)
	return []string{
		fmt.Sprintf("etcd raft v3.7.0, %d nodes, tolerates %d crashes and no lie; clients over the network, each trusts the leader", n, s.Tolerates()),
		"encrypts: all links, TLS 1.3 (this project's transport/tcp), clients' as well",
		"syncs: one fdatasync per Ready with entries, at a quorum of nodes before the reply (this project's storage/wal)",
		"signs: nothing",
		fmt.Sprintf("settings: all requests of a turn are one proposal, an entry each; message up to %d KiB, %d in flight; the leader sends before it syncs",
			sizePerMsgMax>>10, inflightMax),
	}
}

// running returns the nodes that were not killed.
func (s *System) running() []*node {
	s.mu.Lock()
	defer s.mu.Unlock()
	var up []*node
	for i, n := range s.nodes {
		if !s.down[i] {
			up = append(up, n)
		}
	}
	return up
}

// Check implements benchmarks.System.
func (s *System) Check(ctx context.Context, acknowledged, submitted uint64) error {
	var ledgers []*ledger.Ledger
	for _, n := range s.running() {
		if failed := n.failure.Load(); failed != nil {
			return *failed
		}
		ledgers = append(ledgers, n.ledger)
	}
	return ledger.Agree(ctx, ledgers, acknowledged, submitted)
}

// Counters implements benchmarks.Counted. Log bytes are those of the records, without their framing.
func (s *System) Counters() benchmarks.Counters {
	var c benchmarks.Counters
	for _, n := range s.nodes {
		ops, batches := n.ledger.Counts()
		c.Executed += ops
		c.Blocks += batches
		c.Syncs += n.syncs.Load()
		c.LogBytes += n.bytes.Load()
		for _, l := range n.links.Links() {
			if l.Role == transport.Member {
				c.WireBytes += l.BytesOut
			} else {
				c.ClientBytes += l.BytesIn + l.BytesOut
			}
		}
	}
	return c
}

// Close implements benchmarks.System. The logs stay.
func (s *System) Close() error {
	var errs []error
	for i, n := range s.nodes {
		if s.markDown(i) {
			errs = append(errs, n.stop())
		}
	}
	return errors.Join(errs...)
}
