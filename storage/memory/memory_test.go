package memory_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/storage"
	"github.com/twothirds-bft/twothirds/storage/memory"
	"github.com/twothirds-bft/twothirds/storage/storagetest"
)

// disk keeps, in a crash, a share of the unsynced records that is the same every time.
type disk struct {
	log         *memory.Log
	keep, outOf int
}

func (d *disk) Create() (storage.Log, error) {
	d.log = memory.New()
	return d.log, nil
}

func (d *disk) Open() (storage.Log, error) {
	log, err := d.log.Reopen()
	d.log = log
	return log, err
}

func (d *disk) Crash()             { d.log.Crash(d.log.Unsynced() * d.keep / d.outOf) }
func (d *disk) FailSync(err error) { d.log.FailSync(err) }

func TestLog(t *testing.T) {
	for name, d := range map[string]disk{
		"crash keeps nothing": {keep: 0, outOf: 1},
		"crash keeps a third": {keep: 1, outOf: 3},
		"crash keeps all":     {keep: 1, outOf: 1},
	} {
		t.Run(name, func(t *testing.T) {
			storagetest.Run(t, func(*testing.T) storagetest.Disk { return &disk{keep: d.keep, outOf: d.outOf} })
		})
	}
}

func entry(index uint64, data string) storage.Record {
	return storage.Record{Index: index, Data: []byte(data)}
}

// The caller chooses exactly which prefix a crash keeps.
func TestCrashKeepsAPrefix(t *testing.T) {
	for keep := -1; keep <= 5; keep++ {
		log := memory.New()
		require.NoError(t, log.Write([]storage.Record{entry(1, "synced")}))
		require.NoError(t, log.Sync())
		require.Zero(t, log.Unsynced())
		require.NoError(t, log.Write([]storage.Record{entry(2, "a"), {Slot: 1, Data: []byte("b")}, entry(3, "c"), {Slot: 1, Data: []byte("d")}}))
		require.Equal(t, 4, log.Unsynced())
		log.Crash(keep)

		require.ErrorIs(t, log.Sync(), storage.ErrClosed)
		survivor, err := log.Reopen()
		require.NoError(t, err)
		require.Zero(t, survivor.Unsynced())
		require.Equal(t, []uint64{1, 1, 2, 2, 3, 3, 3}[keep+1], survivor.Last())
		require.Equal(t, []string{"", "", "", "b", "b", "d", "d"}[keep+1], string(survivor.State(1)))
	}
}

// Two lives of one replica must not share a disk.
func TestReopenOnce(t *testing.T) {
	log := memory.New()
	_, err := log.Reopen()
	require.ErrorIs(t, err, storage.ErrLocked)
	log.Crash(0)
	_, err = log.Reopen()
	require.NoError(t, err)
	_, err = log.Reopen()
	require.ErrorIs(t, err, storage.ErrLocked)
}

// What was written before a failed sync is neither lost nor kept until the crash decides.
func TestCrashAfterFailedSync(t *testing.T) {
	for keep, last := range []uint64{1, 2} {
		log := memory.New()
		require.NoError(t, log.Write([]storage.Record{entry(1, "synced")}))
		require.NoError(t, log.Sync())
		require.NoError(t, log.Write([]storage.Record{entry(2, "not")}))
		log.FailSync(errors.New("taken back"))
		log.FailSync(nil)
		log.FailSync(errors.New("input/output error"))
		require.ErrorIs(t, log.Sync(), storage.ErrBroken)
		log.Crash(keep)
		survivor, err := log.Reopen()
		require.NoError(t, err)
		require.Equal(t, last, survivor.Last())
		require.NoError(t, survivor.Sync(), "the failure ended with the life that it broke")
	}
}

// A turn of the loop as the engine writes it, and a cut every 64.
func BenchmarkTurn(b *testing.B) {
	log := memory.New()
	recs := []storage.Record{entry(0, string(make([]byte, 120))), {Slot: 1, Data: make([]byte, 64)}}
	b.ReportAllocs()
	for i := uint64(1); b.Loop(); i++ {
		recs[0].Index = i
		if log.Write(recs) != nil || log.Sync() != nil {
			b.Fatal("failed")
		}
		if i%64 == 0 {
			if err := log.Truncate(i - 64); err != nil {
				b.Fatal(err)
			}
		}
	}
}

func BenchmarkLife(b *testing.B) {
	recs := []storage.Record{entry(1, string(make([]byte, 120))), {Slot: 1, Data: make([]byte, 64)}}
	b.ReportAllocs()
	for b.Loop() {
		log := memory.New()
		if log.Write(recs) != nil || log.Sync() != nil || log.Write(recs) != nil {
			b.Fatal("failed")
		}
		log.Crash(1)
		if _, err := log.Reopen(); err != nil {
			b.Fatal(err)
		}
	}
}
