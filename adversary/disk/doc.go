// Package disk is a file system in memory whose disk fails: it tears what was not synced
// when the power goes, and, on demand, lies about syncs, loses single writes or puts them
// in the wrong place, reads what stood there before, rots, runs full, and takes back an
// old image of itself. It implements the file system that storage/wal asks for, so that
// the real log can be run on it, in tests and under simulated worlds. All chance comes
// from one function; equal draws give equal disks.
//
// # The model
//
// A file is a row of sectors of 512 bytes. Writes go to a cache, which reads see; Sync
// moves them to the platter. A Crash drops the cache: of each sector that was not synced
// any version since the last sync may be on the platter, torn in the middle at that, and
// of the names that were not synced any may be there. A Kill ends the process alone: the
// cache stays. Faults of the platter show once the cache is gone.
//
// # Faults
//
// Odds says how often an operation fails; what happened is in Faults, so that a test can
// judge by it. Of one disk's faults, some cannot be noticed by a log on that disk alone,
// whatever it does: a sync that does nothing, and an old image put back. The protocol
// counts a replica with such a disk among the faulty ones (spec M4, R4); so the log is
// asked there only to return what it held once. The others it has to notice where there
// is anything to notice them by: see the test of storage/wal in this package.
package disk
