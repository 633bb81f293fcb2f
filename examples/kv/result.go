package kv

import (
	"encoding/binary"
	"fmt"
	"math"
)

// ResultBytesMax bounds the results of one operation. It leaves room for the longest value.
const ResultBytesMax = 256 << 10

// Kind says what a result is. The names are those of the Redis protocol.
type Kind byte

// The kinds of results. Their values are part of the encoding, where 0 alone means that the
// operation was malformed.
const (
	OK    Kind = 1 + iota // done, and there is nothing more to say
	Nil                   // there is no such key
	Int                   // Result.Int
	Bulk                  // Result.Data, a value
	Error                 // Result.Data, a sentence that begins with a code such as ERR; nothing was changed
)

// Result is what came of one command.
type Result struct {
	Kind Kind
	Int  int64
	Data []byte
}

const kindMalformed = 0

// resultSpare is what an encoded result takes beside its data, or at most without any. Sentences of
// errors are much shorter than that, too.
const resultSpare = 128

func appendKind(b []byte, k Kind) []byte { return append(b, byte(k)) }

func appendInt(b []byte, v int64) []byte {
	return binary.AppendVarint(append(b, byte(Int)), v)
}

func appendData[T string | []byte](b []byte, k Kind, data T) []byte {
	b = binary.AppendUvarint(append(b, byte(k)), uint64(len(data)))
	return append(b, data...)
}

// ParseResults returns the results of an operation, one for each of its first commands: see the
// package documentation for why there may be fewer than commands. The error matches
// ErrMalformed: the replicas say that the operation was malformed, or data is no results at all. The
// results share data's memory.
func ParseResults(data []byte) ([]Result, error) {
	return AppendResults(nil, data)
}

// AppendResults is ParseResults with memory for the results to be appended to.
func AppendResults(list []Result, data []byte) ([]Result, error) {
	if len(data) == 1 && data[0] == kindMalformed {
		return list, fmt.Errorf("%w operation, says the store", ErrMalformed)
	}
	all := list
	for r := (reader{rest: data}); len(r.rest) > 0; {
		x := Result{Kind: Kind(r.byte())}
		switch x.Kind {
		case OK, Nil:
		case Int:
			z := r.number(math.MaxUint64)
			x.Int = int64(z>>1) ^ -int64(z&1)
		case Bulk, Error:
			x.Data = r.bytes(ValueBytesMax)
		default:
			r.fail()
		}
		if r.failed {
			return list, fmt.Errorf("%w results", ErrMalformed)
		}
		all = append(all, x)
	}
	return all, nil
}
