package cluster

import (
	"context"
	"errors"
	"fmt"

	"github.com/twothirds-bft/twothirds/benchmarks"
)

// Replicas implements benchmarks.Faulty.
func (c *Cluster) Replicas() int { return c.cfg.Replicas }

// Tolerates implements benchmarks.Faulty.
func (c *Cluster) Tolerates() int { return (c.cfg.Replicas - 1) / 3 }

// Primary implements benchmarks.Faulty.
func (c *Cluster) Primary() int {
	r := c.newest()
	return r.Primary
}

// View implements benchmarks.Faulty.
func (c *Cluster) View() uint64 {
	r := c.newest()
	return r.View
}

// newest returns the report of the highest view.
func (c *Cluster) newest() (best report) {
	ctx, cancel := context.WithTimeout(context.Background(), answerLimit)
	defer cancel()
	for _, r := range c.reports(ctx) {
		if r.View >= best.View {
			best = r
		}
	}
	return best
}

// Kill implements benchmarks.Faulty. In class B the replica is closed in good order, which makes no difference to the
// others.
func (c *Cluster) Kill(i int) error {
	ctx, cancel := context.WithTimeout(context.Background(), answerLimit)
	defer cancel()
	c.mu.Lock()
	defer c.mu.Unlock()
	s := &c.slots[i]
	if s.member == nil {
		return errSilent
	}
	_, _ = c.ask(ctx, i) // what it has spent
	err := s.member.kill()
	s.past, s.last = s.past.Plus(s.last.Counters), report{}
	s.paused = false
	if l, ok := s.member.(local); ok && c.cfg.Log == "memory" {
		s.before = l
	}
	s.member = nil
	return err
}

// Start implements benchmarks.Faulty. A process that had its log in memory cannot start again, nor what kept only recent blocks.
func (c *Cluster) Start(i int) error {
	if c.cfg.Log == "recent" || c.cfg.Class == "A" && c.cfg.Log == "memory" {
		return fmt.Errorf("%w: replica %d had its log in memory", errors.ErrUnsupported, i)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	s := &c.slots[i]
	if s.member != nil || c.closed {
		return nil
	}
	m, _, err := c.launch(spec{Config: c.cfg, Self: i, Listen: c.addrs[i], Again: true}, s.before)
	if err != nil {
		return err
	}
	if err := m.run(c.addrs); err != nil {
		return errors.Join(err, m.kill())
	}
	s.member, s.before = m, nil
	return nil
}

// Pause implements benchmarks.Faulty.
func (c *Cluster) Pause(i int) error { return c.signal(i, member.pause, true) }

// Resume implements benchmarks.Faulty.
func (c *Cluster) Resume(i int) error { return c.signal(i, member.resume, false) }

func (c *Cluster) signal(i int, do func(member) error, paused bool) error {
	ctx, cancel := context.WithTimeout(context.Background(), answerLimit)
	defer cancel()
	c.mu.Lock()
	defer c.mu.Unlock()
	s := &c.slots[i]
	if s.member == nil {
		return fmt.Errorf("%w: replica %d", errors.ErrUnsupported, i)
	}
	_, _ = c.ask(ctx, i) // what it has spent
	if err := do(s.member); err != nil {
		return err
	}
	s.paused = paused
	return nil
}

// Fail implements benchmarks.Failing.
func (c *Cluster) Fail(i int, how benchmarks.Failure) error {
	if err := c.cfg.canFail(how); err != nil {
		return err
	}
	return c.tell(i, func(m member) error { return m.fail(how) })
}

// Heal implements benchmarks.Failing.
func (c *Cluster) Heal(i int) error { return c.tell(i, member.heal) }

func (c *Cluster) tell(i int, do func(member) error) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if s := &c.slots[i]; s.member != nil && !s.paused {
		return do(s.member)
	}
	return errSilent
}
