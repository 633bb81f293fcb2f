package disk_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/adversary/disk"
	"github.com/twothirds-bft/twothirds/storage/wal"
)

// A class is one thing that is wrong with a disk, and what a log owes on it.
type class struct {
	name     string
	odds     disk.Odds
	capacity int64
	rot      bool // bits flip between the lives of the log
	image    bool // an old image is put back once
	// damages says that synced bytes change: the log may refuse, and then names a record
	// that is damaged. It may also cut off what was synced last, if none of what was written
	// after it is whole (the package's doc of storage/wal says why).
	damages bool
	// lies says that what was acknowledged may be gone without a trace: the log owes only
	// what was synced before the first lie. No log on one disk can do better; the protocol
	// counts the replica as faulty (spec M4, R4).
	lies bool
}

var classes = []class{
	{name: "torn writes"},
	{name: "sync errors", odds: disk.Odds{SyncError: 12}},
	{name: "read errors", odds: disk.Odds{ReadError: 25}},
	{name: "full", capacity: 24 << 10},
	{name: "rot", rot: true, damages: true},
	{name: "lost writes", odds: disk.Odds{LostWrite: 40}, damages: true},
	{name: "misdirected writes", odds: disk.Odds{Misdirected: 40}, damages: true},
	{name: "stale reads", odds: disk.Odds{StaleRead: 8}, damages: true},
	{name: "lost syncs", odds: disk.Odds{LostSync: 12}, damages: true, lies: true},
	{name: "old image", image: true, lies: true},
}

// TestLogOnFailingDisk (spec N7, R2, R3; adversary I5, A30, A31): whatever is wrong with the
// disk, the log is a prefix of what was written that holds all that was acknowledged, or
// it refuses and names the record. Where it lacks something acknowledged it had nothing to
// tell by, and the class says so. It never returns other records.
func TestLogOnFailingDisk(t *testing.T) {
	const seeds = 60
	for i := range classes {
		c := &classes[i]
		t.Run(c.name, func(t *testing.T) {
			var opened, refused, lacked, faults int
			for seed := range uint64(seeds) {
				l := &life{t: t, class: c, draw: seeded(seed), group: map[int]int{}}
				l.disk = disk.New(l.draw)
				log, err := wal.Create(dir, l.options())
				require.NoError(t, err)
				l.log, l.disk.Odds, l.disk.Capacity = log, c.odds, c.capacity
				for range 6 {
					l.live()
					l.end()
					acked := l.acked
					if !l.open() {
						refused++
						break
					}
					opened++
					if l.written < acked {
						lacked++
					}
				}
				faults += len(l.disk.Faults())
			}
			t.Logf("%d faults; opened %d times, refused %d, %d lacked something acknowledged", faults, opened, refused, lacked)
			require.Equal(t, c.name != "torn writes", faults > 0)
			require.Equal(t, c.damages, refused > 0)
			if c.lies {
				require.NotZero(t, lacked, "nobody noticed, and nobody could have")
			}
			require.Greater(t, opened, seeds)
		})
	}
}
