package pbft

import (
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/twothirds-bft/twothirds/clock"
	"github.com/twothirds-bft/twothirds/crypto"
	"github.com/twothirds-bft/twothirds/pbft/core"
	"github.com/twothirds-bft/twothirds/pbft/message"
	"github.com/twothirds-bft/twothirds/pbft/verify"
	"github.com/twothirds-bft/twothirds/transport"
)

// Replica is one running replica. Its methods are safe for concurrent use.
//
// Inside are four goroutines and one reader for each link: the loop, which owns
// the protocol core; the syncer, which makes outputs durable and releases them in
// order; the executor, which owns the application; and the server, which reads old
// blocks for others. When any of them cannot go on, all stop, Done is closed and Err
// says why: a replica is never half alive.
type Replica struct {
	cfg     Config
	members *message.Members
	root    message.Point
	door    *message.Door
	clock   clock.Clock
	log     *slog.Logger

	core    *core.Core // owned by the loop
	meter   *verify.Meter
	pool    *verify.Pool
	net     transport.Endpoint
	history *history
	exec    *executor
	server  *server
	syncer  *syncer
	own     *submitter

	inbox chan message.Verified
	done  chan struct{} // closed when the replica begins to stop
	gone  chan struct{} // closed when it has stopped
	once  sync.Once
	err   atomic.Pointer[error]
	ask   chan chan core.Status       // of the loop
	last  atomic.Pointer[core.Status] // once the loop has ended
	low   atomic.Uint64               // stable checkpoint
	view  atomic.Uint64               // entered, for clients
	wg    sync.WaitGroup
	peers map[transport.Peer]message.ReplicaID
	slots slots
}

// inboxMax bounds the verified messages that wait for the loop. Readers of links
// wait when it is full, each with one message in hand, so that a flood costs its
// sender its own turn (spec D2).
const inboxMax = 1024

// Start starts a replica: it reads the log, executes what the application lacks,
// and connects. The error says what is wrong with the configuration, the log or
// the application; the Log is closed then.
func Start(cfg Config) (*Replica, error) {
	r, err := start(cfg)
	if err != nil && cfg.Log != nil {
		err = errors.Join(err, cfg.Log.Close())
	}
	return r, err
}

func start(cfg Config) (*Replica, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	r, err := newReplica(cfg)
	if err != nil {
		return nil, err
	}
	if err := r.recover(); err != nil {
		return nil, err
	}
	if r.net, err = cfg.Connect(r.receive, r.linkUp); err != nil {
		close(r.done) // lets go of callbacks that have begun
		return nil, fmt.Errorf("pbft: connect: %w", err)
	}
	close(r.slots.ready)
	r.wg.Go(r.guard(r.loop))
	r.wg.Go(r.guard(r.syncer.run))
	r.wg.Go(r.guard(r.exec.loop))
	r.wg.Go(r.guard(r.server.loop))
	go r.bury()
	return r, nil
}

func newReplica(cfg Config) (*Replica, error) {
	cluster, members, err := cfg.Genesis.Cluster()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrConfig, err)
	}
	meter := verify.NewMeter(crypto.Ed25519{})
	door := message.NewDoor(cluster, members, meter, cfg.Genesis.Signed, cfg.Genesis.Limits())
	door.Remember(new(verify.Memory))
	if cfg.Clock == nil {
		cfg.Clock = clock.System()
	}
	r := &Replica{
		cfg: cfg, members: members, root: message.Root(cluster), door: door, clock: cfg.Clock,
		log:     cfg.logger().With("replica", cfg.Self),
		meter:   meter,
		pool:    verify.New(door, cfg.workers()),
		history: &history{log: cfg.Log, door: door},
		inbox:   make(chan message.Verified, inboxMax), ask: make(chan chan core.Status),
		done: make(chan struct{}), gone: make(chan struct{}),
		peers: make(map[transport.Peer]message.ReplicaID),
		slots: slots{ready: make(chan struct{})},
	}
	for i := range members.Len() {
		m := members.At(i)
		r.peers[m.Key] = m.ID
	}
	r.exec = newExecutor(r)
	r.server = newServer(r)
	r.syncer = newSyncer(r)
	r.own = newSubmitter(r)
	return r, nil
}

// recover takes up what the log holds.
func (r *Replica) recover() error {
	if err := r.bootstrap(); err != nil {
		return err
	}
	res, err := r.restore()
	if err != nil {
		return err
	}
	r.core, err = core.New(r.cfg.core(r.members, r.root), res)
	if err != nil {
		return fmt.Errorf("pbft: %w", err)
	}
	r.syncer.newest = res.Commit
	r.syncer.proof.Store(res.Commit) // what was read from the log is durable
	r.own.executed(r.exec.applied())
	r.publish()
	return nil
}

// guard runs one of the replica's goroutines. Whatever ends it ends the replica.
func (r *Replica) guard(run func() error) func() {
	return func() {
		defer func() {
			if p := recover(); p != nil {
				r.stop(fmt.Errorf("pbft: own bug: %v\n%s", p, debug.Stack()))
			}
		}()
		r.stop(run())
	}
}

// stop begins to stop the replica. The first cause is kept.
func (r *Replica) stop(err error) {
	r.once.Do(func() {
		if err == nil {
			err = ErrClosed
		}
		r.err.Store(&err)
		close(r.done)
		r.syncer.wake()
		r.exec.wake()
		r.server.wake()
		if !errors.Is(err, ErrClosed) {
			r.log.Error("replica stopped", "err", err)
		}
	})
}

// bury lets go of everything once the goroutines have ended.
func (r *Replica) bury() {
	<-r.done
	netErr := r.net.Close()
	r.wg.Wait()
	logErr := r.cfg.Log.Close()
	for _, err := range []error{netErr, logErr} {
		if err != nil {
			r.log.Warn("closing", "err", err)
		}
	}
	r.own.end(r.Err())
	close(r.gone)
}

// Close stops the replica and waits until all its goroutines have ended and the
// log is closed. It returns what had stopped the replica before, or nil.
func (r *Replica) Close() error {
	r.stop(ErrClosed)
	<-r.gone
	if err := r.Err(); !errors.Is(err, ErrClosed) {
		return err
	}
	return nil
}

// Done is closed when the replica has stopped, for whatever reason.
func (r *Replica) Done() <-chan struct{} { return r.gone }

// Err returns nil while the replica runs, then why it stopped: ErrClosed, or one
// that matches ErrDurability, ErrApplication, *core.ForkedError,
// *core.DivergedError or *core.NondeterministicError.
func (r *Replica) Err() error {
	if e := r.err.Load(); e != nil {
		return *e
	}
	return nil
}

// receive takes a frame from a link: verified in the reader's own goroutine, then
// handed to the loop.
func (r *Replica) receive(from transport.Peer, data []byte) {
	var (
		v   message.Verified
		err error
	)
	if id, ok := r.peers[from]; ok {
		v, err = r.pool.Member(id, data)
	} else {
		v, err = r.pool.Client(from, data)
	}
	if err != nil {
		return // counted by the pool
	}
	r.deliver(v)
}

func (r *Replica) deliver(v message.Verified) {
	select {
	case r.inbox <- v:
	case <-r.done:
	}
}

// linkUp runs when a link came up: what was in flight is lost, and S3's repeats
// would take one interval (spec S2).
func (r *Replica) linkUp(p transport.Peer) {
	id, ok := r.peers[p]
	if !ok {
		return
	}
	select {
	case <-r.slots.ready:
	case <-r.done:
		return
	}
	r.slots.again(r, id)
}

// timer is a time.Timer on the replica's monotonic clock.
func (r *Replica) until(t clock.Instant) time.Duration {
	if t.IsZero() {
		return time.Hour
	}
	return max(t.Sub(r.clock.Now()), 0)
}
