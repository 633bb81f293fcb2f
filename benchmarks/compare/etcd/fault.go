package etcd

import (
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

// Tolerates implements benchmarks.Faulty. Only crashes are meant.
func (s *System) Tolerates() int { return (len(s.nodes) - 1) / 2 }

// Primary implements benchmarks.Faulty: the leader, as a node that runs knows it.
func (s *System) Primary() int {
	for _, n := range s.running() {
		if lead := n.leader.Load(); lead != 0 {
			return int(lead - 1)
		}
	}
	return 0
}

// View implements benchmarks.Faulty: the term.
func (s *System) View() uint64 {
	var highest uint64
	for _, n := range s.running() {
		highest = max(highest, n.term.Load())
	}
	return highest
}

// Kill implements benchmarks.Faulty. Clients know only the leader of the time when they dialled: kill followers.
func (s *System) Kill(i int) error {
	if i < 0 || i >= len(s.nodes) || !s.markDown(i) {
		return fmt.Errorf("etcd: there is no node %d to kill", i)
	}
	return s.nodes[i].stop()
}

// Start implements benchmarks.Faulty; nodes are not started again.
func (s *System) Start(int) error { return errors.ErrUnsupported }

// Pause implements benchmarks.Faulty; a node cannot be paused within a process.
func (s *System) Pause(int) error { return errors.ErrUnsupported }

// Resume implements benchmarks.Faulty.
func (s *System) Resume(int) error { return errors.ErrUnsupported }
