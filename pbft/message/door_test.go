package message_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	. "github.com/twothirds-bft/twothirds/pbft/message"
)

// eachKind makes one good message of each kind that replicas take, as member 0
// would send it.
func eachKind(t *testing.T) (*world, []Message) {
	w := newNewViewWorld(t)
	raw := AppendBatch(nil, []Request{w.request(0, 1)})
	header := Header{
		Epoch: 7, View: 2, Seq: 1, PayloadKind: PayloadBatch, PayloadHash: HashSHA256,
		PayloadSize: uint32(len(raw)), PayloadDigest: PayloadDigest(raw),
	}
	body := CheckpointBody{Epoch: 7, Seq: 128}
	cc := &CommitCert{Epoch: 7, View: 3, Seq: 6, Chain: w.at(6).Chain}
	stable := &CheckpointCert{CheckpointBody: body}
	for i := range 3 {
		cc.Votes = append(cc.Votes, CertVote{Signer: memberID(i), Seq: 6, Sig: w.commit(i, 3, w.at(6)).Sig})
		stable.Votes = append(stable.Votes, CertVote{Signer: memberID(i), Seq: 128, Sig: w.checkpoint(i, body).Sig})
	}
	leave := &Leave{Epoch: 7, View: 3, Suspects: []Suspect{w.suspect(1, 2), w.suspect(2, 2)}, Changes: []ViewChange{*w.viewChange(3, 3, w.rank(2, 8), Digest{})}}
	suspect := w.suspect(0, 2)
	return w.world, []Message{
		&PrePrepare{Header: header}, &Body{Header: header, Raw: raw},
		w.prepare(0, 2, 1, w.at(5)), w.commit(0, 2, w.at(5)), &suspect, leave, w.viewChange(0, 3, w.rank(2, 8), Digest{}),
		w.make(0, 4), w.checkpoint(0, body), w.certAt(3, 6), cc, stable,
		&Status{}, &Fetch{}, &Blocks{Blocks: []BlockData{{Header: header, Raw: raw}}, Prepare: w.prepare(1, 2, 1, w.at(5)), Commit: cc, Stable: stable},
		&FetchView{}, requestsOf(w.request(0, 1)),
	}
}

// TestVerify: the door lets in each kind from a member, and none from anyone else.
func TestVerify(t *testing.T) {
	w, messages := eachKind(t)
	seen := map[Kind]bool{}
	for _, m := range messages {
		v, err := w.door.Verify(memberID(0), m)
		require.NoError(t, err, m.Kind())
		require.Same(t, m, v.Message())
		require.Equal(t, memberID(0), v.From())
		require.False(t, v.FromClient())
		v, err = w.door.Verify(memberID(outsider), m)
		require.ErrorIs(t, err, ErrSender)
		require.Equal(t, Verified{}, v)
		seen[m.Kind()] = true
	}
	require.Len(t, seen, int(KindCount)-2, "all but REPLY, which is for clients")
	for _, m := range []Message{&Reply{}, nil} {
		_, err := w.door.Verify(memberID(0), m)
		require.ErrorIs(t, err, ErrForm)
	}
	for _, m := range messages {
		switch m := m.(type) {
		case *Body:
			require.Len(t, m.Payload.Requests, 1, "parsed by the door")
		case *Blocks:
			require.Len(t, m.Blocks[0].Payload.Requests, 1)
		}
	}
}

// TestNothingUnverifiedLeaves: where there is an error there is no message.
func TestNothingUnverifiedLeaves(t *testing.T) {
	w, messages := eachKind(t)
	foreign := newWorldOf(t, w.cluster, 8, true, Limits{}, 1, 1, 1, 1)
	for _, m := range messages {
		v, err := foreign.door.Verify(memberID(0), m)
		switch m.(type) {
		case *Status, *Fetch, *FetchView, *Requests: // not bound to an epoch
			require.NoError(t, err)
		case *PrepareCert, *CommitCert, *CheckpointCert:
			require.ErrorIs(t, err, ErrCert)
			require.Equal(t, Verified{}, v)
		default:
			require.ErrorIs(t, err, ErrEpoch, m.Kind())
			require.Equal(t, Verified{}, v, m.Kind())
		}
	}
}

// TestDirectVotes (spec N8): a vote counts on its signer's own link only, and
// under the signer's own key.
func TestDirectVotes(t *testing.T) {
	w, messages := eachKind(t)
	for _, m := range messages {
		switch m.(type) {
		case *Prepare, *Commit, *Suspect, *ViewChange, *Checkpoint:
			_, err := w.door.Verify(memberID(1), m)
			require.ErrorIs(t, err, ErrSender, m.Kind())
			_, sig := m.(Signed).Author()
			sig[7] ^= 1
			_, err = w.door.Verify(memberID(0), m)
			require.ErrorIs(t, err, ErrSignature, m.Kind())
		}
	}
	unsigned := &Prepare{Epoch: 7, Signer: memberID(0)}
	require.ErrorIs(t, w.door.Signature(unsigned), ErrSignature)
	stranger := w.prepare(outsider, 2, 1, Point{Seq: 5})
	require.ErrorIs(t, w.door.Signature(stranger), ErrSender)
}

// TestSign: the signer's door makes an own message, and keeps the signer's error.
func TestSign(t *testing.T) {
	w := newWorld(t, 1, 1, 1, 1)
	m := &Commit{Epoch: 7, Seq: 5}
	v, err := w.door.Sign(w.signer(2), memberID(2), m)
	require.NoError(t, err)
	require.Same(t, m, v.Message())
	require.Equal(t, memberID(2), v.From())
	require.NoError(t, w.door.Signature(m))

	broken := errors.New("remote signer is gone")
	v, err = w.door.Sign(brokenSigner{broken}, memberID(2), m)
	require.ErrorIs(t, err, broken)
	require.Equal(t, Verified{}, v)
	require.ErrorIs(t, w.door.SignRequest(brokenSigner{broken}, &Request{}), broken)
}

type brokenSigner struct{ err error }

func (brokenSigner) Public() PublicKey             { return PublicKey{} }
func (s brokenSigner) Sign([]byte) ([]byte, error) { return nil, s.err }

// TestNumbersWithoutEnd (spec D1; adversary A12): seqs and views near the end of
// their range are refused before anyone adds to them.
func TestNumbersWithoutEnd(t *testing.T) {
	w := newWorld(t, 1, 1, 1, 1)
	for _, n := range []uint64{1 << 62, 1 << 63, 1<<64 - 1} {
		at := Point{Seq: Seq(n)}
		suspect := w.suspect(0, View(n))
		for _, m := range []Message{
			w.prepare(0, View(n), 1, Point{Seq: 5}), w.prepare(0, 2, 1, at), w.commit(0, View(n), Point{Seq: 5}), w.commit(0, 2, at),
			&suspect, w.checkpoint(0, CheckpointBody{Epoch: 7, Seq: Seq(n)}),
			w.checkpoint(0, CheckpointBody{Epoch: 7, Seq: 5, SnapshotSeq: Seq(n)}),
			&PrePrepare{Header: Header{Epoch: 7, Seq: Seq(n), PayloadKind: PayloadBatch, PayloadHash: HashSHA256}},
		} {
			_, err := w.door.Verify(memberID(0), m)
			require.ErrorIs(t, err, ErrForm, "%v %d", m.Kind(), n)
		}
	}
	_, err := w.door.Verify(memberID(0), w.commit(0, 1<<62-1, Point{Seq: 1<<62 - 1}))
	require.NoError(t, err)
}

// TestHeader (spec N1, B1): what a header may say at all, alone and with its body.
func TestHeader(t *testing.T) {
	w := newWorldOf(t, Digest{1}, 7, true, Limits{PayloadBytes: 1000}, 1, 1, 1, 1)
	for name, row := range map[string]struct {
		change func(h *Header)
		want   error
	}{
		"good":                        {func(*Header) {}, nil},
		"another epoch":               {func(h *Header) { h.Epoch-- }, ErrEpoch},
		"genesis":                     {func(h *Header) { h.Seq = 0 }, ErrForm},
		"payload kind 0":              {func(h *Header) { h.PayloadKind = 0 }, ErrForm},
		"payload kind 2":              {func(h *Header) { h.PayloadKind = 2 }, ErrForm},
		"hash 0":                      {func(h *Header) { h.PayloadHash = 0 }, ErrForm},
		"hash 3":                      {func(h *Header) { h.PayloadHash = 3 }, ErrForm},
		"payload larger than allowed": {func(h *Header) { h.PayloadSize = 1001 }, ErrForm},
		"payload without end":         {func(h *Header) { h.PayloadSize = 1<<32 - 1 }, ErrForm},
	} {
		raw := AppendBatch(nil, []Request{w.request(0, 1)})
		h := Header{Epoch: 7, Seq: 1, PayloadKind: PayloadBatch, PayloadHash: HashSHA256, PayloadSize: uint32(len(raw)), PayloadDigest: PayloadDigest(raw)}
		row.change(&h)
		for _, m := range []Message{&PrePrepare{Header: h}, &Body{Header: h, Raw: raw}, &Blocks{Blocks: []BlockData{{Header: h, Raw: raw}}}} {
			if _, ok := m.(*Blocks); ok && name == "genesis" {
				continue
			}
			_, err := w.door.Verify(memberID(0), m)
			require.ErrorIs(t, err, row.want, "%s, %v", name, m.Kind())
		}
	}
}

// TestBlocks (spec N9, S1): an answer is a gapless run above its point, and what it
// carries is checked.
func TestBlocks(t *testing.T) {
	w, messages := eachKind(t)
	var good *Blocks
	for _, m := range messages {
		if b, ok := m.(*Blocks); ok {
			good = b
		}
	}
	raw, header := good.Blocks[0].Raw, good.Blocks[0].Header
	run := func(from Seq, seqs ...Seq) *Blocks {
		m := &Blocks{From: Point{Seq: from}}
		for _, s := range seqs {
			h := header
			h.Seq = s
			m.Blocks = append(m.Blocks, BlockData{Header: h, Raw: raw})
		}
		return m
	}
	with := func(change func(m *Blocks)) *Blocks {
		m := run(0, 1)
		m.Prepare, m.Commit, m.Stable = new(*good.Prepare), new(*good.Commit), new(*good.Stable)
		change(m)
		return m
	}
	for name, row := range map[string]struct {
		m    *Blocks
		want error
	}{
		"none":                 {run(5), nil},
		"three":                {run(5, 6, 7, 8), nil},
		"headers only":         {&Blocks{Blocks: []BlockData{{Header: header}}}, nil},
		"with proofs":          {with(func(*Blocks) {}), nil},
		"a gap":                {run(5, 6, 8), ErrForm},
		"one twice":            {run(5, 6, 6), ErrForm},
		"not above the point":  {run(5, 5, 6), ErrForm},
		"above a gap":          {run(5, 7), ErrForm},
		"around the end":       {run(1<<64-1, 0), ErrForm},
		"another payload":      {&Blocks{Blocks: []BlockData{{Header: header, Raw: raw[1:]}}}, ErrForm},
		"empty payload":        {&Blocks{Blocks: []BlockData{{Header: header, Raw: []byte{}}}}, ErrForm},
		"more than allowed":    {run(0, 1, 2, 3, 4, 5), ErrForm},
		"links beyond allowed": {with(func(m *Blocks) { m.Links = make([]Digest, 5) }), ErrForm},
		"bad vote":             {with(func(m *Blocks) { m.Prepare.View++ }), ErrSignature},
		"bad CC":               {with(func(m *Blocks) { m.Commit.Votes = m.Commit.Votes[1:] }), ErrCert},
		"bad checkpoint":       {with(func(m *Blocks) { m.Stable.Votes = m.Stable.Votes[1:] }), ErrCert},
	} {
		door := NewDoor(w.cluster, w.members, w.ring.Verifier(), true, Limits{Blocks: 4, Links: 4})
		_, err := door.Verify(memberID(0), row.m)
		require.ErrorIs(t, err, row.want, name)
	}
}

// TestLeave (spec V1): all that is passed on is signed, by members of the epoch.
func TestLeave(t *testing.T) {
	w := newEvidenceWorld(t)
	proof := func() *Evidence {
		return w.fork(EvidencePrepareFork, w.prepare(0, 2, 1, w.a.at(5)), w.prepare(0, 2, 1, w.b.at(5)), w.b, 5, 5)
	}
	for name, row := range map[string]struct {
		change func(m *Leave)
		want   error
	}{
		"good":                    {func(*Leave) {}, nil},
		"with a proof":            {func(m *Leave) { m.Proof = proof() }, nil},
		"another epoch":           {func(m *Leave) { m.Epoch++ }, ErrEpoch},
		"suspicion not signed":    {func(m *Leave) { m.Suspects[1].Decided++ }, ErrSignature},
		"suspicion of a stranger": {func(m *Leave) { m.Suspects[1] = w.suspect(outsider, 2) }, ErrSender},
		"change not signed":       {func(m *Leave) { m.Changes[0].View++ }, ErrSignature},
		"proof of nothing":        {func(m *Leave) { m.Proof = proof(); m.Proof.Second = m.Proof.First }, ErrEvidence},
		"more suspicions than members": {func(m *Leave) {
			m.Suspects = append(m.Suspects, m.Suspects...)
			m.Suspects = append(m.Suspects, m.Suspects[0])
		}, ErrForm},
		"more changes than members": {func(m *Leave) {
			for range 4 {
				m.Changes = append(m.Changes, m.Changes[0])
			}
		}, ErrForm},
	} {
		m := &Leave{Epoch: 7, View: 3, Suspects: []Suspect{w.suspect(1, 2), w.suspect(2, 2)}}
		m.Changes = []ViewChange{*w.viewChange(3, 3, w.rank(2, 8), Digest{})}
		row.change(m)
		_, err := w.door.Verify(memberID(1), m)
		require.ErrorIs(t, err, row.want, name)
	}
}
