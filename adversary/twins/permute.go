package twins

import "math/bits"

// permute maps [0, n) onto itself, another way for each seed: four rounds of a Feistel
// network over the smallest square that holds n, walked until the value falls below n
// (Black and Rogaway, "Ciphers with Arbitrary Finite Domains", CT-RSA 2002). It makes a
// sample without replacement that needs no memory.
func permute(seed, n, i uint64) uint64 {
	half := (bits.Len64(n-1) + 1) / 2
	mask := uint64(1)<<half - 1
	for {
		left, right := i>>half, i&mask
		for round := range uint64(4) {
			left, right = right, left^mix(seed^(round+1)<<56^right)&mask
		}
		if i = left<<half | right; i < n {
			return i
		}
	}
}

// mix is the finalizer of SplitMix64 (Steele, Lea and Flood, OOPSLA 2014).
func mix(z uint64) uint64 {
	z += 0x9e3779b97f4a7c15
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}
