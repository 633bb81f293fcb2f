package message_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	. "github.com/twothirds-bft/twothirds/pbft/message"
)

// justified is V4 word by word, with no thought of speed: distinct summaries of
// quorum power for the view, in the order of their signers, and the certificate
// of the highest rank among them, none if that is the root's.
func justified(members *Members, view View, changes []ViewChange, cert *PrepareCert) bool {
	total, power := uint64(0), uint64(0)
	for i := range members.Len() {
		m := members.At(i)
		total += m.Power
		if slices.ContainsFunc(changes, func(c ViewChange) bool { return c.Signer == m.ID }) {
			power += m.Power
		}
	}
	signers := map[ReplicaID]bool{}
	root := Rank{Epoch: members.Epoch()}
	highest := root
	for _, c := range changes {
		if c.View != view || signers[c.Signer] || members.Index(c.Signer) < 0 {
			return false
		}
		signers[c.Signer] = true
		if c.Rank.Compare(highest) > 0 {
			highest = c.Rank
		}
	}
	sorted := slices.IsSortedFunc(changes, func(a, b ViewChange) int { return int(a.Signer) - int(b.Signer) })
	if !sorted || 3*power <= 2*total {
		return false
	}
	if highest == root {
		return cert == nil
	}
	return cert != nil && cert.Rank() == highest && cert.View < view
}

// drawNewView makes up a NEW-VIEW(4) that is mostly right. A certificate of the
// root's rank is not among them.
func drawNewView(t *rapid.T) (*Members, []ViewChange, *PrepareCert) {
	n := rapid.IntRange(1, 6).Draw(t, "n")
	seldom := func(what string) bool { return rapid.IntRange(0, 19).Draw(t, what) == 0 }
	root := Rank{Epoch: 7}
	rank := func() Rank {
		return Rank{Epoch: 7, View: View(rapid.IntRange(0, 4).Draw(t, "rank.view")), Seq: Seq(rapid.IntRange(0, 3).Draw(t, "rank.seq"))}
	}
	var list []Member
	var changes []ViewChange
	best := root
	allRoot := rapid.Bool().Draw(t, "all report the root")
	for i := range n {
		list = append(list, Member{ID: memberID(i), Key: PublicKey{byte(i)}, Power: rapid.Uint64Range(1, 3).Draw(t, "power")})
		if rapid.IntRange(0, 3).Draw(t, "silent") == 0 {
			continue
		}
		c := ViewChange{Epoch: 7, View: 4, Rank: root, Signer: memberID(i)}
		if !allRoot {
			c.Rank = rank()
		}
		if seldom("another view") {
			c.View--
		}
		if seldom("another signer") {
			c.Signer = memberID(rapid.IntRange(0, n).Draw(t, "signer"))
		}
		if c.Rank.Compare(best) > 0 {
			best = c.Rank
		}
		changes = append(changes, c)
	}
	if seldom("another order") {
		slices.Reverse(changes)
	}
	if seldom("another certificate") {
		best = rank()
	}
	members, err := NewMembers(7, list)
	require.NoError(t, err)
	if best == root || seldom("no certificate") {
		return members, changes, nil
	}
	return members, changes, &PrepareCert{Epoch: best.Epoch, View: best.View, Seq: best.Seq}
}

// TestJustifyNewView (spec V3, V4; M17 to M21): the pure function that builder and
// checker share agrees with the naive one.
func TestJustifyNewView(t *testing.T) {
	verdicts := map[bool]int{}
	rapid.Check(t, func(t *rapid.T) {
		members, changes, cert := drawNewView(t)
		want := justified(members, 4, changes, cert)
		verdicts[want]++
		require.Equal(t, want, JustifyNewView(members, 4, changes, cert) == nil)
	})
	require.NotZero(t, verdicts[true])
	require.NotZero(t, verdicts[false])
}

// newViewWorld holds a true NEW-VIEW(4) of four members: B reports the highest
// certificate, of view 3, C an older one, D the root.
type newViewWorld struct {
	*world
	*chain
}

func newNewViewWorld(t *testing.T) *newViewWorld {
	return &newViewWorld{newWorld(t, 1, 1, 1, 1), newChain(Point{Chain: digestOf(1)}, 9, 1)}
}

// certAt makes PC(v, s) with base 1, signed by A, B and C for s.
func (w *newViewWorld) certAt(v View, s Seq) *PrepareCert {
	c := &PrepareCert{Epoch: 7, View: v, Base: 1, Seq: s, Chain: w.at(s).Chain}
	for i := range 3 {
		c.Votes = append(c.Votes, CertVote{Signer: memberID(i), Seq: s, Sig: w.prepare(i, v, 1, w.at(s)).Sig})
	}
	return c
}

// make builds NEW-VIEW(v) of the three summaries, signed by member i.
func (w *newViewWorld) make(i int, v View) *NewView {
	m := &NewView{Epoch: 7, View: v, Cert: w.certAt(3, 6)}
	m.Changes = []ViewChange{
		*w.viewChange(1, v, w.rank(3, 6), w.at(6).Chain),
		*w.viewChange(2, v, w.rank(2, 8), w.at(8).Chain),
		*w.viewChange(3, v, w.rank(0, 0), w.at(0).Chain),
	}
	w.sign(i, m)
	return m
}

// TestNewView (spec V3, V4): valid from the view's primary, whoever passes it on.
func TestNewView(t *testing.T) {
	w := newNewViewWorld(t)
	for v := View(4); v < 8; v++ {
		primary := int(v % 4)
		for from := range 4 {
			_, err := w.door.Verify(memberID(from), w.make(primary, v))
			require.NoError(t, err)
			_, err = w.door.Verify(memberID(from), w.make((primary+1)%4, v))
			require.ErrorIs(t, err, ErrSender, "signed by another (spec V7)")
		}
	}
}

// TestNewViewAtRoot (spec V4): if nobody has a certificate there is none to show.
func TestNewViewAtRoot(t *testing.T) {
	w := newNewViewWorld(t)
	m := &NewView{Epoch: 7, View: 4}
	for i := range 3 {
		m.Changes = append(m.Changes, *w.viewChange(i, 4, w.rank(0, 0), w.at(0).Chain))
	}
	w.sign(0, m)
	_, err := w.door.Verify(memberID(1), m)
	require.NoError(t, err)
	m.Cert = w.certAt(3, 6)
	w.sign(0, m)
	_, err = w.door.Verify(memberID(1), m)
	require.ErrorIs(t, err, ErrCert, "a certificate that no summary reports")
}

// TestCorruptNewView (spec V4): each wrong thing about a true NEW-VIEW is found,
// though its primary signs it all.
func TestCorruptNewView(t *testing.T) {
	for name, row := range map[string]struct {
		change func(w *newViewWorld, m *NewView)
		want   error
	}{
		"one summary too few": {func(_ *newViewWorld, m *NewView) { m.Changes = m.Changes[:2] }, ErrCert},   // M20
		"a summary twice":     {func(_ *newViewWorld, m *NewView) { m.Changes[1] = m.Changes[0] }, ErrForm}, // A05
		"a summary once more": {func(_ *newViewWorld, m *NewView) { m.Changes = append(m.Changes, m.Changes[2]) }, ErrForm},
		"more summaries than there are members": {func(_ *newViewWorld, m *NewView) {
			m.Changes = append(m.Changes, m.Changes...)
		}, ErrForm},
		"summaries not sorted": {func(_ *newViewWorld, m *NewView) { slices.Reverse(m.Changes) }, ErrForm},
		"a summary for another view": {func(w *newViewWorld, m *NewView) { // M21
			m.Changes[1] = *w.viewChange(2, 5, w.rank(2, 8), w.at(8).Chain)
		}, ErrCert},
		"a summary of another epoch": {func(_ *newViewWorld, m *NewView) { m.Changes[1].Epoch++ }, ErrEpoch},
		"a summary of one who is no member": {func(w *newViewWorld, m *NewView) {
			m.Changes[2] = *w.viewChange(outsider, 4, w.rank(0, 0), w.at(0).Chain)
		}, ErrSender},
		"a summary's signature":                   {func(_ *newViewWorld, m *NewView) { m.Changes[2].Sig[9] ^= 1 }, ErrSignature},
		"a summary that its signer did not write": {func(_ *newViewWorld, m *NewView) { m.Changes[0].Rank.Seq-- }, ErrSignature},
		"no certificate":                          {func(_ *newViewWorld, m *NewView) { m.Cert = nil }, ErrCert},
		"not the highest":                         {func(w *newViewWorld, m *NewView) { m.Cert = w.certAt(2, 8) }, ErrCert}, // M18, M19
		"higher than any summary":                 {func(w *newViewWorld, m *NewView) { m.Cert = w.certAt(3, 7) }, ErrCert}, // M16
		"a certificate of this view":              {func(w *newViewWorld, m *NewView) { m.Cert = w.certAt(4, 6) }, ErrCert},
		"a certificate that is none":              {func(_ *newViewWorld, m *NewView) { m.Cert.Votes = m.Cert.Votes[1:] }, ErrCert}, // M17
		"a certificate's signature":               {func(_ *newViewWorld, m *NewView) { m.Cert.Votes[0].Sig[9] ^= 1 }, ErrSignature},
		"view 0":                                  {func(_ *newViewWorld, m *NewView) { m.View = 0 }, ErrForm},
		"view without end":                        {func(_ *newViewWorld, m *NewView) { m.View = 1 << 62 }, ErrForm},
		"another epoch":                           {func(_ *newViewWorld, m *NewView) { m.Epoch++ }, ErrEpoch},
	} {
		w := newNewViewWorld(t)
		m := w.make(0, 4)
		row.change(w, m)
		w.sign(0, m)
		_, err := w.door.Verify(memberID(0), m)
		require.ErrorIs(t, err, row.want, name)
	}
	w := newNewViewWorld(t)
	m := w.make(0, 4)
	m.Changes = m.Changes[1:]
	_, err := w.door.Verify(memberID(0), m)
	require.ErrorIs(t, err, ErrSignature, "changed after it was signed")
}

// TestViewChangeForm (spec V2): what a summary may say at all.
func TestViewChangeForm(t *testing.T) {
	w := newWorld(t, 1, 1, 1, 1)
	for _, row := range []struct {
		view View
		rank Rank
		want error
	}{
		{1, w.rank(0, 0), nil},
		{4, w.rank(3, 1<<62-1), nil},
		{0, w.rank(0, 0), ErrForm},     // view 0 is not asked for
		{4, w.rank(4, 1), ErrForm},     // a certificate of the view asked for
		{4, w.rank(5, 1), ErrForm},     // or a later one
		{4, w.rank(3, 1<<62), ErrForm}, // adversary A12
		{1 << 62, w.rank(3, 1), ErrForm},
		{4, Rank{Epoch: 6, View: 3, Seq: 1}, ErrForm}, // a certificate of another epoch
	} {
		_, err := w.door.Verify(memberID(2), w.viewChange(2, row.view, row.rank, digestOf(1)))
		require.ErrorIs(t, err, row.want, "%+v", row)
	}
}
