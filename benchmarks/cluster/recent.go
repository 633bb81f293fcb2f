package cluster

import (
	"github.com/twothirds-bft/twothirds/storage"
	logmemory "github.com/twothirds-bft/twothirds/storage/memory"
)

// recentBlocks is how many blocks a recent log keeps at least: two intervals, which is how far votes may be above the
// stable checkpoint (spec M5).
const recentBlocks = 2 * interval

// recent is a log in memory that holds the newest blocks alone, so that what a cluster can do without disks is not what
// its memory can do: one that grows by 128 bytes a microsecond has a page fault every 32. A replica that falls further
// behind cannot catch up, and one that was stopped has nothing to start from.
type recent struct {
	*logmemory.Log
	newest, cut uint64 // indexes
}

func newRecent() *recent { return &recent{Log: logmemory.New()} }

// Write implements storage.Log.
func (l *recent) Write(recs []storage.Record) error {
	if err := l.Log.Write(recs); err != nil {
		return err
	}
	for i := range recs {
		if recs[i].Slot == 0 {
			l.newest = max(l.newest, recs[i].Index)
		}
	}
	if l.newest < l.cut+recentBlocks+interval {
		return nil
	}
	l.cut = l.newest - recentBlocks
	return l.Truncate(l.cut)
}
