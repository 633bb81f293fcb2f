package quorum

import "slices"

// Clone returns a count of the same votes that changes on its own.
func (v *Votes) Clone() *Votes {
	w := *v
	w.order, w.place = slices.Clone(v.order), slices.Clone(v.place)
	return &w
}
