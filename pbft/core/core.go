package core

import (
	"fmt"

	"github.com/twothirds-bft/twothirds/clock"
	"github.com/twothirds-bft/twothirds/internal/bug"
	"github.com/twothirds-bft/twothirds/pbft/message"
	"github.com/twothirds-bft/twothirds/pbft/quorum"
	"github.com/twothirds-bft/twothirds/pbft/session"
)

// Core is the protocol of one replica: a deterministic state machine without
// goroutines, clocks, randomness or I/O. It is used by one goroutine at a time.
type Core struct {
	cfg     Config
	members *message.Members
	sys     *quorum.System
	n       int // members
	self    int // own index among members
	epoch   message.Epoch
	now     clock.Instant

	// View (spec M5, N2, V1). target > view means that view was left.
	view   message.View
	target message.View
	base   message.Point
	tip    message.Point // newest block accepted in view, or base
	over   bool          // own PREPAREs in view are over: the chain moved off the tip (spec N4)
	voted  message.Point // last own PREPARE in view, zero if none
	commit message.Point // last own COMMIT in view, zero if none

	branchBytes int          // payload that V5 keeps off the own chain
	released    message.View // V5: branches older than this view are forgotten

	nodes      map[message.Digest]*node // known blocks above low, by chain digest
	loose      int                      // nodes that no signature covers yet
	looseBytes int                      // held for them
	own        map[message.Seq]message.Digest
	top        message.Seq // own holds every seq from low to top, but for a gap
	gap        bool        // between decided and base: their headers are not known yet

	prepares tally
	commits  tally
	pc       *message.PrepareCert // highest held durably
	cc       *message.CommitCert  // highest held
	wantCC   *message.CommitCert  // proves more than is known here: headers are missing

	decided message.Point // end of the decided chain
	low     message.Point // stable checkpoint
	held    message.Seq   // every block of own up to here is logged
	sent    message.Seq   // handed to execution
	applied message.Seq   // reported back by Executed

	checkpoints checkpoints
	changes     changes
	newView     *message.NewView // with which view was entered, nil in view 0
	pool        pool
	window      window
	sessions    *session.Table // mirror of the executor's, as of applied

	peers  []peer
	timing timing
	pulls  pulls
	proofs proofs
	seen   *evidence

	mine   outbox // newest own signed messages, for repeats (spec S3)
	out    Output
	saved  HardState // last written
	halted error
	stats  Stats
}

// node is a block that this replica knows at least the header of.
type node struct {
	point   message.Point
	parent  message.Digest
	link    message.Digest
	header  message.Header
	payload *message.Payload // nil while only the header is known
	weight  int              // bytes of payload and invalid
	invalid []byte           // its payload, if that is what the header names and yet invalid (spec E1)
	logged  bool             // in a Persist already emitted: durable before anything later leaves
	covered bool             // on a chain that a signature of its primary or a certificate vouches for
	voted   message.View     // newest view in which this replica voted for it, as base or above (spec V5)
	// accepted is when it became an obligation here: on acceptance, or on entry for
	// what was inherited (spec T1).
	accepted clock.Instant
}

// New returns the core of one replica, as of what it had made durable. An error
// says what in the configuration or in the restored state cannot be.
func New(cfg Config, r Restored) (*Core, error) {
	cfg = cfg.withDefaults()
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	sys := cfg.Members.Quorums()
	n := cfg.Members.Len()
	c := &Core{
		cfg: cfg, members: cfg.Members, sys: sys, n: n, self: cfg.Members.Index(cfg.Self),
		epoch: cfg.Members.Epoch(), now: r.Now,
		nodes: make(map[message.Digest]*node), own: make(map[message.Seq]message.Digest),
		prepares: newTally(cfg.Members, message.KindPrepare), commits: newTally(cfg.Members, message.KindCommit),
		peers: make([]peer, n), seen: newEvidence(n),
	}
	c.checkpoints = newCheckpoints(c)
	c.changes = newChanges(n)
	c.pool = newPool(cfg)
	c.pulls.asks = make([]ask, n)
	c.timing = newTiming(cfg, n, r.Now)
	if err := c.restore(r); err != nil {
		return nil, fmt.Errorf("core: restore: %w", err)
	}
	return c, nil
}

// handlers is the dispatch table; every kind that may come from a replica has an
// entry.
var handlers = [message.KindCount]func(*Core, int, message.Message){
	message.KindPrePrepare:     func(c *Core, i int, m message.Message) { c.onPrePrepare(i, m.(*message.PrePrepare)) },
	message.KindBody:           func(c *Core, i int, m message.Message) { c.onBody(i, m.(*message.Body)) },
	message.KindPrepare:        func(c *Core, i int, m message.Message) { c.onPrepare(i, m.(*message.Prepare)) },
	message.KindCommit:         func(c *Core, i int, m message.Message) { c.onCommit(i, m.(*message.Commit)) },
	message.KindSuspect:        func(c *Core, i int, m message.Message) { c.onSuspect(i, m.(*message.Suspect)) },
	message.KindLeave:          func(c *Core, i int, m message.Message) { c.onLeave(i, m.(*message.Leave)) },
	message.KindViewChange:     func(c *Core, i int, m message.Message) { c.onViewChange(i, m.(*message.ViewChange)) },
	message.KindNewView:        func(c *Core, i int, m message.Message) { c.onNewView(i, m.(*message.NewView)) },
	message.KindCheckpoint:     func(c *Core, i int, m message.Message) { c.onCheckpoint(i, m.(*message.Checkpoint)) },
	message.KindPrepareCert:    func(c *Core, i int, m message.Message) { c.onPrepareCert(i, m.(*message.PrepareCert)) },
	message.KindCommitCert:     func(c *Core, i int, m message.Message) { c.onCommitCert(i, m.(*message.CommitCert)) },
	message.KindCheckpointCert: func(c *Core, i int, m message.Message) { c.onStable(m.(*message.CheckpointCert)) },
	message.KindStatus:         func(c *Core, i int, m message.Message) { c.onStatus(i, m.(*message.Status)) },
	message.KindFetch:          func(c *Core, i int, m message.Message) { c.onFetch(i, m.(*message.Fetch)) },
	message.KindBlocks:         func(c *Core, i int, m message.Message) { c.onBlocks(i, m.(*message.Blocks)) },
	message.KindFetchView:      func(c *Core, i int, m message.Message) { c.onFetchView(i, m.(*message.FetchView)) },
	message.KindRequests:       func(c *Core, i int, m message.Message) { c.onRequests(i, m.(*message.Requests)) },
}

// Step takes in one verified message. A peer's fault is counted, kept as evidence
// where it is one, and otherwise ignored: Step never fails (spec D1).
func (c *Core) Step(now clock.Instant, v message.Verified) {
	if c.halted != nil {
		return
	}
	c.advance(now)
	if v.FromClient() {
		c.onClient(v.Message().(*message.Requests))
		return
	}
	i := c.members.Index(v.From())
	if i < 0 {
		c.drop(DropSender)
		return
	}
	handlers[v.Message().Kind()](c, i, v.Message())
	c.progress()
}

// Executed reports that the application finished a block (spec N6).
func (c *Core) Executed(now clock.Instant, e Executed) {
	if c.halted != nil {
		return
	}
	c.advance(now)
	c.onExecuted(e)
	c.progress()
}

// Tick is due at or after Output.Deadline.
func (c *Core) Tick(now clock.Instant) {
	if c.halted != nil {
		return
	}
	late := c.lateness(now)
	c.advance(now)
	c.onLate(late)
	c.onTimers()
	c.progress()
}

func (c *Core) advance(now clock.Instant) {
	if now.After(c.now) {
		c.now = now
	}
}

// progress draws the consequences of whatever changed: each step is idempotent
// and cheap when nothing did.
func (c *Core) progress() {
	c.fillGap()
	c.extendHeld()
	c.acceptMore()
	c.decideMore()
	c.lookAhead()
}

// Output drains what the replica has to do since the last call. One PREPARE and
// one COMMIT at most come out of each call (spec N2, N4).
func (c *Core) Output() Output {
	if c.halted == nil {
		c.propose()
		c.vote()
		c.sealCommitCert()
		c.dispatch()
		c.saveCommit()
		c.saveState()
		c.flushRequests()
		c.watch()
		c.look()
		c.repeatEarly()
	}
	out := c.out
	c.out = Output{}
	if out.Barrier {
		// All of it waits for the sync, so NEW-VIEW goes first: a proposal that overtakes
		// it finds nobody in the view (spec N7, V4).
		out.Send, out.Early = append(out.Send, out.Early...), nil
	}
	out.Fault = c.halted
	if c.halted == nil {
		out.Deadline = c.deadline()
		c.timing.armed = out.Deadline
	}
	return out
}

// primary returns the primary's index in a view (spec V7).
func (c *Core) primary(v message.View) int { return c.members.Index(c.members.Primary(v)) }

// leads reports whether this replica may propose: it is the primary of the view
// that it entered and has not left.
func (c *Core) leads() bool { return c.target == c.view && c.primary(c.view) == c.self }

func (c *Core) high() message.Seq {
	high := c.low.Seq + 2*c.cfg.Interval
	if bug.M91 {
		high++
	}
	return high
}

// halt stops the replica for good: it signs nothing any more.
func (c *Core) halt(err error) {
	if c.halted == nil {
		c.halted = err
	}
}

// assert stops on an own bug. The shell recovers once and reports it.
func (c *Core) assert(ok bool, what string) {
	if !ok {
		panic(fmt.Sprintf("core: assertion: %s (replica %d view %d/%d base %v tip %v decided %v low %v)",
			what, c.cfg.Self, c.view, c.target, c.base, c.tip, c.decided, c.low))
	}
}
