package checker_test

import (
	"crypto/ed25519"
	"fmt"
	"go/parser"
	"go/token"
	"math"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/adversary/checker"
	"github.com/twothirds-bft/twothirds/pbft/message"
	"github.com/twothirds-bft/twothirds/pbft/wire"
)

// TestSharesNoCode: the verdict is worth something because it is another's. Only the
// standard library is imported, and a hash function that it lacks.
func TestSharesNoCode(t *testing.T) {
	files, err := filepath.Glob("*.go")
	require.NoError(t, err)
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ImportsOnly)
		require.NoError(t, err)
		for _, spec := range f.Imports {
			path, _ := strconv.Unquote(spec.Path.Value)
			if path == "github.com/zeebo/blake3" {
				continue
			}
			require.NotContains(t, strings.Split(path, "/")[0], ".", "%s imports %s", name, path)
		}
	}
}

// TestQuorums (spec M1): of 1 to 10 members, of equal power and not, exactly those sets are
// quorums whose power is more than two thirds. Each set signs a certificate; both sides
// say so.
func TestQuorums(t *testing.T) {
	for n := 1; n <= 10; n++ {
		for _, heavy := range []uint64{1, 3, 1 << 30} {
			w := &world{t: t, ring: newRing(), dice: ofBytes(nil)}
			powers, total := make([]uint64, n), uint64(0)
			for i := range powers {
				powers[i] = 1 + uint64(i)%2*(heavy-1)
				total += powers[i]
			}
			w.start(message.Genesis{Interval: 1}, powers...)
			for set := range 1 << n {
				power := uint64(0)
				c := &message.CommitCert{Seq: 1}
				for i := range n {
					if set>>i&1 == 1 {
						power += powers[i]
						m := &message.Commit{Seq: 1}
						w.sign(i, m)
						c.Votes = append(c.Votes, message.CertVote{Signer: memberID(i), Seq: 1, Sig: m.Sig})
					}
				}
				frame, err := wire.Append(nil, c)
				require.NoError(t, err)
				decided := w.agree(frame) == checker.Decided
				require.Equal(t, float64(power) > float64(total)*2/3+1e-9, decided, "powers %v, set %b", powers, set)
			}
		}
	}
}

// TestGenesis (spec D3): both sides know one cluster by one id, and refuse the same
// memberships. An interval of 0, which the engine's shell refuses, is refused too.
func TestGenesis(t *testing.T) {
	member := func(id uint32, key byte, power uint64) checker.Member {
		return checker.Member{ID: id, Key: [32]byte{key}, Power: power}
	}
	four := []checker.Member{member(7, 1, 1), member(3, 2, 1), member(5, 3, 9), member(math.MaxUint32, 4, 1)}
	many := make([]checker.Member, 1025)
	for i := range many {
		many[i] = checker.Member{ID: uint32(i), Key: [32]byte{byte(i), byte(i >> 8)}, Power: 1}
	}
	for i, g := range []checker.Genesis{
		{Interval: 1, Members: four},
		{Interval: 512, Members: four, Name: "bank", Signed: true, OpBytes: 1, BlockBytes: 139},
		{Interval: 513, Members: four},
		{Interval: 8, Members: four, OpBytes: 1000, BlockBytes: 1138},
		{Interval: 8, Members: four, OpBytes: 1000, BlockBytes: 1137},
		{Interval: 8, Members: four, BlockBytes: 2 << 20},
		{Interval: 8, Members: four, BlockBytes: 2<<20 + 1},
		{Interval: 8, Members: four, OpBytes: -1},
		{Interval: 8, Members: four, BlockBytes: -1},
		{Interval: 8},
		{Interval: 8, Members: many[:1024]},
		{Interval: 8, Members: many},
		{Interval: 8, Members: append(four[:2:2], member(7, 9, 1))},
		{Interval: 8, Members: append(four[:2:2], member(9, 1, 1))},
		{Interval: 8, Members: append(four[:2:2], member(9, 9, 0))},
		{Interval: 8, Members: append(four[:2:2], member(9, 9, 1<<53-2))},
		{Interval: 8, Members: append(four[:2:2], member(9, 9, 1<<53-1))},
		{Interval: 8, Members: append(four[:2:2], member(9, 9, math.MaxUint64))},
	} {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			engine := message.Genesis{Name: g.Name, Interval: message.Seq(g.Interval), Signed: g.Signed, OpBytes: g.OpBytes, BlockBytes: g.BlockBytes}
			for _, m := range g.Members {
				engine.Members = append(engine.Members, message.Member{ID: message.ReplicaID(m.ID), Key: m.Key, Power: m.Power})
			}
			id, _, wantErr := engine.Cluster()
			c, err := checker.New(g, nil)
			if wantErr != nil {
				require.ErrorIs(t, err, checker.ErrGenesis, wantErr)
				return
			}
			require.NoError(t, err)
			require.Equal(t, [32]byte(id), c.Cluster())
		})
	}
	_, err := checker.New(checker.Genesis{Members: four}, nil)
	require.ErrorIs(t, err, checker.ErrGenesis)
}

// TestEd25519: without a function of the caller's, signatures are Ed25519.
func TestEd25519(t *testing.T) {
	var g message.Genesis
	g.Interval = 1
	var keys []ed25519.PrivateKey
	for i := range 4 {
		key := ed25519.NewKeyFromSeed(append(make([]byte, 31), byte(i)))
		keys = append(keys, key)
		g.Members = append(g.Members, message.Member{ID: message.ReplicaID(i), Key: [32]byte(key.Public().(ed25519.PublicKey)), Power: 1})
	}
	cluster, _, err := g.Cluster()
	require.NoError(t, err)
	c, err := checker.New(plain(&g), nil)
	require.NoError(t, err)
	cert := &message.CommitCert{Seq: 1, Chain: message.Digest{1}}
	for i := range 3 {
		m := &message.Commit{Seq: 1, Chain: cert.Chain}
		cert.Votes = append(cert.Votes, message.CertVote{Signer: message.ReplicaID(i), Seq: 1, Sig: ed25519.Sign(keys[i], m.AppendSigned(nil, cluster))})
	}
	frame, err := wire.Append(nil, cert)
	require.NoError(t, err)
	fact, err := c.Commit(frame)
	require.NoError(t, err)
	require.Equal(t, checker.Fact{Claim: checker.Decided, Kind: 11, Seq: 1, Chain: cert.Chain, Signers: []uint32{0, 1, 2}, Power: 3}, fact)
	frame[len(frame)-1] ^= 1
	_, err = c.Commit(frame)
	require.ErrorIs(t, err, checker.ErrProof)
}

// TestDoors: each method takes its own kind of frame and no other.
func TestDoors(t *testing.T) {
	w := newWorld(t, ofBytes(nil))
	c := w.checker
	doors := map[checker.Claim]func([]byte) (checker.Fact, error){
		checker.Voted: c.Vote, checker.Prepared: c.Prepare, checker.Decided: c.Commit, checker.Stable: c.Checkpoint, checker.Started: c.NewView,
	}
	for what := range doors {
		frame := newWorld(t, ofBytes(nil)).frame(what)
		for door, check := range doors {
			fact, err := check(frame)
			if door == what {
				require.NoError(t, err)
				require.Equal(t, what, fact.Claim)
				continue
			}
			require.ErrorIs(t, err, checker.ErrBytes, "%v at the door for %v", what, door)
		}
	}
	_, err := c.Check(make([]byte, 4<<20+1))
	require.ErrorIs(t, err, checker.ErrBytes)
	_, err = c.Evidence(make([]byte, 4<<20+1))
	require.ErrorIs(t, err, checker.ErrBytes)
	require.Equal(t, "guilty", checker.Guilty.String())
	require.Equal(t, "claim 0", checker.Claim(0).String())
}
