// Package score measures how well ways of testing find bugs: it plays worlds of each
// strategy against the engine with one known fault switched on (internal/bug) until a
// world fails or a budget is spent, and against the engine without any, where every
// failure is a false alarm. This is mutation analysis (DeMillo, Lipton and Sayward,
// "Hints on Test Data Selection", 1978) with faults that were written by hand, one for
// each mistake that implementations of such protocols make.
//
// The switches are global to a process, so each pair of bug and strategy, a cell, is
// measured in a process of its own: Measure starts them, Play is what they do.
package score
