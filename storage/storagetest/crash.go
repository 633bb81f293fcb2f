package storagetest

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"

	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/storage"
)

// fill writes entries from..to, large enough to make a log with small segments begin new ones.
func (f *fixture) fill(from, to uint64) {
	f.Helper()
	for i := from; i <= to; i++ {
		f.write(entry(i, fmt.Sprint(i, strings.Repeat(".", 300))), state(uint8(i%5+1), fmt.Sprint("at ", i)))
	}
}

func testTruncate(f *fixture) {
	f.truncate(100) // nothing to let go
	f.fill(1, 200)
	f.truncate(0)
	f.truncate(1)
	f.check()
	require.EqualValues(f, 1, f.log.First(), "nothing is below 1")
	f.truncate(100)
	f.check()
	f.reopen()
	f.truncate(50) // less than before
	f.check()
	f.write(entry(90, "below the cut"))
	f.check()
	f.truncate(1 << 60) // all of it
	f.check()
	f.fill(201, 210)
	f.reopen()
}

func testTruncateKeepsStates(f *fixture) {
	f.write(state(200, "old"), state(201, ""))
	f.fill(1, 100)
	f.truncate(101)
	f.check()
	f.crash()
	f.check()
	require.Equal(f, "old", string(f.log.State(200)))
	f.fill(101, 200)
	f.truncate(201)
	f.reopen()
	require.Equal(f, "old", string(f.log.State(200)))
	require.NotNil(f, f.log.State(201))
}

// What says why the past may go is not lost together with it (spec R1).
func testTruncateSyncsFirst(f *fixture) {
	f.fill(1, 100)
	f.sync()
	f.write(state(9, "snapshot at 100"))
	f.truncate(100)
	require.NotEqualValues(f, 1, f.log.First(), "something was let go")
	f.crash()
	require.Equal(f, "snapshot at 100", string(f.log.State(9)))
}

func testCrash(f *fixture) {
	f.write(entry(1, "synced"), state(1, "synced"))
	f.sync()
	for i := range uint64(8) {
		f.write(entry(2+i, strings.Repeat("not", int(i*700))), state(1, fmt.Sprint(i)))
	}
	f.crash()
	f.check()
	f.fill(20, 60)
	f.crash()
	f.check()
}

// What survived a crash is durable, even if it was not synced before.
func testCrashAfterCrash(f *fixture) {
	for i := range uint64(10) {
		f.fill(10*i+1, 10*i+5)
		f.sync()
		f.fill(10*i+6, 10*i+10)
		f.crash()
		require.Equal(f, len(f.want.recs), f.want.synced)
		f.crash()
		f.check()
	}
}

var errDisk = errors.New("the disk failed")

// A sync that failed is never followed by one that succeeds (spec R3).
func testFailedSync(f *fixture) {
	f.write(entry(1, "good"))
	f.sync()
	f.write(entry(2, "bad"), state(1, "bad"))
	f.disk.FailSync(errDisk)
	err := f.log.Sync()
	require.ErrorIs(f, err, storage.ErrBroken)
	require.ErrorIs(f, err, errDisk)
	for range 3 {
		require.ErrorIs(f, f.log.Sync(), storage.ErrBroken)
		require.ErrorIs(f, f.log.Write([]storage.Record{entry(3, "late")}), storage.ErrBroken)
		require.ErrorIs(f, f.log.Truncate(2), storage.ErrBroken)
	}
	f.check() // it can still be read
	f.crash()
	f.check()
	f.write(entry(4, "a new life"))
	f.sync()
}

func testFailedSyncElsewhere(f *fixture) {
	f.fill(1, 100)
	f.sync()
	f.fill(101, 102)
	f.disk.FailSync(errDisk)
	require.ErrorIs(f, f.log.Truncate(100), errDisk)
	require.ErrorIs(f, f.log.Sync(), storage.ErrBroken)
	require.EqualValues(f, 1, f.log.First(), "nothing was let go")
	f.crash()

	f.write(entry(103, "late"))
	f.disk.FailSync(errDisk)
	require.ErrorIs(f, f.log.Close(), errDisk)
	f.open()
	require.NoError(f, f.want.cut(f.log))
}

// Readers meet every record whose Write has returned, and no half of one, while the writer writes, syncs and truncates.
func testConcurrentReaders(f *fixture) {
	const entries, kept = 400, 50
	content := func(i uint64) string { return fmt.Sprint(i, strings.Repeat(".", int(i%7)*100)) }
	var readers sync.WaitGroup
	done := make(chan struct{})
	errs := make(chan error, 3)
	read := func(rng *rand.Rand) error {
		for {
			select {
			case <-done:
				return nil
			default:
			}
			last := f.log.Last()
			index := last - min(last, rng.Uint64N(2*kept))
			found, err := f.log.Entries(index)
			if err == nil && index > 0 && (len(found) != 1 || string(found[0]) != content(index)) {
				return fmt.Errorf("Entries(%d) are %.20q", index, found)
			}
			if err != nil && (!errors.Is(err, storage.ErrTruncated) || index >= f.log.First()) {
				return err
			}
			if s := string(f.log.State(1)); last > 0 && len(s) < len(fmt.Sprint(last)) {
				return fmt.Errorf("state %q after entry %d", s, last)
			}
		}
	}
	for i := range uint64(3) {
		readers.Go(func() { errs <- read(rand.New(rand.NewPCG(1, i))) })
	}
	for i := uint64(1); i <= entries; i++ {
		f.write(state(1, fmt.Sprint(i)), entry(i, content(i)))
		if i%3 == 0 {
			f.sync()
		}
		if i%100 == 0 {
			f.truncate(i - kept)
		}
	}
	close(done)
	readers.Wait()
	for range 3 {
		require.NoError(f, <-errs)
	}
	f.check()
}

// testRandom compares the log with its history over many lives.
func testRandom(f *fixture) {
	rng := rand.New(rand.NewPCG(2, 3))
	next := uint64(1)
	for range 400 {
		switch rng.IntN(20) {
		case 0:
			f.crash()
		case 1:
			f.reopen()
		case 2:
			f.truncate(next - min(next, rng.Uint64N(60)))
		case 3, 4, 5, 6:
			f.sync()
		case 7: // a view change
			next -= min(next-1, rng.Uint64N(8))
		default:
			data := strings.Repeat("z", int(rng.ExpFloat64()*200))
			f.write(entry(next, fmt.Sprint(next, data)), state(uint8(1+rng.IntN(255)), data[:len(data)/3]))
			next++
		}
		if rng.IntN(8) == 0 {
			f.check()
		}
	}
}
