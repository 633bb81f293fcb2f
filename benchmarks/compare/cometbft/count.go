package cometbft

import (
	"sync/atomic"

	"github.com/cometbft/cometbft/p2p"
	"github.com/cometbft/cometbft/proto/tendermint/types"
	cmt "github.com/cometbft/cometbft/types"

	"github.com/twothirds-bft/twothirds/benchmarks"
)

// validator counts the signatures that it makes.
type validator struct {
	cmt.PrivValidator
	made atomic.Uint64
}

// SignVote implements types.PrivValidator.
func (v *validator) SignVote(chain string, vote *types.Vote) error {
	v.made.Add(1)
	return v.PrivValidator.SignVote(chain, vote)
}

// SignProposal implements types.PrivValidator.
func (v *validator) SignProposal(chain string, proposal *types.Proposal) error {
	v.made.Add(1)
	return v.PrivValidator.SignProposal(chain, proposal)
}

// Counters implements benchmarks.Counted. Nothing tells how often databases and files are synced. Wire bytes are those of
// links that are up, so that a node that is killed takes its own with it.
func (s *System) Counters() benchmarks.Counters {
	var c benchmarks.Counters
	for _, m := range s.nodes {
		ops, blocks := m.app.ledger.Counts()
		c.Executed += ops
		c.Blocks += blocks
		c.Signed += m.validator.made.Load()
		m.Switch().Peers().ForEach(func(p p2p.Peer) { c.WireBytes += uint64(p.Status().SendMonitor.Bytes) })
	}
	return c
}
