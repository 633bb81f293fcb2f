// Package twins makes systematic scenarios out of network partitions and replicas that
// run twice under one key, after Bano, Sonnino, Chursin, Perelman, Li, Ching and Malkhi,
// "Twins: BFT Systems Made Robust" (OPODIS 2021). A twin needs no code that lies: two
// honest processes with one identity, seen by different peers, equivocate, vote twice and
// forget by themselves.
//
// A Space is the finite set of all scenarios of one shape: which replicas have a twin,
// then for each phase who reaches whom, and whether a process crashes before it. Each
// scenario stands at one index, and no two of a space are the same up to the exchange of
// a replica with its twin. A space that is too large to play whole is sampled without
// replacement.
//
// The paper also chooses the leader of each round. Here the leader follows from the view
// (spec V7), and the partitions decide which views come to pass: a phase that keeps the
// primary from a quorum ends its view. So replicas other than twins are not
// interchangeable: they lead at different times.
//
// Phases are as short as that allows: a least timeout of five hops, one more than it takes
// to decide what a backup was asked for, and three hops for those who waited to enter the
// next view. Where longer phases would only repeat what was said, these cut a decision or a
// change of views at each of its steps. All replicas act in step, one turn for all that
// comes in one hop, and clients stop asking after two checkpoints.
//
// A scenario of eight phases, four replicas and a twin enters about 3.7 views, decides 11
// blocks and keeps 5 proofs. That takes some 1,340 deliveries and 560 turns, and there is
// the cost: five processes that vote all to all, with all invariants looking on, where the
// chained protocols of the paper send one proposal and one vote each way in a round. Four
// in ten deliveries are STATUS, two rounds of which fall into the least timeout whatever
// that is. They could be lost to save one event of ten, but then partitions would no longer
// deliver all that is said within them.
package twins
