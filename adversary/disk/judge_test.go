package disk_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/adversary/disk"
	"github.com/twothirds-bft/twothirds/storage"
	"github.com/twothirds-bft/twothirds/storage/wal"
)

// open opens the log again; where the disk fails for the moment, again and again. It
// reports whether the log is there, and checks it.
func (l *life) open() bool {
	for range 100 {
		faults := len(l.disk.Faults())
		log, err := wal.Open(dir, l.options())
		var damage *storage.CorruptError
		switch {
		case err == nil:
			l.log = log
			l.check(faults)
			return true
		case errors.As(err, &damage):
			l.refused(damage, faults)
			return false
		}
		require.True(l.t, l.excused(err), "%v after %v", err, l.disk.Faults())
		l.disk.Capacity *= 2
		l.crash()
	}
	l.t.Fatal("the log does not open")
	return false
}

// check holds an open log to being a prefix of what was written that is long enough.
func (l *life) check(faults int) {
	least, n := l.prefix()
	if n < l.acked {
		l.mayLack(least, n, faults)
	}
	l.written = n
	l.acked = min(l.acked, n)
	l.owed = min(l.owed, n)
	l.promise() // Open makes durable what it returns
}

// prefix returns the n for which the log holds records 1 to n and no other: the least and
// the largest, since of entries that were let go nobody can tell.
func (l *life) prefix() (least, largest int) {
	odds := l.disk.Odds
	l.disk.Odds = disk.Odds{}
	defer func() { l.disk.Odds = odds }()
	least, largest = -1, -1
	var why []string
	for n := l.written; n >= 0; n-- {
		switch text := l.differs(n); {
		case text == "":
			least, largest = n, max(n, largest)
		case largest >= 0:
			return least, largest
		default:
			why = append(why, fmt.Sprintf("%d: %s", n, text))
		}
	}
	require.GreaterOrEqual(l.t, largest, 0, "%d written, %d acknowledged, faults %v\n%s", l.written, l.acked, l.disk.Faults(), strings.Join(why, "\n"))
	return least, largest
}

// differs says how the log differs from records 1 to n.
func (l *life) differs(n int) string {
	states, last, first := map[uint8][]byte{}, 0, 0
	for i := 1; i <= n; i++ {
		if r := record(i); r.Slot != 0 {
			states[r.Slot] = r.Data
		} else {
			last = i
			if first == 0 && i >= l.before {
				first = i
			}
		}
	}
	for slot := uint8(1); slot <= 4; slot++ {
		if got := l.log.State(slot); !bytes.Equal(got, states[slot]) {
			return fmt.Sprintf("state %d is %.24q", slot, got)
		}
	}
	if got := int(l.log.Last()); got != last && (got != 0 || first != 0) {
		return fmt.Sprintf("the last entry is %d, not %d", got, last)
	}
	if got := int(l.log.First()); first != 0 && (got == 0 || got > first) {
		return fmt.Sprintf("the first entry is %d, not %d or less", got, first)
	}
	for i := int(l.log.First()); i > 0 && i <= last; i++ {
		got, err := l.log.Entries(uint64(i))
		switch {
		case err != nil:
			return err.Error()
		case i%4 == 0 && len(got) == 0:
		case i%4 == 0 || len(got) != 1 || !bytes.Equal(got[0], record(i).Data):
			return fmt.Sprintf("entry %d is %.24q", i, got)
		}
	}
	return ""
}

// mayLack holds the log, which ends after one of the records least to largest, to its
// reasons for lacking what it acknowledged: the disk lied, or see excuses.
func (l *life) mayLack(least, largest, faults int) {
	story := fmt.Sprintf("%d of %d acknowledged records are left, faults %v", largest, l.acked, l.disk.Faults())
	if l.class.lies {
		require.GreaterOrEqual(l.t, largest, l.owed, story)
		return
	}
	require.True(l.t, l.class.damages, story)
	for n := least; n <= largest; n++ {
		if l.excuses(n, faults) {
			return
		}
	}
	require.Fail(l.t, "what is lacking was whole, or something later was", story)
}

// excuses reports whether a log may end after record n: the next one is damaged, and so is
// each that was acknowledged by a later sync.
func (l *life) excuses(n, faults int) bool {
	for i := n + 1; i <= l.acked; i++ {
		if (i == n+1 || l.group[i] > l.group[n+1]) && !l.damaged(i, faults) {
			return false
		}
	}
	return true
}

// damaged reports whether a record was not found as it should be, or was read so by Open.
func (l *life) damaged(i, faults int) bool {
	for name, want := range l.intended {
		at := bytes.Index(want, record(i).Data)
		if at < 0 || !strings.HasSuffix(name, ".wal") {
			continue
		}
		if l.spoilt(name, at-32, at+(len(record(i).Data)+7)&^7, faults) { // header, data and padding
			return true
		}
	}
	return false
}

// spoilt reports whether some of the bytes of a file are not what they should be, or were
// read otherwise by Open.
func (l *life) spoilt(name string, from, to, faults int) bool {
	want, got := l.intended[name], l.found[name]
	from, to = max(from, 0), min(to, len(want))
	if to > len(got) || !bytes.Equal(want[from:to], got[from:to]) {
		return true
	}
	for _, f := range l.disk.Faults()[faults:] {
		if f.Kind == disk.StaleRead && f.Name == name && int(f.Offset) < to && int(f.Offset+f.Length) > from {
			return true
		}
	}
	return false
}

// refused holds a refusal to naming something that is damaged.
func (l *life) refused(e *storage.CorruptError, faults int) {
	story := fmt.Sprintf("%v, faults %v", e, l.disk.Faults())
	require.True(l.t, l.class.damages, story)
	require.NotEmpty(l.t, e.Reason, story)
	name := filepath.Join(dir, fmt.Sprintf("%016x.wal", e.Segment))
	want := l.intended[name]
	if want == nil || l.class.lies {
		return // the segment is not there, or the record never was
	}
	from, to := int(e.Offset), len(want)
	if from == 0 {
		to = 64 // the file's header
	} else if from+16 <= len(want) {
		to = from + 32 + (int(binary.LittleEndian.Uint32(want[from+12:]))+7)&^7
	}
	require.True(l.t, l.spoilt(name, from, to, faults), "nothing is wrong with %d to %d of %s; %s", from, to, name, story)
}
