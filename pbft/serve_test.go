package pbft_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/pbft"
	"github.com/twothirds-bft/twothirds/pbft/message"
	"github.com/twothirds-bft/twothirds/pbft/wire"
	"github.com/twothirds-bft/twothirds/storage"
	"github.com/twothirds-bft/twothirds/transport"
)

// stuckLog takes its time to read old entries.
type stuckLog struct {
	storage.Log
	read chan struct{} // closed once it may go on
}

func (l *stuckLog) Entries(i uint64) ([][]byte, error) {
	<-l.read
	return l.Log.Entries(i)
}

// A member that asks for old blocks all the time, of a log that is slow to read, holds
// up neither decisions nor execution (spec D2).
func TestPullsHoldUpNothing(t *testing.T) {
	read := make(chan struct{})
	c := newCluster(t, 4, func(cfg *pbft.Config) {
		if cfg.Self == 0 {
			cfg.Log = &stuckLog{cfg.Log, read}
		}
	})
	for i := range 3 {
		c.start(i, true)
	}
	c.blocks(0, 20)
	c.await("a stable checkpoint", func() bool { return c.reps[0].Status().Stable.Seq >= 16 })
	liar, err := c.net.Join(c.keys[3].Public(), transport.Config{Members: c.members, Handler: func(transport.Peer, []byte) {}})
	require.NoError(t, err)
	frame, err := wire.Append(nil, &message.Fetch{From: message.Point{Seq: 1}, Bodies: true})
	require.NoError(t, err)
	for range 100 {
		liar.Send(c.keys[0].Public(), transport.Frame{Data: frame})
	}
	c.blocks(0, 40)
	close(read)
	require.NoError(t, liar.Close())
}
