package adversary

import (
	"time"

	"github.com/twothirds-bft/twothirds/adversary/linear"
	"github.com/twothirds-bft/twothirds/adversary/sim"
	"github.com/twothirds-bft/twothirds/pbft"
)

// Option says what is attacked, how, and for how long.
type Option func(*config)

// config is what the options add up to.
type config struct {
	world  sim.Options
	with   []sim.Option
	worlds uint64
	limit  time.Duration
	shrink time.Duration
	sizes  []int
}

func newConfig(opts []Option) *config {
	c := &config{worlds: 200, shrink: 30 * time.Second}
	for _, o := range opts {
		o(c)
	}
	if len(c.sizes) == 0 {
		c.sizes = []int{4}
	}
	return c
}

// ForApp attacks an application: begin returns a new one, in its first state, for each
// replica and after each restart. It must be volatile; a Snapshotter also restarts
// from its snapshots. begin is called by several goroutines.
func ForApp[A pbft.Application](begin func() A) Option {
	return func(c *config) {
		c.with = append(c.with, sim.WithApp(func(int) pbft.Application { return begin() }))
	}
}

// Workload has clients draw their operations from f, which must take all chance from
// src. The default are bytes that differ.
func Workload(f func(src Source) []byte) Option {
	return func(c *config) { c.with = append(c.with, sim.WithWorkload(f)) }
}

// Holds adds invariants. begin returns new ones for each world: worlds run side by
// side.
func Holds(begin func() []Invariant) Option {
	return func(c *config) { c.with = append(c.with, func(w *sim.World) { sim.WithInvariant(begin()...)(w) }) }
}

// Linearizable checks what clients saw against a model of the application (I14).
// Histories for which that is too much work are passed over.
func Linearizable(m linear.Model) Option {
	return Holds(func() []Invariant { return []Invariant{linearizable{m}} })
}

// Liars has the Byzantine replicas behave in these ways instead of the published ones.
func Liars(list ...Behaviour) Option {
	return func(c *config) {
		c.with = append(c.with, sim.WithBehaviours(list...))
		for i := range list {
			c.world.Behaviours = append(c.world.Behaviours, list[i].Name)
		}
	}
}

// Replicas sets the sizes of the clusters, taken in turn; the default is 4.
func Replicas(n ...int) Option { return func(c *config) { c.sizes = n } }

// Decisions sets how many blocks a world decides at least; the default is 20.
func Decisions(n int) Option { return func(c *config) { c.world.Decisions = n } }

// Worlds sets how many worlds Check plays; the default is 200, a tenth of it with
// -short.
func Worlds(n int) Option { return func(c *config) { c.worlds = uint64(max(n, 1)) } }

// For has Check play worlds for so long, however many they are.
func For(d time.Duration) Option { return func(c *config) { c.limit = d } }

// ShrinkFor bounds how long a failure is shrunk; the default is 30 s.
func ShrinkFor(d time.Duration) Option { return func(c *config) { c.shrink = d } }
