package disk

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"github.com/twothirds-bft/twothirds/storage"
	"github.com/twothirds-bft/twothirds/storage/wal"
)

// FS is a file system on a disk that fails. Make it with New. Its methods, and those of its
// files, are safe for concurrent use; what is drawn depends on who comes first then.
type FS struct {
	// Odds and Capacity may be changed while nobody uses the disk.
	Odds Odds
	// Capacity is the length of all files together, in bytes; 0 means no limit.
	Capacity int64

	mu     sync.Mutex
	draw   func(label string, n uint64) uint64
	faults []Fault
	fail   error // of the next sync
	power  int   // how often it failed; handles of before are dead

	names   map[string]*inode // as the running system sees them
	durable map[string]*inode // as they are on the platter
	pending []rename          // what durable lacks, in order
	dirs    map[string]bool   // path -> durable
	locks   map[string]bool
}

// rename is a change of names that is not durable yet: name stands for file, nobody for
// old. Either may be missing.
type rename struct {
	dir, name, old string
	file           *inode
}

var _ wal.FS = (*FS)(nil)

// ErrPowerless is the answer to whoever uses a file that was open when the power failed.
var ErrPowerless = errors.New("disk: the power failed")

// New returns an empty file system without faults. draw makes all choices: a number in
// [0, n) for what the label says, as the simulator's Source does; 0 is always the mildest.
func New(draw func(label string, n uint64) uint64) *FS {
	return &FS{
		draw: draw, names: map[string]*inode{}, durable: map[string]*inode{},
		dirs: map[string]bool{".": true, "/": true}, locks: map[string]bool{},
	}
}

// change makes a change of names, which is durable once the folder is synced.
func (d *FS) change(r rename) {
	r.apply(d.names)
	d.pending = append(d.pending, r)
}

func (r *rename) apply(names map[string]*inode) {
	if r.old != "" {
		delete(names, r.old)
	}
	if r.name != "" {
		names[r.name] = r.file
	}
}

func missing(name string) error { return &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist} }

// Create implements wal.FS.
func (d *FS) Create(name string) (wal.File, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	name = filepath.Clean(name)
	dir := filepath.Dir(name)
	if _, ok := d.dirs[dir]; !ok {
		return nil, missing(name)
	}
	file := &inode{name: name}
	d.change(rename{dir: dir, name: name, file: file})
	return d.handle(file), nil
}

// Open implements wal.FS.
func (d *FS) Open(name string) (wal.File, error) { return d.OpenReadWrite(name) }

// OpenReadWrite implements wal.FS.
func (d *FS) OpenReadWrite(name string) (wal.File, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	file := d.names[filepath.Clean(name)]
	if file == nil {
		return nil, missing(name)
	}
	return d.handle(file), nil
}

func (d *FS) handle(f *inode) *handle { return &handle{inode: f, disk: d, power: d.power} }

// OpenDir implements wal.FS.
func (d *FS) OpenDir(name string) (wal.File, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	name = filepath.Clean(name)
	if _, ok := d.dirs[name]; !ok {
		return nil, missing(name)
	}
	return &folder{disk: d, name: name, power: d.power}, nil
}

// Remove implements wal.FS.
func (d *FS) Remove(name string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	name = filepath.Clean(name)
	if d.names[name] == nil {
		return missing(name)
	}
	d.change(rename{dir: filepath.Dir(name), old: name})
	return nil
}

// Rename implements wal.FS. Both names are in one folder.
func (d *FS) Rename(oldname, newname string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	oldname, newname = filepath.Clean(oldname), filepath.Clean(newname)
	file := d.names[oldname]
	switch {
	case file == nil:
		return missing(oldname)
	case filepath.Dir(oldname) != filepath.Dir(newname):
		return fmt.Errorf("disk: %s is not in the folder of %s", newname, oldname)
	}
	file.name = newname
	d.change(rename{dir: filepath.Dir(newname), name: newname, old: oldname, file: file})
	return nil
}

// MkdirAll implements wal.FS.
func (d *FS) MkdirAll(dir string, _ os.FileMode) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	for dir = filepath.Clean(dir); ; dir = filepath.Dir(dir) {
		if _, ok := d.dirs[dir]; ok {
			return nil
		}
		d.dirs[dir] = false
	}
}

// List implements wal.FS.
func (d *FS) List(dir string) ([]string, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	dir = filepath.Clean(dir)
	if _, ok := d.dirs[dir]; !ok {
		return nil, missing(dir)
	}
	var names []string
	for _, name := range slices.Sorted(maps.Keys(d.names)) {
		if filepath.Dir(name) == dir {
			names = append(names, filepath.Base(name))
		}
	}
	return names, nil
}

// Lock implements wal.FS.
func (d *FS) Lock(name string) (io.Closer, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	name = filepath.Clean(name)
	switch _, ok := d.dirs[filepath.Dir(name)]; {
	case !ok:
		return nil, missing(name)
	case d.locks[name]:
		return nil, fmt.Errorf("%w: %s", storage.ErrLocked, name)
	}
	d.locks[name] = true
	return &lock{d, name, d.power}, nil
}

type lock struct {
	disk  *FS
	name  string
	power int
}

// Close implements io.Closer.
func (l *lock) Close() error {
	l.disk.mu.Lock()
	defer l.disk.mu.Unlock()
	if l.power == l.disk.power {
		delete(l.disk.locks, l.name)
	}
	return nil
}

// folder is a handle of a folder, for its Sync alone.
type folder struct {
	wal.File // panics for whatever else is asked of it
	disk     *FS
	name     string
	power    int
}

// Close implements io.Closer.
func (f *folder) Close() error { return nil }

// Sync makes the names in the folder durable, those of folders too.
func (f *folder) Sync() error {
	d := f.disk
	d.mu.Lock()
	defer d.mu.Unlock()
	if f.power != d.power {
		return ErrPowerless
	}
	if lost, err := d.syncFails(f.name); lost || err != nil {
		return err
	}
	left := d.pending[:0:0]
	for _, r := range d.pending {
		if r.dir == f.name {
			r.apply(d.durable)
		} else {
			left = append(left, r)
		}
	}
	d.pending = left
	for dir := range d.dirs { // order: each is looked at by itself
		if dir != f.name && filepath.Dir(dir) == f.name {
			d.dirs[dir] = true
		}
	}
	return nil
}

// files returns the files on the platter that hold anything, in order of their names.
func (d *FS) files() []*inode {
	var all []*inode
	for _, name := range slices.Sorted(maps.Keys(d.durable)) {
		if f := d.durable[name]; len(f.platter) > 0 {
			all = append(all, f)
		}
	}
	return all
}

// used returns the length of all files together.
func (d *FS) used() (sum int64) {
	for _, f := range d.names { // order: a sum
		sum += int64(len(f.cache))
	}
	return sum
}

// sorted returns the keys of m in order.
func sorted[K cmp.Ordered, V any](m map[K]V) []K { return slices.Sorted(maps.Keys(m)) }
