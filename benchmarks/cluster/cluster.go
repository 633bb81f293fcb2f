package cluster

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/twothirds-bft/twothirds/benchmarks"
	"github.com/twothirds-bft/twothirds/client"
	"github.com/twothirds-bft/twothirds/transport"
	"github.com/twothirds-bft/twothirds/transport/memory"
	"github.com/twothirds-bft/twothirds/transport/tcp"
)

// member is a replica, here or in a process.
type member interface {
	run(addrs []string) error
	report(ctx context.Context) (report, error)
	memory() (benchmarks.Memory, error) // zero if it shares this process
	kill() error
	pause() error
	resume() error
	fail(how benchmarks.Failure) error
	heal() error
}

// Cluster is a running cluster. It is a benchmarks.System, Failing and Counted.
type Cluster struct {
	cfg     Config
	network *memory.Network // nil unless links are in memory
	addrs   []string

	mu     sync.Mutex
	slots  []slot
	closed bool
}

// slot is the place of one replica.
type slot struct {
	member member // nil while it is down
	paused bool
	last   report              // the newest, while it cannot answer
	past   benchmarks.Counters // of those who were here before
	held   benchmarks.Memory   // when it was last asked
	before member              // the one before, if it kept its log in memory
}

var (
	_ benchmarks.System  = (*Cluster)(nil)
	_ benchmarks.Failing = (*Cluster)(nil)
	_ benchmarks.Counted = (*Cluster)(nil)

	_ benchmarks.Remembering = (*Cluster)(nil)
)

// startLimit bounds how long replicas may take to find each other.
const startLimit = 30 * time.Second

// Start starts a cluster and returns once all replicas have links to all others.
func Start(ctx context.Context, cfg Config) (*Cluster, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	if cfg.Dir, err = os.MkdirTemp(cfg.Dir, "twothirds-bench-"); err != nil {
		return nil, err
	}
	c := &Cluster{cfg: cfg, slots: make([]slot, cfg.Replicas), addrs: make([]string, cfg.Replicas)}
	if cfg.Link == "memory" {
		c.network = memory.NewNetwork()
	}
	if err := c.start(ctx); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return c, nil
}

func (c *Cluster) start(ctx context.Context) error {
	for i := range c.slots {
		m, addr, err := c.launch(spec{Config: c.cfg, Self: i}, nil)
		if err != nil {
			return fmt.Errorf("replica %d: %w", i, err)
		}
		c.slots[i].member, c.addrs[i] = m, addr
	}
	for i := range c.slots {
		if err := c.slots[i].member.run(c.addrs); err != nil {
			return fmt.Errorf("replica %d: %w", i, err)
		}
	}
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	return until(ctx, func() (bool, error) {
		for _, r := range c.reports(ctx) {
			if r.Links < c.cfg.Replicas-1 {
				return false, nil
			}
		}
		return true, nil
	})
}

// launch makes a replica that does not run yet.
func (c *Cluster) launch(s spec, before member) (member, string, error) {
	if c.cfg.Class == "A" {
		return spawn(s)
	}
	var old *replica
	if l, ok := before.(local); ok {
		old = l.replica
	}
	r, err := prepare(s, c.network, old)
	if err != nil {
		return nil, "", err
	}
	return local{r}, r.addr(), nil
}

// local is a replica of class B. It cannot be stopped without the others.
type local struct{ *replica }

func (l local) memory() (benchmarks.Memory, error) { return benchmarks.Memory{}, nil }

func (l local) kill() error   { return l.close() }
func (l local) pause() error  { return errors.ErrUnsupported }
func (l local) resume() error { return errors.ErrUnsupported }

// until asks again and again until it is so, fails, or ctx ends.
func until(ctx context.Context, so func() (bool, error)) error {
	for {
		done, err := so()
		if done || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// reports returns what those say who can answer, and notes it.
func (c *Cluster) reports(ctx context.Context) map[int]report {
	c.mu.Lock()
	defer c.mu.Unlock()
	reports := make(map[int]report, len(c.slots))
	for i := range c.slots {
		if r, err := c.ask(ctx, i); err == nil {
			reports[i] = r
		}
	}
	return reports
}

var errSilent = errors.New("cluster: the replica does not run")

// ask is called with mu held.
func (c *Cluster) ask(ctx context.Context, i int) (report, error) {
	s := &c.slots[i]
	if s.member == nil || s.paused {
		return report{}, errSilent
	}
	r, err := s.member.report(ctx)
	if err == nil {
		s.last = r
	}
	return r, err
}

// Name implements benchmarks.System.
func (c *Cluster) Name() string { return c.cfg.name() }

// Class implements benchmarks.System.
func (c *Cluster) Class() string { return c.cfg.Class }

// About implements benchmarks.System.
func (c *Cluster) About() []string { return c.cfg.about() }

// caller is a client.
type caller struct{ *client.Client }

// Do implements benchmarks.Caller.
func (c caller) Do(ctx context.Context, op []byte) error {
	_, err := c.DoOrdered(ctx, op)
	return err
}

// DoOrdered implements benchmarks.Ordered.
func (c caller) DoOrdered(ctx context.Context, op []byte) (uint64, error) {
	result, err := c.Client.Do(ctx, op)
	if err != nil {
		return 0, err
	}
	return position(op, result), nil
}

// Dial implements benchmarks.System.
func (c *Cluster) Dial(_ context.Context, i int) (benchmarks.Caller, error) {
	genesis, key := c.cfg.genesis(), keyOf("client", i)
	k, err := client.New(client.Config{Genesis: genesis, Key: key, Connect: func(h transport.Handler, up func(transport.Peer)) (client.Endpoint, error) {
		cfg := transport.Config{Members: members(&genesis, c.addrs), Handler: h, OnUp: up}
		if c.network != nil {
			return c.network.JoinClient(key.Public(), cfg)
		}
		return tcp.New(tcp.Config{Config: cfg, Key: key.TLSKey(), InsecurePlaintext: c.cfg.Link == "tcp"})
	}})
	if err != nil {
		return nil, err
	}
	return caller{k}, nil
}

// Check implements benchmarks.System.
func (c *Cluster) Check(ctx context.Context, acknowledged, submitted uint64) error {
	var last map[int]report
	err := until(ctx, func() (bool, error) {
		last = c.reports(ctx)
		return agreed(last, acknowledged, submitted)
	})
	if err != nil && ctx.Err() != nil {
		return fmt.Errorf("the replicas do not come to one state with %d operations or more: %+v", acknowledged, last)
	}
	return err
}

// agreed reports whether all replicas that answered stand at one state that is complete, and what cannot be any more.
func agreed(reports map[int]report, acknowledged, submitted uint64) (bool, error) {
	same := len(reports) > 0
	var first *report
	for i, r := range reports {
		if first == nil {
			first = &r
		}
		switch {
		case r.Err != "":
			return false, fmt.Errorf("replica %d stopped: %s", i, r.Err)
		case r.Ops > submitted:
			return false, fmt.Errorf("replica %d executed %d operations of %d submitted", i, r.Ops, submitted)
		case r.Seq == first.Seq && r.State != first.State:
			return false, fmt.Errorf("two replicas executed different things up to block %d: %s and %s", r.Seq, r.State, first.State)
		}
		same = same && r.Seq == first.Seq && r.Ops >= acknowledged
	}
	return same, nil
}

// Counters implements benchmarks.Counted.
func (c *Cluster) Counters() (sum benchmarks.Counters) {
	ctx, cancel := context.WithTimeout(context.Background(), answerLimit)
	defer cancel()
	c.reports(ctx)
	c.mu.Lock()
	defer c.mu.Unlock()
	for i := range c.slots {
		sum = sum.Plus(c.slots[i].past).Plus(c.slots[i].last.Counters)
	}
	return sum
}

// Memory implements benchmarks.Remembering. A replica that does not answer counts with what it held last.
func (c *Cluster) Memory() (sum benchmarks.Memory) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i := range c.slots {
		s := &c.slots[i]
		if s.member == nil {
			continue
		}
		if !s.paused {
			if m, err := s.member.memory(); err == nil {
				s.held = m
			}
		}
		sum.Resident += s.held.Resident
		sum.Live += s.held.Live
	}
	return sum
}

// Close implements benchmarks.System.
func (c *Cluster) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return nil
	}
	c.closed = true
	var errs []error
	for i := range c.slots {
		if m := c.slots[i].member; m != nil {
			errs = append(errs, m.kill())
		}
	}
	return errors.Join(append(errs, os.RemoveAll(c.cfg.Dir))...)
}
