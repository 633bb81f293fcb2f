// Package emu drives one replica, message by message: the core is real, and the test
// plays all other members, the network, the disk and time. It is the shortest way from
// an idea of an attack to an answer.
//
//	d := emu.New(t, emu.Config{N: 4, Self: 1})
//	v := d.View(0)
//	a := v.Block(d.Root(), "a")     // a block of one request, on top of genesis
//	v.Propose(a)                    // from the primary: header, body, and its PREPARE
//	v.RequirePrepare(a.Point)       // the replica voted
//	v.Prepare(a.Point, 2)           // so does member 2
//	v.RequireCommit(a.Point)
//	v.Commit(a.Point, 0, 2)
//	d.RequireDecided(a.Point)
//
// A View speaks for the other members in one view: it proposes, votes, suspects and
// changes views as they honestly would. Whoever wants to lie sends what he likes, by
// Deliver as a message, or by Raw as the bytes of a frame. Everything passes the wire
// format and the door (pbft/message) as in a process, so what the replica would never
// get to see comes back as an error. The keys of all members but the replica's own are at
// hand (Sign); its own signature is only where it put it.
//
// Methods that begin with Require say what the replica must have done, and take that
// message off the list of what it sent. If it has not, they fail the test with what it
// did send and where it stands. After each input the replica runs until it has nothing to
// do, its disk syncs and its application executes, unless HoldDisk or HoldApplication
// said otherwise. Time passes by Advance and Tick alone. Nothing is random.
//
// Its rules are those of docs/spec.md. The application keeps a hash of what it executed.
package emu
