package disk_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/adversary/disk"
	"github.com/twothirds-bft/twothirds/storage"
	"github.com/twothirds-bft/twothirds/storage/wal"
)

// A class is one thing that is wrong with a disk, and what a log owes on it.
type class struct {
	name     string
	odds     disk.Odds
	capacity int64
	rot      bool // bits flip between the lives of the log
	image    bool // an old image is put back once
	// damages says that synced bytes change: the log may refuse, and then names a record
	// that is damaged. It may also cut off what was synced last, if none of what was written
	// after it is whole (the package's doc of storage/wal says why).
	damages bool
	// lies says that what was acknowledged may be gone without a trace: the log owes only
	// what was synced before the first lie. No log on one disk can do better; the protocol
	// counts the replica as faulty (spec M4, R4).
	lies bool
}

var classes = []class{
	{name: "torn writes"},
	{name: "sync errors", odds: disk.Odds{SyncError: 12}},
	{name: "read errors", odds: disk.Odds{ReadError: 25}},
	{name: "full", capacity: 24 << 10},
	{name: "rot", rot: true, damages: true},
	{name: "lost writes", odds: disk.Odds{LostWrite: 40}, damages: true},
	{name: "misdirected writes", odds: disk.Odds{Misdirected: 40}, damages: true},
	{name: "stale reads", odds: disk.Odds{StaleRead: 8}, damages: true},
	{name: "lost syncs", odds: disk.Odds{LostSync: 12}, damages: true, lies: true},
	{name: "old image", image: true, lies: true},
}

// life is a log on a failing disk, and all that was ever written to it.
type life struct {
	t     *testing.T
	class *class
	draw  func(string, uint64) uint64
	disk  *disk.FS
	log   *wal.Log

	written int         // records 1 to written were written
	acked   int         // and so many are promised to be durable
	owed    int         // so many must be there even if the disk lies
	group   map[int]int // of each acknowledged record: which sync
	syncs   int
	before  int // what Truncate was called with
	image   *disk.Image
	imaged  int // acked when it was taken

	intended map[string][]byte // what the files should hold, as of the last crash
	found    map[string][]byte // and what they did hold
	seen     int               // faults that were there then
}

// record returns record i: a state now and then, else an entry at index i.
func record(i int) storage.Record {
	data := binary.BigEndian.AppendUint64([]byte("record: "), uint64(i)*0x9e3779b97f4a7c15)
	data = append(data, bytes.Repeat([]byte{byte(i)}, i*37%400)...)
	if i%4 == 0 {
		return storage.Record{Slot: uint8(1 + i/4%3), Data: data}
	}
	return storage.Record{Index: uint64(i), Data: data}
}

func (l *life) options() wal.Options { return wal.Options{SegmentBytes: 4 << 10, FS: l.disk} }

// promise notes that all that was written is durable.
func (l *life) promise() {
	l.syncs++
	for i := l.acked + 1; i <= l.written; i++ {
		l.group[i] = l.syncs
	}
	l.acked = l.written
	if !l.lied() {
		l.owed = l.acked
	}
}

// lied reports whether the disk lied since the last crash.
func (l *life) lied() bool {
	for _, f := range l.disk.Faults()[l.seen:] {
		if f.Kind == disk.LostSync {
			return true
		}
	}
	return false
}

// live writes, syncs, cuts and reads until it has had enough, or the disk.
func (l *life) live() {
	for range 4 + l.draw("steps", 30) {
		if err := l.step(); err != nil {
			require.True(l.t, l.excused(err), "%v after %v", err, l.disk.Faults())
			return
		}
	}
}

func (l *life) step() error {
	switch l.draw("step", 8) {
	case 0, 1, 2, 3:
		var recs []storage.Record
		for range 1 + l.draw("records", 4) {
			recs = append(recs, record(l.written+len(recs)+1))
		}
		if err := l.log.Write(recs); err != nil {
			l.written += len(recs) // some of them may have been
			return err
		}
		l.written += len(recs)
	case 4, 5:
		if err := l.log.Sync(); err != nil {
			return err
		}
		l.promise()
	case 6:
		if last := l.log.Last(); last > 10 && l.draw("truncate", 4) == 3 {
			l.before = int(last) - 8
			return l.log.Truncate(uint64(l.before))
		}
	case 7:
		return l.read(int(l.log.First() + l.draw("read", l.log.Last()-l.log.First()+1)))
	}
	return nil
}

// read compares an entry while the log runs.
func (l *life) read(i int) error {
	if i == 0 {
		return nil
	}
	got, err := l.log.Entries(uint64(i))
	if err != nil || i%4 == 0 {
		return err
	}
	require.Len(l.t, got, 1)
	require.Equal(l.t, record(i).Data, got[0])
	return nil
}

// excused reports whether the disk gave the log a reason for an error.
func (l *life) excused(err error) bool {
	for _, f := range l.disk.Faults() {
		switch f.Kind {
		case disk.SyncError, disk.ReadError:
			if errors.Is(err, syscall.EIO) {
				return true
			}
		case disk.Full:
			if errors.Is(err, syscall.ENOSPC) {
				return true
			}
		default:
			if errors.Is(err, storage.ErrCorrupt) && l.class.damages {
				return true
			}
		}
	}
	return false
}

// end ends a life in one of the ways in which lives end.
func (l *life) end() {
	if l.draw("close", 3) == 2 {
		if err := l.log.Close(); err == nil {
			l.promise()
		} else {
			require.True(l.t, l.excused(err), err)
		}
	}
	if l.class.image && l.image == nil && l.draw("image", 3) == 2 {
		l.image, l.imaged = l.disk.Image(), l.owed
	}
	l.crash()
}

// crash stops whatever ran, and lets the disk do what it does meanwhile.
func (l *life) crash() {
	l.intended = l.files()
	if l.class.rot && l.draw("rot", 2) == 1 {
		l.disk.Rot()
	}
	switch l.draw("end", 4) {
	case 0:
		l.disk.Kill()
		l.found = l.files()
		return
	case 1:
		l.disk.Reboot()
	case 2, 3:
		l.disk.Crash()
	}
	if l.image != nil && l.draw("put back", 2) == 1 {
		l.disk.PutBack(l.image)
		l.owed, l.image = l.imaged, nil
	}
	l.found, l.seen = l.files(), len(l.disk.Faults())
}

// files returns what the files hold, as the system sees it.
func (l *life) files() map[string][]byte {
	odds := l.disk.Odds
	l.disk.Odds = disk.Odds{}
	defer func() { l.disk.Odds = odds }()
	all := map[string][]byte{}
	names, err := l.disk.List(dir)
	require.NoError(l.t, err)
	for _, name := range names {
		all[filepath.Join(dir, name)] = []byte(content(l.t, l.disk, name))
	}
	return all
}

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
	n := l.prefix()
	if n < l.acked {
		l.mayLack(n, faults)
	}
	l.written = n
	l.acked = min(l.acked, n)
	l.owed = min(l.owed, n)
	l.promise() // Open makes durable what it returns
}

// prefix returns the n for which the log holds records 1 to n and no other.
func (l *life) prefix() int {
	odds := l.disk.Odds
	l.disk.Odds = disk.Odds{}
	defer func() { l.disk.Odds = odds }()
	var why []string
	for n := l.written; n >= 0; n-- {
		text := l.differs(n)
		if text == "" {
			return n
		}
		why = append(why, fmt.Sprintf("%d: %s", n, text))
	}
	require.Failf(l.t, "the log holds what was never written so", "%d written, %d acknowledged, faults %v\n%s",
		l.written, l.acked, l.disk.Faults(), strings.Join(why, "\n"))
	return 0
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

// mayLack holds the log to its reasons for lacking what it acknowledged: the disk lied; or
// the first record that is missing is damaged, and so is each that was acknowledged by a
// later sync.
func (l *life) mayLack(n, faults int) {
	story := fmt.Sprintf("%d of %d acknowledged records are left, faults %v", n, l.acked, l.disk.Faults())
	if l.class.lies {
		require.GreaterOrEqual(l.t, n, l.owed, story)
		return
	}
	require.True(l.t, l.class.damages, story)
	require.True(l.t, l.damaged(n+1, faults), "record %d is whole; %s", n+1, story)
	for i := n + 2; i <= l.acked; i++ {
		if l.group[i] > l.group[n+1] {
			require.True(l.t, l.damaged(i, faults), "record %d is whole and later than %d; %s", i, n+1, story)
		}
	}
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

// TestLogOnFailingDisk (spec N7, R2, R3; adversary I5, A30, A31): whatever is wrong with the
// disk, the log is a prefix of what was written that holds all that was acknowledged, or
// it refuses and names the record. Where it lacks something acknowledged it had nothing to
// tell by, and the class says so. It never returns other records.
func TestLogOnFailingDisk(t *testing.T) {
	const seeds = 120
	for i := range classes {
		c := &classes[i]
		t.Run(c.name, func(t *testing.T) {
			var opened, refused, lacked, faults int
			for seed := range uint64(seeds) {
				l := &life{t: t, class: c, draw: seeded(seed), group: map[int]int{}}
				l.disk = disk.New(l.draw)
				log, err := wal.Create(dir, l.options())
				require.NoError(t, err)
				l.log, l.disk.Odds, l.disk.Capacity = log, c.odds, c.capacity
				for range 6 {
					l.live()
					l.end()
					acked := l.acked
					if !l.open() {
						refused++
						break
					}
					opened++
					if l.written < acked {
						lacked++
					}
				}
				faults += len(l.disk.Faults())
			}
			t.Logf("%d faults; opened %d times, refused %d, %d lacked something acknowledged", faults, opened, refused, lacked)
			require.Equal(t, c.name != "torn writes", faults > 0)
			require.Equal(t, c.damages, refused > 0)
			if c.lies {
				require.NotZero(t, lacked, "nobody noticed, and nobody could have")
			}
			require.Greater(t, opened, seeds)
		})
	}
}
