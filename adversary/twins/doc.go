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
package twins
