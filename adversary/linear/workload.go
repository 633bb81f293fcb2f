package linear

import "fmt"

// Workload returns a generator of operations on so many keys: reads, writes,
// compare-and-swaps that often find what they look for, and appends of which no two are
// alike. draw makes the choices: a number in [0, n) for what the label says, as the
// simulator's Source does. Few keys make much contention, and checks slower.
func Workload(keys int) func(draw func(label string, n uint64) uint64) []byte {
	return func(draw func(label string, n uint64) uint64) []byte {
		key := fmt.Sprintf("k%d", draw("key", uint64(keys)))
		value := func() string { return fmt.Sprint(draw("value", 4)) }
		switch draw("operation", 8) {
		case 0, 1, 2:
			return Get(key)
		case 3, 4:
			return Put(key, value())
		case 5:
			return CompareAndSwap(key, value(), value())
		}
		return Append(key, fmt.Sprintf("%08x", draw("suffix", 1<<32)))
	}
}
