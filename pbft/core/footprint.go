package core

import (
	"cmp"
	"errors"
	"fmt"

	"github.com/twothirds-bft/twothirds/pbft/message"
	"github.com/twothirds-bft/twothirds/pbft/session"
)

// Footprint is how much a core holds of what others made it hold (spec D1). Its bytes
// are those of payloads and requests.
type Footprint struct {
	Blocks     int // known above the stable checkpoint, headers at least
	Bytes      int // held for them
	Chain      int // seqs of the own chain
	Loose      int // blocks that no signature covers
	LooseBytes int
	Stray      int // blocks that one covers, off the own chain and not in the log

	Votes    int // PREPAREs and COMMITs
	Asks     int // SUSPECTs, VIEW-CHANGEs and the certificates behind them
	Collects int // checkpoints whose votes are collected
	Ahead    int // stable checkpoints that are not executed yet
	Links    int // of the longest certificate
	Evidence int
	Pulls    int // answers that peers owe

	Requests     int // pending
	RequestBytes int
	Busiest      int // pending requests of the client that has most
	Early        int // requests that wait for their session to be opened
	Fresh        int // requests that are to be passed on
	Sessions     int

	Reasons     int // LEAVEs that are repeated
	Checkpoints int // own CHECKPOINTs that are repeated
}

// Footprint counts. It goes over all blocks, clients and members.
func (c *Core) Footprint() Footprint {
	f := Footprint{
		Blocks: len(c.nodes), Chain: len(c.own), Collects: len(c.checkpoints.votes), Ahead: len(c.checkpoints.ahead),
		Evidence: len(c.seen.known), Requests: c.pool.live, RequestBytes: c.pool.bytes,
		Early: len(c.pool.early) + len(c.pool.ahead), Fresh: len(c.pool.fresh), Sessions: c.sessions.Len(),
		Reasons: len(c.mine.leaves), Checkpoints: len(c.mine.checkpoint),
	}
	for d, n := range c.nodes { // order: sums
		f.Bytes += n.weight
		switch {
		case !n.covered:
			f.Loose++
			f.LooseBytes += n.weight
		case !n.logged && c.own[n.point.Seq] != d:
			f.Stray++
		}
	}
	for _, cl := range c.pool.clients { // order: a maximum
		f.Busiest = max(f.Busiest, cl.count)
	}
	for i := range c.n {
		c.addMember(&f, i)
	}
	f.addLinks(c.pc, c.newViewCert())
	for _, m := range []*message.CommitCert{c.cc, c.wantCC} {
		if m != nil {
			f.Links = max(f.Links, len(m.Links))
		}
	}
	return f
}

// addMember counts what one member said.
func (c *Core) addMember(f *Footprint, i int) {
	for _, t := range []*tally{&c.prepares, &c.commits} {
		b := &t.ballots[i]
		for _, v := range []*vote{&b.on, &b.off, &b.past, &b.later} {
			f.Votes += one(!v.none())
		}
	}
	k := &c.changes
	f.Asks += one(k.suspects[i].m != nil) + one(k.newest[i] != nil) + one(k.certs[i] != nil)
	f.Pulls += one(c.pulls.asks[i].open)
	f.addLinks(k.certs[i])
}

func (f *Footprint) addLinks(list ...*message.PrepareCert) {
	for _, m := range list {
		if m != nil {
			f.Links = max(f.Links, len(m.Links))
		}
	}
}

func one(held bool) int {
	if held {
		return 1
	}
	return 0
}

// ErrFootprint reports that a core holds more than the rules let others make it hold.
var ErrFootprint = errors.New("core: more is held than spec D1 allows")

// frameBytes is the length of the longest frame (pbft/wire).
const frameBytes = 4 << 20

// strayChains is how many chains of headers may lie beside the own one within a view:
// the one that it was before a certificate moved it, both sides of a gap, and those that
// pulls follow to a certificate and to a base. Entry prunes them (spec N4, N9, V4).
const strayChains = 5

// evidenceKinds is how much may be proved of one member (spec E1).
const evidenceKinds = int(message.EvidencePayload)

// Within reports the first thing of which more is held than a replica of this
// configuration may hold in a cluster of n members, wrapped in ErrFootprint. With K the
// interval, blocks lie in the window of 2K above the stable checkpoint. Unsigned ones
// are let go of at 4K, and the answer that comes on top is a chain within the window. Of
// what is off the own chain and in the log, payload is bounded and not the number of
// blocks (spec V5; docs/spec.md, point 19).
func (f *Footprint) Within(cfg Config, n int) error {
	cfg = cfg.withDefaults()
	window, overdue := int(2*cfg.Interval), overdueMax*n
	for _, b := range [...]struct {
		what       string
		held, most int
	}{
		{"blocks of the own chain", f.Chain, window + 2}, // with the low mark, and a base beyond a gap
		{"blocks that nothing covers", f.Loose, 2*window + window - 1},
		{"bytes of such blocks", f.LooseBytes, 2*cfg.WindowBytes + frameBytes},
		{"blocks beside the own chain", f.Stray, strayChains * window},
		{"votes", f.Votes, 8 * n}, // two kinds, four of each (spec N8)
		{"view changes asked for", f.Asks, 3 * n},
		{"checkpoints in the making", f.Collects, 2},
		{"checkpoints ahead", f.Ahead, window},
		{"links", f.Links, int(min(4*cfg.Interval, 2048))},
		{"proofs", f.Evidence, evidenceKinds * n},
		{"pulls", f.Pulls, n - 1},
		{"requests", f.Requests, cfg.PoolRequests + overdue},
		{"bytes of requests", f.RequestBytes, cfg.PoolBytes + overdue*cfg.BlockBytes},
		{"requests of one client", f.Busiest, cfg.ClientRequests + overdue},
		{"requests of sessions to come", f.Early, earlyMax + overdue},
		{"requests to pass on", f.Fresh, cfg.PoolRequests + requestsMax},
		{"sessions", f.Sessions, cmp.Or(cfg.Sessions.Sessions, session.DefaultSessions)},
		{"reasons", f.Reasons, leavesMax},
		{"own checkpoints", f.Checkpoints, 2},
	} {
		if b.held > b.most {
			return fmt.Errorf("%w: %d %s, at most %d: %+v", ErrFootprint, b.held, b.what, b.most, *f)
		}
	}
	return nil
}
