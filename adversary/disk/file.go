package disk

import (
	"bytes"
	"io"
	"syscall"
)

// SectorBytes is the unit in which the disk writes.
const SectorBytes = 512

// inode is a file. cache is what the running system sees, platter what the power leaves.
type inode struct {
	name    string
	cache   []byte
	platter []byte
	// dirty holds, for each sector that was written since the last sync, what it was after
	// each write, oldest first.
	dirty map[int64][][]byte
	// before holds what each sector was before the last sync that wrote it.
	before map[int64][]byte
}

// sector returns a copy of a sector of b, with zeros beyond the end.
func sector(b []byte, i int64) []byte {
	s := make([]byte, SectorBytes)
	if from := i * SectorBytes; from < int64(len(b)) {
		copy(s, b[from:])
	}
	return s
}

// resized returns b with a length, zeros at the end.
func resized(b []byte, size int64) []byte {
	if size <= int64(len(b)) {
		return b[:size:size]
	}
	return append(b, make([]byte, size-int64(len(b)))...)
}

// put writes a sector to the platter, as far as that reaches.
func (f *inode) put(i int64, s []byte) {
	if from := i * SectorBytes; from < int64(len(f.platter)) {
		copy(f.platter[from:], s)
	}
}

// handle is an open file.
type handle struct {
	*inode
	disk  *FS
	power int
}

// ReadAt implements io.ReaderAt. It may read what stood there before (Odds.StaleRead), or
// fail.
func (h *handle) ReadAt(b []byte, off int64) (int, error) {
	d, f := h.disk, h.inode
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case h.power != d.power:
		return 0, ErrPowerless
	case d.hit("read error", d.Odds.ReadError):
		d.note(ReadError, f, off, int64(len(b)))
		return 0, syscall.EIO
	case off >= int64(len(f.cache)):
		return 0, io.EOF
	}
	n := copy(b, f.cache[off:])
	if len(f.before) > 0 && d.hit("stale read", d.Odds.StaleRead) {
		f.stale(d, b[:n], off)
	}
	if n < len(b) {
		return n, io.EOF
	}
	return n, nil
}

// stale replaces one sector of what was read by what it was before.
func (f *inode) stale(d *FS, b []byte, off int64) {
	var old []int64
	for _, i := range sorted(f.before) {
		if i*SectorBytes >= off && (i+1)*SectorBytes <= off+int64(len(b)) && f.dirty[i] == nil {
			old = append(old, i)
		}
	}
	if len(old) == 0 {
		return
	}
	i := old[d.draw("stale sector", uint64(len(old)))]
	copy(b[i*SectorBytes-off:], f.before[i])
	d.note(StaleRead, f, i*SectorBytes, SectorBytes)
}

// WriteAt implements io.WriterAt. What finds no room is written in part, or not at all.
func (h *handle) WriteAt(b []byte, off int64) (int, error) {
	d, f := h.disk, h.inode
	d.mu.Lock()
	defer d.mu.Unlock()
	if h.power != d.power {
		return 0, ErrPowerless
	}
	n := int64(len(b))
	if grow := off + n - int64(len(f.cache)); grow > 0 && d.Capacity > 0 && d.used()+grow > d.Capacity {
		d.note(Full, f, off, n)
		n = int64(d.draw("written of it", uint64(max(d.Capacity-d.used()+n-grow, 0)+1)))
	}
	if n > 0 {
		f.write(b[:n], off)
	}
	if n < int64(len(b)) {
		return int(n), syscall.ENOSPC
	}
	return int(n), nil
}

func (f *inode) write(b []byte, off int64) {
	end := off + int64(len(b))
	f.grow(end)
	copy(f.cache[off:], b)
	f.soil(off, end)
}

// grow makes the file at least so long. What it gains reads as zeros, also where the
// platter holds more of it: it was cut off once.
func (f *inode) grow(size int64) {
	was := int64(len(f.cache))
	f.cache = resized(f.cache, max(size, was))
	f.soil(was, min(int64(len(f.platter)), size))
}

// soil notes that sectors were written.
func (f *inode) soil(from, to int64) {
	if f.dirty == nil {
		f.dirty = map[int64][][]byte{}
	}
	for i := from / SectorBytes; i*SectorBytes < to; i++ {
		f.dirty[i] = append(f.dirty[i], sector(f.cache, i))
	}
}

// Size implements wal.File.
func (h *handle) Size() (int64, error) {
	h.disk.mu.Lock()
	defer h.disk.mu.Unlock()
	if h.power != h.disk.power {
		return 0, ErrPowerless
	}
	return int64(len(h.cache)), nil
}

// Preallocate implements wal.File.
func (h *handle) Preallocate(offset, length int64) error {
	d, f := h.disk, h.inode
	d.mu.Lock()
	defer d.mu.Unlock()
	grow := offset + length - int64(len(f.cache))
	switch {
	case h.power != d.power:
		return ErrPowerless
	case grow <= 0:
		return nil
	case d.Capacity > 0 && d.used()+grow > d.Capacity:
		d.note(Full, f, offset, length)
		return syscall.ENOSPC
	}
	f.grow(offset + length)
	return nil
}

// Truncate implements wal.File. It is durable after the next sync, and may be so before.
func (h *handle) Truncate(size int64) error {
	f := h.inode
	h.disk.mu.Lock()
	defer h.disk.mu.Unlock()
	if h.power != h.disk.power {
		return ErrPowerless
	}
	f.cache = resized(f.cache, size)
	for _, i := range sorted(f.dirty) {
		if i*SectorBytes >= size {
			delete(f.dirty, i)
		} else if (i+1)*SectorBytes > size {
			f.dirty[i] = append(f.dirty[i], sector(f.cache, i))
		}
	}
	return nil
}

// Close implements io.Closer.
func (h *handle) Close() error { return nil }

// SyncData implements wal.File.
func (h *handle) SyncData() error { return h.Sync() }

// Sync implements wal.File. It may lie, fail, or do its work badly: see Odds.
func (h *handle) Sync() error {
	d, f := h.disk, h.inode
	d.mu.Lock()
	defer d.mu.Unlock()
	if h.power != d.power {
		return ErrPowerless
	}
	lost, err := d.syncFails(f.name)
	switch {
	case err != nil:
		// What was dirty counts as clean, whether or not it arrived.
		f.tear(d)
		return err
	case lost:
		return nil // it stays dirty
	}
	f.sync(d.store)
	return nil
}

// sync moves what is dirty to the platter.
func (f *inode) sync(store func(*inode, int64, []byte)) {
	f.platter = resized(f.platter, int64(len(f.cache)))
	for _, i := range sorted(f.dirty) {
		s := sector(f.cache, i)
		if was := sector(f.platter, i); !bytes.Equal(was, s) {
			if f.before == nil {
				f.before = map[int64][]byte{}
			}
			f.before[i] = was
			store(f, i, s)
		}
	}
	f.dirty = nil
}

// tear leaves of each dirty sector some version on the platter, torn, and of the two
// lengths one.
func (f *inode) tear(d *FS) {
	if len(f.cache) != len(f.platter) && d.draw("length arrived", 2) == 1 {
		f.platter = resized(f.platter, int64(len(f.cache)))
	}
	for _, i := range sorted(f.dirty) {
		versions := append([][]byte{sector(f.platter, i)}, f.dirty[i]...)
		v := d.draw("version of a sector", uint64(len(versions)))
		s := versions[v]
		if v > 0 && d.draw("torn", 4) == 3 { // its front is new and its rest is old
			at := d.draw("torn at", SectorBytes)
			copy(s[at:], versions[v-1][at:])
		}
		f.put(i, s)
	}
	f.dirty = nil
}
