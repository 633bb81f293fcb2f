package disk

import (
	"bytes"
	"fmt"
	"syscall"
)

// Kind names what a disk did.
type Kind string

// The faults.
const (
	LostSync    Kind = "lost-sync"   // a sync that did nothing and said it had; what it covered is still unsynced
	SyncError   Kind = "sync-error"  // a sync that failed; what it covered is in the cache, counts as clean, and may be gone
	LostWrite   Kind = "lost-write"  // a synced sector that never arrived
	Misdirected Kind = "misdirected" // a synced sector that another one got, which lost what it held
	StaleRead   Kind = "stale-read"  // a sector was read as it was before it was last written
	ReadError   Kind = "read-error"
	Full        Kind = "full"
	Rot         Kind = "rot" // a bit flipped on the platter
	OldImage    Kind = "old-image"
)

// Odds says how often an operation goes wrong: one in so many, 0 never.
type Odds struct {
	LostSync    uint64 // of syncs, of files and folders
	SyncError   uint64 // of syncs, of files and folders
	LostWrite   uint64 // of sectors that a sync writes
	Misdirected uint64 // of sectors that a sync writes
	StaleRead   uint64 // of reads
	ReadError   uint64 // of reads
}

// Fault is something that a disk did, and where: which bytes are not what they should be,
// or were read so.
type Fault struct {
	Kind           Kind
	Name           string // of the file or folder
	Offset, Length int64
}

// String says what and where.
func (f Fault) String() string {
	return fmt.Sprintf("%s in %s, %d bytes at %d", f.Kind, f.Name, f.Length, f.Offset)
}

// Faults returns what the disk did so far, oldest first.
func (d *FS) Faults() []Fault {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.faults[:len(d.faults):len(d.faults)]
}

// FailSync makes the next sync fail with err, as Odds.SyncError does by chance.
func (d *FS) FailSync(err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.fail = err
}

func (d *FS) note(k Kind, f *inode, off, length int64) {
	d.faults = append(d.faults, Fault{Kind: k, Name: f.name, Offset: off, Length: length})
}

// hit draws for something that happens one time in so many.
func (d *FS) hit(label string, odds uint64) bool {
	return odds > 0 && d.draw(label, odds) == odds-1
}

// syncFails draws whether a sync is lost, or fails.
func (d *FS) syncFails(name string) (lost bool, err error) {
	if d.hit("lost sync", d.Odds.LostSync) {
		d.faults = append(d.faults, Fault{Kind: LostSync, Name: name})
		return true, nil
	}
	err = d.fail
	if d.fail = nil; err == nil && d.hit("sync error", d.Odds.SyncError) {
		err = syscall.EIO
	}
	if err != nil {
		d.faults = append(d.faults, Fault{Kind: SyncError, Name: name})
	}
	return false, err
}

// store writes a sector to the platter: there, nowhere, or elsewhere.
func (d *FS) store(f *inode, i int64, s []byte) {
	switch {
	case d.hit("lost write", d.Odds.LostWrite):
		d.note(LostWrite, f, i*SectorBytes, SectorBytes)
		return
	case d.hit("misdirected write", d.Odds.Misdirected):
		d.note(Misdirected, f, i*SectorBytes, SectorBytes)
		if all := d.files(); len(all) > 0 {
			f = all[d.draw("file hit", uint64(len(all)))]
			i = int64(d.draw("sector hit", uint64((len(f.platter)+SectorBytes-1)/SectorBytes)))
			d.note(Misdirected, f, i*SectorBytes, SectorBytes)
		}
	}
	f.put(i, s)
}

// Rot flips one bit on the platter, in a sector that something was written to, if there is
// any, and reports whether it did. It shows after a Crash or a Reboot.
func (d *FS) Rot() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	type spot struct {
		file   *inode
		sector int64
	}
	var spots []spot
	empty := make([]byte, SectorBytes)
	for _, f := range d.files() {
		for i := int64(0); i*SectorBytes < int64(len(f.platter)); i++ {
			if !bytes.Equal(sector(f.platter, i), empty) {
				spots = append(spots, spot{f, i})
			}
		}
	}
	if len(spots) == 0 {
		return false
	}
	s := spots[d.draw("rotten sector", uint64(len(spots)))]
	off := s.sector * SectorBytes
	off += int64(d.draw("rotten byte", uint64(min(SectorBytes, int64(len(s.file.platter))-off))))
	s.file.platter[off] ^= 1 << d.draw("rotten bit", 8)
	d.note(Rot, s.file, off, 1)
	return true
}
