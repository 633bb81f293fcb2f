package cluster

import (
	"github.com/twothirds-bft/twothirds/storage"
	logmemory "github.com/twothirds-bft/twothirds/storage/memory"
)

// recentIntervals is how many intervals between checkpoints a recent log keeps at least: two, which is how far votes may be
// above the stable checkpoint (spec M5).
const recentIntervals = 2

// recent is a log in memory that holds the newest blocks alone, so that what a cluster can do without disks is not what
// its memory can do: one that grows by 128 bytes a microsecond has a page fault every 32. A replica that falls further
// behind cannot catch up, so that the check of its run fails, and one that was stopped has nothing to start from.
type recent struct {
	*logmemory.Log
	interval, newest, cut uint64 // the last two are indexes
}

func newRecent(interval int) *recent {
	return &recent{Log: logmemory.New(), interval: uint64(interval)}
}

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
	keep := recentIntervals * l.interval
	if l.newest < l.cut+keep+l.interval {
		return nil
	}
	l.cut = l.newest - keep
	return l.Truncate(l.cut)
}
