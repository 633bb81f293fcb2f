// Package benchmarks measures replicated systems: how many operations per second, how soon, at what cost, and through
// which faults, with the same generator for all of them.
//
// A measurement is a [Load] driven at a [System] for a while:
//
//	s, err := ours.Start(...)
//	result, err := benchmarks.Run(ctx, s, benchmarks.Load{Clients: 64, Outstanding: 16, Payload: 256, For: 10 * time.Second})
//
// A closed loop (Rate 0) keeps Clients x Outstanding operations under way and finds the throughput. It hands them in by
// batches where clients take them so ([Batching]), else each from a goroutine of its own, which costs the generator and the
// client several microseconds an operation: Result.Batch says which. An open loop sends at
// the instants of a Poisson process that was drawn from a seed before the start, whether the system keeps up or not, and
// takes each latency from the instant at which the operation was meant to be sent: a system that stalls for a second is
// charged for every operation of that second (G. Tene, "How NOT to Measure Latency", 2013, calls the opposite
// coordinated omission). What completes before Warm has passed does not count.
//
// Every run also checks what it measures: see System.Check, and Ordered for linearizability. A Fault makes replicas or their
// links fail for a third of the time.
//
// Figures of different classes do not compare: class A is replicas in processes of their own over TCP, class B replicas in
// the generator's process. A Result says its class, and what the system encrypts, synced and signed. WriteFiles puts it
// into a folder, and package report makes a page of many; Ceiling is what they are held against.
//
// Wall time is what is measured here, so tests assert counts and invariants, never times.
package benchmarks
