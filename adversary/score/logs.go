package score

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/twothirds-bft/twothirds/adversary/disk"
	"github.com/twothirds-bft/twothirds/adversary/shrink"
	"github.com/twothirds-bft/twothirds/adversary/sim"
	"github.com/twothirds-bft/twothirds/storage"
	"github.com/twothirds-bft/twothirds/storage/wal"
)

// logs plays lives of the real log (storage/wal) on a disk that forgets what was not synced,
// names of files included. In one world of three syncs fail now and then, in another one a
// bit of what was synced flips. The simulated worlds have a disk without files.
func logs() Search {
	return func(i uint64) *sim.Result {
		r := &sim.Result{Events: 1}
		if oracle, what := newLogLife(sim.Seed(i + 1)).run(i % 3); oracle != "" {
			r.Failure = &sim.Failure{Oracle: oracle, What: what}
		}
		return r
	}
}

// smallLog makes the life of a number small: it takes out choices, and makes those that are
// left smaller, as long as the same rule breaks. It returns what is done to the log and its
// disk then.
func smallLog(i uint64) []string {
	rec := sim.Record(sim.Seed(i + 1))
	broken, _ := newLogLife(rec).run(i % 3)
	tape, steps := rec.Tape(), []string(nil)
	try := func(tape []byte) bool {
		l := newLogLife(sim.Bytes(tape))
		if oracle, _ := l.run(i % 3); oracle != broken || steps != nil && len(l.steps) > len(steps) {
			return false
		}
		steps = l.steps
		return true
	}
	for had := -1; len(steps) != had; {
		had = len(steps)
		tape = shrink.Reduce(tape, try)
		for i, b := range tape {
			for _, less := range []byte{0, 1, 2, b / 2, b - 1} {
				if tape[i] = less; less < b && try(tape) {
					break
				}
				tape[i] = b
			}
		}
	}
	return steps
}

const (
	logDir   = "log"
	logLives = 6
)

// logLife is a log and all that was ever written to it: record i is at index i.
type logLife struct {
	src     sim.Source
	disk    *disk.FS
	log     *wal.Log
	written int
	acked   int   // records 1 to acked are promised to be durable
	group   []int // of each record that was acknowledged: by which sync
	syncs   int
	steps   []string // what was done
}

func newLogLife(src sim.Source) *logLife {
	return &logLife{src: src, disk: disk.New(src.Draw), group: []int{0}}
}

func (l *logLife) did(format string, args ...any) {
	l.steps = append(l.steps, fmt.Sprintf(format, args...))
}

func (l *logLife) options() wal.Options { return wal.Options{SegmentBytes: 4 << 10, FS: l.disk} }

// record returns what record i holds.
func record(i int) storage.Record {
	data := binary.BigEndian.AppendUint64(nil, uint64(i)*0x9e3779b97f4a7c15)
	return storage.Record{Index: uint64(i), Data: append(data, bytes.Repeat([]byte{byte(i)}, i*37%400)...)}
}

// run plays several lives and returns which rule was broken, or "".
func (l *logLife) run(kind uint64) (oracle, what string) {
	log, err := wal.Create(logDir, l.options())
	if err != nil {
		return "R1", err.Error()
	}
	if l.log = log; kind == 1 {
		l.disk.Odds.SyncError = 12
	}
	for life := range logLives {
		l.live()
		rotten := kind == 2 && life == logLives/2 && l.disk.Rot()
		l.end()
		if oracle, what = l.open(rotten); oracle != "" || rotten {
			break
		}
	}
	return oracle, what
}

// live writes and syncs until it has had enough, or the log.
func (l *logLife) live() {
	for l.src.Draw("more", 16) > 0 {
		if l.src.Draw("step", 3) == 0 {
			l.did("sync")
			if l.log.Sync() == nil {
				l.promise()
			}
			continue
		}
		var recs []storage.Record
		for range 1 + l.src.Draw("records", 8) {
			l.written++
			recs = append(recs, record(l.written))
		}
		l.did("write %d to %d", l.written-len(recs)+1, l.written)
		if l.log.Write(recs) != nil {
			return // and some of them may be there
		}
	}
}

// promise notes that all that was written is durable.
func (l *logLife) promise() {
	l.syncs++
	for len(l.group) <= l.written {
		l.group = append(l.group, l.syncs)
	}
	l.acked = l.written
}

// end ends the process, and mostly the power with it.
func (l *logLife) end() {
	switch l.src.Draw("end", 4) {
	case 0:
		l.did("the process dies")
		l.disk.Kill()
	case 1:
		l.did("the machine starts again")
		l.disk.Reboot()
	default:
		l.did("the power fails")
		l.disk.Crash()
	}
}

// open opens the log again and compares it with what was written. A disk whose syncs fail
// may need several tries.
func (l *logLife) open(rotten bool) (oracle, what string) {
	l.did("open")
	for range 50 {
		log, err := wal.Open(logDir, l.options())
		var damage *storage.CorruptError
		switch {
		case err == nil:
			l.log = log
			return l.compare(rotten)
		case rotten && errors.As(err, &damage):
			return "", "" // refused, as it must (spec R2)
		case l.disk.Odds.SyncError == 0 || errors.As(err, &damage):
			return "R1", err.Error()
		}
		l.disk.Crash()
	}
	return "R1", "the log does not open"
}

// compare holds the log to being a beginning of what was written, with all that was
// acknowledged. Where a bit flipped it may end before the record that is damaged, if
// nothing whole behind that shows that it was synced (spec R2).
func (l *logLife) compare(rotten bool) (oracle, what string) {
	last := int(l.log.Last())
	for i := 1; i <= last; i++ {
		got, err := l.log.Entries(uint64(i))
		if err != nil || len(got) != 1 || !bytes.Equal(got[0], record(i).Data) {
			return "R1", fmt.Sprintf("record %d of %d is not what was written: %v", i, last, err)
		}
	}
	switch {
	case last >= l.acked:
	case !rotten:
		return "R1", fmt.Sprintf("%d records are left, %d were synced; faults %v", last, l.acked, l.disk.Faults())
	case l.group[l.acked] > l.group[last+1]:
		return "R2", fmt.Sprintf("the log ends after record %d of %d that were synced, and later ones are whole; faults %v", last, l.acked, l.disk.Faults())
	}
	l.written = last
	l.promise() // Open makes durable what it returns
	return "", ""
}
