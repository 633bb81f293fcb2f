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

	// NoGossip stops nodes from passing on transactions: each proposes those that its own clients gave it.
	NoGossip bool

	// Propose is how long a node waits for a proposal before it votes nil; 0 leaves the shipped 3 s. Short, it makes a dead
	// proposer cheap and a slow one costly.
	Propose time.Duration

	// Poll is how often a node looks for what its peers lack, when tuned; 0 means 5 ms. The shipped value is 100 ms.
	Poll time.Duration
}

// Variants are the settings that are compared, by the name of the system.
func Variants() []Settings {
	return []Settings{
		{Name: "cometbft", Tuned: true},
		{Name: "cometbft-nogossip", Tuned: true, NoGossip: true},
		{Name: "cometbft-hasty", Tuned: true, Propose: 200 * time.Millisecond},
		{Name: "cometbft-nogossip-hasty", Tuned: true, NoGossip: true, Propose: 200 * time.Millisecond},
		{Name: "cometbft-polling", Tuned: true, Poll: time.Millisecond},
		{Name: "cometbft-shipped"},
		{Name: "cometbft-shipped-nogossip", NoGossip: true},
	}
}

// emptyInterval is after what time a node without transactions proposes all the same, so that the turn gets to those that
// have some when they are not passed on.
const emptyInterval = 5 * time.Millisecond

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
	if s.Propose > 0 {
		c.Consensus.TimeoutPropose = s.Propose
	}
	if s.Tuned {
		s.tune(c)
	}
	return c
}

// tune changes what costs throughput or latency and is not needed for safety or durability.
func (s Settings) tune(c *config.Config) {
	c.Consensus.TimeoutCommit = 0
	c.Consensus.SkipTimeoutCommit = true
	c.Consensus.PeerGossipSleepDuration = 5 * time.Millisecond
	if s.Poll > 0 {
		c.Consensus.PeerGossipSleepDuration = s.Poll
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
	c.TxIndex.Indexer = "null"
	c.Storage.DiscardABCIResponses = true
}
