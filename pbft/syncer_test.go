package pbft

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/pbft/core"
)

// keeper is an application that keeps its own state.
type keeper struct{ Durable }

// A commit certificate waits for the next sync, unless it comes with anything else or the application must not be
// ahead of it (spec N7, X7).
func TestCertificateAloneBindsNobody(t *testing.T) {
	of := func(kinds ...core.RecordKind) (o core.Output) {
		for _, k := range kinds {
			o.Persist = append(o.Persist, core.Record{Kind: k})
		}
		return o
	}
	volatile, durable := &syncer{r: new(Replica)}, &syncer{r: &Replica{cfg: Config{Application: keeper{}}}}
	alone := []core.Output{of(core.RecordCommit), of(), of(core.RecordCommit)}
	require.False(t, volatile.binds(alone))
	require.True(t, durable.binds(alone))
	for k := core.RecordBlock; k <= core.RecordEvidence; k++ {
		require.Equal(t, k != core.RecordCommit, volatile.binds(append(alone[:1:1], of(core.RecordCommit, k))), k)
	}
}
