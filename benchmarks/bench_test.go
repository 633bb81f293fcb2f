package benchmarks_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/benchmarks"
)

// nothing acknowledges at once: what is left is the generator.
type nothing struct{}

func (nothing) Name() string                                         { return "nothing" }
func (nothing) Class() string                                        { return "B" }
func (nothing) About() []string                                      { return nil }
func (nothing) Dial(context.Context, int) (benchmarks.Caller, error) { return nothing{}, nil }
func (nothing) Do(context.Context, []byte) error                     { return nil }
func (nothing) Check(context.Context, uint64, uint64) error          { return nil }
func (nothing) Close() error                                         { return nil }

func (nothing) DoAll(context.Context, [][]byte) ([]uint64, []error) { return nil, nil }

// The generator's own CPU for each operation.
func BenchmarkGenerator(b *testing.B) {
	for _, row := range []struct {
		rate  float64
		batch int
	}{{0, 1}, {0, 16}, {1000, 1}, {10000, 1}, {100000, 1}} {
		b.Run(fmt.Sprintf("rate=%g/batch=%d", row.rate, row.batch), func(b *testing.B) {
			var done int64
			var cpu, late time.Duration
			load := benchmarks.Load{Clients: 64, Outstanding: 16, Batch: row.batch, Payload: 256, Rate: row.rate, For: 2 * time.Second}
			for b.Loop() {
				r, err := benchmarks.Run(b.Context(), nothing{}, load)
				require.NoError(b, err)
				done += r.Done
				cpu += r.Cost.OwnCPU
				late += r.Late.P50
			}
			b.ReportMetric(float64(cpu)/float64(done), "cpu-ns/request")
			b.ReportMetric(float64(late)/float64(b.N), "late-p50-ns")
			b.ReportMetric(0, "ns/op")
		})
	}
}
