package wal

import (
	"encoding/binary"
	"hash/crc32"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/twothirds-bft/twothirds/storage"
)

// All numbers on disk are little-endian. A segment begins with
//
//	 0  magic     8    "2/3 log\n"
//	 8  version   4
//	12  head      4    where the head ends: all below was durable before the segment had its name
//	16  number    8
//	24  log       8    drawn at Create, the same in all segments
//	32  previous  4    where the segment before this one ends
//	36  zeros    24
//	60  checksum  4    of the 60 bytes before
//
// and a record with
//
//	 0  checksum  4    of the 28 bytes behind it, seeded with the log and the position
//	 4  tag       4    of the log and the segment
//	 8  checksum  4    of the data and its padding
//	12  size      4    of the data
//	16  index     8
//	24  synced    4    the segment was durable up to here when the record was put together
//	28  kind      1
//	29  slot      1
//	30  zeros     2
const (
	magic       = "2/3 log\n"
	version     = 1
	headerBytes = 64
	recordBytes = 32
	alignment   = 8
)

const (
	kindRecord = 1 // an entry or a state
	kindMark   = 2 // nothing but its field synced
)

const (
	suffix     = ".wal"
	suffixTemp = ".tmp" // not yet a segment: ignored, and overwritten by the next of that number
	lockName   = "LOCK"
)

var (
	castagnoli = crc32.MakeTable(crc32.Castagnoli)
	le         = binary.LittleEndian
)

// fileName returns the name of a segment's file; digits of constant length sort by number.
func fileName(dir string, number uint64, suffix string) string {
	digits := strconv.FormatUint(number, 16)
	return filepath.Join(dir, "0000000000000000"[len(digits):]+digits+suffix)
}

// parseName returns the number of a segment from the name of its file.
func parseName(name string) (uint64, bool) {
	digits, ok := strings.CutSuffix(name, suffix)
	if !ok || len(digits) != 16 {
		return 0, false
	}
	number, err := strconv.ParseUint(digits, 16, 64)
	return number, err == nil && fileName("", number, suffix) == name
}

// header is the first part of a segment.
type header struct {
	number   uint64
	log      uint64
	head     int64
	previous int64
}

// put writes the header to the front of b.
func (h header) put(b []byte) {
	clear(b[:headerBytes])
	copy(b, magic)
	le.PutUint32(b[8:], version)
	le.PutUint32(b[12:], uint32(h.head))
	le.PutUint64(b[16:], h.number)
	le.PutUint64(b[24:], h.log)
	le.PutUint32(b[32:], uint32(h.previous))
	le.PutUint32(b[60:], crc32.Checksum(b[:60], castagnoli))
}

// parseHeader reads what put wrote. The reason says what is wrong with it, "" if nothing is.
func parseHeader(b []byte) (h header, reason string) {
	switch {
	case len(b) < headerBytes:
		return h, "the file is shorter than a segment's header"
	case string(b[:8]) != magic:
		return h, "the file does not begin like a segment"
	case crc32.Checksum(b[:60], castagnoli) != le.Uint32(b[60:]):
		return h, "checksum of the segment's header"
	case le.Uint32(b[8:]) != version:
		return h, "format version " + strconv.Itoa(int(le.Uint32(b[8:]))) + " is unknown"
	}
	h = header{
		number: le.Uint64(b[16:]), log: le.Uint64(b[24:]),
		head: int64(le.Uint32(b[12:])), previous: int64(le.Uint32(b[32:])),
	}
	if h.head < headerBytes {
		return h, "the head ends before it begins"
	}
	return h, ""
}

// key tells the records of one segment of one log from anything else that looks like one.
type key struct{ tag, seed uint32 }

func newKey(log, number uint64) key {
	return key{tag: uint32(log) ^ uint32(number), seed: uint32(log >> 32)}
}

// sum is the checksum of a record's header at an offset. Other offsets give other sums for the same bytes.
func (k key) sum(b []byte, off int64) uint32 {
	return crc32.Update(k.seed^uint32(off), castagnoli, b[4:recordBytes])
}

// record is the header of a record.
type record struct {
	kind   uint8
	slot   uint8
	index  uint64
	size   int64
	synced int64
	sum    uint32
}

// extent returns the bytes that a record with so much data takes.
func extent(size int64) int64 { return recordBytes + (size+alignment-1)&^(alignment-1) }

// appendRecord appends a record that will stand at off.
func (k key) appendRecord(buf []byte, off, synced int64, kind uint8, rec storage.Record) []byte {
	var zeros [recordBytes]byte
	start := len(buf)
	buf = append(buf, zeros[:]...)
	buf = append(buf, rec.Data...)
	padding := extent(int64(len(rec.Data))) - recordBytes - int64(len(rec.Data))
	buf = append(buf, zeros[:padding]...)

	h := buf[start : start+recordBytes]
	le.PutUint32(h[4:], k.tag)
	le.PutUint32(h[8:], crc32.Checksum(buf[start+recordBytes:], castagnoli))
	le.PutUint32(h[12:], uint32(len(rec.Data)))
	le.PutUint64(h[16:], rec.Index)
	le.PutUint32(h[24:], uint32(synced))
	h[28], h[29] = kind, rec.Slot
	le.PutUint32(h, k.sum(h, off))
	return buf
}

// parse reads the header of the record at off, if there is one.
func (k key) parse(b []byte, off int64) (record, bool) {
	if le.Uint32(b[4:]) != k.tag || le.Uint32(b) != k.sum(b, off) {
		return record{}, false
	}
	r := record{
		kind: b[28], slot: b[29], index: le.Uint64(b[16:]),
		size: int64(le.Uint32(b[12:])), synced: int64(le.Uint32(b[24:])), sum: le.Uint32(b[8:]),
	}
	return r, (r.kind == kindRecord || r.kind == kindMark) && r.size <= sizeMax(r.slot) && r.synced <= off
}

// holds reports whether data, padding included, is what the header was made for.
func (r record) holds(data []byte) bool { return crc32.Checksum(data, castagnoli) == r.sum }

// sizeMax returns the limit for data in a slot.
func sizeMax(slot uint8) int64 {
	if slot == 0 {
		return storage.EntryBytesMax
	}
	return storage.StateBytesMax
}
