package etcd

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"go.etcd.io/raft/v3"
	"go.etcd.io/raft/v3/raftpb"
	"google.golang.org/protobuf/proto"

	"github.com/twothirds-bft/twothirds/storage"
)

// tape is a log that notes what is done to it.
type tape struct {
	storage.Log
	done    []string
	written []storage.Record
}

func (t *tape) Write(recs []storage.Record) error {
	t.done, t.written = append(t.done, "write"), slices.Clone(recs)
	return nil
}

func (t *tape) Sync() error {
	t.done = append(t.done, "sync")
	return nil
}

// What raft wants synced is synced, all of it by one write and one sync; a commit index alone is not.
func TestSave(t *testing.T) {
	entry := func(index uint64) *raftpb.Entry {
		return &raftpb.Entry{Index: proto.Uint64(index), Data: []byte("operation")}
	}
	state := &raftpb.HardState{Term: proto.Uint64(1), Commit: proto.Uint64(4)}
	for _, test := range []struct {
		name    string
		ready   raft.Ready
		done    []string
		indexes []uint64
	}{
		{"entries and state", raft.Ready{Entries: []*raftpb.Entry{entry(5), entry(6)}, HardState: state, MustSync: true}, []string{"write", "sync"}, []uint64{6, 0}},
		{"commit index", raft.Ready{HardState: state}, []string{"write"}, []uint64{0}},
		{"nothing", raft.Ready{}, nil, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			log := new(tape)
			d := disk{Log: log}
			require.NoError(t, d.save(&test.ready))
			require.Equal(t, test.done, log.done)
			var indexes []uint64
			for _, r := range log.written {
				indexes = append(indexes, r.Index)
			}
			require.Equal(t, test.indexes, indexes)
		})
	}
}
