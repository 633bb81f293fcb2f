package checker

// Kinds of frames, which are also the domains of what is signed.
const (
	kindPrepare        byte = 3
	kindCommit         byte = 4
	kindSuspect        byte = 5
	kindViewChange     byte = 7
	kindNewView        byte = 8
	kindCheckpoint     byte = 9
	kindPrepareCert    byte = 10
	kindCommitCert     byte = 11
	kindCheckpointCert byte = 12
)

// most bounds views and seqs: those that are not below it name no view and no block.
const most = 1 << 62

// rank orders prepare certificates: by epoch, then view, then seq (spec N3).
type rank struct{ epoch, view, seq uint64 }

func (r rank) below(o rank) bool {
	if r.epoch != o.epoch {
		return r.epoch < o.epoch
	}
	if r.view != o.view {
		return r.view < o.view
	}
	return r.seq < o.seq
}

// vote is what one replica signs, of any kind. Fields that its kind lacks are zero.
type vote struct {
	kind        byte
	epoch, view uint64
	base        uint64 // PREPARE
	seq         uint64 // PREPARE, COMMIT, CHECKPOINT; decided in SUSPECT
	rank        rank   // reported in VIEW-CHANGE
	chain       Digest
	state       state  // CHECKPOINT
	body        Digest // NEW-VIEW: of what it carries
	signer      uint32
	sig         []byte
}

// state is what CHECKPOINT says of the state beside its point (spec C1).
type state struct {
	state, clients, members, reputation, snapshot Digest
	snapshotSeq                                   uint64
}

// signed returns the bytes that the signer signs (spec D3).
func (v *vote) signed(cluster Digest) []byte {
	head := wide(prefix, version, v.kind, cluster, v.epoch)
	switch v.kind {
	case kindPrepare:
		return widen(head, v.view, v.base, v.seq, v.chain)
	case kindCommit:
		return widen(head, v.view, v.seq, v.chain)
	case kindSuspect:
		return widen(head, v.view, v.seq)
	case kindViewChange:
		return widen(head, v.view, v.rank.epoch, v.rank.view, v.rank.seq, v.chain)
	case kindNewView:
		return widen(head, v.view, v.body)
	case kindCheckpoint:
		return widen(head, v.seq, v.chain, v.state.state, v.state.clients, v.state.members, v.state.reputation,
			v.state.snapshotSeq, v.state.snapshot)
	}
	panic("checker: nobody signs that")
}

// sound says what in the vote itself cannot be, or nothing.
func (v *vote) sound() string {
	switch {
	case v.view >= most:
		return "a view beyond all views"
	case v.seq >= most && v.kind != kindSuspect, v.rank.seq >= most:
		return "a seq beyond all seqs"
	case v.kind == kindPrepare && v.seq < v.base:
		return "a PREPARE below its own base (spec N2)"
	case (v.kind == kindViewChange || v.kind == kindNewView) && v.view == 0:
		return "view 0 is not changed to"
	case v.kind == kindViewChange && (v.rank.epoch != v.epoch || v.rank.view >= v.view):
		return "a report of a view that is not before the one asked for (spec V2)"
	case v.kind == kindCheckpoint && (v.seq == 0 || v.state.snapshotSeq > v.seq):
		return "a CHECKPOINT of genesis, or a snapshot ahead of it (spec C1)"
	}
	return ""
}

// readVote reads a vote of a kind other than NEW-VIEW.
func (r *reader) readVote(kind byte) vote {
	v := vote{kind: kind}
	switch kind {
	case kindPrepare:
		v.epoch, v.view, v.base, v.seq = r.uint64(1), r.uint64(2), r.uint64(3), r.uint64(4)
		v.chain, v.signer, v.sig = r.digest(5), r.uint32(6), r.signature(7)
	case kindCommit:
		v.epoch, v.view, v.seq = r.uint64(1), r.uint64(2), r.uint64(3)
		v.chain, v.signer, v.sig = r.digest(4), r.uint32(5), r.signature(6)
	case kindSuspect:
		v.epoch, v.view, v.seq = r.uint64(1), r.uint64(2), r.uint64(3)
		v.signer, v.sig = r.uint32(4), r.signature(5)
	case kindViewChange:
		v.epoch, v.view = r.uint64(1), r.uint64(2)
		v.rank = rank{r.uint64(3), r.uint64(4), r.uint64(5)}
		v.chain, v.signer, v.sig = r.digest(6), r.uint32(7), r.signature(8)
	case kindCheckpoint:
		if !r.message(1, v.readCheckpoint) {
			r.fail("a CHECKPOINT without a body")
		}
		v.signer, v.sig = r.uint32(2), r.signature(3)
	}
	return v
}

func (v *vote) readCheckpoint(r *reader) {
	v.epoch, v.seq, v.chain = r.uint64(1), r.uint64(2), r.digest(3)
	v.state = state{state: r.digest(4), clients: r.digest(5), members: r.digest(6), reputation: r.digest(7)}
	v.state.snapshotSeq, v.state.snapshot = r.uint64(8), r.digest(9)
}

// fact returns what the fields of a vote say.
func (v *vote) fact() Fact {
	f := Fact{
		Epoch: v.epoch, View: v.view, Base: v.base, Seq: v.seq, Chain: v.chain,
		State: v.state.state, Clients: v.state.clients, Body: v.body,
	}
	if v.kind == kindViewChange {
		f.Report, f.Seq = v.rank.view, v.rank.seq
	}
	return f
}
