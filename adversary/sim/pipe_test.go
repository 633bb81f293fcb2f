package sim

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/clock"
)

// What goes into a pipe waits for what went in before, a small message behind a large
// one too; what finds too much there is lost, and a pipe that ran empty is quick again.
func TestPipe(t *testing.T) {
	p := newPipe(Pipe{Rate: 1000, Queue: 300}, 1)
	took := func(after clock.Duration, size uint64) clock.Duration {
		wait, ok := p.take(at(after), size)
		if !ok {
			return -1
		}
		return wait + p.lasts(size)
	}
	require.Equal(t, 100*ms, took(0, 100))
	require.Equal(t, 300*ms, took(0, 200), "behind the first")
	require.Equal(t, 301*ms, took(0, 1), "small, and behind both")
	require.EqualValues(t, -1, took(0, 1), "more than 300 bytes wait")
	require.Equal(t, 302*ms, took(1*ms, 2))
	require.EqualValues(t, -1, took(2*ms, 1), "the queue is full again")
	require.Equal(t, 100*ms, took(5000*ms, 100))
}
