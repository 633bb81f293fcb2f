package cometbft

import (
	"context"
	"encoding/binary"
	"sync"

	abci "github.com/cometbft/cometbft/abci/types"

	"github.com/twothirds-bft/twothirds/benchmarks/compare/ledger"
)

// app is the application that is built into one node. It accepts every transaction, sums up those of a block, and tells the
// callers of this node whose transactions they were.
type app struct {
	abci.BaseApplication

	hashed bool // whether blocks carry the state
	ledger *ledger.Ledger

	mu      sync.Mutex
	waiting map[string]chan error // by transaction
	down    error                 // once the node is stopped
}

func newApp(hashed bool) *app {
	return &app{hashed: hashed, ledger: ledger.New(), waiting: make(map[string]chan error)}
}

// wait returns a channel that hears when tx is executed here, or that this node has stopped.
func (a *app) wait(tx string) <-chan error {
	heard := make(chan error, 1)
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.down != nil {
		heard <- a.down
	} else {
		a.waiting[tx] = heard
	}
	return heard
}

// forget ends a wait that is no longer of interest.
func (a *app) forget(tx string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.waiting, tx)
}

// stop ends all waits.
func (a *app) stop(why error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.down = why
	for tx, heard := range a.waiting {
		heard <- why
		delete(a.waiting, tx)
	}
}

// FinalizeBlock executes a block. At this point the block is decided and in the node's block store and log, synced; the
// notice is given here rather than after Commit, since that is the earliest moment at which it is true.
func (a *app) FinalizeBlock(_ context.Context, req *abci.RequestFinalizeBlock) (*abci.ResponseFinalizeBlock, error) {
	if len(req.Txs) > 0 {
		a.ledger.Add(req.Txs...)
		a.notify(req.Txs)
	}
	res := &abci.ResponseFinalizeBlock{TxResults: make([]*abci.ExecTxResult, len(req.Txs))}
	for i := range res.TxResults {
		res.TxResults[i] = &accepted
	}
	if a.hashed {
		count, sum := a.ledger.State()
		res.AppHash = binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint64(nil, count), sum)
	}
	return res, nil
}

// accepted is the result of every transaction; nobody changes it.
var accepted abci.ExecTxResult

func (a *app) notify(txs [][]byte) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, tx := range txs {
		if heard, ours := a.waiting[string(tx)]; ours {
			heard <- nil
			delete(a.waiting, string(tx))
		}
	}
}
