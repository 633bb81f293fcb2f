package storagetest

import (
	"bytes"
	"errors"
	"fmt"
	"slices"

	"github.com/twothirds-bft/twothirds/storage"
)

// history is the naive log: all that was ever written.
type history struct {
	recs   []storage.Record
	synced int    // of recs
	before uint64 // entries below may be gone
}

func (h *history) write(recs []storage.Record) {
	for _, rec := range recs {
		rec.Data = append([]byte{}, rec.Data...)
		h.recs = append(h.recs, rec)
	}
}

// cut shortens the history to what the log holds after a crash: all that was synced and a prefix of the rest.
func (h *history) cut(log storage.Log) error {
	var errs []error
	for n := len(h.recs); n >= h.synced; n-- {
		err := h.compare(log, n)
		if err == nil {
			h.recs, h.synced = h.recs[:n], n
			return nil
		}
		errs = append(errs, err)
	}
	return fmt.Errorf("%d records synced, %d written, but the log holds no prefix between: %w", h.synced, len(h.recs), errors.Join(errs...))
}

// compare returns how the log differs from the first n records.
func (h *history) compare(log storage.Log, n int) error {
	entries, states := make(map[uint64][][]byte), make(map[uint8][]byte)
	for _, rec := range h.recs[:n] {
		if rec.Slot == 0 {
			entries[rec.Index] = append(entries[rec.Index], rec.Data)
		} else {
			states[rec.Slot] = rec.Data
		}
	}
	for slot := range 256 {
		got, want := log.State(uint8(slot)), states[uint8(slot)]
		if !bytes.Equal(got, want) || (got == nil) != (want == nil) {
			return fmt.Errorf("state %d is %.20q, not %.20q", slot, got, want)
		}
	}
	if err := h.compareBounds(log, entries); err != nil {
		return err
	}
	return h.compareEntries(log, entries)
}

func (h *history) compareBounds(log storage.Log, entries map[uint64][][]byte) error {
	var lowest, first, last uint64 // lowest of all, first of those that must be there
	for index := range entries {
		if lowest == 0 || index < lowest {
			lowest = index
		}
		if index >= h.before && (first == 0 || index < first) {
			first = index
		}
		last = max(last, index)
	}
	gotFirst, gotLast := log.First(), log.Last()
	switch {
	case first == 0 && gotFirst == 0 && gotLast == 0: // all may be gone
	case gotFirst < lowest || first != 0 && gotFirst > first:
		return fmt.Errorf("the first index is %d, not between %d and %d", gotFirst, lowest, first)
	case gotLast > last || first != 0 && gotLast != last:
		return fmt.Errorf("the last index is %d, not %d", gotLast, last)
	case gotFirst > gotLast:
		return fmt.Errorf("the first index is %d, the last %d", gotFirst, gotLast)
	}
	return nil
}

// compareEntries also asks for entries that should not be there: the indexes beside those that should.
func (h *history) compareEntries(log storage.Log, entries map[uint64][][]byte) error {
	first := log.First()
	ask := []uint64{0, 1, first - 1, first, log.Last() + 1}
	for index := range entries {
		ask = append(ask, index, index+1)
	}
	for _, index := range ask {
		got, err := log.Entries(index)
		want := entries[index]
		switch {
		case index < first:
			if !errors.Is(err, storage.ErrTruncated) || got != nil {
				return fmt.Errorf("Entries(%d) below First, %d: %d entries and no ErrTruncated: %w", index, first, len(got), err)
			}
			continue
		case err != nil:
			return fmt.Errorf("Entries(%d): %w", index, err)
		case index < h.before && len(got) < len(want): // older ones may be gone
			want = want[len(want)-len(got):]
		}
		if !slices.EqualFunc(got, want, bytes.Equal) {
			return fmt.Errorf("Entries(%d) are %.20q, not %.20q", index, got, want)
		}
	}
	return nil
}
