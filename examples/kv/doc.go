// Package kv is a replicated key-value store: what Redis calls strings, with GET, SET, DEL, EXISTS
// and INCR. It shows what a real application of the engine has to mind. Package gateway beside it
// serves the Redis protocol on the client's side.
//
//	store, err := kv.New(kv.Config{})
//	cfg := pbft.Config{Application: store, ...} // on every replica
//
//	op, err := kv.Append(nil, kv.Set, []byte("greeting"), []byte("hello"))
//	op, err = kv.Append(op, kv.Incr, []byte("visits")) // one operation, two commands
//	data, err := client.Do(ctx, op)
//	results, err := kv.ParseResults(data) // OK, 1
//
// # Operations
//
// An operation is a list of commands, encoded one behind the other, that are executed in order with
// nothing in between. So a client that has many commands at hand pays for ordering once, and knows
// their order, which operations under way at the same time do not have. Reads are commands like any
// other: they are ordered, and so they are linearizable.
//
// All limits are constants, since a limit decides what the result is and must be equal everywhere.
// The results of one operation are bounded too: a command whose result might not fit is not executed
// any more, nor is any after it. There are then fewer results than commands, at least one, and the
// client submits the rest as its next operation.
//
// Append makes no operation that is malformed, and Admit turns one away before it is ordered. But a
// faulty primary may have anything ordered (spec N1). Execute therefore parses the whole of an
// operation before it does any of it, and answers what is malformed with a result that says so.
//
// # Determinism
//
// Replicas must agree on every result and every digest (spec C2). There is no clock and no
// expiry here, and no map is ever iterated. Keys and values are copied out of the block, whose memory
// is not ours after the call. The bound on memory counts the bytes of keys and values plus a constant
// for each key, not what the runtime happens to use.
//
// # The digest
//
// Digest must name the state whatever way led to it, and must not cost in proportion to it (spec C3).
// The keys are the leaves of a tree of sixteen branches a node, at the place that the SHA-256 of the key
// says. A node exists where two or more keys begin alike, so the shape of the tree, and with it the hash
// at its root, follow from the content alone. A write only notes its key. Digest brings the tree up to
// date: for each key written since the last time, its path is hashed anew, and the paths of many keys
// share their upper part. Notes beyond a few thousand are worked off by Execute, so that no checkpoint takes
// long.
//
// Two states with one digest are a collision of SHA-256. The obvious alternative, a sum over the
// hashes of all entries, is simpler and not sound. With exclusive or, a client finds keys whose sum is
// zero by linear algebra; with addition modulo 2^256, by the generalised birthday attack in some 2^32
// steps. Since clients choose keys and values, they could bring replicas apart unseen. Sums over wide
// hashes (LtHash: 2 KiB for each entry) withstand that, but take two expansions to 2 KiB for each
// write, several times what the tree takes, and prove nothing about a single key.
//
// # What it costs
//
// See the benchmarks: on a small machine a SET or GET of small values takes 0.2 to 1 microseconds, and
// a key that was written since the last Digest takes 1 to 5 more there, however often it was written,
// the more keys there are. A key takes some 450 bytes of memory beside its own and its value's.
//
// The store is volatile (spec X7): it starts empty and is filled again from the log.
package kv
