package virtual

import (
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/twothirds-bft/twothirds/benchmarks"
	"github.com/twothirds-bft/twothirds/clock"
	"github.com/twothirds-bft/twothirds/crypto/cryptotest"
	"github.com/twothirds-bft/twothirds/pbft/core"
	"github.com/twothirds-bft/twothirds/pbft/message"
	"github.com/twothirds-bft/twothirds/pbft/session"
	"github.com/twothirds-bft/twothirds/pbft/verify"
)

// world is a cluster, its clients and one clock, all driven by one loop.
type world struct {
	cfg      Config
	load     *benchmarks.Load
	now      clock.Instant
	events   queue
	rng      *rand.Rand
	ring     *cryptotest.Ring
	meter    meter
	door     *message.Door
	newDoor  func() *message.Door
	root     message.Point
	bundle   int // operations that fit into a request
	replicas []*replica
	clients  []*client
	byKey    map[message.PublicKey]*client
	states   []message.Digest // after each block, as the first who executed it had it
	wrong    error            // the first that cannot be
	scratch  []byte           // of measure
	tape     *benchmarks.Tape
	origin   clock.Instant // of the tape's time
}

func newWorld(cfg Config, load *benchmarks.Load) (*world, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	if err := load.Validate(); err != nil {
		return nil, err
	}
	w := &world{
		cfg: cfg, load: load, now: clock.At(1), rng: rand.New(rand.NewPCG(cfg.Seed, 1)), //nolint:gosec // delays are no secret
		ring: cryptotest.NewRing(1), byKey: make(map[message.PublicKey]*client), states: make([]message.Digest, 1),
	}
	genesis := cfg.genesis(func(i int) message.PublicKey { return w.ring.Signer(i).Public() })
	cluster, members, err := genesis.Cluster()
	if err != nil {
		return nil, err
	}
	w.root = message.Root(cluster)
	w.meter = meter{keys: w.ring.Verifier(), costs: cfg.Costs}
	w.newDoor = func() *message.Door {
		d := message.NewDoor(cluster, members, &w.meter, cfg.Signed, genesis.Limits())
		d.Remember(new(verify.Memory))
		return d
	}
	w.door = w.newDoor()
	w.bundle = bundled(load.Payload, w.door.Limits().OpBytes)
	for i := range cfg.Replicas {
		r := &replica{w: w, at: i, id: message.ReplicaID(i), signer: w.ring.Signer(i), heard: make([][2]clock.Instant, cfg.Replicas)}
		r.cpu = processor{w: w}
		r.disk = disk{r: r, blocks: make(map[message.Seq]core.RestoredBlock)}
		tables := w.sessions()
		tables.Replies = true
		r.app = executor{id: r.id, table: session.New(tables), interval: message.Seq(cfg.Interval)}
		w.replicas = append(w.replicas, r)
	}
	for _, r := range w.replicas {
		if err := r.boot(true); err != nil {
			return nil, err
		}
	}
	for i := range load.Clients {
		c := newClient(w, i)
		w.clients = append(w.clients, c)
		w.byKey[c.key] = c
	}
	w.tape, err = benchmarks.NewTape(system{w}, *load)
	return w, err
}

func (w *world) sessions() session.Config { return session.Config{Sessions: max(4096, w.load.Clients)} }

// bundled is how many operations of a size fit into a request: a bundle has 4 bytes of its own and 4 for each.
func bundled(size, limit int) int { return max(1, min(message.BundleMax, (limit-4)/(4+size))) }

func (w *world) costs() *Costs { return w.cfg.Costs }

func (w *world) after(d time.Duration, do func()) { w.events.push(w.now.Add(d), do) }

func (w *world) later(at clock.Instant, do func()) { w.events.push(at, do) }

// play lets time pass until it is so, and reports whether it came to that within a time.
func (w *world) play(so func() bool, limit time.Duration) bool {
	end := w.now.Add(limit)
	for !so() {
		if len(w.events.list) == 0 || w.events.list[0].at.After(end) {
			return false
		}
		e := w.events.pop()
		w.now = e.at
		e.do()
	}
	return true
}

// spread draws a delay: at least d, and up to a tenth more.
func (w *world) spread(d time.Duration) time.Duration {
	return d + time.Duration(w.rng.Int64N(int64(d/10)+1))
}

// agree holds the state of a replica after a block against that of the others.
func (w *world) agree(r *replica, seq message.Seq) {
	switch state := r.app.state(); {
	case int(seq) == len(w.states):
		w.states = append(w.states, state)
	case int(seq) > len(w.states):
		w.unsafe("replica %d executed block %d before anybody executed block %d", r.at, seq, len(w.states))
	case w.states[seq] != state:
		w.unsafe("replica %d executed something else than others up to block %d", r.at, seq)
	}
}

func (w *world) unsafe(format string, args ...any) {
	if w.wrong == nil {
		w.wrong = fmt.Errorf(format, args...)
	}
}

// meter counts signature checks and what they cost. All are checked by a keyed hash, which costs next to nothing.
type meter struct {
	keys   message.Verifier
	costs  *Costs
	checks uint64
	cost   time.Duration
}

func (m *meter) begin() { m.checks, m.cost = 0, 0 }

func (m *meter) end() (checks uint64, cost time.Duration) { return m.checks, m.cost }

// Verify implements message.Verifier.
func (m *meter) Verify(key message.PublicKey, msg, sig []byte) bool {
	m.checks++
	m.cost += m.costs.Verify
	return m.keys.Verify(key, msg, sig)
}

// VerifyAll implements message.Verifier.
func (m *meter) VerifyAll(keys []message.PublicKey, msgs, sigs [][]byte) bool {
	m.checks += uint64(len(keys))
	m.cost += m.costs.batch(len(keys))
	return m.keys.VerifyAll(keys, msgs, sigs)
}
