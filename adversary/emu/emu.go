package emu

import (
	"fmt"
	"io"

	"github.com/twothirds-bft/twothirds/clock"
	"github.com/twothirds-bft/twothirds/crypto"
	"github.com/twothirds-bft/twothirds/crypto/cryptotest"
	"github.com/twothirds-bft/twothirds/pbft/core"
	"github.com/twothirds-bft/twothirds/pbft/message"
	"github.com/twothirds-bft/twothirds/pbft/session"
)

// TB is what a Driver needs of a test: *testing.T, *testing.B, *rapid.T or Panic.
type TB interface {
	// Helper marks the caller as no place of failure.
	Helper()
	// Fatalf fails the test and does not return.
	Fatalf(format string, args ...any)
}

// Panic is a TB for programs and Examples: it panics with what failed.
type Panic struct{}

// Helper implements TB.
func (Panic) Helper() {}

// Fatalf implements TB.
func (Panic) Fatalf(format string, args ...any) { panic(fmt.Sprintf(format, args...)) }

// Config says which replica is driven, in which cluster. The zero value is member 0 of
// four.
type Config struct {
	N      int      // members of power 1, with ids 0 to N-1; default 4
	Powers []uint64 // of the members; if set, N follows from it
	Self   message.ReplicaID

	Interval message.Seq // K, blocks between checkpoints; default 8
	Window   message.Seq // W, blocks that it may have undecided as primary; default Interval
	Batch    int         // requests in a block that it proposes, at most; default 1

	TimeoutFloor clock.Duration // default 500 ms
	TimeoutCap   clock.Duration // default 8 s

	// Log is told each message, in and out, and each decision, a line each; of STATUS only
	// what comes in. Blocks bear the names of their requests. nil is told nothing.
	Log io.Writer
}

func (cfg Config) withDefaults() Config {
	if len(cfg.Powers) == 0 {
		if cfg.N == 0 {
			cfg.N = 4
		}
		for range cfg.N {
			cfg.Powers = append(cfg.Powers, 1)
		}
	}
	or := func(d *clock.Duration, otherwise clock.Duration) {
		if *d == 0 {
			*d = otherwise
		}
	}
	or(&cfg.TimeoutFloor, 500*clock.Millisecond)
	or(&cfg.TimeoutCap, 8*clock.Second)
	if cfg.Interval == 0 {
		cfg.Interval = 8
	}
	if cfg.Window == 0 {
		cfg.Window = cfg.Interval
	}
	if cfg.Batch == 0 {
		cfg.Batch = 1
	}
	return cfg
}

// Driver drives one replica and is everything around it. It has one owner.
type Driver struct {
	t       TB
	cfg     Config
	ring    *cryptotest.Ring
	genesis message.Genesis
	members *message.Members
	door    *message.Door
	root    message.Point
	bases   map[message.View]message.Point
	names   names

	signer   crypto.Signer // the replica's
	core     *core.Core    // nil while it is down
	now      clock.Instant
	deadline clock.Instant
	fault    error

	disk        []core.Record
	unsynced    []core.Output // in order; not durable yet
	holdDisk    bool
	pending     []core.Decided // not executed yet
	holdApp     bool
	application application

	sent     []Sent // not required nor cleared yet
	spoken   map[string][]byte
	said     []message.Signed // all that it sent with its signature
	decided  map[message.Seq]message.Digest
	evidence []*message.Evidence
}

// New boots a replica that has just been bootstrapped: its view is 0, and its log says
// so. It fails the test if the configuration cannot be.
func New(t TB, cfg Config) *Driver {
	t.Helper()
	cfg = cfg.withDefaults()
	d := &Driver{
		t: t, cfg: cfg, ring: cryptotest.NewRing(1), bases: map[message.View]message.Point{}, now: clock.At(int64(clock.Second)),
		spoken: map[string][]byte{}, decided: map[message.Seq]message.Digest{},
	}
	g := message.Genesis{Name: "emu", Interval: cfg.Interval, Signed: true}
	for i, p := range cfg.Powers {
		g.Members = append(g.Members, message.Member{ID: message.ReplicaID(i), Key: d.ring.Signer(i).Public(), Power: p})
	}
	cluster, members, err := g.Cluster()
	if err != nil {
		t.Fatalf("emu: %v", err)
	}
	if members.Index(cfg.Self) < 0 {
		t.Fatalf("emu: replica %d is no member", cfg.Self)
	}
	d.genesis, d.members, d.signer, d.root = g, members, d.ring.Signer(int(cfg.Self)), message.Root(cluster)
	d.door = message.NewDoor(cluster, members, d.ring.Verifier(), true, g.Limits())
	d.names = newNames(d.root)
	d.boot(true)
	d.sent = nil
	return d
}

// Root returns genesis, the point that the first block is on top of.
func (d *Driver) Root() message.Point { return d.root }

// Genesis returns what the cluster agreed on.
func (d *Driver) Genesis() message.Genesis { return d.genesis }

// Members returns the membership. Ids are 0 to N-1.
func (d *Driver) Members() *message.Members { return d.members }

// Door returns the door that all messages pass: it verifies, and knows the cluster id.
func (d *Driver) Door() *message.Door { return d.door }

// Status returns where the replica stands; it fails the test if it is down.
func (d *Driver) Status() core.Status {
	d.t.Helper()
	if d.core == nil {
		d.t.Fatalf("emu: %s", d.state())
	}
	return d.core.Status()
}

// Now returns the replica's time.
func (d *Driver) Now() clock.Instant { return d.now }

// Disk returns what is durable, oldest first. The records are shared: change nothing.
func (d *Driver) Disk() []core.Record { return d.disk }

// application keeps a hash over what it executed, and the session table.
type application struct {
	seq   message.Seq
	state message.Digest
	table *session.Table
}

func (a *application) apply(b *core.Decided) core.Executed {
	a.seq = b.Point.Seq
	for i := range b.Block.Payload.Requests {
		a.table.Apply(a.seq, uint32(i), &b.Block.Payload.Requests[i])
	}
	a.state = a.state.Extend(b.Point.Chain)
	return core.Executed{Seq: a.seq, State: a.state, Clients: a.table.Digest()}
}
