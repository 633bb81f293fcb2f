package cryptotest_test

import (
	"encoding/hex"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/crypto"
	"github.com/twothirds-bft/twothirds/crypto/cryptotest"
)

func TestRingKeepsTheContract(t *testing.T) {
	for seed := range uint64(5) {
		ring := cryptotest.NewRing(seed)
		var signers []crypto.Signer
		for i := range 7 {
			signers = append(signers, ring.Signer(i))
		}
		require.NoError(t, cryptotest.TestScheme(ring.Verifier(), signers...))
	}
}

// Golden bytes: a seed that was filed with a failure must replay in another process, on another machine, next year.
func TestRingIsTheSameInEveryProcess(t *testing.T) {
	signer := cryptotest.NewRing(42).Signer(3)
	require.Equal(t, "285f1724f5167bc5ee049b61c0c85e910b4f0b9d2869856f109b8ab8930be83c", crypto.FormatPublic(signer.Public()))
	sig, err := signer.Sign([]byte("a vote"))
	require.NoError(t, err)
	require.Equal(t, "d84a5c6a0e8b982ecd361615b7f2afb0", hex.EncodeToString(sig[:16]))
	require.True(t, cryptotest.NewRing(42).Verifier().Verify(signer.Public(), []byte("a vote"), sig))
}

func TestRingsOfOtherSeedsAreStrangers(t *testing.T) {
	msg := []byte("a vote")
	for _, seed := range []uint64{0, 1, 2, 1 << 63, ^uint64(0)} {
		signer := cryptotest.NewRing(seed).Signer(0)
		sig, err := signer.Sign(msg)
		require.NoError(t, err)
		for _, other := range []uint64{0, 1, 2, 1 << 63, ^uint64(0)} {
			ok := cryptotest.NewRing(other).Verifier().Verify(signer.Public(), msg, sig)
			require.Equal(t, seed == other, ok, "signature of ring %d at ring %d", seed, other)
		}
	}
}

func TestRingKeysDiffer(t *testing.T) {
	seen := map[crypto.PublicKey]bool{}
	for seed := range uint64(20) {
		ring := cryptotest.NewRing(seed)
		for i := range 1000 {
			seen[ring.Signer(i).Public()] = true
		}
	}
	require.Len(t, seen, 20*1000)
}

func TestRingVerifyDoesNotAllocate(t *testing.T) {
	ring := cryptotest.NewRing(1)
	signer, verifier := ring.Signer(0), ring.Verifier()
	msg := make([]byte, 120)
	sig, err := signer.Sign(msg)
	require.NoError(t, err)
	keys, msgs, sigs := []crypto.PublicKey{signer.Public()}, [][]byte{msg}, [][]byte{sig}
	require.Zero(t, testing.AllocsPerRun(100, func() {
		if !verifier.Verify(keys[0], msg, sig) || !verifier.VerifyAll(keys, msgs, sigs) {
			panic("refused")
		}
	}))
}

func BenchmarkRing(b *testing.B) {
	ring := cryptotest.NewRing(1)
	signer, verifier := ring.Signer(0), ring.Verifier()
	key, msg := signer.Public(), make([]byte, 120)
	b.Run("sign", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := signer.Sign(msg); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("verify", func(b *testing.B) {
		sig, err := signer.Sign(msg)
		require.NoError(b, err)
		b.ReportAllocs()
		for b.Loop() {
			if !verifier.Verify(key, msg, sig) {
				b.Fatal("refused")
			}
		}
	})
}
