package twins

import "math/bits"

// roster names the processes of a space: two bodies of each twinned replica first, side
// by side, then the replicas that run once.
type roster struct{ pairs, singles int }

func (r roster) size() int { return 2*r.pairs + r.singles }

// same reports whether two processes are one replica.
func (r roster) same(a, b int) bool { return a == b || a/2 == b/2 && a < 2*r.pairs && b < 2*r.pairs }

// exchanged returns what process i is called after the pairs of set change bodies.
func (r roster) exchanged(i, set int) int {
	if i < 2*r.pairs && set>>(i/2)&1 != 0 {
		return i ^ 1
	}
	return i
}

// pattern says who reaches whom during one phase: for each process the set of others, as
// bits. It is symmetric. The bodies of one replica never speak to each other.
type pattern []uint32

func (p pattern) join(a, b int) {
	p[a] |= 1 << b
	p[b] |= 1 << a
}

// apart returns whom process i does not reach, but for another body of its replica.
func (p pattern) apart(r roster, i int) (set uint32) {
	for j := range p {
		if p[i]>>j&1 == 0 && !r.same(i, j) {
			set |= 1 << j
		}
	}
	return set
}

// exchanged returns the pattern after the pairs of set changed bodies.
func (p pattern) exchanged(r roster, set int) pattern {
	out := make(pattern, len(p))
	for i, reach := range p {
		for ; reach != 0; reach &= reach - 1 {
			out[r.exchanged(i, set)] |= 1 << r.exchanged(bits.TrailingZeros32(reach), set)
		}
	}
	return out
}

// key makes a pattern comparable.
func (p pattern) key() string {
	b := make([]byte, 0, 4*len(p))
	for _, set := range p {
		b = append(b, byte(set), byte(set>>8), byte(set>>16), byte(set>>24))
	}
	return string(b)
}

// patterns lists those of a space, each once: the partitions of all processes into at
// most parts blocks, or, if shared, the partitions of the replicas that run once, with
// every body of a twin among any of them. Bodies may then share listeners, which no
// partition allows.
func patterns(r roster, parts int, shared bool) (list []pattern) {
	seen := map[string]bool{}
	add := func(p pattern) {
		if k := p.key(); !seen[k] {
			seen[k] = true
			list = append(list, p)
		}
	}
	if !shared {
		partitions(r.size(), parts, func(block []int) { add(r.within(0, block)) })
		return list
	}
	bodies := 2 * r.pairs
	partitions(r.singles, parts, func(block []int) {
		for mask := range 1 << (bodies * r.singles) {
			p := r.within(bodies, block)
			for i := range bodies * r.singles {
				if mask>>i&1 != 0 {
					p.join(i/r.singles, bodies+i%r.singles)
				}
			}
			add(p)
		}
	})
	return list
}

// within joins processes of one block, the first of which is process from. Processes
// before it, all bodies of twins, reach those of other replicas.
func (r roster) within(from int, block []int) pattern {
	p := make(pattern, r.size())
	for a := range p {
		for b := range a {
			if !r.same(a, b) && (a < from || b >= from && block[a-from] == block[b-from]) {
				p.join(a, b)
			}
		}
	}
	return p
}

// partitions calls f with the block of each of n processes, for every partition into at
// most parts blocks, as restricted growth strings: these name each partition once (Knuth,
// The Art of Computer Programming 4A, section 7.2.1.5).
func partitions(n, parts int, f func(block []int)) {
	block := make([]int, n)
	var grow func(i, used int)
	grow = func(i, used int) {
		if i == n {
			f(block)
			return
		}
		for b := range min(used+1, parts) {
			block[i] = b
			grow(i+1, max(used, b+1))
		}
	}
	grow(0, 0)
}
