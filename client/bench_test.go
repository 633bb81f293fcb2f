package client_test

import (
	"context"
	"slices"
	"sync"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/client"
	"github.com/twothirds-bft/twothirds/pbft/message"
	"github.com/twothirds-bft/twothirds/pbft/wire"
	"github.com/twothirds-bft/twothirds/transport"
)

// echo is an endpoint behind which a cluster answers at once, each request that is sent to the first member
// with the replies of all. What that costs is measured as the stand-in.
type echo struct {
	handler transport.Handler
	cluster message.Digest
	members []message.Member
	in      chan []byte
	done    chan struct{}
	result  []byte
}

func (e *echo) Send(to transport.Peer, f transport.Frame) bool {
	if to == e.members[0].Key {
		e.in <- f.Data
	}
	return true
}

func (e *echo) Close() error {
	close(e.in)
	<-e.done
	return nil
}

func (e *echo) run() {
	defer close(e.done)
	for frame := range e.in {
		list := e.replies(frame)
		for i := range e.members {
			for k := range list {
				list[k].Replica = e.members[i].ID
			}
			out, err := wire.Append(nil, &message.Replies{List: list})
			if err != nil {
				panic(err)
			}
			e.handler(e.members[i].Key, out)
		}
	}
}

func (e *echo) replies(frame []byte) (out []message.Reply) {
	m, err := wire.Decode(frame)
	if err != nil {
		panic(err)
	}
	for _, r := range m.(*message.Requests).List {
		reply := message.Reply{Request: r.Digest(e.cluster), Seq: 1, Session: r.Session, Number: r.Number, Result: e.result}
		switch r.Type {
		case message.RequestOpen:
			reply.Session, reply.Result = message.SessionID{Seq: 1}, nil
		case message.RequestBundle:
			reply.Result = message.AppendParts(nil, slices.Repeat([][]byte{e.result}, r.Count()))
		}
		out = append(out, reply)
	}
	return out
}

func newEcho(b *testing.B, n int) (client.Config, *echo) {
	g := message.Genesis{Name: "bench", Interval: 128}
	for i := range n {
		g.Members = append(g.Members, message.Member{ID: message.ReplicaID(i), Key: ring.Signer(i).Public(), Power: 1})
	}
	id, _, err := g.Cluster()
	require.NoError(b, err)
	e := &echo{cluster: id, members: g.Members, in: make(chan []byte, 1024), done: make(chan struct{}), result: make([]byte, 64)}
	return client.Config{Genesis: g, Key: ring.Signer(1000), Connect: func(h transport.Handler, _ func(transport.Peer)) (client.Endpoint, error) {
		e.handler = h
		go e.run()
		return e, nil
	}}, e
}

// What an operation of 256 bytes costs, without signatures and links but with the work of the other side, which
// stand-in measures alone.
func BenchmarkDo(b *testing.B) {
	for name, n := range map[string]int{"n=4": 4, "n=31": 31} {
		b.Run(name+"/payload=256/outstanding=512", func(b *testing.B) { benchmarkDo(b, n) })
		b.Run(name+"/payload=256/batch=250", func(b *testing.B) { benchmarkDoAll(b, n) })
		b.Run(name+"/stand-in", func(b *testing.B) { benchmarkStandIn(b, n) })
	}
}

func benchmarkDo(b *testing.B, n int) {
	cfg, _ := newEcho(b, n)
	cl, err := client.New(cfg)
	require.NoError(b, err)
	b.ReportAllocs()
	todo := make(chan struct{}, 512)
	op := make([]byte, 256)
	var wg sync.WaitGroup
	for range cap(todo) {
		wg.Go(func() {
			for range todo {
				if _, err := cl.Do(context.Background(), op); err != nil {
					b.Error(err)
				}
			}
		})
	}
	start := cpuTime(b)
	for b.Loop() {
		todo <- struct{}{}
	}
	close(todo)
	wg.Wait()
	b.ReportMetric(float64(cpuTime(b)-start)/float64(b.N), "cpu-ns/op")
	require.NoError(b, cl.Close())
}

func benchmarkDoAll(b *testing.B, n int) {
	cfg, _ := newEcho(b, n)
	cl, err := client.New(cfg)
	require.NoError(b, err)
	b.ReportAllocs()
	const batch = 250
	ops := make([][]byte, batch)
	for i := range ops {
		ops[i] = make([]byte, 256)
	}
	start, done := cpuTime(b), 0
	for b.Loop() {
		if done%batch == 0 {
			_, errs := cl.DoAll(context.Background(), ops)
			require.Nil(b, errs)
		}
		done++
	}
	b.ReportMetric(float64(cpuTime(b)-start)/float64(b.N), "cpu-ns/op")
	require.NoError(b, cl.Close())
}

func benchmarkStandIn(b *testing.B, n int) {
	cfg, e := newEcho(b, n)
	e.handler = func(transport.Peer, []byte) {}
	go e.run()
	frame, err := wire.Append(nil, &message.Requests{List: []message.Request{{
		Client: cfg.Key.Public(), Session: message.SessionID{Seq: 1}, Number: 1000, Op: make([]byte, 256),
	}}})
	require.NoError(b, err)
	b.ReportAllocs()
	start := cpuTime(b)
	for b.Loop() {
		e.in <- frame
	}
	require.NoError(b, e.Close())
	b.ReportMetric(float64(cpuTime(b)-start)/float64(b.N), "cpu-ns/op")
}

// cpuTime is what this process has used, in nanoseconds: on a machine with other work, wall time says little.
func cpuTime(b *testing.B) int64 {
	var usage syscall.Rusage
	require.NoError(b, syscall.Getrusage(syscall.RUSAGE_SELF, &usage))
	return usage.Utime.Nano() + usage.Stime.Nano()
}
