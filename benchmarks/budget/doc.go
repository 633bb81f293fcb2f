// Package budget holds what a request may cost, in figures that no clock has a part in: signatures, syncs, bytes, messages,
// turns of the loop and allocations. There is nothing in it but tests.
//
// The budgets stand in testdata, a line for each workload and measure. A test fails if a figure is above its budget, and
// also if it is below: then what was won is made the new budget by
//
//	go test ./benchmarks/budget -run Budget -rewrite
//
// which lowers and never raises. To raise one is to edit the file by hand, which a reviewer sees.
//
// Most figures are those of class C (package virtual): the real protocol on modelled machines, the same for a seed
// wherever it is played. How package pbft itself syncs, signs, encodes and allocates is measured at a real cluster, whose
// goroutines leave something to chance: its budgets are bounds, with room that they give a reason for.
package budget
