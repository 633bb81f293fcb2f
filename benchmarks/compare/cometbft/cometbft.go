// Package cometbft runs a network of CometBFT nodes as a benchmarks.System: full nodes in one process, with an application
// built in, over SecretConnections on the loopback interface, each with its databases and its log on disk.
//
// What counts in its favour: a client is in the process of the node that it uses and pays for no RPC; it trusts that one
// node, where ours wait for f+1 replies; and it hears of its transaction as soon as its node executes the decided block.
package cometbft

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	db "github.com/cometbft/cometbft-db"
	"github.com/cometbft/cometbft/config"
	"github.com/cometbft/cometbft/crypto/ed25519"
	"github.com/cometbft/cometbft/libs/log"
	"github.com/cometbft/cometbft/node"
	"github.com/cometbft/cometbft/p2p"
	"github.com/cometbft/cometbft/privval"
	"github.com/cometbft/cometbft/proxy"
	"github.com/cometbft/cometbft/types"

	"github.com/twothirds-bft/twothirds/benchmarks"
	"github.com/twothirds-bft/twothirds/benchmarks/compare/ledger"
)

// startTimeout bounds the time until all nodes take part in consensus. They look for blocks to fetch for 5 s first.
const startTimeout = 60 * time.Second

// errStopped is what callers of a node that was killed are told.
var errStopped = errors.New("cometbft: the node was stopped")

// System is a network. Its nodes are numbered from 0.
type System struct {
	settings Settings
	genesis  *types.GenesisDoc
	nodes    []*member

	mu   sync.Mutex
	down map[int]bool
}

// member is one node.
type member struct {
	*node.Node
	app       *app
	validator *validator
}

var (
	_ benchmarks.System  = (*System)(nil)
	_ benchmarks.Faulty  = (*System)(nil)
	_ benchmarks.Counted = (*System)(nil)
)

// Start runs n nodes, with their files below dir, and returns once all of them take part in consensus.
func Start(ctx context.Context, settings Settings, n int, dir string) (*System, error) {
	s := &System{settings: settings, down: make(map[int]bool)}
	configs, err := s.prepare(n, dir)
	if err != nil {
		return nil, err
	}
	for i, c := range configs {
		m, err := s.newMember(c)
		if err == nil {
			s.nodes = append(s.nodes, m)
			err = m.Start()
		}
		if err != nil {
			return nil, errors.Join(fmt.Errorf("cometbft: node %d: %w", i, err), s.Close())
		}
	}
	if err := s.ready(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// prepare makes the keys, the genesis and the configuration of each node, which dials those before it.
func (s *System) prepare(n int, dir string) ([]*config.Config, error) {
	params := types.DefaultConsensusParams()
	s.genesis = &types.GenesisDoc{ChainID: "compare", GenesisTime: time.Now(), InitialHeight: 1, ConsensusParams: params}
	var configs []*config.Config
	var peers []string
	for i := range n {
		address, err := freeAddress()
		if err != nil {
			return nil, err
		}
		c := s.settings.config(dir, i, "tcp://"+address, strings.Join(peers, ","))
		for _, sub := range []string{config.DefaultConfigDir, config.DefaultDataDir} {
			if err := os.MkdirAll(filepath.Join(c.RootDir, sub), 0o700); err != nil {
				return nil, err
			}
		}
		key := privval.GenFilePV(c.PrivValidatorKeyFile(), c.PrivValidatorStateFile())
		key.Save()
		id, err := p2p.LoadOrGenNodeKey(c.NodeKeyFile())
		if err != nil {
			return nil, err
		}
		public := key.Key.PubKey.(ed25519.PubKey)
		s.genesis.Validators = append(s.genesis.Validators, types.GenesisValidator{Address: public.Address(), PubKey: public, Power: 1, Name: c.Moniker})
		peers = append(peers, p2p.IDAddressString(id.ID(), address))
		configs = append(configs, c)
	}
	return configs, s.genesis.ValidateAndComplete()
}

// freeAddress returns an address that was free a moment ago: nodes must know each other's before they listen.
func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

func (s *System) newMember(c *config.Config) (*member, error) {
	id, err := p2p.LoadNodeKey(c.NodeKeyFile())
	if err != nil {
		return nil, err
	}
	a := newApp(!s.settings.Tuned)
	v := &validator{PrivValidator: privval.LoadFilePV(c.PrivValidatorKeyFile(), c.PrivValidatorStateFile())}
	n, err := node.NewNode(c, v, id,
		proxy.NewConnSyncLocalClientCreator(a), func() (*types.GenesisDoc, error) { return s.genesis, nil },
		keepOpen, node.DefaultMetricsProvider(c.Instrumentation), log.NewNopLogger())
	return &member{Node: n, app: a, validator: v}, err
}

// openDB is a database that stays open until the process ends: a node that stops closes its own while goroutines that serve
// its peers still read from them, and they panic.
type openDB struct{ db.DB }

// Close does nothing.
func (openDB) Close() error { return nil }

// keepOpen is a config.DBProvider.
func keepOpen(c *config.DBContext) (db.DB, error) {
	d, err := config.DefaultDBProvider(c)
	return openDB{d}, err
}

// ready waits until no node waits for blocks to fetch, and each has all the others for peers.
func (s *System) ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	for i, m := range s.nodes {
		for m.ConsensusReactor().WaitSync() || m.Switch().Peers().Size() < len(s.nodes)-1 {
			select {
			case <-ctx.Done():
				return fmt.Errorf("cometbft: node %d does not take part: %w", i, ctx.Err())
			case <-time.After(10 * time.Millisecond):
			}
		}
	}
	return nil
}

// Name implements benchmarks.System.
func (s *System) Name() string { return s.settings.Name }

// Class implements benchmarks.System: all nodes are in one process, with the clients.
func (s *System) Class() string { return "B" }

// About implements benchmarks.System.
func (s *System) About() []string {
	c := s.settings.config("", 0, "", "")
	m, k := c.Mempool, c.Consensus
	return []string{
		"CometBFT v0.40.0, full nodes, application built in; clients in the process, no RPC, each trusts its own node",
		"encrypts: SecretConnection (X25519, ChaCha20-Poly1305) between nodes",
		"syncs: consensus log, block store and state (" + c.DBBackend + "), the last signature of each validator (a file per signature)",
		"signs: proposal, prevote and precommit (Ed25519) of each block; requests are not signed",
		fmt.Sprintf("settings: tuned %v; mempool gossip %v, to %d peers at a time (0: all); timeouts propose %v, prevote %v, precommit %v, commit %v",
			s.settings.Tuned, m.Broadcast, m.ExperimentalMaxGossipConnectionsToPersistentPeers,
			k.TimeoutPropose, k.TimeoutPrevote, k.TimeoutPrecommit, k.TimeoutCommit),
		fmt.Sprintf("settings: empty blocks %v, gossip sleep %v, flush %v, application's state in headers %v",
			k.CreateEmptyBlocks, k.PeerGossipSleepDuration, c.P2P.FlushThrottleTimeout, !s.settings.Tuned),
	}
}

// running returns the nodes that were not killed.
func (s *System) running() []*member {
	s.mu.Lock()
	defer s.mu.Unlock()
	var up []*member
	for i, m := range s.nodes {
		if !s.down[i] {
			up = append(up, m)
		}
	}
	return up
}

// Check implements benchmarks.System.
func (s *System) Check(ctx context.Context, acknowledged, submitted uint64) error {
	var ledgers []*ledger.Ledger
	for _, m := range s.running() {
		ledgers = append(ledgers, m.app.ledger)
	}
	return ledger.Agree(ctx, ledgers, acknowledged, submitted)
}

// Close implements benchmarks.System. The files stay.
func (s *System) Close() error {
	var errs []error
	for i := range s.nodes {
		if s.markDown(i) {
			errs = append(errs, s.nodes[i].stop())
		}
	}
	return errors.Join(errs...)
}

func (m *member) stop() error {
	m.app.stop(errStopped)
	if !m.IsRunning() {
		return nil
	}
	err := m.Stop()
	m.Wait()
	return err
}
