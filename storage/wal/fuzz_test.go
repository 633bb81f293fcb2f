package wal

import (
	"bytes"
	"hash/crc32"
	"maps"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/storage"
)

func headerSum(b []byte) uint32 { return crc32.Checksum(b[:60], castagnoli) }

// mend makes the checksums of a segment right, so that fuzzing gets behind them: of the segment's header, and of records
// one behind the other as long as their sizes allow.
func mend(b []byte) {
	if len(b) < headerBytes {
		return
	}
	copy(b, magic)
	le.PutUint32(b[8:], version)
	le.PutUint64(b[16:], 1)
	le.PutUint32(b[60:], headerSum(b))
	k := newKey(le.Uint64(b[24:]), 1)
	for off := int64(headerBytes); off+recordBytes <= int64(len(b)); {
		h := b[off:]
		le.PutUint32(h[4:], k.tag)
		end := off + extent(int64(le.Uint32(h[12:])))
		if end <= int64(len(b)) {
			le.PutUint32(h[8:], crc32.Checksum(b[off+recordBytes:end], castagnoli))
		}
		le.PutUint32(h, k.sum(h, off))
		off = end
	}
}

// FuzzOpen opens a folder with one segment of arbitrary bytes. It may be refused, and then nothing has changed; what is
// not refused is a log, and the same log the next time.
func FuzzOpen(f *testing.F) {
	name := fileName("", 1, suffix)
	good := written(f, 3, 2)[name]
	good = good[:offsets(f, good)[12]+100]
	f.Add(good, false)
	f.Add(good, true)
	f.Add(good[:100], true)
	f.Add(flip(200)(bytes.Clone(good)), false)
	f.Add(append(bytes.Clone(good), make([]byte, 5000)...), true)
	f.Fuzz(func(t *testing.T, b []byte, mended bool) {
		if b = bytes.Clone(b); mended {
			mend(b)
		}
		d := folder{name: b}
		m := d.mount(t)
		opts := Options{SegmentBytes: small, FS: m}
		log, err := Open(dirName, opts)
		if err != nil {
			require.ErrorIs(t, err, storage.ErrCorrupt)
			require.True(t, maps.EqualFunc(d, readFolder(t, m), bytes.Equal))
			return
		}
		first := holdings(t, log)
		require.NoError(t, log.Close())
		log, err = Open(dirName, opts)
		require.NoError(t, err)
		require.Equal(t, first, holdings(t, log))
		require.NoError(t, log.Close())
	})
}

// holdings returns all that a log holds.
func holdings(t *testing.T, log *Log) (held []storage.Record) {
	t.Helper()
	for slot := range 256 {
		if data := log.State(uint8(slot)); data != nil {
			held = append(held, storage.Record{Slot: uint8(slot), Data: data})
		}
	}
	for _, seg := range log.segments {
		for _, e := range seg.entries {
			found, err := log.Entries(e.index)
			require.NoError(t, err)
			for _, data := range found {
				held = append(held, storage.Record{Index: e.index, Data: data})
			}
		}
	}
	return held
}
