// Package core is the protocol of one replica as a deterministic state machine: no
// goroutines, clocks, randomness or I/O. The rules that it follows are numbered in
// docs/spec.md and cited where they are kept.
//
// # What you must do
//
// Make a Core with New, from what was durable. Give it verified messages by Step,
// finished blocks by Executed, and call Tick at or after Output.Deadline. After any
// number of these take one Output, and do what it says in the order of its fields:
// that order is the durability rule (spec N7). Sign what Output.Sign lists, and give
// each signed message back by Step: own votes count like anyone's.
//
// # What it guarantees
//
// With at most f of the power faulty and the above done, no two correct replicas
// decide differently, nor does this one ever sign what contradicts something it
// signed before, across restarts too. Step never fails and never panics on a
// verified message, whatever a peer sends; what a peer can make it hold is bounded
// (spec D1). It decides in the end if more than two thirds of the power is correct
// and alive and messages arrive in bounded time (spec M3).
//
// # Limits
//
// One epoch; the primary is round-robin; the log is kept whole by the shell. A Core
// is used by one goroutine at a time. What leaves it is shared and read-only.
package core
