package message_test

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"

	. "github.com/twothirds-bft/twothirds/pbft/message"
)

// evidenceWorld has two chains that part after seq 4. The culprit, where there is
// one, is member 0, who is the primary of view 0, 4 and 8.
type evidenceWorld struct {
	*world
	a, b *chain
}

func newEvidenceWorld(t testing.TB) *evidenceWorld {
	a := newChain(Point{Chain: digestOf(1)}, 9, 1)
	return &evidenceWorld{newWorld(t, 1, 1, 1, 1), a, a.fork(4, 2)}
}

// proof completes e as one against member 0.
func (w *evidenceWorld) proof(k EvidenceKind, first, second Signed) *Evidence {
	return &Evidence{Kind: k, Culprit: memberID(0), First: first, Second: second}
}

// fork is a proof of kind k. It leads from second's chain at low up to second.
func (w *evidenceWorld) fork(k EvidenceKind, first, second Signed, c *chain, low, high Seq) *Evidence {
	e := w.proof(k, first, second)
	e.Fork, e.Links = c.at(low).Chain, c.links(low, high)
	return e
}

func (w *evidenceWorld) newView(i int, v View, s Seq) *NewView {
	m := &NewView{Epoch: 7, View: v, Cert: &PrepareCert{Epoch: 7, View: 1, Seq: s, Chain: w.a.at(s).Chain}}
	m.Changes = []ViewChange{*w.viewChange(1, v, w.rank(1, s), w.a.at(s).Chain)}
	w.sign(i, m)
	return m
}

// payload is a proof that the block at seq 5, of view 4, carries raw, under its
// primary's PREPARE for seq.
func (w *evidenceWorld) payload(raw []byte, change func(h *Header), seq Seq) *Evidence {
	h := Header{Epoch: 7, View: 4, Seq: 5, PayloadKind: PayloadBatch, PayloadHash: HashSHA256, PayloadSize: uint32(len(raw)), PayloadDigest: PayloadDigest(raw)}
	change(&h)
	c := &chain{from: w.a.from, headers: append(append([]Header(nil), w.a.headers[:h.Seq-1]...), h)}
	c.headers = append(c.headers, newChain(c.at(h.Seq), 4, 3).headers...)
	e := w.proof(EvidencePayload, w.prepare(0, 4, 2, c.at(seq)), nil)
	e.Fork, e.Links, e.Header, e.Raw = c.at(h.Seq-1).Chain, c.links(h.Seq, seq), h, raw
	return e
}

func unchanged(*Header) {}

// TestEvidenceConvicts (spec E1): each kind of proof convicts its signer.
func TestEvidenceConvicts(t *testing.T) {
	w := newEvidenceWorld(t)
	badClient := w.request(0, 1)
	badClient.Sig = bytes.Clone(badClient.Sig)
	badClient.Sig[0] ^= 1
	for name, e := range map[string]*Evidence{
		"PREPAREs of one seq":          w.fork(EvidencePrepareFork, w.prepare(0, 2, 1, w.a.at(7)), w.prepare(0, 2, 1, w.b.at(7)), w.b, 7, 7),
		"PREPAREs of two seqs":         w.fork(EvidencePrepareFork, w.prepare(0, 2, 1, w.a.at(5)), w.prepare(0, 2, 1, w.b.at(9)), w.b, 5, 9),
		"with different bases too":     w.fork(EvidencePrepareFork, w.prepare(0, 2, 1, w.a.at(5)), w.prepare(0, 2, 3, w.b.at(9)), w.b, 5, 9),
		"COMMITs of one seq":           w.fork(EvidenceCommitFork, w.commit(0, 2, w.b.at(7)), w.commit(0, 2, w.a.at(7)), w.a, 7, 7),
		"COMMITs of two seqs":          w.fork(EvidenceCommitFork, w.commit(0, 2, w.b.at(6)), w.commit(0, 2, w.a.at(9)), w.a, 6, 9),
		"PREPAREs of two bases":        w.proof(EvidenceBase, w.prepare(0, 2, 1, w.a.at(7)), w.prepare(0, 2, 2, w.a.at(7))),
		"report below, by seq":         w.proof(EvidenceLowReport, w.commit(0, 2, w.a.at(7)), w.viewChange(0, 3, w.rank(2, 6), w.a.at(6).Chain)),
		"report below, by view":        w.proof(EvidenceLowReport, w.commit(0, 2, w.a.at(7)), w.viewChange(0, 9, w.rank(1, 9), w.a.at(9).Chain)),
		"report of the root":           w.proof(EvidenceLowReport, w.commit(0, 0, w.a.at(1)), w.viewChange(0, 1, w.rank(0, 0), w.a.at(0).Chain)),
		"VIEW-CHANGEs of two ranks":    w.proof(EvidenceViewChange, w.viewChange(0, 3, w.rank(2, 6), w.a.at(6).Chain), w.viewChange(0, 3, w.rank(2, 7), w.a.at(7).Chain)),
		"VIEW-CHANGEs, two digests":    w.proof(EvidenceViewChange, w.viewChange(0, 3, w.rank(2, 6), w.a.at(6).Chain), w.viewChange(0, 3, w.rank(2, 6), w.b.at(6).Chain)),
		"NEW-VIEWs":                    w.proof(EvidenceNewView, w.newView(0, 4, 5), w.newView(0, 4, 6)),
		"payload that is no batch":     w.payload([]byte("no batch"), unchanged, 5),
		"covered from above":           w.payload([]byte("no batch"), unchanged, 8),
		"empty payload":                w.payload(nil, unchanged, 6),
		"request with a bad signature": w.payload(AppendBatch(nil, []Request{w.request(0, 1), badClient}), unchanged, 5),
		"batch of no known kind":       w.payload(AppendBatch(nil, []Request{w.request(0, 1)}), func(h *Header) { h.PayloadKind++ }, 5),
	} {
		id, err := w.door.Evidence(e)
		require.NoError(t, err, name)
		require.Equal(t, memberID(0), id, name)
	}
}

// TestEvidenceSparesTheInnocent (spec E1; M57): what a correct replica signs, in
// whatever light it is put, convicts nobody. Neither does what it did not sign.
func TestEvidenceSparesTheInnocent(t *testing.T) {
	w := newEvidenceWorld(t)
	other := newWorldOf(t, w.cluster, 8, true, Limits{}, 1, 1, 1, 1)
	prepare, commit := w.prepare(0, 2, 1, w.a.at(5)), w.commit(0, 2, w.a.at(5))
	report := w.viewChange(0, 3, w.rank(2, 5), w.a.at(5).Chain)
	newView := w.newView(0, 4, 5)
	resigned := w.newView(0, 4, 5)
	resigned.Changes[0].Sig = bytes.Repeat([]byte{1}, SignatureSize) // not what it signed
	good := AppendBatch(nil, []Request{w.request(0, 1)})
	tampered := w.prepare(0, 2, 1, w.b.at(9))
	tampered.Sig[0] ^= 1
	notOwn := w.prepare(1, 2, 1, w.b.at(9))
	of := func(e *Evidence, change func(e *Evidence)) *Evidence { change(e); return e }
	convicting := func() *Evidence {
		return w.fork(EvidencePrepareFork, prepare, w.prepare(0, 2, 1, w.b.at(9)), w.b, 5, 9)
	}
	_, err := w.door.Evidence(convicting())
	require.NoError(t, err)

	for name, e := range map[string]*Evidence{
		"nothing": nil,
		"kind 0":  of(convicting(), func(e *Evidence) { e.Kind = 0 }),
		"kind 8":  of(convicting(), func(e *Evidence) { e.Kind = 8 }),

		// The primary equivocated; this replica prepared a, saw PC(b) and committed it.
		"PREPARE and COMMIT on two chains, as PREPAREs": w.fork(EvidencePrepareFork, prepare, w.commit(0, 2, w.b.at(9)), w.b, 5, 9),
		"PREPARE and COMMIT on two chains, as COMMITs":  w.fork(EvidenceCommitFork, prepare, w.commit(0, 2, w.b.at(9)), w.b, 5, 9),
		"PREPAREs as COMMITs":                           of(convicting(), func(e *Evidence) { e.Kind = EvidenceCommitFork }),

		"same PREPARE twice":               w.fork(EvidencePrepareFork, prepare, prepare, w.a, 5, 5),
		"PREPARE and its descendant":       w.fork(EvidencePrepareFork, prepare, w.prepare(0, 2, 1, w.a.at(9)), w.a, 5, 9),
		"descendant, with a made-up fork":  of(w.fork(EvidencePrepareFork, prepare, w.prepare(0, 2, 1, w.a.at(9)), w.a, 5, 9), func(e *Evidence) { e.Fork[0]++ }),
		"descendant, with the other links": w.fork(EvidencePrepareFork, prepare, w.prepare(0, 2, 1, w.a.at(9)), w.b, 5, 9),
		"COMMIT and its descendant":        w.fork(EvidenceCommitFork, commit, w.commit(0, 2, w.a.at(9)), w.a, 5, 9),
		"PREPAREs of two views":            w.fork(EvidencePrepareFork, prepare, w.prepare(0, 3, 1, w.b.at(9)), w.b, 5, 9),
		"COMMITs of two views":             w.fork(EvidenceCommitFork, commit, w.commit(0, 3, w.b.at(9)), w.b, 5, 9),
		"PREPAREs of two epochs":           w.fork(EvidencePrepareFork, prepare, other.prepare(0, 2, 1, w.b.at(9)), w.b, 5, 9),
		"PREPAREs of two signers":          w.fork(EvidencePrepareFork, prepare, notOwn, w.b, 5, 9),
		"another's PREPAREs":               w.fork(EvidencePrepareFork, w.prepare(1, 2, 1, w.a.at(5)), notOwn, w.b, 5, 9),
		"a signature that is none":         w.fork(EvidencePrepareFork, prepare, tampered, w.b, 5, 9),
		"links too short":                  of(convicting(), func(e *Evidence) { e.Links = e.Links[1:] }),
		"links too long":                   of(convicting(), func(e *Evidence) { e.Links = append(e.Links, Digest{}) }),
		"a link wrong":                     of(convicting(), func(e *Evidence) { e.Links[2][0]++ }),
		"higher vote first":                w.fork(EvidencePrepareFork, w.prepare(0, 2, 1, w.b.at(9)), prepare, w.a, 5, 5),
		"one message only":                 of(convicting(), func(e *Evidence) { e.Second = nil }),
		"the other message only":           of(convicting(), func(e *Evidence) { e.First = nil }),

		"one base":                             w.proof(EvidenceBase, prepare, w.prepare(0, 2, 1, w.a.at(9))),
		"two bases in two views":               w.proof(EvidenceBase, prepare, w.prepare(0, 3, 5, w.a.at(9))),
		"COMMITs for bases":                    w.proof(EvidenceBase, prepare, commit),
		"report of what was committed":         w.proof(EvidenceLowReport, commit, report),
		"report above":                         w.proof(EvidenceLowReport, commit, w.viewChange(0, 3, w.rank(2, 6), w.a.at(6).Chain)),
		"report of a later view, lower seq":    w.proof(EvidenceLowReport, commit, w.viewChange(0, 4, w.rank(3, 2), w.a.at(2).Chain)),
		"COMMIT after the report":              w.proof(EvidenceLowReport, w.commit(0, 3, w.a.at(9)), report),
		"COMMIT long after the report":         w.proof(EvidenceLowReport, w.commit(0, 9, w.a.at(9)), report),
		"PREPARE above the report":             w.proof(EvidenceLowReport, w.prepare(0, 2, 1, w.a.at(9)), report),
		"same report":                          w.proof(EvidenceViewChange, report, report),
		"reports for two views":                w.proof(EvidenceViewChange, report, w.viewChange(0, 4, w.rank(3, 9), w.b.at(9).Chain)),
		"one NEW-VIEW":                         w.proof(EvidenceNewView, newView, newView),
		"one NEW-VIEW, other signatures in it": w.proof(EvidenceNewView, newView, resigned),
		"NEW-VIEWs of two views":               w.proof(EvidenceNewView, newView, w.newView(0, 8, 6)),

		"valid payload":         w.payload(good, unchanged, 5),
		"not the payload named": of(w.payload(good, unchanged, 5), func(e *Evidence) { e.Raw = []byte("no batch") }),
		"payload cut off":       of(w.payload(good, unchanged, 5), func(e *Evidence) { e.Raw = good[:9] }),
		"payload of another's block": of(w.payload([]byte("no batch"), unchanged, 5), func(e *Evidence) {
			e.First = w.prepare(1, 4, 2, Point{5, e.First.(*Prepare).Chain})
			e.Culprit = memberID(1)
		}),
		"block of an earlier view":       w.payload([]byte("no batch"), func(h *Header) { h.View = 0 }, 5),
		"block of an earlier epoch":      w.payload([]byte("no batch"), func(h *Header) { h.Epoch = 6 }, 5),
		"block that is not covered":      of(w.payload([]byte("no batch"), unchanged, 5), func(e *Evidence) { e.First = w.prepare(0, 4, 2, w.a.at(5)) }),
		"block above the PREPARE":        of(w.payload([]byte("no batch"), unchanged, 5), func(e *Evidence) { e.First = w.prepare(0, 4, 2, w.a.at(4)) }),
		"header changed":                 of(w.payload([]byte("no batch"), unchanged, 5), func(e *Evidence) { e.Header.PayloadKind++ }),
		"size other than the header's":   w.payload([]byte("no batch"), func(h *Header) { h.PayloadSize++ }, 5),
		"digest other than the header's": w.payload([]byte("no batch"), func(h *Header) { h.PayloadDigest[0]++ }, 5),
		"COMMIT for a payload":           of(w.payload([]byte("no batch"), unchanged, 5), func(e *Evidence) { e.First = w.commit(0, 4, e.First.(*Prepare).Point()) }),
	} {
		_, err := w.door.Evidence(e)
		require.Error(t, err, name)
	}
}

// TestEvidenceLimits (spec D1): proofs are as long as they may be, and no longer.
func TestEvidenceLimits(t *testing.T) {
	w := newEvidenceWorld(t)
	e := w.fork(EvidencePrepareFork, w.prepare(0, 2, 1, w.a.at(5)), w.prepare(0, 2, 1, w.b.at(9)), w.b, 5, 9)
	for most, want := range map[int]error{4: nil, 3: ErrEvidence} {
		door := NewDoor(w.cluster, w.members, w.ring.Verifier(), true, Limits{Links: most})
		_, err := door.Evidence(e)
		require.ErrorIs(t, err, want)
	}
}

// TestEvidenceOfSize (spec E1, N1): sizes are the genesis', so a block above them is
// its primary's fault, however sound its requests are.
func TestEvidenceOfSize(t *testing.T) {
	w := newEvidenceWorld(t)
	raw := AppendBatch(nil, []Request{w.request(0, 1)})
	e := w.payload(raw, unchanged, 5)
	for most, want := range map[int]error{len(raw): ErrEvidence, len(raw) - 1: nil} {
		door := NewDoor(w.cluster, w.members, w.ring.Verifier(), true, Limits{PayloadBytes: most})
		_, err := door.Evidence(e)
		require.ErrorIs(t, err, want)
	}
}

// TestEvidenceView: the view in which it happened.
func TestEvidenceView(t *testing.T) {
	w := newEvidenceWorld(t)
	for _, m := range []Signed{
		w.prepare(0, 4, 1, w.a.at(5)), w.commit(0, 4, w.a.at(5)), w.viewChange(0, 4, w.rank(2, 5), Digest{}), w.newView(0, 4, 5),
	} {
		require.Equal(t, View(4), (&Evidence{First: m}).View())
	}
	require.Zero(t, (&Evidence{}).View())
}

// A block with a request that its client did not sign passes the door as evidence
// only: there is no payload that anybody could accept (spec N1, X1).
func TestForgedRequestIsNoPayload(t *testing.T) {
	w := newWorld(t, 1, 1, 1, 1)
	forged := w.request(0, 1)
	forged.Op = []byte("other")
	raw := AppendBatch(nil, []Request{forged})
	h := Header{
		Epoch: 7, View: 2, Seq: 1, PayloadKind: PayloadBatch, PayloadHash: HashSHA256,
		PayloadSize: uint32(len(raw)), PayloadDigest: PayloadDigest(raw),
	}
	m := &Body{Header: h, Raw: raw}
	_, err := w.door.Verify(memberID(0), m)
	require.NoError(t, err)
	require.Nil(t, m.Payload)
	p, err := w.door.Payload(&h, raw)
	require.ErrorIs(t, err, ErrSignature)
	require.Nil(t, p)
}
