package kv

import (
	"crypto/sha256"
	"math"
	"strconv"
)

// The sentences of errors are those of Redis, which clients of its protocol know.
const (
	errNotInteger = "ERR value is not an integer or out of range"
	errOverflow   = "ERR increment or decrement would overflow"
	errMemory     = "OOM command not allowed when used memory > 'maxmemory'."
)

// handlers execute one command each and append its result. The arguments are valid during the call only.
var handlers = [...]func(s *Store, out []byte, args [][]byte) []byte{
	Get:    (*Store).get,
	Set:    (*Store).set,
	Del:    (*Store).del,
	Exists: (*Store).exists,
	Incr:   (*Store).incr,
}

func (s *Store) get(out []byte, args [][]byte) []byte {
	e := s.entries[string(args[0])]
	if e == nil {
		return appendKind(out, Nil)
	}
	return appendData(out, Bulk, e.value)
}

func (s *Store) set(out []byte, args [][]byte) []byte {
	if !s.write(s.entries[string(args[0])], args[0], args[1]) {
		return appendData(out, Error, errMemory)
	}
	return appendKind(out, OK)
}

func (s *Store) del(out []byte, args [][]byte) []byte {
	n := int64(0)
	for _, key := range args {
		e := s.entries[string(key)]
		if e == nil {
			continue
		}
		n++
		delete(s.entries, e.key)
		s.bytes -= EntryBytes + len(e.key) + len(e.value)
		e.value, e.deleted = nil, true
		s.note(e)
	}
	return appendInt(out, n)
}

func (s *Store) exists(out []byte, args [][]byte) []byte {
	n := int64(0)
	for _, key := range args {
		if s.entries[string(key)] != nil {
			n++
		}
	}
	return appendInt(out, n)
}

func (s *Store) incr(out []byte, args [][]byte) []byte {
	e, v := s.entries[string(args[0])], int64(0)
	if e != nil {
		var ok bool
		if v, ok = parseInteger(e.value); !ok {
			return appendData(out, Error, errNotInteger)
		}
	}
	if v == math.MaxInt64 {
		return appendData(out, Error, errOverflow)
	}
	var digits [20]byte
	if !s.write(e, args[0], strconv.AppendInt(digits[:0], v+1, 10)) {
		return appendData(out, Error, errMemory)
	}
	return appendInt(out, v+1)
}

// parseInteger parses a decimal integer of 64 bits. As in Redis there is one way to write it: no
// plus, no leading zeros, no spaces.
func parseInteger(b []byte) (int64, bool) {
	if len(b) == 0 || len(b) > 20 {
		return 0, false
	}
	v, err := strconv.ParseInt(string(b), 10, 64)
	if err != nil {
		return 0, false
	}
	var digits [20]byte
	return v, string(strconv.AppendInt(digits[:0], v, 10)) == string(b)
}

// write sets the value of a key, of which e is the entry if it has one. It reports false, having
// changed nothing, if there is no room. Key and value are copied.
func (s *Store) write(e *entry, key, value []byte) bool {
	more := len(value)
	if e == nil {
		more += EntryBytes + len(key)
	} else {
		more -= len(e.value)
	}
	if s.bytes+more > s.bytesMax {
		return false
	}
	if e == nil {
		e = &entry{key: string(key), place: sha256.Sum256(key)}
		s.entries[e.key] = e
	}
	s.bytes += more
	if cap(e.value) > 2*len(value)+EntryBytes/4 {
		e.value = nil // a long value's memory is not kept for a short one
	}
	e.value = append(e.value[:0], value...)
	s.note(e)
	return true
}
