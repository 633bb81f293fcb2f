// Package report turns results of package benchmarks into a page that one can read: curves of throughput and latency,
// throughput across each fault, how costs grow with the number of replicas beside what they would be at least
// (benchmarks.Ceiling), which share of that ceiling each configuration reaches, and every result with its machine, commit
// and command line.
//
//	results, err := report.Read("results")
//	err = report.Write("report", results)
//
// What the figures promise: a chart holds results of one class; a point is the median of all results of one load; results
// that are unsafe appear in the tables and nowhere else. The page is one file that loads nothing and runs nothing. Each
// figure is beside it as SVG and PNG.
package report
