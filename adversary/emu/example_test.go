package emu_test

import (
	"fmt"
	"os"

	"github.com/twothirds-bft/twothirds/adversary/emu"
	"github.com/twothirds-bft/twothirds/clock"
	"github.com/twothirds-bft/twothirds/pbft/message"
	"github.com/twothirds-bft/twothirds/pbft/wire"
)

// A block is decided: three message delays, with the other members played by the test.
func Example() {
	d := emu.New(emu.Panic{}, emu.Config{N: 4, Self: 1, Log: os.Stdout})
	v := d.View(0)
	a := v.Block(d.Root(), "a")
	v.Propose(a)
	v.RequirePrepare(a.Point)
	v.Prepare(a.Point, 2)
	v.RequireCommit(a.Point)
	v.Commit(a.Point, 0, 2)
	d.RequireDecided(a.Point)
	// Output:
	// 0: PRE-PREPARE 0 1:a on root
	// 0: BODY 1:a
	// 0: PREPARE 0 base 0 at 1:a
	// -> all: PREPARE 0 base 0 at 1:a
	// 2: PREPARE 0 base 0 at 1:a
	// -> all: COMMIT 0 at 1:a
	// 0: COMMIT 0 at 1:a
	// 2: COMMIT 0 at 1:a
	// decides 1:a
}

// A primary that shows two members two blocks is caught once both signatures meet: the
// replica keeps the proof and leaves the view with it (spec B2, E1, V1).
func Example_equivocation() {
	d := emu.New(emu.Panic{}, emu.Config{N: 4, Self: 1})
	v := d.View(0)
	a, b := v.Block(d.Root(), "a"), v.Block(d.Root(), "b")
	v.Propose(a)
	v.RequirePrepare(a.Point)
	v.Header(b)
	v.Prepare(b.Point, 0)
	e := d.RequireEvidence(0)
	d.View(1).RequireAsked()
	d.RequireUndecided(1)
	fmt.Println("kind", e.Kind, "against", e.Culprit)
	// Output: kind 1 against 0
}

// The primary is silent. The replica suspects it, and leaves only when another does too
// (spec V1); in the next view it is the primary itself.
func Example_viewChange() {
	d := emu.New(emu.Panic{}, emu.Config{N: 4, Self: 1})
	d.Submit(d.Request("a"))
	d.Advance(500 * clock.Millisecond)
	d.View(0).RequireSuspect()
	d.View(0).RequireEntered()
	d.View(0).Suspect(3)
	d.View(1).RequireViewChange(d.Root())
	d.View(1).ViewChange(nil, 2, 3)
	d.View(1).RequireNewView(d.Root())
	a := d.View(1).RequireProposal()
	fmt.Println("view", a.Header.View, "block", a.Seq)
	// Output: view 1 block 1
}

// Frames are bytes: here one whose padding says nothing new, which would let one vote have
// two faces, and one that speaks for somebody else.
func ExampleDriver_Raw() {
	d := emu.New(emu.Panic{}, emu.Config{N: 4, Self: 1})
	vote := d.Sign(2, &message.Prepare{Chain: d.Root().Chain})
	frame, err := wire.Append(nil, vote)
	if err != nil {
		panic(err)
	}
	fmt.Println(d.Raw(2, frame))
	fmt.Println(d.Raw(3, frame))
	fmt.Println(d.Raw(2, append(frame, 0)))
	// Output:
	// <nil>
	// message: not from its signer's own link
	// wire: malformed: tag
}

// A PREPARE does not wait for the disk, so a replica that crashed has no vote left in its
// view (spec R2).
func ExampleDriver_Crash() {
	d := emu.New(emu.Panic{}, emu.Config{N: 4, Self: 1})
	v := d.View(0)
	a, b := v.Block(d.Root(), "a"), v.Block(d.Root(), "b")
	d.HoldDisk()
	v.Propose(a)
	v.RequirePrepare(a.Point)
	d.Crash(0)
	d.Restart()
	d.Clear()
	v.Propose(b)
	d.RequireNoVote()
	fmt.Println("it voted once")
	// Output: it voted once
}
