// Package storage says what the engine needs of a durable log (spec N7, R1, R2, R3), and nothing about how it is kept:
// package wal keeps it in files, package memory in memory that can be torn, and package storagetest holds both to what
// is written here.
//
// The log holds two kinds of records in one sequence of writes. Entries, the records of slot 0, stand at an index, which
// for the engine is a sequence number; several may stand at one index, since a view change replaces blocks that must
// stay in the log all the same (spec V5). States, the records of slots 1 to 255, are named values of which the newest
// counts: the view, the tip, the highest certificate. One sequence, so that one sync covers a whole turn of the loop and
// a crash leaves a prefix of what was written, never a later record without an earlier one.
//
// The rule to follow is: Write, Sync, and only then let a message leave that speaks of what was written. A vote that its
// sender forgets is a vote it may contradict, a Byzantine fault of our own making.
package storage

// Limits of one record. They bound what a log holds in memory, and what a damaged one can make its reader allocate.
const (
	// EntryBytesMax is the most Data that an entry may have.
	EntryBytesMax = 64 << 20
	// StateBytesMax is the most Data that a state may have. It is smaller because logs keep the states in memory, and may
	// copy them whenever they cut the past away.
	StateBytesMax = 4 << 20
)

// Record is one write.
type Record struct {
	// Slot is 0 for an entry and 1 to 255 for the name of a state.
	Slot uint8
	// Index is where an entry stands, from 1 on. Indexes may come in any order and more than once. A state has no use
	// for it.
	Index uint64
	// Data is the content: opaque, possibly empty, at most EntryBytesMax or StateBytesMax bytes.
	Data []byte
}

// Log is a durable log. Write, Sync, Truncate and Close belong to one goroutine. The other methods may be called by any
// number of goroutines meanwhile, and see every record whose Write has returned, durable or not.
//
// An error of the environment is final: after a write, sync or removal that failed, those four methods return
// [ErrBroken] for good, and nothing is tried again, because a page that failed to reach the disk counts as clean
// afterwards and the next sync would succeed without it (spec R3). What was written since the last good Sync is then
// neither lost nor kept until the log is opened again. A closed log returns [ErrClosed].
type Log interface {
	// Write adds records in the order given. They are durable when the next Sync has returned nil and not before; a
	// crash until then keeps any prefix of them. The caller may use the Data again as soon as Write returns. If a record
	// is too large, none is written, the error is [ErrTooLarge], and the log goes on.
	Write(recs []Record) error

	// Sync makes all that was written durable. With nothing written since the last Sync it does nothing.
	Sync() error

	// Entries returns the entries at an index, oldest first, nil if there are none. The slices are the caller's own.
	// Below First, the error is [ErrTruncated]. Damage found in reading is a [CorruptError]: it does not break the log.
	Entries(index uint64) ([][]byte, error)

	// State returns a copy of the newest value of a slot: nil if there is none, empty but not nil if it is empty. It
	// goes on answering after Close.
	State(slot uint8) []byte

	// First returns the lowest index that holds an entry, 0 if there are no entries.
	First() uint64

	// Last returns the highest index that holds an entry, 0 if there are no entries.
	Last() uint64

	// Truncate lets go of entries below an index. It may keep some of them, and then keeps answering for them; it never
	// touches an entry at or above before, nor a state. All that was written is made durable before anything goes, so a
	// record that says why the past may go, written first, is never lost together with it (spec R1).
	Truncate(before uint64) error

	// Close makes all that was written durable, unless the log is broken, and lets go of files and locks, even if it
	// returns an error. A second Close returns ErrClosed.
	Close() error
}
