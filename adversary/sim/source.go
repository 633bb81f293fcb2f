package sim

// Source is the one stream from which every random decision of a world is drawn,
// so that the same stream replays the same world.
type Source interface {
	// Draw returns a number in [0, n). n must be at least 1. label says what for.
	Draw(label string, n uint64) uint64
}

// Seed returns a Source that is a function of the seed alone, in every process.
func Seed(seed uint64) Source { s := splitmix(seed); return &s }

// splitmix is Steele, Lea and Flood's SplitMix64 (OOPSLA 2014).
type splitmix uint64

func (s *splitmix) Draw(_ string, n uint64) uint64 {
	*s += 0x9e3779b97f4a7c15
	z := uint64(*s)
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return (z ^ z>>31) % n
}

// chance reports true with probability percent/100.
func chance(src Source, label string, percent uint64) bool { return src.Draw(label, 100) < percent }
