package shrink

// Reduce returns a part of list, in its order, that try accepts and from which no single
// element can be taken: delta debugging in its greedy form, whose chunks halve. try is
// called with fewer elements than it last accepted; at first all are.
func Reduce[T any](list []T, try func([]T) bool) []T {
	for size := len(list); size > 0; {
		smaller := false
		for i := 0; i < len(list); {
			end := min(i+size, len(list))
			rest := append(append([]T(nil), list[:i]...), list[end:]...)
			if try(rest) {
				list, smaller = rest, true
			} else {
				i = end
			}
		}
		if size == 1 && smaller {
			continue
		}
		size /= 2
	}
	return list
}
