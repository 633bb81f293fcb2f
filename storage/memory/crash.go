package memory

import "github.com/twothirds-bft/twothirds/storage"

// Unsynced returns how many records were written since the last good Sync: what a crash now would put at risk.
func (l *Log) Unsynced() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.unsynced)
}

// Crash ends the log as a power failure does. Of the unsynced records the first keep survive: 0 is the worst a disk may
// do, Unsynced() and more the best. Anything else than a prefix cannot come back from a real log either, which cuts at
// the first hole. The log returns storage.ErrClosed from then on. A log that was closed keeps what it has.
func (l *Log) Crash(keep int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.end(min(max(keep, 0), len(l.unsynced)))
}

// Reopen returns the log that survived Crash or Close, as a new process finds it. There is one: while the log is open,
// and once it was reopened, the error is storage.ErrLocked.
func (l *Log) Reopen() (*Log, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.closed || l.reopened {
		return nil, storage.ErrLocked
	}
	survivor := &Log{durable: l.durable, arena: l.arena, unsynced: l.unsynced}
	l.durable, l.arena, l.unsynced, l.reopened = image{}, nil, nil, true
	return survivor, nil
}

// FailSync makes the next sync fail with err, be it called for by Sync, Truncate or Close, and so breaks the log. A nil
// err takes that back, unless it has happened.
func (l *Log) FailSync(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.next = err
}
