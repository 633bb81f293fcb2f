// Package memory implements transport endpoints within one process, for tests and for clusters that are
// embedded in a program.
//
//	n := memory.NewNetwork()
//	a, err := n.Join(keyA, transport.Config{Members: members, Handler: handlerA})
//	b, err := n.Join(keyB, transport.Config{Members: members, Handler: handlerB})
//	n.Cut(keyA, keyB)  // the link falls, as if a cable were pulled
//	n.Heal(keyA, keyB) // and comes up again
//
// A link is up as soon as Join or Heal has returned, if its other end is there. Queues, classes,
// superseding, limits and roles are those of package transport. Frames are copied at delivery, since the
// receiver owns what it is given.
//
// There are no timers, and goroutines wait on channels only. So it works in a testing/synctest bubble,
// where synctest.Wait returns when everything that was sent has been handled or is held up by a Handler.
// Two goroutines serve each link; whether the frames of different links interleave in one way or another
// is up to the scheduler, so this is not a deterministic simulation.
//
// It differs from package tcp where there is nothing to imitate: identities are believed, since one
// process has no one to lie to, and a dial-only endpoint that lost its links to a newer one of the same
// key waits until that is closed instead of trying again.
package memory
