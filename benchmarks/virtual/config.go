package virtual

import (
	"errors"
	"fmt"
	"time"

	"github.com/twothirds-bft/twothirds/pbft/message"
)

// Config says what cluster to model. A zero field takes its default.
type Config struct {
	Replicas int    `json:"replicas"` // 4, the default, to 100
	Link     string `json:"link"`     // whose costs: "tls", the default, "tcp" or "memory"
	Log      string `json:"log"`      // "wal", the default, or "memory", which needs no sync
	Signed   bool   `json:"signed"`   // clients sign their requests
	Interval int    `json:"interval"` // blocks between checkpoints; default 128
	Seed     uint64 `json:"seed"`     // of delays; the load has one of its own

	Cores     int           `json:"cores"`           // of each machine; default 2
	Delay     time.Duration `json:"delay_ns"`        // between replicas, one way, and up to a tenth more; default 100 us
	Near      time.Duration `json:"near_ns"`         // between clients and replicas, likewise; default 100 us
	Bandwidth int           `json:"bandwidth"`       // bytes per second out of each machine; default 1.25e9, or 1e11 in memory
	Sync      time.Duration `json:"sync_ns"`         // of a log; default 210 us
	SyncMB    time.Duration `json:"sync_mb_ns"`      // and for each MB more; default 0.9 ms
	Costs     *Costs        `json:"costs,omitempty"` // default DefaultCosts(Link)
}

// ReplicasMax bounds a Config: above it there is no precedent, and runs take minutes.
const ReplicasMax = 100

// intervalDefault and intervalMax are of the blocks between checkpoints, as those of benchmarks/cluster.
const intervalDefault, intervalMax = 128, 1024

// ErrConfig is wrapped by every error about a Config.
var ErrConfig = errors.New("virtual: invalid configuration")

func defaulted[T comparable](v *T, d T) {
	var zero T
	if *v == zero {
		*v = d
	}
}

func (c Config) withDefaults() (Config, error) {
	defaulted(&c.Replicas, 4)
	defaulted(&c.Link, "tls")
	defaulted(&c.Log, "wal")
	defaulted(&c.Interval, intervalDefault)
	defaulted(&c.Cores, 2)
	defaulted(&c.Delay, 100*time.Microsecond)
	defaulted(&c.Near, 100*time.Microsecond)
	if c.Link == "memory" {
		defaulted(&c.Bandwidth, 100_000_000_000)
	}
	defaulted(&c.Bandwidth, 1_250_000_000)
	defaulted(&c.Sync, 210*time.Microsecond)
	defaulted(&c.SyncMB, 900*time.Microsecond)
	if c.Costs == nil {
		d := DefaultCosts(c.Link)
		c.Costs = &d
	}
	switch {
	case c.Replicas < 4 || c.Replicas > ReplicasMax:
		return c, fmt.Errorf("%w: %d replicas, limits 4 and %d", ErrConfig, c.Replicas, ReplicasMax)
	case c.Link != "tls" && c.Link != "tcp" && c.Link != "memory":
		return c, fmt.Errorf("%w: link %q is not tls, tcp or memory", ErrConfig, c.Link)
	case c.Log != "wal" && c.Log != "memory":
		return c, fmt.Errorf("%w: log %q is not wal or memory", ErrConfig, c.Log)
	case c.Interval < 1 || c.Interval > intervalMax:
		return c, fmt.Errorf("%w: %d blocks between checkpoints, limits 1 and %d", ErrConfig, c.Interval, intervalMax)
	case c.Cores < 1 || c.Delay < 0 || c.Near < 0 || c.Bandwidth < 1 || c.Sync < 0 || c.SyncMB < 0:
		return c, fmt.Errorf("%w: cores %d, delays %v and %v, bandwidth %d or sync %v", ErrConfig, c.Cores, c.Delay, c.Near, c.Bandwidth, c.Sync)
	}
	return c, nil
}

// name is a part of a benchmark's name.
func (c *Config) name() string {
	signed := "off"
	if c.Signed {
		signed = "on"
	}
	name := fmt.Sprintf("twothirds/n=%d/link=%s/log=%s/signed=%s", c.Replicas, c.Link, c.Log, signed)
	if c.Interval != intervalDefault {
		name += fmt.Sprintf("/interval=%d", c.Interval)
	}
	return name
}

func (c *Config) about() []string {
	log := fmt.Sprintf("log: %v and %v/MB for a sync, one after the other, before any message that depends on it leaves", c.Sync, c.SyncMB)
	if c.Log == "memory" {
		log = "log: nothing synced"
	}
	signed := "operations: unsigned; votes and proposals signed with Ed25519"
	if c.Signed {
		signed = "operations: signed with Ed25519 and verified by every replica; votes and proposals signed likewise"
	}
	return []string{
		fmt.Sprintf("virtual time, a model: %d machines of %d cores, each step of work at a cost measured with probes on an AMD EPYC at 2.6 GHz", c.Replicas, c.Cores),
		fmt.Sprintf("links: %v one way between replicas, %v to clients, up to a tenth more at random; %.1f Gbit/s out of each machine; the CPU costs of %s",
			c.Delay, c.Near, float64(c.Bandwidth)*8/1e9, c.Link),
		log, signed,
		fmt.Sprintf("an operation counts when f+1 replicas have sent the same result; a checkpoint every %d blocks", c.Interval),
	}
}

func (c *Config) syncTime(bytes int) time.Duration {
	if c.Log == "memory" {
		return 0
	}
	return c.Sync + time.Duration(float64(c.SyncMB)*float64(bytes)/1e6)
}

func (c *Config) genesis(member func(i int) message.PublicKey) message.Genesis {
	g := message.Genesis{Name: "benchmark", Interval: message.Seq(c.Interval), Signed: c.Signed}
	for i := range c.Replicas {
		g.Members = append(g.Members, message.Member{ID: message.ReplicaID(i), Key: member(i), Power: 1})
	}
	return g
}
