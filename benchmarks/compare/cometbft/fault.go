package cometbft

import (
	"bytes"
	"errors"
	"fmt"
)

// markDown reports whether the node was up.
func (s *System) markDown(i int) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	was := !s.down[i]
	s.down[i] = true
	return was
}

// Replicas implements benchmarks.Faulty.
func (s *System) Replicas() int { return len(s.nodes) }

// Tolerates implements benchmarks.Faulty.
func (s *System) Tolerates() int { return (len(s.nodes) - 1) / 3 }

// Primary implements benchmarks.Faulty: the proposer of the newest block. The next has another one.
func (s *System) Primary() int {
	for _, m := range s.running() {
		newest := m.BlockStore().LoadBlockMeta(m.BlockStore().Height())
		for i, v := range s.genesis.Validators {
			if newest != nil && bytes.Equal(v.Address, newest.Header.ProposerAddress) {
				return i
			}
		}
	}
	return 0
}

// View implements benchmarks.Faulty: the proposer changes with each height.
func (s *System) View() uint64 {
	var highest int64
	for _, m := range s.running() {
		highest = max(highest, m.BlockStore().Height())
	}
	return uint64(highest)
}

// Kill implements benchmarks.Faulty: it stops the node. Callers that used it get errors and use another from then on.
func (s *System) Kill(i int) error {
	if i < 0 || i >= len(s.nodes) || !s.markDown(i) {
		return fmt.Errorf("cometbft: there is no node %d to kill", i)
	}
	return s.nodes[i].stop()
}

// Start implements benchmarks.Faulty; nodes are not started again.
func (s *System) Start(int) error { return errors.ErrUnsupported }

// Pause implements benchmarks.Faulty; a node cannot be paused within a process.
func (s *System) Pause(int) error { return errors.ErrUnsupported }

// Resume implements benchmarks.Faulty.
func (s *System) Resume(int) error { return errors.ErrUnsupported }
