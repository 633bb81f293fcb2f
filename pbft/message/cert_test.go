package message_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	. "github.com/twothirds-bft/twothirds/pbft/message"
)

// certCase is a certificate in view 2: of which base and point, and the seqs for
// which its members vote, by index; 0 is no vote.
type certCase struct {
	name      string
	powers    []uint64
	base, seq Seq
	votes     []Seq
}

var certCases = []certCase{
	{"all at the point", []uint64{1, 1, 1, 1}, 0, 5, []Seq{5, 5, 5, 0}},
	{"every member", []uint64{1, 1, 1, 1}, 0, 5, []Seq{5, 6, 5, 7}},
	{"the base itself", []uint64{1, 1, 1, 1}, 5, 5, []Seq{0, 5, 5, 5}},
	{"votes above the point", []uint64{1, 1, 1, 1}, 3, 5, []Seq{9, 0, 5, 7}},
	{"no vote at the point", []uint64{1, 1, 1, 1}, 1, 5, []Seq{6, 8, 7, 0}},
	{"genesis", []uint64{1, 1, 1, 1}, 0, 0, []Seq{0: 1, 1: 2, 2: 3, 3: 0}},
	{"seven", []uint64{1, 1, 1, 1, 1, 1, 1}, 4, 5, []Seq{5, 6, 0, 7, 0, 9, 5}},
	{"five of f = 1", []uint64{1, 1, 1, 1, 1}, 4, 5, []Seq{5, 6, 0, 5, 5}},
	{"weights: two are enough", []uint64{5, 1, 1, 1}, 2, 5, []Seq{6, 0, 5, 0}},
	{"weights: all the small ones and one", []uint64{2, 3, 1, 1, 3}, 2, 5, []Seq{0, 6, 5, 0, 5}},
}

// certWorld is what certificates of one case are made of.
type certWorld struct {
	*world
	certCase
	*chain
}

const certView View = 2

func newCertWorld(t *testing.T, c certCase) *certWorld {
	return &certWorld{world: newWorld(t, c.powers...), certCase: c, chain: newChain(Point{Chain: digestOf(1)}, 12, 1)}
}

// votesOf collects what sign makes for each vote of the case.
func (w *certWorld) votesOf(sign func(i int, at Point) []byte) (votes []CertVote, links []Digest) {
	top := w.certCase.seq
	for i, s := range w.certCase.votes {
		if s > 0 {
			votes = append(votes, CertVote{Signer: memberID(i), Seq: s, Sig: sign(i, w.at(s))})
			top = max(top, s)
		}
	}
	return votes, w.links(w.certCase.seq, top)
}

func (w *certWorld) prepareCert(base Seq) *PrepareCert {
	c := &PrepareCert{Epoch: w.epoch, View: certView, Base: base, Seq: w.seq, Chain: w.at(w.seq).Chain}
	c.Votes, c.Links = w.votesOf(func(i int, at Point) []byte { return w.prepare(i, certView, base, at).Sig })
	return c
}

func (w *certWorld) commitCert() *CommitCert {
	c := &CommitCert{Epoch: w.epoch, View: certView, Seq: w.seq, Chain: w.at(w.seq).Chain}
	c.Votes, c.Links = w.votesOf(func(i int, at Point) []byte { return w.commit(i, certView, at).Sig })
	return c
}

// TestCerts (spec N3, N5): true certificates are accepted, wherever they are cut
// and whoever signed.
func TestCerts(t *testing.T) {
	for _, c := range certCases {
		t.Run(c.name, func(t *testing.T) {
			w := newCertWorld(t, c)
			require.NoError(t, w.door.PrepareCert(w.prepareCert(c.base)))
			require.NoError(t, w.door.CommitCert(w.commitCert()))
			for from := range c.powers { // they may be passed on by anyone (spec N9)
				_, err := w.door.Verify(memberID(from), w.prepareCert(c.base))
				require.NoError(t, err)
				_, err = w.door.Verify(memberID(from), w.commitCert())
				require.NoError(t, err)
			}
		})
	}
}

// certParts are the fields that both kinds of certificate have.
type certParts struct {
	epoch *Epoch
	view  *View
	seq   *Seq
	chain *Digest
	links *[]Digest
	votes *[]CertVote
}

// A corruption changes one thing about a true certificate. It returns false where
// that thing is not there. vote signs as the certificate's kind wants it.
type corruption struct {
	name string
	do   func(w *certWorld, c certParts, vote func(i int, v View, at Point) []byte) bool
}

var corruptions = []corruption{
	{"signer counted twice", func(_ *certWorld, c certParts, _ func(int, View, Point) []byte) bool { // M09
		(*c.votes)[1] = (*c.votes)[0]
		return true
	}},
	{"padded with a signer again", func(_ *certWorld, c certParts, _ func(int, View, Point) []byte) bool { // A05
		*c.votes = slices.Insert(*c.votes, 0, (*c.votes)[0])
		return true
	}},
	{"signer again, at another seq", func(w *certWorld, c certParts, vote func(int, View, Point) []byte) bool {
		i := slices.IndexFunc(w.votes, func(s Seq) bool { return s > 0 })
		at := w.seq + Seq(len(*c.links))
		*c.votes = slices.Insert(*c.votes, 1, CertVote{Signer: memberID(i), Seq: at, Sig: vote(i, certView, w.at(at))})
		return true
	}},
	{"padded with one who is no member", func(w *certWorld, c certParts, vote func(int, View, Point) []byte) bool {
		*c.votes = append(*c.votes, CertVote{Signer: memberID(outsider), Seq: w.seq, Sig: vote(outsider, certView, w.at(w.seq))})
		return true
	}},
	{"member's id on another key", func(w *certWorld, c certParts, vote func(int, View, Point) []byte) bool {
		v := &(*c.votes)[0]
		v.Sig = vote(outsider, certView, w.at(v.Seq))
		return true
	}},
	{"one vote of another view", func(w *certWorld, c certParts, vote func(int, View, Point) []byte) bool { // M06
		v := &(*c.votes)[1]
		v.Sig = vote(indexOf(v.Signer), certView-1, w.at(v.Seq))
		return true
	}},
	{"another view", func(_ *certWorld, c certParts, _ func(int, View, Point) []byte) bool { *c.view++; return true }}, // A07
	{"another epoch", func(_ *certWorld, c certParts, _ func(int, View, Point) []byte) bool { *c.epoch++; return true }},
	{"another chain", func(_ *certWorld, c certParts, _ func(int, View, Point) []byte) bool { (*c.chain)[0]++; return true }},
	{"another seq", func(w *certWorld, c certParts, _ func(int, View, Point) []byte) bool { *c.seq++; return true }},
	{"one vote on a fork", func(w *certWorld, c certParts, vote func(int, View, Point) []byte) bool { // M07
		v := &(*c.votes)[0]
		v.Sig = vote(indexOf(v.Signer), certView, w.fork(v.Seq-1, 2).at(v.Seq))
		return v.Seq > 0
	}},
	{"cut above a vote", func(w *certWorld, c certParts, _ func(int, View, Point) []byte) bool {
		low := slices.MinFunc(*c.votes, func(a, b CertVote) int { return int(a.Seq) - int(b.Seq) }).Seq
		if len(*c.links) <= int(low-w.seq) {
			return false
		}
		*c.seq, *c.chain, *c.links = low+1, w.at(low+1).Chain, (*c.links)[low+1-w.seq:]
		return true
	}},
	{"vote's seq raised", func(_ *certWorld, c certParts, _ func(int, View, Point) []byte) bool { // the links reach it
		v := slices.MinFunc(*c.votes, func(a, b CertVote) int { return int(a.Seq) - int(b.Seq) })
		i := slices.IndexFunc(*c.votes, func(o CertVote) bool { return o.Signer == v.Signer })
		(*c.votes)[i].Seq++
		return int(v.Seq-*c.seq) < len(*c.links)
	}},
	{"links too short", func(_ *certWorld, c certParts, _ func(int, View, Point) []byte) bool {
		if len(*c.links) == 0 {
			return false
		}
		*c.links = (*c.links)[1:]
		return true
	}},
	{"links too long", func(w *certWorld, c certParts, _ func(int, View, Point) []byte) bool { // a second form
		top := w.seq + Seq(len(*c.links))
		*c.links = append(*c.links, w.links(top, top+1)...)
		return true
	}},
	{"a link wrong", func(_ *certWorld, c certParts, _ func(int, View, Point) []byte) bool { // M10
		if len(*c.links) == 0 {
			return false
		}
		(*c.links)[0][5] ^= 1
		return true
	}},
	{"links in another order", func(_ *certWorld, c certParts, _ func(int, View, Point) []byte) bool {
		slices.Reverse(*c.links)
		return len(*c.links) > 1
	}},
	{"votes not sorted", func(_ *certWorld, c certParts, _ func(int, View, Point) []byte) bool {
		slices.Reverse(*c.votes)
		return true
	}},
	{"one bad signature", func(_ *certWorld, c certParts, _ func(int, View, Point) []byte) bool {
		(*c.votes)[len(*c.votes)-1].Sig[63] ^= 1
		return true
	}},
	{"no signature", func(_ *certWorld, c certParts, _ func(int, View, Point) []byte) bool {
		(*c.votes)[0].Sig = nil
		return true
	}},
	{"signature too long", func(_ *certWorld, c certParts, _ func(int, View, Point) []byte) bool {
		(*c.votes)[0].Sig = append((*c.votes)[0].Sig, 0)
		return true
	}},
	{"signatures exchanged", func(_ *certWorld, c certParts, _ func(int, View, Point) []byte) bool {
		v := *c.votes
		v[0].Sig, v[1].Sig = v[1].Sig, v[0].Sig
		return true
	}},
	{"no votes", func(_ *certWorld, c certParts, _ func(int, View, Point) []byte) bool {
		*c.votes, *c.links = nil, nil
		return true
	}},
	{"view without end", func(_ *certWorld, c certParts, _ func(int, View, Point) []byte) bool { *c.view = 1 << 62; return true }},
	{"seq without end", func(_ *certWorld, c certParts, _ func(int, View, Point) []byte) bool { *c.seq = 1<<64 - 1; return true }}, // A12
}

// TestCertEndsBelowTheBound: a vote that the door would refuse by itself is none in a
// certificate either.
func TestCertEndsBelowTheBound(t *testing.T) {
	w := newWorld(t, 1, 1, 1, 1)
	for last, want := range map[Seq]error{1<<62 - 1: nil, 1 << 62: ErrCert} {
		c := &CommitCert{Epoch: w.epoch, View: 1, Seq: last - 1, Links: []Digest{digestOf(2)}}
		for i := range 4 {
			at := Point{Seq: last, Chain: Fold(c.Chain, c.Links)}
			c.Votes = append(c.Votes, CertVote{Signer: memberID(i), Seq: last, Sig: w.commit(i, 1, at).Sig})
		}
		require.ErrorIs(t, w.door.CommitCert(c), want)
	}
}

func indexOf(id ReplicaID) int { return int(id-3) / 10 }

// TestCorruptCerts (spec N3, N5): each true certificate is refused once any one
// thing about it is wrong.
func TestCorruptCerts(t *testing.T) {
	done := map[string]int{}
	for _, c := range certCases {
		for _, k := range corruptions {
			w := newCertWorld(t, c)
			pc := w.prepareCert(c.base)
			if k.do(w, certParts{&pc.Epoch, &pc.View, &pc.Seq, &pc.Chain, &pc.Links, &pc.Votes}, func(i int, v View, at Point) []byte {
				return w.prepare(i, v, c.base, at).Sig
			}) {
				done[k.name]++
				requireRefused(t, w.door.PrepareCert(pc), "%s: PC, %s", c.name, k.name)
			}
			cc := w.commitCert()
			if k.do(w, certParts{&cc.Epoch, &cc.View, &cc.Seq, &cc.Chain, &cc.Links, &cc.Votes}, func(i int, v View, at Point) []byte {
				return w.commit(i, v, at).Sig
			}) {
				requireRefused(t, w.door.CommitCert(cc), "%s: CC, %s", c.name, k.name)
			}
		}
	}
	for _, k := range corruptions {
		require.NotZero(t, done[k.name], "never tried: %s", k.name)
	}
}

func requireRefused(t *testing.T, err error, format string, args ...any) {
	t.Helper()
	if err == nil {
		t.Errorf("accepted: %s", fmt.Sprintf(format, args...))
		return
	}
	if !errors.Is(err, ErrCert) {
		require.ErrorIs(t, err, ErrSignature)
	}
}

// TestCertPower (spec M1, N3, N5; M01 to M04): every set of signers is a quorum or
// not, for sizes that are and are not 3f+1, and with weights.
func TestCertPower(t *testing.T) {
	for _, powers := range [][]uint64{{1}, {1, 1}, {1, 1, 1}, {1, 1, 1, 1}, {1, 1, 1, 1, 1}, {1, 1, 1, 1, 1, 1}, {1, 1, 1, 1, 1, 1, 1}, {5, 1, 1, 1}, {4, 2, 1, 1, 3}, {1 << 52, 1, 1 << 51}} {
		total := uint64(0)
		for _, p := range powers {
			total += p
		}
		for set := range 1 << len(powers) {
			c := certCase{powers: powers, base: 2, seq: 5, votes: make([]Seq, len(powers))}
			power := uint64(0)
			for i := range powers {
				if set>>i&1 == 1 {
					c.votes[i], power = 5, power+powers[i]
				}
			}
			w := newCertWorld(t, c)
			quorum := 3*power > 2*total // more than two thirds
			require.Equal(t, quorum, w.door.PrepareCert(w.prepareCert(c.base)) == nil, "%v of %v", c.votes, powers)
			require.Equal(t, quorum, w.door.CommitCert(w.commitCert()) == nil, "%v of %v", c.votes, powers)
		}
	}
}

// TestCertBase (spec N3): votes of different bases never count together (M78), and
// no certificate lies below its base (M63; the first of the stories: a true but
// low vote would cut PC(1,5) out of votes at 11, outrank PC(0,10) and fork the
// log).
func TestCertBase(t *testing.T) {
	c := certCase{powers: []uint64{1, 1, 1, 1}, base: 3, seq: 5, votes: []Seq{9, 0, 5, 7}}
	w := newCertWorld(t, c)
	require.NoError(t, w.door.PrepareCert(w.prepareCert(3)))
	require.NoError(t, w.door.PrepareCert(w.prepareCert(5)), "a base at the point")

	for _, base := range []Seq{0, 2, 4} {
		pc := w.prepareCert(3)
		v := &pc.Votes[0]
		v.Sig = w.prepare(0, certView, base, w.at(v.Seq)).Sig
		requireRefused(t, w.door.PrepareCert(pc), "one base %d, the others 3", base)
		pc = w.prepareCert(3)
		pc.Base = base
		requireRefused(t, w.door.PrepareCert(pc), "base said to be %d", base)
	}
	for _, base := range []Seq{6, 7, 10} {
		requireRefused(t, w.door.PrepareCert(w.prepareCert(base)), "base %d above the point 5", base)
	}
}

// TestPrepareBase (spec N2, N3): nor does a vote lie below its base.
func TestPrepareBase(t *testing.T) {
	w := newWorld(t, 1, 1, 1, 1)
	at := Point{Seq: 5, Chain: digestOf(1)}
	for base, want := range map[Seq]error{0: nil, 5: nil, 6: ErrForm, 1 << 63: ErrForm} {
		_, err := w.door.Verify(memberID(0), w.prepare(0, 2, base, at))
		require.ErrorIs(t, err, want)
	}
}

// TestCertKinds (spec D3, N5): votes of one kind make no certificate of another
// (M55).
func TestCertKinds(t *testing.T) {
	w := newCertWorld(t, certCases[3])
	pc, cc := w.prepareCert(w.base), w.commitCert()
	pc.Votes, cc.Votes = cc.Votes, pc.Votes
	require.ErrorIs(t, w.door.PrepareCert(pc), ErrSignature)
	require.ErrorIs(t, w.door.CommitCert(cc), ErrSignature)
}

// TestCertLinksLimit (spec D1): a certificate of more links than allowed is refused
// before any is hashed or any signature checked.
func TestCertLinksLimit(t *testing.T) {
	for _, most := range []int{1, 4} {
		w := newCertWorld(t, certCases[3]) // four links
		w.door = NewDoor(w.cluster, w.members, w.ring.Verifier(), true, Limits{Links: most})
		require.Equal(t, most == 4, w.door.PrepareCert(w.prepareCert(w.base)) == nil)
		require.Equal(t, most == 4, w.door.CommitCert(w.commitCert()) == nil)
	}
}

// TestCheckpointCert (spec C1): quorum power signed the very same state.
func TestCheckpointCert(t *testing.T) {
	w := newWorld(t, 1, 1, 1, 1)
	body := CheckpointBody{
		Epoch: 7, Seq: 200, Chain: digestOf(1), State: digestOf(2), Clients: digestOf(3), Members: digestOf(4),
		Reputation: digestOf(5), SnapshotSeq: 100, SnapshotRoot: digestOf(6),
	}
	certOf := func(members ...int) *CheckpointCert {
		c := &CheckpointCert{CheckpointBody: body}
		for _, i := range members {
			c.Votes = append(c.Votes, CertVote{Signer: memberID(i), Seq: 200, Sig: w.checkpoint(i, body).Sig})
		}
		return c
	}
	require.NoError(t, w.door.CheckpointCert(certOf(0, 1, 3)))
	require.NoError(t, w.door.CheckpointCert(certOf(0, 1, 2, 3)))
	for name, change := range map[string]func(c *CheckpointCert){
		"weak power only": func(c *CheckpointCert) { c.Votes = c.Votes[:2] }, // M40
		"signer twice":    func(c *CheckpointCert) { c.Votes[1] = c.Votes[0] },
		"not sorted":      func(c *CheckpointCert) { c.Votes[0], c.Votes[1] = c.Votes[1], c.Votes[0] },
		"not a member":    func(c *CheckpointCert) { c.Votes[2].Signer = memberID(outsider) },
		"bad signature":   func(c *CheckpointCert) { c.Votes[0].Sig[0] ^= 1 },
		"vote elsewhere":  func(c *CheckpointCert) { c.Votes[0].Seq++ },
		"epoch":           func(c *CheckpointCert) { c.Epoch++ },
		"seq": func(c *CheckpointCert) {
			c.Seq++
			for i := range c.Votes {
				c.Votes[i].Seq++
			}
		},
		"chain":         func(c *CheckpointCert) { c.Chain[0] ^= 1 },
		"state":         func(c *CheckpointCert) { c.State[0] ^= 1 }, // M41
		"clients":       func(c *CheckpointCert) { c.Clients[0] ^= 1 },
		"members":       func(c *CheckpointCert) { c.Members[0] ^= 1 },
		"reputation":    func(c *CheckpointCert) { c.Reputation[0] ^= 1 },
		"snapshot seq":  func(c *CheckpointCert) { c.SnapshotSeq++ },
		"snapshot root": func(c *CheckpointCert) { c.SnapshotRoot[0] ^= 1 },
	} {
		c := certOf(0, 1, 3)
		change(c)
		requireRefused(t, w.door.CheckpointCert(c), "%s", name)
	}
	body.SnapshotSeq = 201
	requireRefused(t, w.door.CheckpointCert(certOf(0, 1, 3)), "a snapshot of the future")
	body.SnapshotSeq, body.Seq = 0, 0
	requireRefused(t, w.door.CheckpointCert(certOf(0, 1, 3)), "genesis is no checkpoint")
}
