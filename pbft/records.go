package pbft

import (
	"encoding/binary"
	"fmt"

	"github.com/twothirds-bft/twothirds/pbft/core"
	"github.com/twothirds-bft/twothirds/pbft/message"
	"github.com/twothirds-bft/twothirds/pbft/wire"
	"github.com/twothirds-bft/twothirds/storage"
)

// The log's slots. Their numbers are part of the format of a replica's folder.
const (
	slotIdentity    = 1 // cluster, replica: the bootstrap record (spec R2)
	slotState       = 2
	slotPrepare     = 3
	slotCommit      = 4
	slotCheckpoint  = 5 // and 6: the newest two, by turns
	slotChange      = 7
	slotNewView     = 8
	slotStable      = 9
	slotSessions    = 10 // seqs of the session tables saved as entries, for durable applications
	slotEvidence    = 32 // and up: one for each culprit and kind
	evidenceKinds   = 7
	evidenceSlots   = 256 - slotEvidence
	checkpointSlots = 2
)

// The first byte of an entry.
const (
	entryBlock  = 1
	entryStable = 2
	// entrySessions is the session table after the block at the index.
	entrySessions = 3
	// entrySnapshot is a chunk of the application's snapshot after the block at the
	// index, behind the state's digest.
	entrySnapshot = 4
)

// encode turns a record of the core into what the log writes, blocks in the room
// behind buf, which it returns longer. A stable checkpoint becomes an entry too, so
// that old ones prove old blocks to those who pull.
func (r *Replica) encode(buf []byte, rec *core.Record) ([]byte, []storage.Record, error) {
	if rec.Kind != core.RecordBlock {
		out, err := r.encodeSmall(rec)
		return buf, out, err
	}
	h, from := &rec.Block.Header, len(buf)
	buf, err := wire.AppendBlock(append(buf, entryBlock), rec.Parent, h, rec.Block.Payload.Raw)
	return buf, []storage.Record{{Index: uint64(h.Seq), Data: buf[from:len(buf):len(buf)]}}, err
}

// encodeSmall encodes all but blocks.
func (r *Replica) encodeSmall(rec *core.Record) ([]storage.Record, error) {
	state := func(slot uint8, m message.Message) ([]storage.Record, error) {
		b, err := wire.Append(nil, m)
		return []storage.Record{{Slot: slot, Data: b}}, err
	}
	switch rec.Kind {
	case core.RecordState:
		return []storage.Record{{Slot: slotState, Data: appendState(nil, rec.State)}}, nil
	case core.RecordPrepare:
		return state(slotPrepare, rec.Message)
	case core.RecordCommit:
		return state(slotCommit, rec.Message)
	case core.RecordCheckpoint:
		seq := rec.Message.(*message.Checkpoint).Seq
		return state(slotCheckpoint+uint8(seq/r.cfg.Genesis.Interval%checkpointSlots), rec.Message)
	case core.RecordChange:
		return state(slotChange, rec.Message)
	case core.RecordNewView:
		return state(slotNewView, rec.Message)
	case core.RecordStable:
		out, err := state(slotStable, rec.Message)
		if err != nil {
			return nil, err
		}
		seq := rec.Message.(*message.CheckpointCert).Seq
		return append(out, storage.Record{Index: uint64(seq), Data: append([]byte{entryStable}, out[0].Data...)}), nil
	case core.RecordEvidence:
		b, err := wire.AppendEvidence(nil, rec.Evidence)
		slot := r.members.Index(rec.Evidence.Culprit)*evidenceKinds + int(rec.Evidence.Kind) - 1
		return []storage.Record{{Slot: uint8(slotEvidence + slot%evidenceSlots), Data: b}}, err
	}
	return nil, fmt.Errorf("pbft: record kind %d", rec.Kind)
}

const stateSize = 2*8 + 4*40 + 1

// The flags of a hard state.
const (
	stateOver    = 1
	stateStopped = 2
)

func appendPoint(b []byte, p message.Point) []byte {
	return append(binary.BigEndian.AppendUint64(b, uint64(p.Seq)), p.Chain[:]...)
}

func appendState(b []byte, s *core.HardState) []byte {
	b = binary.BigEndian.AppendUint64(b, uint64(s.Epoch))
	b = binary.BigEndian.AppendUint64(b, uint64(s.View))
	for _, p := range []message.Point{s.Base, s.Tip, s.Commit, s.Low} {
		b = appendPoint(b, p)
	}
	flags := byte(0)
	if s.Over {
		flags |= stateOver
	}
	if s.Stopped {
		flags |= stateStopped
	}
	return append(b, flags)
}

func readPoint(b []byte) message.Point {
	return message.Point{Seq: message.Seq(binary.BigEndian.Uint64(b)), Chain: message.Digest(b[8:40])}
}

func readState(b []byte) (core.HardState, error) {
	if len(b) != stateSize {
		return core.HardState{}, fmt.Errorf("pbft: hard state of %d bytes, want %d", len(b), stateSize)
	}
	return core.HardState{
		Epoch: message.Epoch(binary.BigEndian.Uint64(b)), View: message.View(binary.BigEndian.Uint64(b[8:])),
		Base: readPoint(b[16:]), Tip: readPoint(b[56:]), Commit: readPoint(b[96:]), Low: readPoint(b[136:]),
		Over: b[176]&stateOver != 0, Stopped: b[176]&stateStopped != 0,
	}, nil
}

// identity is the bootstrap record: whose log this is.
func (r *Replica) identity() []byte {
	c := r.door.Cluster()
	return binary.BigEndian.AppendUint32(append([]byte{message.Version}, c[:]...), uint32(r.cfg.Self))
}
