package storagetest

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/storage"
)

func testEmpty(f *fixture) {
	f.check()
	require.Zero(f, f.log.First())
	require.Zero(f, f.log.Last())
	found, err := f.log.Entries(7)
	require.NoError(f, err)
	require.Nil(f, found)
	require.Nil(f, f.log.State(0), "slot 0 names no state")
	f.sync()
	f.write()
	f.sync()
	f.reopen()
}

func testEntries(f *fixture) {
	for i := uint64(10); i < 40; i++ {
		f.write(entry(i, strings.Repeat("x", int(i))))
		f.check()
	}
	f.sync()
	f.check()
	f.write(entry(40, ""), entry(40, "not the same"), entry(41, strings.Repeat("large", 10_000)))
	f.check()
	require.EqualValues(f, 10, f.log.First())
	require.EqualValues(f, 41, f.log.Last())
	f.reopen()
}

// Entries of one index keep their order, whatever was written between; indexes may fall, and may leap.
func testAnyOrder(f *fixture) {
	f.write(entry(5, "a"), entry(6, "b"), entry(7, "c"))
	f.sync()
	f.write(entry(6, "d"), entry(7, "e"), entry(5, "f"))
	f.check()
	f.sync()
	f.write(entry(1<<63, "far"), entry(6, "g"), entry(2, "h"), entry(1<<64-1, "farthest"), entry(6, "i"))
	f.check()
	found, err := f.log.Entries(6)
	require.NoError(f, err)
	require.Equal(f, "bdgi", string(bytes.Join(found, nil)))
	for i := range uint64(60) {
		f.write(entry(100-i%3, fmt.Sprint(i)))
	}
	f.reopen()
}

func testStates(f *fixture) {
	f.write(state(1, "one"), state(255, "last"))
	f.check()
	f.write(state(1, "longer than one"), state(1, "1"))
	f.check()
	require.Equal(f, "1", string(f.log.State(1)))
	f.sync()
	f.write(state(255, ""), state(2, ""))
	f.check()
	require.NotNil(f, f.log.State(2), "an empty state is not an absent one")
	f.reopen()
	require.NotNil(f, f.log.State(2))
	require.Zero(f, f.log.Last(), "states have no index")
	f.write(state(2, "two"))
	f.reopen()
}

// The caller uses its slices again, in both directions.
func testNotShared(f *fixture) {
	poison := func() {
		b := []byte("written")
		recs := []storage.Record{{Index: 1, Data: b}, {Slot: 1, Data: b}}
		f.write(recs...)
		copy(b, "POISON!")
		clear(recs)
		f.check()
		for range 2 {
			found, err := f.log.Entries(1)
			require.NoError(f, err)
			for _, data := range found {
				copy(data, "POISON!")
				_ = append(data, "POISON!"...)
			}
			copy(f.log.State(1), "POISON!")
			_ = append(f.log.State(1), "POISON!"...)
		}
	}
	poison()
	f.check()
	f.sync()
	f.check()
	poison()
	f.check()
	f.reopen()
	poison()
	f.check()
}

// A record that is too large leaves no trace of those beside it either, and the log goes on.
func testTooLarge(f *fixture) {
	huge := make([]byte, storage.EntryBytesMax+1)
	err := f.log.Write([]storage.Record{entry(1, "small"), {Index: 2, Data: huge}})
	require.ErrorIs(f, err, storage.ErrTooLarge)
	err = f.log.Write([]storage.Record{state(1, "small"), {Slot: 1, Data: huge[:storage.StateBytesMax+1]}})
	require.ErrorIs(f, err, storage.ErrTooLarge)
	f.check()
	f.write(entry(1, "fits"), storage.Record{Slot: 1, Data: huge[:storage.StateBytesMax]})
	f.sync()
	f.reopen()
}

func testReopen(f *fixture) {
	for i := uint64(1); i <= 5; i++ {
		for j := range uint64(20) {
			f.write(entry(20*i+j, "entry"), state(uint8(j+1), strings.Repeat("state", int(i))))
		}
		f.sync()
		f.reopen()
	}
}

func testCloseMakesDurable(f *fixture) {
	f.write(entry(1, "never synced"), state(1, "nor this"))
	f.reopen()
	f.crash()
	f.check()
}

func testClosed(f *fixture) {
	f.write(entry(1, "entry"), state(1, "state"))
	f.sync()
	require.NoError(f, f.log.Close())
	require.ErrorIs(f, f.log.Close(), storage.ErrClosed)
	require.ErrorIs(f, f.log.Write([]storage.Record{entry(2, "late")}), storage.ErrClosed)
	require.ErrorIs(f, f.log.Sync(), storage.ErrClosed)
	require.ErrorIs(f, f.log.Truncate(2), storage.ErrClosed)
	_, err := f.log.Entries(1)
	require.ErrorIs(f, err, storage.ErrClosed)
	require.Equal(f, "state", string(f.log.State(1)))
	f.log = nil
}
