package wal

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/storage"
)

// Tests of what recovery makes of the bytes that it finds: a torn tail is cut, damage is refused and named.

// content is what the entry at an index holds in these tests; lengths differ, and the padding with them.
func content(index uint64) []byte {
	return []byte(strings.Repeat(fmt.Sprint(index, " "), 3+int(index)*5%11))
}

func numbered(from, to uint64) []storage.Record {
	var recs []storage.Record
	for i := from; i <= to; i++ {
		recs = append(recs, storage.Record{Index: i, Data: content(i)}, storage.Record{Slot: 7, Data: content(i)})
	}
	return recs
}

// written returns the folder of a log of entries 1, 2, ... synced in groups of n, as a crash after the last sync leaves it.
func written(t testing.TB, groups, n int) folder {
	t.Helper()
	m := newMemFS()
	log, err := Create(dirName, Options{SegmentBytes: small, FS: m})
	require.NoError(t, err)
	for g := range uint64(groups) {
		require.NoError(t, log.Write(numbered(g*uint64(n)+1, (g+1)*uint64(n))))
		require.NoError(t, log.Sync())
	}
	return readFolder(t, m)
}

// offsets returns where the records of a segment begin, and where the last one ends.
func offsets(t testing.TB, b []byte) []int64 {
	t.Helper()
	h, reason := parseHeader(b)
	require.Empty(t, reason)
	s := newScanner(bytes.NewReader(b), int64(len(b)), newKey(h.log, h.number))
	found := []int64{s.off}
	for {
		_, ok, err := s.next()
		require.NoError(t, err)
		if !ok {
			return found
		}
		found = append(found, s.off)
	}
}

// recordAt returns the beginning of the record that a byte belongs to; the header of the segment counts as one.
func recordAt(offs []int64, at int64) int64 {
	i, ok := slices.BinarySearch(offs, at)
	switch {
	case ok:
		return offs[i]
	case i == 0:
		return 0
	default:
		return offs[i-1]
	}
}

// opened opens a folder, checks that it holds entries 1..n and the state written with the last, and that it does so again
// after a crash and an entry more. It returns n.
func opened(t testing.TB, d folder) uint64 {
	t.Helper()
	m := d.mount(t)
	log, err := Open(dirName, Options{SegmentBytes: small, FS: m})
	require.NoError(t, err)
	n := log.Last()
	check := func() {
		for i := uint64(1); i <= n; i++ {
			found, err := log.Entries(i)
			require.NoError(t, err)
			require.Equal(t, [][]byte{content(i)}, found)
		}
		if state := log.State(7); n > 0 && !bytes.Equal(state, content(n)) {
			require.Equal(t, content(n-1), slices.Concat(state, content(n - 1)[len(state):]), "torn between the entry and the state")
		}
	}
	check()
	require.NoError(t, log.Write(numbered(n+1, n+1)))
	require.NoError(t, log.Sync())
	killed(log)
	log, err = Open(dirName, Options{SegmentBytes: small, FS: memFS{m.CrashClone(noneUnsynced)}})
	require.NoError(t, err)
	n++
	require.Equal(t, n, log.Last())
	check()
	require.NoError(t, log.Close())
	return n - 1
}

// refused opens a folder that is damaged at a byte of a segment and checks the complaint. Nothing may have changed.
func refused(t testing.TB, d folder, segment uint64, offset int64) {
	t.Helper()
	m := d.mount(t)
	log, err := Open(dirName, Options{SegmentBytes: small, FS: m})
	if err == nil {
		n := log.Last()
		killed(log)
		require.FailNow(t, "damage was not noticed", "segment %d, offset %d, %d entries left", segment, offset, n)
	}
	require.ErrorIs(t, err, storage.ErrCorrupt)
	var damage *storage.CorruptError
	require.ErrorAs(t, err, &damage)
	require.Equal(t, segment, damage.Segment, err)
	require.Equal(t, offset, damage.Offset, err)
	require.NotEmpty(t, damage.Reason)
	require.True(t, maps.EqualFunc(d, readFolder(t, m), bytes.Equal), "nothing is changed")
}

func flip(at int64) func([]byte) []byte {
	return func(b []byte) []byte {
		b[at] ^= 0x10
		return b
	}
}

// whole returns how many entries end at or before a byte. A state follows each.
func whole(offs []int64, at int64) uint64 {
	i, ok := slices.BinarySearch(offs, at)
	if !ok {
		i--
	}
	return uint64(i+1) / 2
}

// different returns the first byte at which two contents differ: clearing zeros, say, tears nothing.
func different(a, b []byte) int64 {
	for i := range a {
		if i == len(b) || a[i] != b[i] {
			return int64(i)
		}
	}
	return int64(len(a))
}

// The last group is torn at each of its bytes: cut short, followed by zeros, or by what the disk held before.
func TestTornAtEveryByte(t *testing.T) {
	d := written(t, 3, 2)
	name := fileName("", 1, suffix)
	offs := offsets(t, d[name])
	begin, end := offs[8], offs[12]
	for at := begin; at <= end; at++ {
		for _, tear := range []func(b []byte) []byte{
			func(b []byte) []byte { return b[:at] },
			func(b []byte) []byte { clear(b[at:]); return b },
			func(b []byte) []byte { return append(b[:at], bytes.Repeat([]byte{0xa5}, 100)...) },
		} {
			torn := d.with(1, tear)
			at := min(different(d[name], torn[name]), end)
			require.Equal(t, whole(offs, at), opened(t, torn), at)
		}
	}
}

// A disk writes the sectors of a group in any order: whatever subset is there, synced groups stay and the rest is a prefix.
func TestTornInAnyOrder(t *testing.T) {
	const sector, sectors = 64, 9
	d := written(t, 3, 3)
	name := fileName("", 1, suffix)
	offs := offsets(t, d[name])
	begin, end := offs[12], offs[18]
	for mask := range 1 << sectors {
		torn := d.with(1, func(b []byte) []byte {
			for at := begin; at < end; at++ {
				if mask>>(at/sector%sectors)&1 == 0 {
					b[at] = 0
				}
			}
			return b
		})
		n := opened(t, torn)
		require.GreaterOrEqual(t, n, uint64(6), mask)
		require.Equal(t, whole(offs, min(different(d[name], torn[name]), end)), n, mask)
	}
}

// The same for a group of more than one write: only a sync proves anything.
func TestTornBetweenWrites(t *testing.T) {
	m := newMemFS()
	log, err := Create(dirName, Options{SegmentBytes: small, FS: m})
	require.NoError(t, err)
	for i := uint64(1); i <= 6; i++ {
		require.NoError(t, log.Write(numbered(i, i)))
		require.NoError(t, log.flush())
	}
	d := readFolder(t, m)
	offs := offsets(t, d[fileName("", 1, suffix)])
	for i, off := range offs[:12] {
		n := opened(t, d.with(1, func(b []byte) []byte { clear(b[off : off+recordBytes]); return b }))
		require.Equal(t, uint64(i+1)/2, n)
	}
}

// Damage to a group is refused, whatever the byte, once a later group was written; so is damage to the segment's header.
func TestDamageIsRefused(t *testing.T) {
	d := written(t, 3, 2)
	offs := offsets(t, d[fileName("", 1, suffix)])
	for at := int64(0); at < offs[8]; at++ {
		refused(t, d.with(1, flip(at)), 1, recordAt(offs, at))
		refused(t, d.with(1, func(b []byte) []byte { clear(b[at/64*64:][:64]); return b }), 1, recordAt(offs, at/64*64))
	}
}

// The smallest record is as safe as any.
func TestDamageToEmptyRecord(t *testing.T) {
	m := newMemFS()
	log, err := Create(dirName, Options{SegmentBytes: small, FS: m})
	require.NoError(t, err)
	for i := uint64(1); i <= 2; i++ {
		require.NoError(t, log.Write([]storage.Record{{Index: i}}))
		require.NoError(t, log.Sync())
	}
	refused(t, readFolder(t, m).with(1, flip(headerBytes)), 1, headerBytes)
}

// A record is one only where it was written: not at another offset, in another segment, or in another log.
func TestRecordIsBoundToItsPlace(t *testing.T) {
	const off, log, number = 4096, 0x1234_5678_9abc_def0, 7
	k := newKey(log, number)
	b := k.appendRecord(nil, off, 64, kindRecord, storage.Record{Index: 1})
	_, ok := k.parse(b, off)
	require.True(t, ok)
	for _, elsewhere := range []int64{off - alignment, off + alignment, off + 512, 2 * off} {
		_, ok = k.parse(b, elsewhere)
		require.False(t, ok, elsewhere)
	}
	for _, other := range []key{newKey(log, number+1), newKey(log+1, number), newKey(log+1<<32, number)} {
		_, ok = other.parse(b, off)
		require.False(t, ok)
	}
}

// It is also refused if the data of everything behind it is torn: headers prove it alone.
func TestDamageBeforeTornTail(t *testing.T) {
	d := written(t, 2, 2)
	offs := offsets(t, d[fileName("", 1, suffix)])
	d = d.with(1, func(b []byte) []byte {
		for _, off := range offs[4:8] {
			b[off+recordBytes] ^= 1
		}
		return b
	})
	require.EqualValues(t, 2, opened(t, d))
	refused(t, d.with(1, flip(offs[3]+recordBytes)), 1, offs[3])
}

// Nothing proves that the last group was ever synced. It is cut where it is bad.
func TestLastGroupIsCut(t *testing.T) {
	d := written(t, 3, 2)
	offs := offsets(t, d[fileName("", 1, suffix)])
	for at := offs[8]; at < offs[12]; at++ {
		require.Equal(t, whole(offs, recordAt(offs, at)), opened(t, d.with(1, flip(at))))
	}
}

// After Close, and after Open, the last group is as safe as any.
func TestLastGroupAfterClose(t *testing.T) {
	m := newMemFS()
	log, err := Create(dirName, Options{SegmentBytes: small, FS: m})
	require.NoError(t, err)
	require.NoError(t, log.Write(numbered(1, 4)))
	require.NoError(t, log.Close())
	d := readFolder(t, m)
	offs := offsets(t, d[fileName("", 1, suffix)])
	require.Len(t, offs, 10, "a mark behind the records")
	for at := range offs[8] {
		refused(t, d.with(1, flip(at)), 1, recordAt(offs, at))
	}
	for at := offs[8]; at < offs[9]; at++ {
		require.EqualValues(t, 4, opened(t, d.with(1, flip(at))), "the mark itself holds nothing")
	}

	d = written(t, 1, 4)
	m = d.mount(t)
	log, err = Open(dirName, Options{SegmentBytes: small, FS: m})
	require.NoError(t, err)
	killed(log)
	d = readFolder(t, m)
	for at := range offs[8] {
		refused(t, d.with(1, flip(at)), 1, recordAt(offs, at))
	}
	offs = offsets(t, d[fileName("", 2, suffix)])
	require.Less(t, offs[1], int64(2*headerBytes+1), "the head: a state")
	for at := range offs[1] {
		refused(t, d.with(2, flip(at)), 2, recordAt(offs, at))
		refused(t, d.with(2, func(b []byte) []byte { return b[:at] }), 2, recordAt(offs, at))
	}
	require.EqualValues(t, 4, opened(t, d))
}

// A segment that has a successor is whole to its exact end, or refused.
func TestDamageInSealedSegment(t *testing.T) {
	d := written(t, 40, 3)
	require.GreaterOrEqual(t, len(d), 3)
	for number := uint64(1); number < uint64(len(d)); number++ {
		name := fileName("", number, suffix)
		b := d[name]
		offs := offsets(t, b)
		end := offs[len(offs)-1]
		for at := int64(0); at < end; at += 11 {
			refused(t, d.with(number, flip(at)), number, recordAt(offs, at))
		}
		for at := int64(0); at < end; at += 37 {
			refused(t, d.with(number, func(b []byte) []byte { return b[:at] }), number, recordAt(offs, at))
			zeroed := d.with(number, func(b []byte) []byte { clear(b[at:]); return b })
			if first := different(b, zeroed[name]); first < end {
				refused(t, zeroed, number, recordAt(offs, first))
			}
		}
		require.EqualValues(t, 120, opened(t, d.with(number, func(b []byte) []byte { return append(b[:end], 1, 2, 3) })), "what is cut off is not looked at")
	}
}

// What was cut off once stays dead, even if a new record ends exactly where an old one begins.
func TestCutRecordsStayDead(t *testing.T) {
	m := newMemFS()
	log, err := Create(dirName, Options{SegmentBytes: small, FS: m})
	require.NoError(t, err)
	same := func(index uint64) []storage.Record { return []storage.Record{{Index: index, Data: make([]byte, 40)}} }
	for i := uint64(1); i <= 5; i++ {
		require.NoError(t, log.Write(same(i)))
	}
	require.NoError(t, log.Sync())
	d := readFolder(t, m)
	offs := offsets(t, d[fileName("", 1, suffix)])
	m = d.with(1, flip(offs[1])).mount(t)
	for index := uint64(11); index < 14; index++ {
		log, err = Open(dirName, Options{SegmentBytes: small, FS: m})
		require.NoError(t, err)
		require.NoError(t, log.Write(same(index)))
		require.NoError(t, log.Sync())
		require.Equal(t, index, log.Last())
		found, err := log.Entries(3)
		require.NoError(t, err)
		require.Empty(t, found)
		killed(log)
		m = memFS{m.CrashClone(noneUnsynced)}
	}
}
