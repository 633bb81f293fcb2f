package sim

import "encoding/binary"

// Source is the one stream from which every random decision of a world is drawn, so
// that the same stream replays the same world: from a seed, from the bytes of a
// fuzzer, from a property-testing library, or from a search that tries all. By
// convention 0 is the simplest choice: no fault, the least delay.
type Source interface {
	// Draw returns a number in [0, n). n must be at least 1. label says what for.
	Draw(label string, n uint64) uint64
}

// Func makes a Source of a function, such as the draws of a property-testing
// library.
type Func func(label string, n uint64) uint64

// Draw implements Source.
func (f Func) Draw(label string, n uint64) uint64 { return f(label, n) }

// Seed returns a Source that is a function of the seed alone, in every process.
func Seed(seed uint64) Source { s := splitmix(seed); return &s }

// splitmix is Steele, Lea and Flood's SplitMix64 (OOPSLA 2014).
type splitmix uint64

func (s *splitmix) Draw(_ string, n uint64) uint64 { return s.next() % n }

func (s *splitmix) next() uint64 {
	*s += 0x9e3779b97f4a7c15
	z := uint64(*s)
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// split returns a stream of its own for one actor. With a seed, what one link or
// replica draws does not shift what the others draw, so a scenario from which a
// fault was taken out plays nearly the same: that is what makes shrinking quick.
// Other sources have one stream only.
func split(src Source, actor ...uint64) Source {
	s, ok := src.(*splitmix)
	if !ok {
		return src
	}
	d := *s
	for _, a := range actor {
		d ^= splitmix(a+1) * 0xd1342543de82ef95
		d = splitmix(d.next())
	}
	return &d
}

// Bytes returns a Source that reads its choices from b, and is 0 once b has ended:
// every byte string is a world, which lets a fuzzer mutate worlds.
func Bytes(b []byte) Source { return &byteSource{rest: b} }

type byteSource struct{ rest []byte }

func (s *byteSource) Draw(_ string, n uint64) uint64 {
	var b [8]byte
	w := width(n)
	s.rest = s.rest[copy(b[8-w:], s.rest[:min(w, len(s.rest))]):]
	return binary.BigEndian.Uint64(b[:]) % n
}

// width is how many bytes a draw below n takes from a byte source.
func width(n uint64) int {
	w := 1
	for ; w < 8 && n > 1<<(8*w); w++ {
	}
	return w
}

// Recorder remembers what another Source said. Bytes of its Tape says the same
// again.
type Recorder struct {
	src  Source
	tape []byte
}

// Record returns a Recorder around src.
func Record(src Source) *Recorder { return &Recorder{src: src} }

// Draw implements Source.
func (r *Recorder) Draw(label string, n uint64) uint64 {
	v := r.src.Draw(label, n)
	var b [8]byte
	binary.BigEndian.PutUint64(b[:], v)
	r.tape = append(r.tape, b[8-width(n):]...)
	return v
}

// Tape returns all draws so far.
func (r *Recorder) Tape() []byte { return r.tape }

// chance reports true with probability percent/100. 0 draws nothing.
func chance(src Source, label string, percent uint64) bool {
	return percent > 0 && src.Draw(label, 100) >= 100-percent
}
