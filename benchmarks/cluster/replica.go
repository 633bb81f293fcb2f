package cluster

import (
	"context"
	"encoding/hex"
	"log/slog"
	"net"
	"path/filepath"
	"strconv"

	"github.com/twothirds-bft/twothirds/benchmarks"
	"github.com/twothirds-bft/twothirds/pbft"
	"github.com/twothirds-bft/twothirds/pbft/message"
	"github.com/twothirds-bft/twothirds/pbft/session"
	"github.com/twothirds-bft/twothirds/storage"
	logmemory "github.com/twothirds-bft/twothirds/storage/memory"
	"github.com/twothirds-bft/twothirds/storage/wal"
	"github.com/twothirds-bft/twothirds/transport"
	"github.com/twothirds-bft/twothirds/transport/memory"
	"github.com/twothirds-bft/twothirds/transport/tcp"
)

// spec is what a replica has to know before it listens.
type spec struct {
	Config Config `json:"config"`
	Self   int    `json:"self"`
	Listen string `json:"listen"` // its address before, "" the first time
	Again  bool   `json:"again"`  // it has a log from before
}

// report is where a replica stands and what it has spent.
type report struct {
	View     uint64              `json:"view"`
	Primary  int                 `json:"primary"`
	Links    int                 `json:"links"` // to other members
	Seq      uint64              `json:"seq"`   // executed, with the state after it
	Ops      uint64              `json:"ops"`
	State    string              `json:"state"`
	Err      string              `json:"err,omitempty"`
	Counters benchmarks.Counters `json:"counters"`
}

// replica is one replica in this process.
type replica struct {
	spec
	listener net.Listener    // nil over memory
	network  *memory.Network // nil over TCP
	app      application
	key      signer
	disk     disk
	clock    steppedClock
	log      storage.Log
	face     *face // nil until it runs
	pbft     *pbft.Replica
}

// prepare makes a replica that listens and does not answer yet. The memory log of the one before, if any, is taken over.
func prepare(s spec, network *memory.Network, before *replica) (*replica, error) {
	r := &replica{spec: s, network: network, key: signer{Signer: keyOf("replica", s.Self)}, disk: disk{FS: wal.OS}}
	var err error
	if r.log, err = r.openLog(before); err != nil || s.Config.Link == "memory" {
		return r, err
	}
	if s.Listen == "" {
		s.Listen = "127.0.0.1:0"
	}
	if r.listener, err = net.Listen("tcp", s.Listen); err != nil {
		_ = r.log.Close()
	}
	return r, err
}

func (r *replica) openLog(before *replica) (storage.Log, error) {
	dir := filepath.Join(r.Config.Dir, "replica"+strconv.Itoa(r.Self))
	switch {
	case r.Config.Log == "wal" && r.Again:
		return wal.Open(dir, wal.Options{FS: &r.disk})
	case r.Config.Log == "wal":
		return wal.Create(dir, wal.Options{FS: &r.disk})
	case r.Config.Log == "recent":
		return newRecent(r.Config.Interval), nil
	case before != nil:
		return before.log.(*logmemory.Log).Reopen()
	default:
		return logmemory.New(), nil
	}
}

// addr is where the replica listens.
func (r *replica) addr() string {
	if r.listener == nil {
		return ""
	}
	return r.listener.Addr().String()
}

// run starts the replica among the others, whose addresses stand in the order of their numbers.
func (r *replica) run(addrs []string) (err error) {
	genesis := r.Config.genesis()
	others := members(&genesis, addrs)
	delete(others, r.key.Public())
	r.face = &face{links: newLinks(others)}
	r.face.now.Store(r.usual())
	r.pbft, err = pbft.Start(pbft.Config{
		Genesis: genesis, Self: message.ReplicaID(r.Self), Key: &r.key, Log: r.log, Application: &r.app, Bootstrap: !r.Again,
		SnapshotEvery: snapshotEvery, Sessions: session.Config{Sessions: max(4096, r.Config.Clients)},
		Logger: slog.New(slog.DiscardHandler), Clock: &r.clock,
		Connect: func(h transport.Handler, up func(transport.Peer)) (transport.Endpoint, error) {
			r.face.engine = r.face.links.handler(h)
			r.face.Endpoint, err = r.connect(transport.Config{
				Members: others, Handler: r.face.hear, OnUp: up, Limits: transport.Limits{ClientsMax: r.Config.Clients + 16},
			})
			return r.face, err
		},
	})
	return err
}

func (r *replica) connect(cfg transport.Config) (transport.Endpoint, error) {
	if r.network != nil {
		return r.network.Join(r.key.Public(), cfg)
	}
	return tcp.New(tcp.Config{
		Config: cfg, Key: keyOf("replica", r.Self).TLSKey(), Listener: r.listener, InsecurePlaintext: r.Config.Link == "tcp",
	})
}

func members(g *message.Genesis, addrs []string) map[transport.Peer]string {
	m := make(map[transport.Peer]string, len(addrs))
	for i, member := range g.Members {
		m[member.Key] = addrs[i]
	}
	return m
}

// close ends the replica, whether it ran or was prepared only.
func (r *replica) close() error {
	_ = r.heal() // else a stalled disk would hold it up
	if r.pbft != nil {
		return r.pbft.Close()
	}
	_ = r.log.Close() // of a start that failed it is closed
	if r.listener != nil {
		_ = r.listener.Close()
	}
	return nil
}

func (r *replica) report(ctx context.Context) (report, error) {
	if r.pbft == nil {
		return report{}, errSilent
	}
	seq, digest, err := r.pbft.State(ctx)
	if err != nil {
		return report{}, err
	}
	s := r.pbft.Status()
	rep := report{View: uint64(s.View), Primary: int(s.Primary), Seq: uint64(seq), Ops: opsOf(digest), State: hex.EncodeToString(digest[:])}
	if s.Err != nil {
		rep.Err = s.Err.Error()
	}
	rep.Counters = benchmarks.Counters{
		Signed: r.key.made.Load(), Verified: s.Checked, Syncs: r.disk.syncs.Load(), LogBytes: r.disk.bytes.Load(),
		Blocks: r.app.blocks.Load(), Executed: r.app.executed.Load(),
	}
	for _, l := range s.Links {
		switch {
		case l.Role == transport.Client:
			rep.Counters.ClientBytes += l.BytesIn + l.BytesOut
			continue
		case l.Connected:
			rep.Links++
		}
		rep.Counters.WireBytes += l.BytesOut
	}
	return rep, nil
}
