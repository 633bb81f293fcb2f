package cometbft

import (
	"fmt"
	"path/filepath"
	"time"

	"github.com/cometbft/cometbft/config"
)

// Settings are what is varied. The zero value is what CometBFT ships with, as far as a cluster on one machine can have it.
type Settings struct {
	// Name is the system's.
	Name string

	// Tuned sets everything that a documented setting can do for throughput and latency.
	Tuned bool

	// Patient leaves the shipped timeouts when tuned. A dead proposer then costs some 4 s whenever its turn comes.
	Patient bool

	// NoGossip stops nodes from passing on transactions: each proposes those that its own clients gave it.
	NoGossip bool
}

// Variants are the settings that are compared.
func Variants() []Settings {
	return []Settings{
		{Name: "cometbft", Tuned: true},
		{Name: "cometbft-nogossip", Tuned: true, NoGossip: true},
		{Name: "cometbft-patient", Tuned: true, Patient: true},
		{Name: "cometbft-nogossip-patient", Tuned: true, Patient: true, NoGossip: true},
		{Name: "cometbft-shipped"},
		{Name: "cometbft-shipped-nogossip", NoGossip: true},
	}
}

const (
	// emptyInterval is after what time a node without transactions proposes all the same, so that the turn gets to those that
	// have some when they are not passed on.
	emptyInterval = 5 * time.Millisecond

	// gossipSleep is how often a node looks for what its peers lack; shipped are 100 ms. 1 ms and 20 ms are no faster.
	gossipSleep = 5 * time.Millisecond

	// gossipPeers is to how many peers at a time a node passes transactions on, who do likewise; shipped is all of them. One
	// takes a sixth off the CPU of a request in a cluster of four.
	gossipPeers = 1

	// Timeouts of a hasty node, each of which grows by itself with every round that fails: until it votes nil, and until it
	// gives up on votes that are still to come. Without faults they cost nothing that can be measured.
	proposeTimeout = 200 * time.Millisecond
	voteTimeout    = 20 * time.Millisecond
)

// config returns the configuration of node i in its own folder.
func (s Settings) config(dir string, i int, listen, peers string) *config.Config {
	c := config.DefaultConfig().SetRoot(filepath.Join(dir, fmt.Sprintf("node%d", i)))
	c.Moniker = fmt.Sprintf("node%d", i)
	c.RPC.ListenAddress = "" // clients are in the process: nothing is measured of the RPC server
	c.RPC.PprofListenAddress = ""
	c.P2P.ListenAddress = listen
	c.P2P.PersistentPeers = peers
	c.P2P.AddrBookStrict = false  // loopback addresses
	c.P2P.AllowDuplicateIP = true // all on one
	c.P2P.PexReactor = false      // everybody is known
	c.Mempool.Broadcast = !s.NoGossip
	if s.Tuned {
		s.tune(c)
	}
	return c
}

// tune changes what costs throughput or latency and is not needed for safety or durability.
func (s Settings) tune(c *config.Config) {
	c.Consensus.TimeoutCommit = 0
	c.Consensus.SkipTimeoutCommit = true
	c.Consensus.PeerGossipSleepDuration = gossipSleep
	if !s.Patient {
		c.Consensus.TimeoutPropose, c.Consensus.TimeoutProposeDelta = proposeTimeout, proposeTimeout
		c.Consensus.TimeoutPrevote, c.Consensus.TimeoutPrevoteDelta = voteTimeout, voteTimeout
		c.Consensus.TimeoutPrecommit, c.Consensus.TimeoutPrecommitDelta = voteTimeout, voteTimeout
	}
	c.Consensus.CreateEmptyBlocks = false
	if s.NoGossip {
		c.Consensus.CreateEmptyBlocksInterval = emptyInterval
	}
	c.P2P.FlushThrottleTimeout = time.Millisecond
	c.P2P.MaxPacketMsgPayloadSize = 64 << 10
	c.P2P.SendRate = 1 << 30
	c.P2P.RecvRate = 1 << 30
	c.Mempool.Size = 200_000
	c.Mempool.CacheSize = 400_000
	c.Mempool.Recheck = false
	c.Mempool.ExperimentalMaxGossipConnectionsToPersistentPeers = gossipPeers
	c.TxIndex.Indexer = "null"
	c.Storage.DiscardABCIResponses = true
}
