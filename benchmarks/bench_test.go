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

// The generator's own CPU for each operation.
func BenchmarkGenerator(b *testing.B) {
	for _, rate := range []float64{0, 1000, 10000, 100000} {
		b.Run(fmt.Sprintf("rate=%g", rate), func(b *testing.B) {
			var done int64
			var cpu, late time.Duration
			for b.Loop() {
				r, err := benchmarks.Run(b.Context(), nothing{}, benchmarks.Load{Clients: 64, Outstanding: 16, Payload: 256, Rate: rate, For: 2 * time.Second})
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
