package novel

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math/bits"
	"runtime/coverage"
)

// code tells which of the code a world made run, and how often, in a binary that was built
// with -cover. It watches the whole process: nothing else should run beside the world.
type code struct {
	buf    bytes.Buffer
	before map[function][]uint32
	seen   map[visit]struct{}
}

// function is one that is instrumented, by the numbers that the compiler gave it.
type function struct{ pkg, number uint64 }

// visit is that a block of a function ran about so often in one world.
type visit struct {
	function
	block, often int
}

// newCode returns nil where no code is counted, or in a way that is not known here.
func newCode() *code {
	c := &code{before: map[function][]uint32{}, seen: map[visit]struct{}{}}
	if coverage.WriteMeta(io.Discard) != nil || c.read(func(function, []uint32) {}) != nil { // in this order
		return nil
	}
	c.fresh()
	return c
}

// fresh returns in how many ways blocks were visited since it was last called that are new:
// like AFL it tells apart how often by powers of two.
func (c *code) fresh() (n int) {
	if c == nil {
		return 0
	}
	err := c.read(func(f function, counters []uint32) {
		before := c.before[f]
		for i, count := range counters {
			if before != nil {
				count -= before[i]
			}
			v := visit{f, i, bits.Len32(count)}
			if _, known := c.seen[v]; !known && count > 0 {
				c.seen[v] = struct{}{}
				n++
			}
		}
		c.before[f] = counters
	})
	if err != nil {
		return 0
	}
	return n
}

func (c *code) read(f func(function, []uint32)) error {
	c.buf.Reset()
	if err := coverage.WriteCounters(&c.buf); err != nil {
		return err
	}
	return parse(c.buf.Bytes(), f)
}

var errFormat = errors.New("novel: coverage counters in an unknown format")

// The layout of a file of counters, version 1 (internal/coverage/defs.go of Go 1.20 and
// later): a header, that of a segment, strings, and for each function that ran its number of
// counters, its package, itself and the counters, all as varints.
const (
	magic       = "\x00cwm"
	version     = 1
	varints     = 2
	headerBytes = 32
	segmentAt   = headerBytes + 16
)

// parse calls f with the counters of each function.
func parse(b []byte, f func(function, []uint32)) error {
	if len(b) < segmentAt || string(b[:4]) != magic || binary.LittleEndian.Uint32(b[4:]) != version || b[24] != varints {
		return errFormat
	}
	functions := binary.LittleEndian.Uint64(b[headerBytes:])
	skip := uint64(binary.LittleEndian.Uint32(b[headerBytes+8:])) + uint64(binary.LittleEndian.Uint32(b[headerBytes+12:]))
	if b = b[segmentAt:]; skip > uint64(len(b)) {
		return errFormat
	}
	b = b[skip:]
	bad := false
	next := func() uint64 {
		v, n := binary.Uvarint(b)
		if bad = bad || n <= 0; bad {
			return 0
		}
		b = b[n:]
		return v
	}
	for ; functions > 0 && !bad; functions-- {
		size := next()
		if size > uint64(len(b)) {
			return errFormat
		}
		at, counters := function{next(), next()}, make([]uint32, size)
		for i := range counters {
			counters[i] = uint32(next())
		}
		if !bad {
			f(at, counters)
		}
	}
	if bad {
		return errFormat
	}
	return nil
}
