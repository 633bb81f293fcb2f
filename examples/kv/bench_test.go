package kv

import (
	"fmt"
	"testing"

	"github.com/twothirds-bft/twothirds/pbft"
)

const (
	benchOps      = 100 // in a block, of one command each
	benchInterval = 128 // blocks between digests, as in the engine
)

var benchStores = map[int]*Store{}

// benchStore returns a store that holds so many keys, always the same.
func benchStore(keys int) *Store {
	s := benchStores[keys]
	if s == nil {
		s = newStore(Config{BytesMax: 1 << 40})
		for i := range keys {
			s.Execute(&pbft.Block{Ops: []pbft.Op{{Data: benchOp(Set, i)}}})
		}
		benchStores[keys] = s
	}
	s.Digest()
	return s
}

func benchOp(v Verb, key int) []byte {
	args := [][]byte{fmt.Appendf(nil, "key:%012d", key), []byte("1234567890123456")}
	if v != Set {
		args = args[:1]
	}
	op, err := Append(nil, v, args...)
	if err != nil {
		panic(err)
	}
	return op
}

// forget drops the notes, so that the cost of commands shows without that of the digest.
func (s *Store) forget() {
	for i, e := range s.notes {
		e.noted, s.notes[i] = false, nil
	}
	s.notes = s.notes[:0]
}

// The time is that of one operation. With digest, keys are written in no order that helps the tree.
func BenchmarkExecute(b *testing.B) {
	for _, keys := range []int{1, 10_000, 1_000_000} {
		for _, verb := range []Verb{Set, Get, Incr} {
			blocks := make([]pbft.Block, max(1, min(keys, 500_000)/benchOps))
			for i := range blocks {
				for k := range benchOps {
					op := benchOp(verb, (i*benchOps+k)*7919%keys)
					blocks[i].Ops = append(blocks[i].Ops, pbft.Op{Data: op})
				}
			}
			for _, digest := range []bool{false, true} {
				if digest && verb != Set {
					continue
				}
				b.Run(fmt.Sprintf("%v/keys=%d/digest=%v", verb, keys, digest), func(b *testing.B) {
					benchmarkExecute(b, benchStore(keys), blocks, digest)
				})
			}
		}
	}
}

func benchmarkExecute(b *testing.B, s *Store, blocks []pbft.Block, digest bool) {
	b.ReportAllocs()
	for i := range (b.N + benchOps - 1) / benchOps {
		s.Execute(&blocks[i%len(blocks)])
		switch {
		case !digest:
			s.forget()
		case i%benchInterval == benchInterval-1:
			s.Digest()
		}
	}
	s.Digest()
}

func BenchmarkAdmit(b *testing.B) {
	s, op := newStore(Config{}), benchOp(Set, 1)
	b.ReportAllocs()
	for b.Loop() {
		if err := s.Admit(op); err != nil {
			b.Fatal(err)
		}
	}
}
