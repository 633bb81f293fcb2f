// Package sim runs worlds of real protocol cores in virtual time: one thread, one
// seed, one trace. A world has replicas and clients, and whatever its Scenario says is
// wrong with them: links that lose, delay, replay, corrupt and cut; disks that tear,
// lie, rot and fill up; clocks that run apart; crashes, power cuts and pauses; liars and
// twins. After every event the oracles check what must never happen, and at the end
// that everything was decided.
//
// RunSeed plays the world that a seed stands for, Run a Scenario that a test writes
// down, Campaign many seeds at once, and Sweep a scenario with a crash after each of its
// effects. Equal seeds give equal trace hashes. Result.Marks says which rare states a
// world has reached.
package sim
