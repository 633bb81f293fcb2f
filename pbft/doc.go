// Package pbft runs a replica of a Byzantine fault-tolerant state machine: an
// Application whose operations are ordered by all replicas and executed by each,
// with the same results, while up to a third of them crash, stall or lie.
//
// Implement Application, agree on a message.Genesis, open a storage.Log, and Start
// a Replica in each process with a transport of your choice. Submit orders an
// operation from within the process; package client does so from another one, and
// believes f+1 replicas instead of one. Status says where a replica stands and what
// it waits for, Blocks follows what is decided, with proofs, and Evidence holds the
// proofs of faults.
//
// A replica is fail-stop: a failed disk, an application that panics or diverges, or
// more than f faults elsewhere end it for good, and Err says why. Its log and key
// belong together: a replica that lost its log must not run under its old key.
//
// The protocol is docs/spec.md; package core keeps its rules.
package pbft
