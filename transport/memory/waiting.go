package memory

import (
	"cmp"
	"slices"

	"github.com/twothirds-bft/twothirds/transport"
)

// waiting holds, by the key of a listener, the endpoints that are to dial it and have no link to it, in the
// order of joining. Only they are looked at when something changes, so that an endpoint joins and leaves at
// the cost of its own links, however many others there are.
type waiting map[transport.Peer][]*Endpoint

func (w waiting) find(key transport.Peer, e *Endpoint) (int, bool) {
	return slices.BinarySearchFunc(w[key], e, func(a, b *Endpoint) int { return cmp.Compare(a.turn, b.turn) })
}

func (w waiting) add(key transport.Peer, e *Endpoint) {
	if i, found := w.find(key, e); !found {
		w[key] = slices.Insert(w[key], i, e)
	}
}

func (w waiting) remove(key transport.Peer, e *Endpoint) {
	i, found := w.find(key, e)
	if !found {
		return
	}
	if w[key] = slices.Delete(w[key], i, i+1); len(w[key]) == 0 {
		delete(w, key)
	}
}
