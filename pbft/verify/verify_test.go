package verify_test

import (
	"bytes"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/crypto"
	"github.com/twothirds-bft/twothirds/crypto/cryptotest"
	"github.com/twothirds-bft/twothirds/pbft/message"
	"github.com/twothirds-bft/twothirds/pbft/verify"
	"github.com/twothirds-bft/twothirds/pbft/wire"
)

// counting counts signature checks, and holds them up while gate is not nil.
type counting struct {
	crypto.Verifier
	mu     sync.Mutex
	checks int
	gate   chan struct{}
}

func (c *counting) Verify(key crypto.PublicKey, msg, sig []byte) bool {
	c.mu.Lock()
	c.checks++
	gate := c.gate
	c.mu.Unlock()
	if gate != nil {
		<-gate
	}
	return c.Verifier.Verify(key, msg, sig)
}

func (c *counting) VerifyAll(keys []crypto.PublicKey, msgs, sigs [][]byte) bool {
	for i := range keys {
		if !c.Verify(keys[i], msgs[i], sigs[i]) {
			return false
		}
	}
	return true
}

func (c *counting) count() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.checks
}

type world struct {
	ring *cryptotest.Ring
	keys *counting
	door *message.Door
}

func newWorld(t *testing.T) *world {
	ring := cryptotest.NewRing(1)
	g := message.Genesis{Name: "verify", Interval: 8, Signed: true}
	for i := range 4 {
		g.Members = append(g.Members, message.Member{ID: message.ReplicaID(i), Key: ring.Signer(i).Public(), Power: 1})
	}
	cluster, members, err := g.Cluster()
	require.NoError(t, err)
	w := &world{ring: ring, keys: &counting{Verifier: ring.Verifier()}}
	w.door = message.NewDoor(cluster, members, w.keys, true, g.Limits())
	return w
}

// frame signs a message as replica id, if it has a signer, and encodes it.
func (w *world) frame(t *testing.T, id int, m message.Message) []byte {
	if s, ok := m.(message.Signed); ok {
		_, err := w.door.Sign(w.ring.Signer(id), message.ReplicaID(id), s)
		require.NoError(t, err)
	}
	b, err := wire.Append(nil, m)
	require.NoError(t, err)
	return b
}

// The filter drops what can no longer matter before a signature is checked, and
// nothing else (spec N8). View 3 is entered; its primary is replica 3.
func TestFilter(t *testing.T) {
	f := verify.Filter{View: 3, Low: 16, Certified: 24, Decided: 20}
	settled := f
	settled.Settled = true
	d := message.Digest{1}
	for _, tc := range []struct {
		name  string
		from  int
		m     message.Message
		f     verify.Filter
		stale bool
	}{
		{"PREPARE of an older view", 1, &message.Prepare{View: 2, Seq: 30, Chain: d}, f, true},
		{"PREPARE that certifies nothing new", 1, &message.Prepare{View: 3, Seq: 24, Chain: d}, f, true},
		{"PREPARE above the certified point", 1, &message.Prepare{View: 3, Seq: 25, Chain: d}, f, false},
		{"the primary's PREPARE, wherever", 3, &message.Prepare{View: 3, Seq: 1, Chain: d}, f, false},
		{"PREPARE of a later view", 1, &message.Prepare{View: 4, Seq: 1, Chain: d}, f, false},
		{"COMMIT at the decided point, settled", 1, &message.Commit{View: 3, Seq: 20, Chain: d}, settled, true},
		{"COMMIT at the decided point, of a view with no certificate yet", 1, &message.Commit{View: 3, Seq: 20, Chain: d}, f, false},
		{"COMMIT of the view before", 1, &message.Commit{View: 2, Seq: 21, Chain: d}, f, false},
		{"COMMIT of a view before that", 1, &message.Commit{View: 1, Seq: 21, Chain: d}, f, true},
		{"SUSPECT of a view that was left", 1, &message.Suspect{View: 2}, f, true},
		{"SUSPECT of this view", 1, &message.Suspect{View: 3}, f, false},
		{"VIEW-CHANGE to this view", 1, &message.ViewChange{View: 3, Chain: d}, f, true},
		{"VIEW-CHANGE to the next", 1, &message.ViewChange{View: 4, Chain: d}, f, false},
		{"CHECKPOINT that is stable", 1, &message.Checkpoint{CheckpointBody: message.CheckpointBody{Seq: 16}}, f, true},
		{"CHECKPOINT that is not", 1, &message.Checkpoint{CheckpointBody: message.CheckpointBody{Seq: 24}}, f, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := newWorld(t)
			p := verify.New(w.door, 2)
			p.Publish(&tc.f)
			v, err := p.Member(message.ReplicaID(tc.from), w.frame(t, tc.from, tc.m))
			if tc.stale {
				require.ErrorIs(t, err, verify.ErrStale)
				require.Zero(t, w.keys.count(), "a signature was checked for nothing")
				require.EqualValues(t, 1, p.Counts().Stale)
				return
			}
			require.NoError(t, err)
			require.Equal(t, message.ReplicaID(tc.from), v.From())
			require.Equal(t, verify.Counts{Verified: 1}, p.Counts())
		})
	}
}

// What the filter made stale while it waited for a permit costs no signature check: of the votes that arrive together,
// those that came too late for the quorum (spec N8).
func TestFilterWhileWaiting(t *testing.T) {
	w := newWorld(t)
	first := w.frame(t, 1, &message.Prepare{View: 3, Seq: 25, Chain: message.Digest{1}})
	second := w.frame(t, 2, &message.Prepare{View: 3, Seq: 25, Chain: message.Digest{1}})
	synctest.Test(t, func(t *testing.T) {
		w.keys.gate = make(chan struct{})
		p := verify.New(w.door, 1)
		p.Publish(&verify.Filter{View: 3, Certified: 24})
		var wg sync.WaitGroup
		wg.Go(func() {
			_, err := p.Member(1, first)
			require.NoError(t, err)
		})
		synctest.Wait()
		wg.Go(func() {
			_, err := p.Member(2, second)
			require.ErrorIs(t, err, verify.ErrStale)
		})
		synctest.Wait()
		p.Publish(&verify.Filter{View: 3, Certified: 25})
		close(w.keys.gate)
		wg.Wait()
		require.Equal(t, 1, w.keys.count())
		require.Equal(t, verify.Counts{Verified: 1, Stale: 1}, p.Counts())
	})
}

// A vote that is repeated as it was (spec S3) is passed on again and not checked again; one that differs is.
func TestRepeatedVote(t *testing.T) {
	w := newWorld(t)
	p := verify.New(w.door, 1)
	commit := w.frame(t, 1, &message.Commit{View: 3, Seq: 25, Chain: message.Digest{1}})
	first, err := p.Member(1, bytes.Clone(commit))
	require.NoError(t, err)
	again, err := p.Member(1, bytes.Clone(commit))
	require.NoError(t, err)
	require.Equal(t, first, again)
	require.Equal(t, 1, w.keys.count())
	require.EqualValues(t, 2, p.Counts().Verified)

	_, err = p.Member(2, commit)
	require.Error(t, err, "on another's link")
	forged := bytes.Clone(commit)
	forged[len(forged)-1] ^= 1
	_, err = p.Member(1, forged)
	require.Error(t, err)
	_, err = p.Member(1, forged)
	require.Error(t, err, "what was refused is no vote to go by")
	_, err = p.Member(1, w.frame(t, 1, &message.Commit{View: 3, Seq: 26, Chain: message.Digest{1}}))
	require.NoError(t, err)
	p.Publish(&verify.Filter{View: 3, Decided: 25, Settled: true})
	_, err = p.Member(1, commit)
	require.ErrorIs(t, err, verify.ErrStale)
}

// A peer's faults are refused, counted and never admitted (spec D1).
func TestFaultsAreRefused(t *testing.T) {
	w := newWorld(t)
	good := w.frame(t, 1, &message.Suspect{View: 1})
	bad := append([]byte(nil), good...)
	bad[len(bad)-1] ^= 1
	client := w.ring.Signer(9)
	r := message.Request{Type: message.RequestOpen, Client: client.Public(), Number: 1}
	require.NoError(t, w.door.SignRequest(client, &r))
	request := w.frame(t, 9, &message.Requests{List: []message.Request{r}})

	p := verify.New(w.door, 1)
	for name, try := range map[string]func() (message.Verified, error){
		"empty":               func() (message.Verified, error) { return p.Member(1, nil) },
		"garbage":             func() (message.Verified, error) { return p.Member(1, []byte("garbage")) },
		"bad signature":       func() (message.Verified, error) { return p.Member(1, bad) },
		"another's link":      func() (message.Verified, error) { return p.Member(2, good) },
		"no member":           func() (message.Verified, error) { return p.Member(7, good) },
		"a client that votes": func() (message.Verified, error) { return p.Client(client.Public(), good) },
		"another client's":    func() (message.Verified, error) { return p.Client(w.ring.Signer(8).Public(), request) },
	} {
		v, err := try()
		require.Error(t, err, name)
		require.Nil(t, v.Message(), name)
	}
	require.EqualValues(t, 7, p.Counts().Refused)
	require.Zero(t, p.Counts().Verified)
	v, err := p.Client(client.Public(), request)
	require.NoError(t, err)
	require.True(t, v.FromClient())
}

// Clients hold at most half of the permits, so a flood of theirs leaves members
// their turn (spec D2).
func TestMembersAreNotStarved(t *testing.T) {
	w := newWorld(t)
	w.keys.gate = make(chan struct{})
	p := verify.New(w.door, 2)
	var wg sync.WaitGroup
	for i := range 8 {
		client := w.ring.Signer(10 + i)
		r := message.Request{Type: message.RequestOpen, Client: client.Public(), Number: 1}
		require.NoError(t, w.door.SignRequest(client, &r))
		frame := w.frame(t, 0, &message.Requests{List: []message.Request{r}})
		wg.Go(func() { _, _ = p.Client(client.Public(), frame) })
	}
	require.Eventually(t, func() bool { return w.keys.count() == 1 }, 10*time.Second, time.Millisecond)
	vote := w.frame(t, 1, &message.Suspect{View: 1})
	wg.Go(func() { _, _ = p.Member(1, vote) })
	require.Eventually(t, func() bool { return w.keys.count() == 2 }, 10*time.Second, time.Millisecond,
		"a member waits behind clients")
	close(w.keys.gate)
	wg.Wait()
	require.EqualValues(t, 9, p.Counts().Verified)
}

func FuzzMember(f *testing.F) {
	ring := cryptotest.NewRing(1)
	g := message.Genesis{Name: "fuzz", Interval: 8, Signed: true}
	for i := range 4 {
		g.Members = append(g.Members, message.Member{ID: message.ReplicaID(i), Key: ring.Signer(i).Public(), Power: 1})
	}
	cluster, members, err := g.Cluster()
	if err != nil {
		f.Fatal(err)
	}
	p := verify.New(message.NewDoor(cluster, members, ring.Verifier(), true, g.Limits()), 1)
	for k := message.KindPrePrepare; k < message.KindCount; k++ {
		f.Add([]byte{byte(k)})
	}
	f.Fuzz(func(t *testing.T, frame []byte) {
		if v, err := p.Member(1, frame); (err == nil) != (v.Message() != nil) {
			t.Fatal("a message beside an error")
		}
		_, _ = p.Client(ring.Signer(9).Public(), frame)
	})
}
