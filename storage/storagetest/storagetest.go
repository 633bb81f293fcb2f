// Package storagetest holds implementations of storage.Log to the contract that its doc comments make. The packages wal
// and memory pass it; so must any other log before an engine is run on it:
//
//	func TestLog(t *testing.T) {
//		storagetest.Run(t, func(t *testing.T) storagetest.Disk { return newDisk(t) })
//	}
package storagetest

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/storage"
)

// Disk is what one log lives on while it is opened, closed and crashed. At most one of its logs is open at a time.
type Disk interface {
	// Create makes the log and opens it. It is called once, first.
	Create() (storage.Log, error)
	// Open opens the log again after its Close, or after Crash.
	Open() (storage.Log, error)
	// Crash ends the open log without Close, as a power failure does: what was synced survives, and of the rest any
	// prefix or nothing.
	Crash()
	// FailSync makes the next sync of the open log fail with err.
	FailSync(err error)
}

// Run tests a log. newDisk returns a new disk for each test.
func Run(t *testing.T, newDisk func(t *testing.T) Disk) {
	for _, test := range []struct {
		name string
		run  func(*fixture)
	}{
		{"empty", testEmpty},
		{"entries", testEntries},
		{"any order", testAnyOrder},
		{"states", testStates},
		{"slices are not shared", testNotShared},
		{"too large", testTooLarge},
		{"reopen", testReopen},
		{"close makes durable", testCloseMakesDurable},
		{"closed", testClosed},
		{"truncate", testTruncate},
		{"truncate keeps states", testTruncateKeepsStates},
		{"truncate syncs first", testTruncateSyncsFirst},
		{"crash", testCrash},
		{"crash after crash", testCrashAfterCrash},
		{"failed sync is final", testFailedSync},
		{"failed sync in truncate or close", testFailedSyncElsewhere},
		{"concurrent readers", testConcurrentReaders},
		{"random", testRandom},
	} {
		t.Run(test.name, func(t *testing.T) {
			f := &fixture{T: t, disk: newDisk(t)}
			log, err := f.disk.Create()
			require.NoError(t, err)
			f.log = log
			test.run(f)
			if f.log != nil {
				require.NoError(t, f.log.Close())
			}
		})
	}
}

// fixture is a log and what it ought to hold.
type fixture struct {
	*testing.T
	disk Disk
	log  storage.Log
	want history
}

func (f *fixture) write(recs ...storage.Record) {
	f.Helper()
	require.NoError(f, f.log.Write(recs))
	f.want.write(recs)
}

func (f *fixture) sync() {
	f.Helper()
	require.NoError(f, f.log.Sync())
	f.want.synced = len(f.want.recs)
}

func (f *fixture) truncate(before uint64) {
	f.Helper()
	require.NoError(f, f.log.Truncate(before))
	f.want.before = max(f.want.before, before)
}

// check compares the open log with the history.
func (f *fixture) check() {
	f.Helper()
	require.NoError(f, f.want.compare(f.log, len(f.want.recs)))
}

// reopen closes the log in order, which loses nothing.
func (f *fixture) reopen() {
	f.Helper()
	require.NoError(f, f.log.Close())
	f.want.synced = len(f.want.recs)
	f.open()
	f.check()
}

// crash ends the log and opens what is left. The history then ends where the log does.
func (f *fixture) crash() {
	f.Helper()
	f.disk.Crash()
	f.open()
	require.NoError(f, f.want.cut(f.log))
}

func (f *fixture) open() {
	f.Helper()
	log, err := f.disk.Open()
	require.NoError(f, err)
	f.log = log
}

// entry and state make records for tests.
func entry(index uint64, data string) storage.Record {
	return storage.Record{Index: index, Data: []byte(data)}
}

func state(slot uint8, data string) storage.Record {
	return storage.Record{Slot: slot, Data: []byte(data)}
}
