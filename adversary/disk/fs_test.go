package disk_test

import (
	"io/fs"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/adversary/disk"
	"github.com/twothirds-bft/twothirds/storage"
	"github.com/twothirds-bft/twothirds/storage/storagetest"
	"github.com/twothirds-bft/twothirds/storage/wal"
)

func seeded(seed uint64) func(string, uint64) uint64 {
	r := rand.New(rand.NewPCG(seed, 5))
	return func(_ string, n uint64) uint64 { return r.Uint64N(n) }
}

// mild draws what is mildest, always.
func mild(string, uint64) uint64 { return 0 }

const dir = "log"

// made returns a disk with a durable folder.
func made(t testing.TB, draw func(string, uint64) uint64) *disk.FS {
	t.Helper()
	d := disk.New(draw)
	require.NoError(t, d.MkdirAll(dir, 0))
	syncFolder(t, d, ".")
	return d
}

func syncFolder(t testing.TB, d *disk.FS, name string) {
	t.Helper()
	f, err := d.OpenDir(name)
	require.NoError(t, err)
	require.NoError(t, f.Sync())
	require.NoError(t, f.Close())
}

// put writes a file, synced with its name if so wanted.
func put(t testing.TB, d *disk.FS, name, content string, synced bool) wal.File {
	t.Helper()
	f, err := d.Create(filepath.Join(dir, name))
	require.NoError(t, err)
	_, err = f.WriteAt([]byte(content), 0)
	require.NoError(t, err)
	if synced {
		require.NoError(t, f.Sync())
		syncFolder(t, d, dir)
	}
	return f
}

// content returns what a file holds, "-" if it is not there.
func content(t testing.TB, d *disk.FS, name string) string {
	t.Helper()
	f, err := d.Open(filepath.Join(dir, name))
	if err != nil {
		require.ErrorIs(t, err, fs.ErrNotExist)
		return "-"
	}
	size, err := f.Size()
	require.NoError(t, err)
	b := make([]byte, size)
	if size > 0 {
		_, err = f.ReadAt(b, 0)
		require.NoError(t, err)
	}
	return string(b)
}

// walDisk is a disk as the conformance suite of logs wants it.
type walDisk struct {
	*disk.FS
	kill bool
}

func (d *walDisk) Create() (storage.Log, error) { return wal.Create(dir, d.options()) }
func (d *walDisk) Open() (storage.Log, error)   { return wal.Open(dir, d.options()) }
func (d *walDisk) options() wal.Options         { return wal.Options{SegmentBytes: 4 << 10, FS: d.FS} }
func (d *walDisk) Crash() {
	if d.kill {
		d.FS.Kill()
		return
	}
	d.FS.Crash()
}

// TestLogConforms: on a disk that only tears, the log keeps its contract (spec R2, R3).
func TestLogConforms(t *testing.T) {
	for name, kill := range map[string]bool{"power failure": false, "process killed": true} {
		t.Run(name, func(t *testing.T) {
			storagetest.Run(t, func(t *testing.T) storagetest.Disk { return &walDisk{disk.New(seeded(1)), kill} })
		})
	}
}

// TestSyncIsWhatSurvives a power failure; all of it is there after a kill.
func TestSyncIsWhatSurvives(t *testing.T) {
	d := made(t, mild)
	put(t, d, "a", "synced", true)
	f := put(t, d, "b", "name not synced", false)
	require.NoError(t, f.Sync())
	put(t, d, "c", "neither", false)
	d.Kill()
	require.Equal(t, []string{"synced", "name not synced", "neither"}, []string{content(t, d, "a"), content(t, d, "b"), content(t, d, "c")})
	d.Crash()
	require.Equal(t, []string{"synced", "-", "-"}, []string{content(t, d, "a"), content(t, d, "b"), content(t, d, "c")})
	require.ErrorIs(t, f.Sync(), disk.ErrPowerless)
	require.Empty(t, d.Faults())
}

// TestTornWrites: of what was not synced any part may be there, sectors apart from each
// other and torn within, and it is never anything else.
func TestTornWrites(t *testing.T) {
	seen := map[string]int{}
	for seed := range uint64(300) {
		d := made(t, seeded(seed))
		f := put(t, d, "a", strings.Repeat("0", 2*disk.SectorBytes), true)
		for _, c := range []string{"1", "2"} {
			_, err := f.WriteAt([]byte(strings.Repeat(c, 2*disk.SectorBytes)), 0)
			require.NoError(t, err)
		}
		d.Crash()
		b := content(t, d, "a")
		require.Len(t, b, 2*disk.SectorBytes)
		require.Empty(t, strings.Trim(b, "012"))
		torn := strings.Count(b, "01") + strings.Count(b, "10") + strings.Count(b, "12") + strings.Count(b, "21")
		seen[string(b[0])+string(b[len(b)-1])]++
		if torn > 1 || torn == 1 && b[disk.SectorBytes-1] == b[disk.SectorBytes] {
			seen["within"]++
		}
	}
	for _, want := range []string{"00", "01", "02", "10", "11", "12", "20", "21", "22", "within"} {
		require.NotZero(t, seen[want], want)
	}
}

// TestNames: a rename or removal that was not synced has happened or not.
func TestNames(t *testing.T) {
	seen := map[string]int{}
	for seed := range uint64(50) {
		d := made(t, seeded(seed))
		put(t, d, "old", "x", true)
		put(t, d, "gone", "y", true)
		require.NoError(t, d.Rename(dir+"/old", dir+"/new"))
		require.NoError(t, d.Remove(dir+"/gone"))
		names, err := d.List(dir)
		require.NoError(t, err)
		require.Equal(t, []string{"new"}, names)
		d.Crash()
		names, err = d.List(dir)
		require.NoError(t, err)
		seen[strings.Join(names, " ")]++
	}
	require.Len(t, seen, 4)
	d := made(t, mild)
	require.ErrorIs(t, d.Remove(dir+"/none"), fs.ErrNotExist)
	require.ErrorIs(t, d.Rename(dir+"/none", dir+"/new"), fs.ErrNotExist)
	put(t, d, "a", "x", false)
	require.Error(t, d.Rename(dir+"/a", "a"))
	for _, f := range []func() error{
		func() error { _, err := d.Create("none/a"); return err },
		func() error { _, err := d.OpenDir("none"); return err },
		func() error { _, err := d.List("none"); return err },
		func() error { _, err := d.Lock("none/lock"); return err },
	} {
		require.ErrorIs(t, f(), fs.ErrNotExist)
	}
	require.NoError(t, d.MkdirAll("x/y", 0))
	d.Crash()
	_, err := d.List("x/y")
	require.ErrorIs(t, err, fs.ErrNotExist, "the folder was not synced")
}

// TestLocks end with the process.
func TestLocks(t *testing.T) {
	d := made(t, mild)
	l, err := d.Lock(dir + "/lock")
	require.NoError(t, err)
	_, err = d.Lock(dir + "/lock")
	require.ErrorIs(t, err, storage.ErrLocked)
	require.NoError(t, l.Close())
	first, err := d.Lock(dir + "/lock")
	require.NoError(t, err)
	d.Kill()
	_, err = d.Lock(dir + "/lock")
	require.NoError(t, err)
	require.NoError(t, first.Close(), "it is another's by now")
	_, err = d.Lock(dir + "/lock")
	require.ErrorIs(t, err, storage.ErrLocked)
}

// letters returns one for each sector: all of it is that letter, or zeros.
func letters(b string) string {
	var out []byte
	for ; b != ""; b = b[disk.SectorBytes:] {
		c := b[0]
		if strings.Trim(b[:disk.SectorBytes], string(c)) != "" {
			c = '?'
		} else if c == 0 {
			c = '0'
		}
		out = append(out, c)
	}
	return string(out)
}

// TestFaults: what each fault does to a file of two sectors.
func TestFaults(t *testing.T) {
	old, fresh := strings.Repeat("o", disk.SectorBytes), strings.Repeat("f", disk.SectorBytes)
	for _, c := range []struct {
		kind   disk.Kind
		odds   disk.Odds
		before string // read without a crash
		after  string // and with one
	}{
		{disk.LostSync, disk.Odds{LostSync: 1}, "of", "oo"},
		{disk.SyncError, disk.Odds{SyncError: 1}, "of", "oo"},
		{disk.LostWrite, disk.Odds{LostWrite: 1}, "of", "oo"},
		{disk.Misdirected, disk.Odds{Misdirected: 1}, "of", "fo"},
		{disk.StaleRead, disk.Odds{StaleRead: 1}, "0f", "0f"}, // the first sector, which was empty once
	} {
		t.Run(string(c.kind), func(t *testing.T) {
			d := made(t, mild)
			f := put(t, d, "a", old+old, true)
			_, err := f.WriteAt([]byte(fresh), disk.SectorBytes)
			require.NoError(t, err)
			d.Odds = c.odds
			err = f.SyncData()
			require.Equal(t, c.kind == disk.SyncError, err != nil)
			require.Equal(t, c.before, letters(content(t, d, "a")))
			d.Crash()
			require.Equal(t, c.after, letters(content(t, d, "a")))
			require.Equal(t, c.kind, d.Faults()[0].Kind)
			require.Equal(t, "log/a", d.Faults()[0].Name)
			require.Contains(t, d.Faults()[0].String(), string(c.kind)+" in log/a")
		})
	}
}

// TestLostSyncIsMadeUpFor by the next one that is true.
func TestLostSyncIsMadeUpFor(t *testing.T) {
	d := made(t, mild)
	f := put(t, d, "a", "old", true)
	_, err := f.WriteAt([]byte("new"), 0)
	require.NoError(t, err)
	d.Odds.LostSync = 1
	require.NoError(t, f.Sync())
	d.Odds.LostSync = 0
	require.NoError(t, f.Sync())
	d.Crash()
	require.Equal(t, "new", content(t, d, "a"))
}

// TestFailSync fails the next sync alone. What it covered may be gone, though the cache has
// it and the next sync succeeds.
func TestFailSync(t *testing.T) {
	d := made(t, mild)
	f := put(t, d, "a", "old", true)
	_, err := f.WriteAt([]byte("new"), 0)
	require.NoError(t, err)
	d.FailSync(syscall.EDQUOT)
	require.ErrorIs(t, f.Sync(), syscall.EDQUOT)
	require.NoError(t, f.Sync())
	require.Equal(t, "new", content(t, d, "a"))
	d.Crash()
	require.Equal(t, "old", content(t, d, "a"))
}

// TestFull: writes beyond the capacity fail, and may have been done in part.
func TestFull(t *testing.T) {
	d := made(t, seeded(1))
	f := put(t, d, "a", "1234", false)
	d.Capacity = 10
	require.ErrorIs(t, f.Preallocate(0, 11), syscall.ENOSPC)
	require.NoError(t, f.Preallocate(0, 6))
	require.NoError(t, f.Preallocate(0, 5))
	n, err := f.WriteAt([]byte("567890123"), 4)
	require.ErrorIs(t, err, syscall.ENOSPC)
	require.Less(t, n, 7)
	require.LessOrEqual(t, len(content(t, d, "a")), 10)
	require.Equal(t, disk.Full, d.Faults()[0].Kind)
	require.NoError(t, f.Truncate(2))
	_, err = f.WriteAt([]byte("x"), 8)
	require.NoError(t, err)
	require.Equal(t, "12\x00\x00\x00\x00\x00\x00x", content(t, d, "a"))
}

// TestTruncate: what was cut off does not come back when the file grows again.
func TestTruncate(t *testing.T) {
	d := made(t, mild)
	f := put(t, d, "a", strings.Repeat("x", 3*disk.SectorBytes), true)
	require.NoError(t, f.Truncate(100))
	require.NoError(t, f.Preallocate(0, 2*disk.SectorBytes))
	require.NoError(t, f.Sync())
	d.Crash()
	require.Equal(t, strings.Repeat("x", 100)+strings.Repeat("\x00", 2*disk.SectorBytes-100), content(t, d, "a"))
}

// TestRot flips one bit, which shows once the cache is gone.
func TestRot(t *testing.T) {
	d := made(t, seeded(3))
	require.False(t, d.Rot(), "nothing to rot")
	put(t, d, "a", strings.Repeat("x", 1000), true)
	require.True(t, d.Rot())
	require.Equal(t, strings.Repeat("x", 1000), content(t, d, "a"))
	d.Reboot()
	b, at := content(t, d, "a"), d.Faults()[0].Offset
	require.NotEqual(t, byte('x'), b[at])
	require.Equal(t, strings.Repeat("x", 999), b[:at]+b[at+1:])
}

// TestImages: an old image is all that there is, and stays as it was.
func TestImages(t *testing.T) {
	d := made(t, mild)
	f := put(t, d, "a", "old", true)
	img := d.Image()
	_, err := f.WriteAt([]byte("new"), 0)
	require.NoError(t, err)
	put(t, d, "b", "later", true)
	require.NoError(t, f.Sync())
	for range 2 {
		d.PutBack(img)
		require.Equal(t, []string{"old", "-"}, []string{content(t, d, "a"), content(t, d, "b")})
		put(t, d, "a", "newer", true)
	}
	require.Equal(t, disk.OldImage, d.Faults()[0].Kind)
}

// TestReadErrors fail reads, and nothing else.
func TestReadErrors(t *testing.T) {
	d := made(t, mild)
	f := put(t, d, "a", "x", true)
	d.Odds.ReadError = 1
	_, err := f.ReadAt(make([]byte, 1), 0)
	require.ErrorIs(t, err, syscall.EIO)
	d.Odds.ReadError = 0
	require.Equal(t, "x", content(t, d, "a"))
}

// TestSameDrawsSameDisk: what happens is a function of the draws.
func TestSameDrawsSameDisk(t *testing.T) {
	run := func(seed uint64) (string, []disk.Fault) {
		d := made(t, seeded(seed))
		d.Odds = disk.Odds{LostSync: 3, SyncError: 3, LostWrite: 3, Misdirected: 3, StaleRead: 3}
		for range 20 {
			f, err := d.Create(dir + "/a")
			require.NoError(t, err)
			_, err = f.WriteAt([]byte(strings.Repeat("ab", disk.SectorBytes)), 0)
			require.NoError(t, err)
			_ = f.Sync()
			put(t, d, "b", "c", false)
			d.Rot()
			d.Crash()
		}
		d.Odds = disk.Odds{}
		return content(t, d, "a") + content(t, d, "b"), d.Faults()
	}
	seen := map[string]bool{}
	for seed := range uint64(10) {
		b, faults := run(seed)
		again, same := run(seed)
		require.Equal(t, b, again)
		require.Equal(t, faults, same)
		seen[b] = true
	}
	require.Greater(t, len(seen), 3)
}
