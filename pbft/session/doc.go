// Package session is the replicated table of client sessions: it decides, once per ordered
// request, whether the request is executed (spec X1). It is a plain data structure and a pure
// function of the ordered log: no time, no randomness, no goroutine, and no map is ever ranged
// over. Replicas that apply the same log give the same verdicts and hold the same [Table.Digest].
//
// # Use
//
// The executor keeps a table with replies. It calls [Table.Apply] for each request of each block in
// log order, runs the application on [Execute], hands the result to [Table.Store], and takes
// [Table.Digest] at a checkpoint (spec C1). The core keeps a mirror, a table without replies, and
// calls Apply alone; [Table.Admissible] is its test for what may be an obligation (spec T1). Verdicts
// of the two are the same. Where applications keep the table themselves, [Table.AppendSnapshot] and
// [Restore] carry it (spec X7).
//
// # What it guarantees
//
//   - A number of a session is executed at most once, in any order within the window. What it says
//     is done stays done: neither the eviction of a reply nor that of a session makes an executed
//     request executable again, because a session id is a place in the log and no place is used twice.
//   - Only [Execute] and [Opened] change the table. Repeating or replaying anything else has no
//     effect, not even on which session is evicted next.
//   - [Expired] and [Refused] of an operation are final for those bytes: no later state executes them.
//     Expired does not say that no earlier copy was executed while the session lived (spec X5).
//   - A number below Awaited counts as done. A client that raises Awaited past a number that was not
//     executed has withdrawn it, and will not learn which of the two happened.
//   - Nobody's replies are dropped for another's sake while he holds less than an equal share:
//     7/8 of ReplyBytes divided by Sessions.
//
// # Limits
//
// [Config] bounds sessions, numbers and bytes, and all replicas must agree on it: it decides
// verdicts, so it is part of the digest. Memory is about (350 + Window/8) bytes a session, what
// ReplyBytes allows for replies, and 64 bytes a session once Digest was called. When the table is
// full an opening evicts the session that has executed nothing for longest; whoever can order
// Sessions openings under keys of his own can therefore expire everyone who is idle meanwhile.
// Admission limits the rate of openings, not this package.
//
// A client keeps its nonces rising for as long as old openings of its key may be about: the table
// forgets a nonce with its session, and an older opening with a higher nonce would replace the session.
//
// A Table has one owner and does no locking. Methods that do not change it (Judge, Admissible,
// Executed, Len, AppendSnapshot) may run concurrently with each other.
package session
