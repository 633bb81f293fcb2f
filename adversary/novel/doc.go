// Package novel searches worlds by novelty: it keeps those that reached protocol states
// of a kind not seen before, and plays variations of them. States are told apart by a
// coarse fingerprint, so the search is for combinations of what the replicas are doing,
// as coverage-guided fuzzers search for combinations of branches (Zalewski's AFL; for
// states of a protocol instead of code, Borcherding et al. and Natella's StateAFL,
// Empirical Software Engineering 2022).
package novel
