package pbft

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"

	"github.com/twothirds-bft/twothirds/internal/bug"
	"github.com/twothirds-bft/twothirds/pbft/message"
	"github.com/twothirds-bft/twothirds/pbft/session"
	"github.com/twothirds-bft/twothirds/storage"
)

// Snapshotter may be implemented by a volatile Application, so that a restart
// begins at the newest snapshot instead of at genesis (spec X7). One that does not
// declares snapshots absent: the log is executed from the start (spec C5).
//
// A snapshot is a canonical byte stream: equal states give equal streams on all
// replicas. Both methods are called like Execute, never concurrently with it.
type Snapshotter interface {
	// Snapshot writes the whole state after the last Execute.
	Snapshot(w io.Writer) error
	// Restore replaces the state by one that Snapshot wrote. The application is new
	// then: nothing was executed.
	Restore(r io.Reader) error
}

// snapshotChunk is how much of a snapshot one entry of the log holds.
const snapshotChunk = 1 << 20

// saveSnapshot writes application and session table down at a checkpoint, if the
// last time is long enough ago. It costs what the state costs, so it is rare
// (spec C3).
func (x *executor) saveSnapshot(app Snapshotter, seq message.Seq, state Digest) error {
	every := message.Seq(x.r.cfg.SnapshotEvery)
	last := message.Seq(0)
	if n := len(x.saved); n > 0 {
		last = x.saved[n-1]
	}
	if every == 0 || seq < last+every {
		return nil
	}
	var buf bytes.Buffer
	if err := app.Snapshot(&buf); err != nil {
		return fmt.Errorf("%w: snapshot at %d: %w", ErrApplication, seq, err)
	}
	var recs []storage.Record
	for first := true; first || buf.Len() > 0; first = false {
		data := append([]byte{entrySnapshot}, state[:]...)
		recs = append(recs, storage.Record{Index: uint64(seq), Data: append(data, buf.Next(snapshotChunk)...)})
	}
	x.saved = append(x.saved, seq)
	x.saved = x.saved[max(0, len(x.saved)-2):] // the newest may not be stable when it is wanted
	list := make([]byte, 0, 16)
	for _, s := range x.saved {
		list = binary.BigEndian.AppendUint64(list, uint64(s))
	}
	table := x.table
	if bug.M46 {
		table = session.New(table.Config())
	}
	x.r.syncer.putSessions(seq, append(recs,
		storage.Record{Index: uint64(seq), Data: table.AppendSnapshot([]byte{entrySessions})},
		storage.Record{Slot: slotSessions, Data: list}))
	return nil
}

// restoreSnapshot brings the application and the session table to the newest
// snapshot at or below the stable checkpoint. Without one, both stay empty.
func (r *Replica) restoreSnapshot(app Snapshotter, low message.Seq) error {
	at, err := r.loadSessions(low)
	if err != nil || at == 0 {
		return err
	}
	entries, err := r.cfg.Log.Entries(uint64(at))
	if err != nil {
		return err
	}
	var (
		state  Digest
		chunks []io.Reader
	)
	for _, e := range entries {
		if len(e) > len(state) && e[0] == entrySnapshot {
			state = Digest(e[1 : 1+len(state)])
			chunks = append(chunks, bytes.NewReader(e[1+len(state):]))
		}
	}
	if err := app.Restore(io.MultiReader(chunks...)); err != nil {
		return fmt.Errorf("%w: restore of snapshot %d: %w", ErrApplication, at, err)
	}
	got, err := r.exec.digest()
	if err == nil && got != state {
		err = fmt.Errorf("%w: snapshot %d restores to %v, it was taken of %v", ErrApplication, at, got, state)
	}
	return err
}
