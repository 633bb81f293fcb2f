package verify_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/crypto/cryptotest"
	"github.com/twothirds-bft/twothirds/pbft/message"
	"github.com/twothirds-bft/twothirds/pbft/verify"
)

// line has n members of power 1; the test is 0, and the primary of view 0.
func line(t *testing.T, n int) *verify.Waiting[int] {
	ring := cryptotest.NewRing(1)
	g := message.Genesis{Name: "verify", Interval: 8}
	for i := range n {
		g.Members = append(g.Members, message.Member{ID: message.ReplicaID(i), Key: ring.Signer(i).Public(), Power: 1})
	}
	_, members, err := g.Cluster()
	require.NoError(t, err)
	return verify.NewWaiting[int](members)
}

func prepare(s message.Seq) message.Signed { return &message.Prepare{View: 1, Seq: s} }
func commit(s message.Seq) message.Signed  { return &message.Commit{View: 1, Seq: s} }

// entered is a filter of a replica that has voted for 10 in view 1, whose primary is 1, where 9 is certified and decided.
var entered = verify.Filter{View: 1, Certified: 9, Decided: 9, Settled: true, Prepared: 10, Committed: 10}

// Of votes that come together those are taken that make a quorum with what is at hand (spec N8). Nobody else's word is
// held back.
func TestTake(t *testing.T) {
	unsettled, undone := entered, entered
	unsettled.Settled = false
	undone.Prepared = 9
	type come struct {
		from int
		m    message.Signed
	}
	for name, tc := range map[string]struct {
		f     verify.Filter
		come  []come
		taken []int
	}{
		"a vote by itself":              {entered, []come{{2, prepare(10)}}, []int{2}},
		"too few for a quorum":          {entered, []come{{2, prepare(10)}, {3, prepare(10)}}, []int{2, 3}},
		"beyond a quorum":               {entered, []come{{2, prepare(10)}, {3, prepare(10)}, {4, prepare(10)}, {5, prepare(10)}, {6, prepare(10)}}, []int{2, 3, 4, 5}},
		"without the own vote":          {undone, []come{{2, prepare(10)}, {3, prepare(10)}, {4, prepare(10)}, {5, prepare(10)}, {6, prepare(10)}}, []int{2, 3, 4, 5, 6}},
		"a lower one":                   {entered, []come{{2, commit(10)}, {3, commit(11)}, {4, commit(11)}, {5, commit(11)}, {6, commit(11)}, {1, commit(12)}}, []int{3, 4, 5, 6, 1}},
		"beyond a quorum, of COMMITs":   {entered, []come{{2, commit(10)}, {3, commit(10)}, {4, commit(10)}, {5, commit(10)}, {6, commit(10)}}, []int{2, 3, 4, 5}},
		"COMMITs while each counts":     {unsettled, []come{{2, commit(10)}, {3, commit(10)}, {4, commit(10)}, {5, commit(10)}, {6, commit(10)}}, []int{2, 3, 4, 5, 6}},
		"the primary's may be evidence": {entered, []come{{2, prepare(10)}, {3, prepare(10)}, {4, prepare(10)}, {5, prepare(10)}, {1, prepare(10)}}, []int{2, 3, 4, 5, 1}},
		"one member twice":              {entered, []come{{2, prepare(10)}, {2, prepare(11)}, {3, prepare(10)}, {4, prepare(10)}}, []int{2, 2, 3, 4}},
		"another view, another kind": {entered, []come{{2, prepare(10)}, {3, prepare(10)}, {4, prepare(10)}, {5, prepare(10)}, {6, &message.Prepare{View: 2, Seq: 10}},
			{6, &message.Suspect{View: 1}}}, []int{2, 3, 4, 5, 6, 6}},
	} {
		t.Run(name, func(t *testing.T) {
			w := line(t, 7)
			for _, c := range tc.come {
				require.True(t, w.Add(c.from, c.m, c.from))
			}
			batch, stale, more := w.Take(&tc.f, nil, nil)
			require.Equal(t, tc.taken, batch)
			require.Empty(t, stale)
			require.False(t, more)
		})
	}
}

// surplus has six members' PREPAREs come, of which the last is one too many, and takes the others.
func surplus(t *testing.T) *verify.Waiting[int] {
	w := line(t, 7)
	for i := 2; i < 7; i++ {
		w.Add(i, prepare(10), i)
	}
	batch, _, _ := w.Take(&entered, nil, nil)
	require.Equal(t, []int{2, 3, 4, 5}, batch)
	return w
}

// What is held back has no use once the others are counted.
func TestHeldBackGetsStale(t *testing.T) {
	w := surplus(t)
	w.Done(true, nil)
	batch, _, _ := w.Take(&entered, nil, nil)
	require.Empty(t, batch, "the loop has not counted the others yet")
	f := entered
	f.Certified = 10
	stale, _, due := w.Review(&f, nil)
	require.Equal(t, []int{6}, stale)
	require.False(t, due)
}

// If the loop counts the others otherwise, what was held back is wanted, and what comes later is not held back.
func TestHeldBackIsWanted(t *testing.T) {
	w := surplus(t)
	w.Done(true, nil)
	stale, as, due := w.Review(&entered, nil)
	require.Empty(t, stale)
	require.True(t, due)
	require.Equal(t, 6, as)
	w.Add(6, prepare(10), 60)
	batch, _, _ := w.Take(&entered, nil, nil)
	require.Equal(t, []int{6, 60}, batch)
}

// While votes are being checked a filter does not say anything of them; the next one is not waited for again.
func TestHeldBackWhileOthersAreChecked(t *testing.T) {
	w := surplus(t)
	_, _, due := w.Review(&entered, nil)
	require.False(t, due)
	_, _, due = w.Review(&entered, nil)
	require.True(t, due)
}

// Who has sent a bad signature is checked by itself from then on, and its vote was none (spec D2).
func TestLiarsAreCheckedByThemselves(t *testing.T) {
	w := surplus(t)
	as, due := w.Done(true, []int{3})
	require.True(t, due)
	require.Equal(t, 6, as)
	require.False(t, w.Add(3, prepare(10), 3))
	batch, _, _ := w.Take(&entered, nil, nil)
	require.Equal(t, []int{6}, batch)
}

func TestClosed(t *testing.T) {
	w := surplus(t)
	_, due := w.Close()
	require.True(t, due)
	batch, _, _ := w.Take(&entered, nil, nil)
	require.Equal(t, []int{6}, batch)
	w.Add(2, prepare(10), 2)
	batch, _, _ = w.Take(&entered, nil, nil)
	require.Equal(t, []int{2}, batch)
}

// A batch is no larger than pays, so that another processor can take the rest.
func TestBatchesAreBounded(t *testing.T) {
	w := line(t, 100)
	for i := 2; i < 100; i++ {
		w.Add(i, &message.Suspect{View: 1}, i)
	}
	var sizes []int
	for more := true; more; {
		var batch []int
		batch, _, more = w.Take(&entered, nil, nil)
		sizes = append(sizes, len(batch))
	}
	require.Equal(t, []int{32, 32, 32, 2}, sizes)
}
