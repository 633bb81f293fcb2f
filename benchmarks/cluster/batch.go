package cluster

import "context"

// DoAll implements benchmarks.Batching.
func (c caller) DoAll(ctx context.Context, ops [][]byte) (positions []uint64, errs []error) {
	results, errs := c.Client.DoAll(ctx, ops)
	positions = make([]uint64, 0, len(ops))
	for i, result := range results {
		if errs == nil || errs[i] == nil {
			positions = append(positions, position(ops[i], result))
		}
	}
	return positions, errs
}
