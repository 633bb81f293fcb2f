package transport_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/transport"
)

// Reasons are sentinels and metrics labels: each has a text of its own.
func TestReasons(t *testing.T) {
	texts := map[string]transport.Reason{}
	for r := transport.Reason(0); r < transport.ReasonsMax; r++ {
		if r.String() == "unknown reason" {
			continue
		}
		require.NotContains(t, texts, r.String())
		texts[r.String()] = r
		require.ErrorIs(t, fmt.Errorf("%w: %w", r, errors.New("cause")), r)
		require.NotErrorIs(t, r, r+1)
	}
	require.Len(t, texts, 21)
	require.Equal(t, "unknown reason", transport.Reason(255).String())
}

func TestLimits(t *testing.T) {
	d := transport.Limits{}.WithDefaults()
	require.Equal(t, transport.Limits{
		FrameBytesMax: 4 << 20, ClientFrameBytesMax: 256 << 10,
		QueueBytesMax: 16 << 20, ClientQueueBytesMax: 1 << 20, QueueFramesMax: 4096, ClientsMax: 256,
	}, d)
	require.Equal(t, d, d.WithDefaults())
	require.NoError(t, transport.Limits{FrameBytesMax: 1 << 30}.Validate(), "other defaults follow a large frame")
	require.NoError(t, transport.Limits{FrameBytesMax: 1}.Validate(), "and a small one")
}
