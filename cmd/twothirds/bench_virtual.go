package main

import (
	"context"
	"fmt"

	"github.com/twothirds-bft/twothirds/benchmarks"
	"github.com/twothirds-bft/twothirds/benchmarks/virtual"
)

// model measures class C.
func (b *bench) model(ctx context.Context) (*benchmarks.Result, error) {
	c := b.cluster
	if c.Quota != 0 || c.Procs != 0 || c.Dir != "" {
		return nil, fmt.Errorf("%w: class C has no folder, quota or procs", virtual.ErrConfig)
	}
	return virtual.Run(ctx, virtual.Config{
		Replicas: c.Replicas, Link: c.Link, Log: c.Log, Signed: c.Signed, Interval: c.Interval, Seed: b.load.Seed, Delay: c.Delay,
	}, b.load)
}
