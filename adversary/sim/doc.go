// Package sim runs worlds of real protocol cores in virtual time: one thread, one
// seed, one trace. A world has replicas with disks that tear, links that lose, delay
// and cut, clients, crashes, pauses, and liars; after every event the oracles check
// what must never happen, and at the end that everything was decided.
//
// RunSeed plays the world that a seed stands for, Run a Scenario that a test writes
// down, and Campaign many seeds at once. Equal seeds give equal trace hashes.
package sim
