package linear

import (
	"encoding/binary"
	"fmt"
)

// The kinds of operations of KV.
const (
	kindGet    = 'g'
	kindPut    = 'p'
	kindSwap   = 'c'
	kindAppend = 'a'
)

// Limits of KV: what is beyond them is malformed.
const (
	KeyMax   = 64  // bytes of a key
	ValueMax = 256 // bytes of a value
)

// operation is a decoded operation of KV. Keys that were never written hold "".
type operation struct {
	kind  byte
	key   string
	old   string // of a compare-and-swap
	value string
}

// Get returns the operation that reads a key. Its result is the value.
func Get(key string) []byte { return encode(operation{kind: kindGet, key: key}) }

// Put returns the operation that writes a value. Its result is the value before.
func Put(key, value string) []byte { return encode(operation{kind: kindPut, key: key, value: value}) }

// CompareAndSwap returns the operation that writes a value if the key holds old. Its result
// is "1" if it did, else "0".
func CompareAndSwap(key, old, value string) []byte {
	return encode(operation{kind: kindSwap, key: key, old: old, value: value})
}

// Append returns the operation that adds a suffix to a value, or starts over with it where
// that would exceed ValueMax. Its result is the value after: whoever executes one twice
// shows it.
func Append(key, suffix string) []byte {
	return encode(operation{kind: kindAppend, key: key, value: suffix})
}

// encode writes an operation: its kind, and then its strings, each behind its length.
func encode(o operation) []byte {
	b := []byte{o.kind}
	for _, s := range []string{o.key, o.old, o.value} {
		b = append(binary.AppendUvarint(b, uint64(len(s))), s...)
	}
	return b
}

// decode is the inverse of encode. Anyone can send anything, so it has to cope.
func decode(b []byte) (o operation, ok bool) {
	if len(b) == 0 {
		return o, false
	}
	o.kind = b[0]
	b = b[1:]
	for _, s := range []*string{&o.key, &o.old, &o.value} {
		size, n := binary.Uvarint(b)
		if n <= 0 || size > uint64(len(b)-n) {
			return o, false
		}
		*s, b = string(b[n:n+int(size)]), b[n+int(size):]
	}
	known := o.kind == kindGet || o.kind == kindPut || o.kind == kindSwap || o.kind == kindAppend
	return o, known && len(b) == 0 && len(o.key) <= KeyMax && len(o.value) <= ValueMax
}

// step executes an operation on the value of its key.
func (o *operation) step(value string) (next, result string) {
	switch o.kind {
	case kindPut:
		return o.value, value
	case kindSwap:
		if value == o.old {
			return o.value, "1"
		}
		return value, "0"
	case kindAppend:
		if len(value)+len(o.value) > ValueMax {
			value = ""
		}
		return value + o.value, value + o.value
	}
	return value, value
}

// String says an operation in words.
func (o *operation) String() string {
	switch o.kind {
	case kindPut:
		return fmt.Sprintf("put %s %q", o.key, o.value)
	case kindSwap:
		return fmt.Sprintf("swap %s %q for %q", o.key, o.old, o.value)
	case kindAppend:
		return fmt.Sprintf("append %s %q", o.key, o.value)
	}
	return "get " + o.key
}
