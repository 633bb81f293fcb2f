package emu_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/adversary/checker"
	"github.com/twothirds-bft/twothirds/adversary/emu"
	"github.com/twothirds-bft/twothirds/clock"
	"github.com/twothirds-bft/twothirds/pbft/core"
	"github.com/twothirds-bft/twothirds/pbft/message"
	"github.com/twothirds-bft/twothirds/pbft/wire"
)

// primary of view 0 is member 0: its own proposals and votes make the certificates.
func TestPrimary(t *testing.T) {
	d := emu.New(t, emu.Config{Window: 2, Batch: 2})
	v := d.View(0)
	d.Submit(d.Request("a"), d.Request("b"), d.Request("c"))
	a := v.RequireProposal()
	b := v.RequireProposal()
	require.EqualValues(t, 2, b.Seq)
	v.RequirePrepare(b.Point)
	d.RequireQuiet()
	v.Prepare(b.Point, 1, 2)
	v.RequireCommit(b.Point)
	v.Commit(b.Point, 2)
	d.RequireUndecided(1)
	v.Commit(b.Point, 1)
	d.RequireDecided(a.Point)
	d.RequireDecided(b.Point)
	require.Equal(t, b.Point, d.Status().Decided)
}

// Certificates can be made with the replica's own vote, if it sent it, and with no other.
func TestCertificates(t *testing.T) {
	d := emu.New(t, emu.Config{Self: 1})
	v := d.View(0)
	a := v.Block(d.Root(), "a")
	fails(t, "has not signed PREPARE 0 base 0 at 1:a", d, func(d *emu.Driver) { d.View(0).PrepareCert(a.Point, 0, 1, 2) })
	v.Propose(a)
	pc := v.PrepareCert(a.Point, 2, 1, 0)
	require.NoError(t, d.Door().PrepareCert(pc))
	v.Prepare(a.Point, 2)
	v.RequireCommit(a.Point)
	cc := v.CommitCert(a.Point, 1, 2, 3)
	require.NoError(t, d.Door().CommitCert(cc))
	require.NoError(t, d.Deliver(3, cc))
	d.RequireDecided(a.Point)
}

// A view change that inherits a block: the replica reports its certificate, enters on
// NEW-VIEW and votes at the base at once (spec V2, V4, N2).
func TestInherits(t *testing.T) {
	d := emu.New(t, emu.Config{Self: 2})
	v0, v1 := d.View(0), d.View(1)
	a := v0.Block(d.Root(), "a")
	v0.Propose(a)
	v0.Prepare(a.Point, 1)
	v0.RequireCommit(a.Point)
	v0.Suspect(0, 3)
	v1.RequireLeave()
	v1.RequireAsked()
	v1.RequireViewChange(a.Point)
	v1.NewView(v0.PrepareCert(a.Point, 0, 1, 2), 1, 2, 3)
	v1.RequireEntered()
	require.Equal(t, a.Point, v1.Base())
	v1.RequirePrepare(a.Point)
	b := v1.Block(a.Point, "b")
	v1.Propose(b)
	v1.RequirePrepare(b.Point)
	v1.Prepare(b.Point, 3)
	v1.RequireCommit(b.Point)
	v1.Commit(b.Point, 1, 3)
	d.RequireDecided(a.Point)
	d.RequireDecided(b.Point)
	d.RequireNoEvidence()
}

// A replica that lacks a block pulls it, and takes it from anyone (spec N9).
func TestPulls(t *testing.T) {
	d := emu.New(t, emu.Config{Self: 1})
	v := d.View(0)
	a, b := v.Block(d.Root(), "a"), v.Block(d.Root(), "a", "b")
	require.NotEqual(t, a.Point, b.Point)
	b = v.Block(a.Point, "b")
	v.Propose(a)
	v.RequirePrepare(a.Point)
	v.Prepare(b.Point, 0)
	d.Advance(100 * clock.Millisecond)
	asked := d.RequireFetch(b.Point)
	v.Blocks(asked.To, b)
	v.RequirePrepare(b.Point)
}

// Stable checkpoints, and a state that is not the quorum's (spec C1, C2).
func TestCheckpoints(t *testing.T) {
	for _, sound := range []bool{true, false} {
		d := emu.New(t, emu.Config{Self: 1, Interval: 1})
		v := d.View(0)
		a := v.Block(d.Root(), "a")
		v.Propose(a)
		v.Prepare(a.Point, 2)
		d.HoldApplication()
		v.Commit(a.Point, 0, 2)
		d.RequireDecided(a.Point)
		require.Zero(t, d.Status().Applied)
		d.Execute()
		own := d.RequireCheckpoint(1)
		if sound {
			d.Checkpoint(1, 0, 3)
			require.Equal(t, a.Point, d.Status().Stable)
			continue
		}
		for _, id := range []message.ReplicaID{0, 2, 3} {
			other := &message.Checkpoint{CheckpointBody: own.CheckpointBody}
			other.State[0]++
			require.NoError(t, d.Deliver(id, d.Sign(id, other)))
		}
		d.RequireStopped(new(*core.DivergedError))
		require.ErrorIs(t, d.Deliver(0, &message.FetchView{View: 1}), emu.ErrDown)
	}
}

// A replica that was stopped in good order goes on (spec R2): it does not vote for another
// block, and does above its own.
func TestRestarts(t *testing.T) {
	d := emu.New(t, emu.Config{Self: 1})
	v := d.View(0)
	a, other := v.Block(d.Root(), "a"), v.Block(d.Root(), "other")
	v.Propose(a)
	v.RequirePrepare(a.Point)
	d.Stop()
	d.Restart()
	d.Clear()
	v.Header(other)
	v.Body(other)
	d.RequireNoVote()
	require.Equal(t, a.Point, d.Status().Tip)
	b := v.Block(a.Point, "b")
	v.Propose(b)
	v.RequirePrepare(b.Point)

	// Records that were not synced may survive, the first ones first.
	before := len(d.Disk())
	d.HoldDisk()
	v.Propose(v.Block(b.Point, "c"))
	d.Crash(1)
	require.Len(t, d.Disk(), before+1)
	require.Equal(t, core.RecordBlock, d.Disk()[before].Kind)
}

// A pull far back is answered from the log.
func TestServes(t *testing.T) {
	d := emu.New(t, emu.Config{Self: 1, Interval: 1})
	v := d.View(0)
	on := d.Root()
	for i := range message.Seq(4) {
		b := v.Block(on, fmt.Sprint("r", i))
		v.Propose(b)
		v.Prepare(b.Point, 2)
		v.Commit(b.Point, 0, 2)
		d.RequireCheckpoint(i + 1)
		d.Checkpoint(i+1, 0, 2)
		on = b.Point
	}
	require.EqualValues(t, 4, d.Status().Stable.Seq)
	require.NoError(t, d.Deliver(3, &message.Fetch{From: d.Root(), Bodies: true}))
	blocks := d.Require(message.KindBlocks).Msg.(*message.Blocks)
	require.NotEmpty(t, blocks.Blocks)
	require.NotNil(t, blocks.Stable)
}

// Whatever the replica sends with a signature or a certificate proves what it claims, in
// the eyes of a checker that shares no code with it (adversary I4).
func TestWhatItSendsIsSound(t *testing.T) {
	d := emu.New(t, emu.Config{Self: 1})
	g := d.Genesis()
	plain := checker.Genesis{Name: g.Name, Interval: uint64(g.Interval), Signed: g.Signed}
	for _, m := range g.Members {
		plain.Members = append(plain.Members, checker.Member{ID: uint32(m.ID), Key: m.Key, Power: m.Power})
	}
	keys := emu.Verifier()
	c, err := checker.New(plain, func(key, msg, sig []byte) bool { return keys.Verify(message.PublicKey(key), msg, sig) })
	require.NoError(t, err)

	v0, v1 := d.View(0), d.View(1)
	a := v0.Block(d.Root(), "a")
	v0.Propose(a)
	v0.Prepare(a.Point, 2)
	d.View(0).Suspect(2, 3)
	v1.ViewChange(v0.PrepareCert(a.Point, 0, 1, 2), 0, 2)
	v1.Prepare(a.Point, 2, 3)
	v1.Commit(a.Point, 2, 3)
	require.NoError(t, d.Deliver(3, &message.Fetch{From: d.Root(), Bodies: true}))

	seen := map[checker.Claim]int{}
	check := func(m message.Message) {
		frame, err := wire.Append(nil, m)
		require.NoError(t, err)
		fact, err := c.Check(frame)
		require.NoError(t, err, "%v", m.Kind())
		seen[fact.Claim]++
	}
	for _, s := range d.Sent() {
		switch m := s.Msg.(type) {
		case *message.Blocks:
			check(m.Commit)
		case message.Signed:
			check(m)
		}
	}
	for _, r := range d.Disk() {
		if r.Message != nil {
			check(r.Message)
		}
	}
	for _, claim := range []checker.Claim{checker.Voted, checker.Prepared, checker.Decided, checker.Started} {
		require.NotZero(t, seen[claim], claim)
	}
}

// fails requires that f fails a test with a text.
func fails(t *testing.T, text string, d *emu.Driver, f func(*emu.Driver)) {
	t.Helper()
	defer func() {
		t.Helper()
		said := fmt.Sprint(recover())
		require.Contains(t, said, text)
		require.True(t, strings.HasPrefix(said, "emu: "))
	}()
	f(emu.On(emu.Panic{}, d))
}

// TestFailures: each requirement can fail, and says what happened instead.
func TestFailures(t *testing.T) {
	d := emu.New(t, emu.Config{Self: 1})
	v := d.View(0)
	a := v.Block(d.Root(), "a")
	v.Propose(a)
	const sent = "\n  the replica sent\n    -> all: PREPARE 0 base 0 at 1:a\n  and is in view 0, base 0:root, tip 1:a, certified 0, decided 0:root, stable 0; it waits for decision of block 1"
	in := func(n message.View, f func(*emu.View)) func(*emu.Driver) {
		return func(d *emu.Driver) { f(d.View(n)) }
	}
	for text, f := range map[string]func(*emu.Driver){
		"want COMMIT 0 at 1:a" + sent:                          in(0, func(v *emu.View) { v.RequireCommit(a.Point) }),
		"want PREPARE 1 base 0 at 1:a" + sent:                  in(1, func(v *emu.View) { v.RequirePrepare(a.Point) }),
		"want PREPARE 0 base 0 at 0:root" + sent:               in(0, func(v *emu.View) { v.RequirePrepare(d.Root()) }),
		"want PRE-PREPARE of view 0" + sent:                    in(0, func(v *emu.View) { v.RequireProposal() }),
		"want SUSPECT 0" + sent:                                in(0, func(v *emu.View) { v.RequireSuspect() }),
		"want LEAVE to 1" + sent:                               in(1, func(v *emu.View) { v.RequireLeave() }),
		"want VIEW-CHANGE 1 that reports 1:a" + sent:           in(1, func(v *emu.View) { v.RequireViewChange(a.Point) }),
		"want NEW-VIEW 1 with base 0:root" + sent:              in(1, func(v *emu.View) { v.RequireNewView(d.Root()) }),
		"want view 1 entered" + sent:                           in(1, func(v *emu.View) { v.RequireEntered() }),
		"want view 1 asked for" + sent:                         in(1, func(v *emu.View) { v.RequireAsked() }),
		"want no vote" + sent:                                  func(d *emu.Driver) { d.RequireNoVote() },
		"want nothing" + sent:                                  func(d *emu.Driver) { d.RequireQuiet() },
		"want 1:a decided" + sent:                              func(d *emu.Driver) { d.RequireDecided(a.Point) },
		"want CHECKPOINT at 8" + sent:                          func(d *emu.Driver) { d.RequireCheckpoint(8) },
		"want FETCH of 1:a" + sent:                             func(d *emu.Driver) { d.RequireFetch(a.Point) },
		"want BLOCKS" + sent:                                   func(d *emu.Driver) { d.Require(message.KindBlocks) },
		"want a proof against 0, there are 0 against":          func(d *emu.Driver) { d.RequireEvidence(0) },
		"stopped by **core.ForkedError" + sent:                 func(d *emu.Driver) { d.RequireStopped(new(*core.ForkedError)) },
		"has not signed COMMIT 0 at 1:a":                       func(d *emu.Driver) { d.Sign(1, &message.Commit{Seq: 1, Chain: a.Chain}) },
		"would be the replica's own message":                   in(0, func(v *emu.View) { v.Prepare(a.Point, 1) }),
		"PREPARE 0 base 0 at 0:root from 9: message: not from": in(0, func(v *emu.View) { v.Prepare(d.Root(), 9) }),
		"has not asked for view 1":                             in(1, func(v *emu.View) { v.NewView(nil, 1, 2, 3) }),
		"sent no CHECKPOINT at 8":                              func(d *emu.Driver) { d.Checkpoint(8, 0) },
	} {
		fails(t, text, d, f)
	}
	d.RequireRefused(3, d.Sign(2, &message.Prepare{Seq: 1, Chain: a.Chain}))
	fails(t, "want PREPARE 0 base 0 at 1:a from 2 refused", d, func(d *emu.Driver) {
		d.RequireRefused(2, d.Sign(2, &message.Prepare{Seq: 1, Chain: a.Chain}))
	})
	v.Header(v.Block(d.Root(), "b"))
	v.Prepare(v.Block(d.Root(), "b").Point, 0)
	fails(t, "want no proof, and there is one of kind 1 against 0", d, func(d *emu.Driver) { d.RequireNoEvidence() })
	d.Crash(0)
	fails(t, "down", d, func(d *emu.Driver) { d.Status() })
	fails(t, "down", d, func(d *emu.Driver) { d.Submit(d.Request("a")) })
	fails(t, "9 is no member", d, func(*emu.Driver) { emu.New(emu.Panic{}, emu.Config{Self: 9}) })
	fails(t, "power", d, func(*emu.Driver) { emu.New(emu.Panic{}, emu.Config{Powers: []uint64{0}}) })
}
