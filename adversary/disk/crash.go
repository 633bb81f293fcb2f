package disk

import (
	"maps"
	"path/filepath"
	"slices"
)

// Crash cuts the power: what was not synced is torn, the cache is gone, files that were
// open are of no use, and locks are free.
func (d *FS) Crash() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.crash()
}

func (d *FS) crash() {
	for _, r := range d.pending {
		if d.draw("name arrived", 2) == 1 {
			r.apply(d.durable)
		}
	}
	maps.DeleteFunc(d.dirs, func(_ string, durable bool) bool { return !durable })
	for _, name := range sorted(d.durable) {
		f := d.durable[name]
		if !d.dirs[filepath.Dir(name)] {
			delete(d.durable, name)
			continue
		}
		f.name = name
		f.tear(d)
		f.cache = slices.Clone(f.platter)
	}
	d.names, d.pending, d.locks = maps.Clone(d.durable), nil, map[string]bool{}
	d.power++
}

// Kill ends the process that uses the disk: files that were open are of no use, and locks
// are free. What it wrote stays in the cache.
func (d *FS) Kill() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.locks = map[string]bool{}
	d.power++
}

// Reboot makes everything durable and drops the cache, as an orderly restart of the machine
// does. What is wrong with the platter shows from then on. It adds no fault of its own.
func (d *FS) Reboot() {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, r := range d.pending {
		r.apply(d.durable)
	}
	d.pending = nil
	for dir := range d.dirs { // order: all become durable
		d.dirs[dir] = true
	}
	for _, f := range d.durable { // order: no draw in it
		f.sync((*inode).put)
	}
	d.crash()
}

// Image is what was on a platter. It is a copy, and stays as it is.
type Image struct {
	files map[string][]byte
	dirs  map[string]bool
}

// Image returns what is on the platter.
func (d *FS) Image() *Image {
	d.mu.Lock()
	defer d.mu.Unlock()
	img := &Image{files: map[string][]byte{}, dirs: maps.Clone(d.dirs)}
	for name, f := range d.durable { // order: a copy
		img.files[name] = slices.Clone(f.platter)
	}
	maps.DeleteFunc(img.dirs, func(_ string, durable bool) bool { return !durable })
	return img
}

// PutBack cuts the power and puts an image on the platter, as who restores a backup does
// (Kind OldImage). Nothing on the disk tells that.
func (d *FS) PutBack(img *Image) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.durable, d.pending, d.dirs = map[string]*inode{}, nil, maps.Clone(img.dirs)
	for name, b := range img.files { // order: a copy
		d.durable[name] = &inode{name: name, cache: slices.Clone(b), platter: slices.Clone(b)}
	}
	d.faults = append(d.faults, Fault{Kind: OldImage})
	d.crash()
}
