package etcd

import (
	"encoding/binary"

	"go.etcd.io/raft/v3"
	"go.etcd.io/raft/v3/raftpb"

	"github.com/twothirds-bft/twothirds/storage"
)

// stateSlot names the hard state in a log.
const stateSlot = 1

// disk is a node's log: what raft wants durable, as one group of records for each Ready.
type disk struct {
	storage.Log

	buf   []byte // of the entries of a Ready
	state []byte
	syncs uint64
	bytes uint64
}

// save writes the entries and the hard state of a Ready, and syncs if raft says so. Entries stand in the log at the index of
// the last of them, so that none goes before its time when the log is truncated.
func (d *disk) save(rd *raft.Ready) error {
	var recs []storage.Record
	if len(rd.Entries) > 0 {
		d.buf = appendEntries(d.buf[:0], rd.Entries)
		recs = append(recs, storage.Record{Index: rd.Entries[len(rd.Entries)-1].GetIndex(), Data: d.buf})
	}
	if !raft.IsEmptyHardState(rd.HardState) {
		d.state = appendState(d.state[:0], rd.HardState)
		recs = append(recs, storage.Record{Slot: stateSlot, Data: d.state})
	}
	if len(recs) == 0 {
		return nil
	}
	for _, r := range recs {
		d.bytes += uint64(len(r.Data))
	}
	if err := d.Write(recs); err != nil || !rd.MustSync {
		return err
	}
	d.syncs++
	return d.Sync()
}

// appendEntries encodes entries, each as its index, term, type, length and data. One record for many costs less than one
// record each.
func appendEntries(b []byte, entries []*raftpb.Entry) []byte {
	for _, e := range entries {
		b = binary.AppendUvarint(b, e.GetIndex())
		b = binary.AppendUvarint(b, e.GetTerm())
		b = binary.AppendUvarint(b, uint64(e.GetType()))
		b = binary.AppendUvarint(b, uint64(len(e.GetData())))
		b = append(b, e.GetData()...)
	}
	return b
}

func appendState(b []byte, s *raftpb.HardState) []byte {
	for _, v := range []uint64{s.GetTerm(), s.GetVote(), s.GetCommit()} {
		b = binary.AppendUvarint(b, v)
	}
	return b
}

// memory is what raft reads entries from, in etcd as here: the log is only read when a node starts. It has no snapshots to
// send: compaction waits for every follower that lives (see node.compact).
type memory struct{ *raft.MemoryStorage }

// Snapshot implements raft.Storage.
func (memory) Snapshot() (*raftpb.Snapshot, error) {
	return nil, raft.ErrSnapshotTemporarilyUnavailable
}
