package sim

import (
	"github.com/twothirds-bft/twothirds/clock"
	"github.com/twothirds-bft/twothirds/internal/bug"
)

// due takes the first fault of a kind whose time has come, if the disk has one.
func (d *disk) due(f DiskFault, from clock.Duration) bool {
	for i := range d.faults {
		if x := &d.faults[i]; x.Fault == f && from >= x.from() {
			d.faults = append(d.faults[:i:i], d.faults[i+1:]...)
			return true
		}
	}
	return false
}

// from is when a fault may strike.
func (x *Disk) from() clock.Duration {
	if x.Fault == OldImage {
		return max(x.From, x.To)
	}
	return x.From
}

// now returns a fault of a kind that lasts, while it lasts.
func (d *disk) now(f DiskFault, w *World) *Disk {
	t := w.elapsed()
	for i := range d.faults {
		if x := &d.faults[i]; x.Fault == f && t >= x.From && t < w.sc.Heal && (x.To == 0 || t < x.To) {
			return x
		}
	}
	return nil
}

// slow returns how much longer a sync takes at most.
func (d *disk) slow(h *host) clock.Duration {
	if x := d.now(Slow, h.w); x != nil {
		h.w.Sometimes(string(Slow), true)
		return x.By
	}
	return 0
}

// fails reports whether the disk refuses to take records: the process is dead then.
func (d *disk) fails(h *host) bool {
	for _, f := range [...]DiskFault{Full, SyncError} {
		if d.due(f, h.w.elapsed()) {
			if bug.M34 && f == SyncError {
				d.lying, d.kept = true, d.synced
				return false
			}
			h.stop(string(f))
			return true
		}
	}
	return false
}

// sync ends a sync. The faults that sit in wait for one strike.
func (d *disk) sync(h *host) {
	if len(d.faults) == 0 && !d.lying && !bug.M33 {
		d.synced = len(d.records)
		return
	}
	switch lies := d.now(LostSync, h.w) != nil || bug.M33 || bug.M34 && d.lying; {
	case !lies:
		d.lying = false
	case !d.lying:
		d.lying, d.kept = true, d.synced
	}
	d.synced = len(d.records)
	if d.proven > 0 {
		if d.due(Rot, h.w.elapsed()) {
			d.damage(h, Rot)
		}
		if d.due(Misdirected, h.w.elapsed()) {
			d.damage(h, Misdirected)
			d.damaged[len(d.records)-1] = true // and its own place is empty
			d.index = index{}
		}
	}
}

// damage breaks a record that a later one shows to have been synced.
func (d *disk) damage(h *host, f DiskFault) {
	if d.damaged == nil {
		d.damaged = map[int]bool{}
	}
	d.damaged[int(h.src.Draw("damaged", uint64(d.proven)))] = true
	d.index = index{}
	h.fault(string(f))
}

// forget is what a power cut does to a disk whose syncs lied. It reports whether
// anything was lost.
func (d *disk) forget(h *host) bool {
	if !d.lying {
		return false
	}
	d.lying = false
	keep := d.kept + int(h.src.Draw("kept", uint64(len(d.records)-d.kept)+1))
	return d.cut(h, keep, LostSync)
}

// cut takes away all records from the given one on.
func (d *disk) cut(h *host, keep int, f DiskFault) bool {
	if keep >= len(d.records) {
		return false
	}
	d.records = d.records[:keep:keep]
	d.index = index{}
	h.fault(string(f))
	return true
}

// mount is what a process finds when it starts. It reports whether it may go on: a log
// that is damaged in the middle is refused (spec R2).
func (d *disk) mount(h *host) bool {
	t := h.w.elapsed()
	if bug.M35 {
		d.cutDamaged(h)
	}
	if len(d.damaged) > 0 {
		h.stop(refused)
		return false
	}
	if n := len(d.records); n > 0 && d.due(StaleRead, t) {
		d.cut(h, n-1-int(h.src.Draw("stale", uint64(min(n, staleMost)))), StaleRead)
	}
	if d.due(OldImage, t) {
		d.cut(h, d.image, OldImage)
	}
	d.synced, d.proven = len(d.records), len(d.records)
	return true
}

// staleMost is how many records a stale read hides at most.
const staleMost = 16
