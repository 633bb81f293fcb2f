package pbft_test

import (
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/pbft"
	"github.com/twothirds-bft/twothirds/pbft/message"
	"github.com/twothirds-bft/twothirds/pbft/wire"
	"github.com/twothirds-bft/twothirds/storage"
)

// durablePC remembers the prepare certificate as of the last sync that ended.
type durablePC struct {
	storage.Log
	mu    sync.Mutex
	seq   message.Seq
	takes time.Duration
}

func (l *durablePC) Sync() error {
	b := l.Log.State(3) // slotPrepare
	var at message.Seq
	if b != nil {
		m, _ := wire.Decode(b)
		at = m.(*message.PrepareCert).Seq
	}
	time.Sleep(l.takes)
	err := l.Log.Sync()
	l.mu.Lock()
	l.seq = at
	l.mu.Unlock()
	return err
}

// A certificate is shown to nobody before the own vote in it is durable: a crash would take
// back what others hold proof of (spec N7).
func TestBlocksShowDurableVotes(t *testing.T) {
	inBubble(t, 4, func(cfg *pbft.Config) { cfg.BlockRequests = 1 }, func(t *testing.T, c *cluster) {
		logs := map[int]*durablePC{}
		for i := range c.logs {
			logs[i] = &durablePC{Log: c.logs[i], takes: 3 * time.Millisecond}
			c.logs[i] = logs[i]
		}
		logs[0].takes = 20 * time.Millisecond
		c.startAll()
		bad, all := 0, 0
		done := make(chan bool)
		go func() {
			for p, err := range c.reps[0].Blocks(t.Context(), 0) {
				if err != nil {
					break
				}
				if p.Commit == nil {
					continue
				}
				for _, v := range p.Commit.Votes {
					if v.Signer == 0 {
						all++
						logs[0].mu.Lock()
						if d := logs[0].seq; d < v.Seq {
							if bad++; bad == 1 {
								t.Errorf("block %d is shown with an own COMMIT(view %d, %d); durable PC: %d", p.Block.Header.Seq, p.Commit.View, v.Seq, d)
							}
						}
						logs[0].mu.Unlock()
					}
				}
			}
			close(done)
		}()
		for range 10 {
			c.load(0, 100)
		}
		_ = c.reps[0].Close()
		<-done
		require.Positive(t, all, "none of the certificates has an own vote")
	})
}
