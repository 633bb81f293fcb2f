package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"syscall"
	"time"

	"github.com/twothirds-bft/twothirds/benchmarks"
	"github.com/twothirds-bft/twothirds/benchmarks/cluster"
	"github.com/twothirds-bft/twothirds/benchmarks/compare/cometbft"
	"github.com/twothirds-bft/twothirds/benchmarks/compare/etcd"
)

// killDelay is how long a measurement that was interrupted may take to end.
const killDelay = 10 * time.Second

// starter runs a system with its files below o.dir.
type starter func(ctx context.Context, o *options) (benchmarks.System, error)

// ours are the settings of this project's own cluster, the first of which the others are held against.
var ours = []struct {
	name   string
	config cluster.Config
}{
	{"twothirds", cluster.Config{}},
	{"twothirds-tcp", cluster.Config{Link: "tcp"}},
	{"twothirds-signed", cluster.Config{Signed: true}},
}

// systems returns what may be measured, by name, and the names in order.
func systems() (map[string]starter, []string) {
	all := make(map[string]starter)
	var names []string
	add := func(name string, s starter) {
		all[name] = s
		names = append(names, name)
	}
	for _, own := range ours {
		add(own.name, func(ctx context.Context, o *options) (benchmarks.System, error) {
			c := own.config
			c.Replicas, c.Dir, c.Clients = o.replicas, o.dir, o.load.Clients
			return cluster.Start(ctx, c)
		})
	}
	for _, s := range cometbft.Variants() {
		add(s.Name, func(ctx context.Context, o *options) (benchmarks.System, error) {
			return cometbft.Start(ctx, s, o.replicas, o.dir)
		})
	}
	add("etcd", func(ctx context.Context, o *options) (benchmarks.System, error) {
		return etcd.Start(ctx, o.replicas, o.dir)
	})
	return all, names
}

// measured is a result under the name by which the system was asked for.
type measured struct {
	Name string `json:"name"`
	*benchmarks.Result
}

// process measures a system in a process of its own.
func process(ctx context.Context, o *options, name string) (*measured, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp(o.dir, "compare-*")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	var out bytes.Buffer
	c := exec.CommandContext(ctx, program, o.args(name, dir)...)
	c.Stdout, c.Stderr = &out, os.Stderr
	c.Cancel = func() error { return c.Process.Signal(syscall.SIGTERM) }
	c.WaitDelay = killDelay
	if err := c.Run(); err != nil {
		return nil, err
	}
	m := &measured{Name: name, Result: new(benchmarks.Result)}
	return m, json.Unmarshal(out.Bytes(), m.Result)
}

// args are the flags of a process that measures one system.
func (o *options) args(name, dir string) []string {
	l := &o.load
	return []string{
		"--alone", name, "--dir", dir, "--fault", o.fault, "--replicas", fmt.Sprint(o.replicas), "--clients", fmt.Sprint(l.Clients),
		"--outstanding", fmt.Sprint(l.Outstanding), "--payload", fmt.Sprint(l.Payload), "--rate", fmt.Sprint(l.Rate),
		"--batch", fmt.Sprint(l.Batch), "--warm", l.Warm.String(), "--for", l.For.String(),
	}
}

// alone measures one system in this process and writes the result.
func alone(ctx context.Context, o *options, w io.Writer) error {
	all, _ := systems()
	s, err := all[o.alone](ctx, o)
	if err != nil {
		return err
	}
	r, err := measure(ctx, s, o)
	if err == nil && ctx.Err() == nil {
		err = json.NewEncoder(w).Encode(r)
	}
	return errors.Join(err, s.Close(), ctx.Err())
}

// measure makes the fault and drives the load.
func measure(ctx context.Context, s benchmarks.System, o *options) (*benchmarks.Result, error) {
	if o.fault == "silent" {
		f, ok := s.(benchmarks.Faulty)
		if !ok {
			return nil, fmt.Errorf("%s cannot be made to fail", s.Name())
		}
		last := (f.Primary() + f.Replicas() - 1) % f.Replicas() // where the turn to lead goes round, it comes to this one last
		if err := f.Kill(last); err != nil {
			return nil, err
		}
	}
	return benchmarks.Run(ctx, s, o.load)
}
