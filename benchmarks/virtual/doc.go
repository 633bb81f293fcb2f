// Package virtual measures a cluster of our own replicas in virtual time (class C): any number of machines in one
// process, at the cost of the work and not of the time, and with the same figures each time a seed is played.
//
// What is real: the protocol core, session tables, messages and their encoding, the door that verifies them and the filter
// before it, group commit, and the order of work of package pbft (verify, turn, sync, release, execute). What is modelled:
// time. Each replica is a machine with some cores, on which jobs run first come first served and cost what a table says
// (Costs); with a line out, on which votes go before bodies; with a disk that syncs one batch at a time. Each line has a
// delay that varies a little with the seed.
//
// What is not modelled: contention within a machine other than for cores (garbage collection is part of the cost of a
// request); queues that overflow and votes that supersede each other on their way; TCP's windows and losses; caches.
// Clients and the generator cost nothing. Clients do as package client does where that matters here: operations that
// wait at one time share a request, which goes to one replica first and to all after a while, and they count once f+1
// replies agree.
//
// So a figure of this package says how much the protocol and the order of work cost and delay, not how well the code is
// written: where classes B and C differ by more than the constants explain, the code waits or wastes.
package virtual
