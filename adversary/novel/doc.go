// Package novel searches worlds by novelty: it keeps those in which something happened
// that was not seen before, and plays variations of them, half of the time; the other half
// are new worlds. So it is a search for combinations, as coverage-guided fuzzers search for
// combinations of branches (Zalewski's AFL; for states of a protocol instead of code,
// Natella's StateAFL, Empirical Software Engineering 2022).
//
// What is new is told by two signals. A coarse fingerprint says where each replica stands,
// next to the others and to itself; a change from one to another that no replica made before
// is new. And in a binary that was built with its code counted, so is a block of code that
// never ran, or never about so often in one world:
//
//	go build -cover -covermode=atomic -coverpkg=./cmd/twothirds,./pbft/... -tags twothirds_bug ./cmd/twothirds
//
// The package main has to be among those that are counted, for else the runtime hands out
// no counters; test binaries never have them.
//
// # What it is worth
//
// Not much, as far as was measured. Sixteen searches of at most 500 worlds each for five
// seeded bugs: with new worlds only, with half of them variations of worlds that showed
// changes, and with four in five. In worlds and seconds of one core for each search that found
// its bug:
//
//	bug   new only      half          four in five
//	M13   348   7.0 s   304   5.8 s   303   6.1 s
//	M31     5   0.2 s     8   0.3 s    12   0.5 s
//	M35    93   1.9 s   134   2.7 s   325   6.4 s
//	M63    25   0.6 s    33   0.7 s    40   0.9 s
//	M75    90   1.8 s    74   1.4 s   126   3.0 s
//	found  75 of 80     75 of 80      73 of 80
//	all  7235   148 s  7490   148 s 10690   224 s
//
// Half makes no difference, and more makes it worse. Guidance by whole states, one fingerprint
// for all replicas together, was worse than none: nearly every world has states of its own,
// long ones most, so the search kept everything and played what was slow. What is generated is
// drawn so that most bugs are some dozens of worlds away, which leaves little to be learned on
// the way. The counters of code have been seen to work, and have not been measured.
package novel
