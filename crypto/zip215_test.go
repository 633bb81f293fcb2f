package crypto_test

import (
	stded25519 "crypto/ed25519"
	"fmt"
	"math/big"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/twothirds-bft/twothirds/crypto"
)

// vector is a signature and what ZIP-215 says of it.
type vector struct {
	name     string
	key      crypto.PublicKey
	msg, sig []byte
	good     bool
}

// zip215Vectors builds the cases of ZIP-215's own test, all pairs of small-order encodings as R and A with S = 0, and
// those in which an owner's points carry a small-order part, are encoded in an odd way, or break a rule that stays.
func zip215Vectors() []vector {
	msg := []byte("a vote")
	small := smallOrderEncodings()
	a, r := big.NewInt(1234567891011), big.NewInt(998877665544332211)
	pointA, pointR := baseB.times(a), baseB.times(r)
	A, R := pointA.bytes(), pointR.bytes()
	var vectors []vector
	put := func(good bool, R, A []byte, s *big.Int, format string, args ...any) {
		vectors = append(vectors, vector{fmt.Sprintf(format, args...), crypto.PublicKey(A), msg,
			slices.Concat(R, littleEndian(s)), good})
	}
	// answer is the S with which the owner of a answers for R and A: r + h*a.
	answer := func(r *big.Int, R, A []byte) *big.Int { return modL(add(r, mul(challenge(R, A, msg), a))) }
	zero, one := big.NewInt(0), big.NewInt(1)

	for i, encR := range small {
		for j, encA := range small {
			put(true, encR, encA, zero, "small R %d and A %d", i, j)
			put(false, encR, encA, one, "small R %d and A %d, S = 1", i, j)
		}
		put(true, encR, A, answer(zero, encR, A), "small R %d", i)
		put(true, R, encR, r, "small A %d", i)
	}
	for i, t := range torsion() {
		mixedR, mixedA := pointR.plus(t).bytes(), pointA.plus(t).bytes()
		put(true, mixedR, A, answer(r, mixedR, A), "R with torsion %d", i)
		put(true, R, mixedA, answer(r, R, mixedA), "A with torsion %d", i)
		put(true, mixedR, mixedA, answer(r, mixedR, mixedA), "R and A with torsion %d", i)
	}
	honest := answer(r, R, A)
	put(true, R, A, honest, "honest")
	put(false, R, A, add(honest, orderL), "S + L")
	put(false, small[0], small[0], orderL, "S = L")
	put(false, R, A, add(honest, one), "S + 1")
	put(false, R, A, sub(shift(1, 256), 1), "S of ones")
	for y := int64(0); y < 19; y++ { // strings of p..p+18: the only ones that have a second form
		odd := encode(add(fieldP, big.NewInt(y)), 0)
		if y > 1 { // of large order, or no point
			put(false, odd, A, answer(zero, odd, A), "R = p+%d", y)
			put(false, R, odd, r, "A = p+%d", y)
		}
	}
	noPoint := encode(big.NewInt(2), 0)
	put(false, noPoint, A, answer(r, noPoint, A), "R is no point")
	put(false, R, noPoint, r, "A is no point")
	return vectors
}

func verifyAll(vs ...vector) bool {
	var keys []crypto.PublicKey
	var msgs, sigs [][]byte
	for _, v := range vs {
		keys, msgs, sigs = append(keys, v.key), append(msgs, v.msg), append(sigs, v.sig)
	}
	return crypto.Ed25519{}.VerifyAll(keys, msgs, sigs)
}

func TestCurveOfTheTest(t *testing.T) {
	require.Nil(t, recoverX(big.NewInt(2), 0))
	require.Equal(t, neutral.bytes(), baseB.times(orderL).bytes())
	require.Len(t, smallOrderEncodings(), 14)
	for _, p := range torsion() {
		require.Equal(t, neutral.bytes(), p.times(big.NewInt(8)).bytes())
	}
	public := stded25519.NewKeyFromSeed(make([]byte, 32)).Public().(stded25519.PublicKey)
	require.True(t, stded25519.Verify(public, nil, stded25519.Sign(stded25519.NewKeyFromSeed(make([]byte, 32)), nil)))
}

// "One signature semantics everywhere: Ed25519 under ZIP-215 rules, single = batch" (spec D3).
func TestZIP215SingleIsBatch(t *testing.T) {
	vectors := zip215Vectors()
	honest := vectors[slices.IndexFunc(vectors, func(v vector) bool { return v.name == "honest" })]
	var good, bad []vector
	for _, v := range vectors {
		require.Equal(t, v.good, crypto.Ed25519{}.Verify(v.key, v.msg, v.sig), "%s: alone", v.name)
		for n := 1; n <= 5; n++ {
			require.Equal(t, v.good, verifyAll(slices.Repeat([]vector{v}, n)...), "%s: %d times", v.name, n)
		}
		require.Equal(t, v.good, verifyAll(honest, honest, v, honest), "%s: among honest ones", v.name)
		if v.good {
			good = append(good, v)
		} else {
			bad = append(bad, v)
		}
	}
	require.GreaterOrEqual(t, len(good), 196+2*14+3*8+1)
	require.True(t, verifyAll(good...), "all good ones at once, more than fit the small-batch algorithm")
	for i := 0; i < len(bad); i += 12 {
		large := slices.Insert(slices.Clone(good), i%len(good), bad[i])
		require.False(t, verifyAll(large...), "%s: in a large batch", bad[i].name)
	}
}

// Arbitrary mixtures, sizes and orders.
func TestZIP215Mixtures(t *testing.T) {
	vectors := zip215Vectors()
	var good []vector
	for _, v := range vectors {
		if v.good {
			good = append(good, v)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		batch := rapid.SliceOfN(rapid.SampledFrom(good), 0, 20).Draw(t, "good")
		batch = append(batch, rapid.SliceOfN(rapid.SampledFrom(vectors), 0, 2).Draw(t, "any")...)
		batch = rapid.Permutation(batch).Draw(t, "order")
		want := !slices.ContainsFunc(batch, func(v vector) bool { return !v.good })
		require.Equal(t, want, verifyAll(batch...))
	})
}

// Errors that cancel out in the sum of the equations: a batch that adds them up without weights accepts these.
func TestBatchErrorsDoNotCancelOut(t *testing.T) {
	keys, msgs, sigs := signed(t, 4)
	require.True(t, crypto.Ed25519{}.VerifyAll(keys, msgs, sigs))
	move := func(sig []byte, by int64) {
		s := slices.Clone(sig[32:])
		slices.Reverse(s)
		copy(sig[32:], littleEndian(modL(add(new(big.Int).SetBytes(s), big.NewInt(by)))))
	}
	move(sigs[1], 5)
	require.False(t, crypto.Ed25519{}.VerifyAll(keys, msgs, sigs))
	move(sigs[2], -5)
	for range 20 {
		require.False(t, crypto.Ed25519{}.VerifyAll(keys, msgs, sigs))
	}
	move(sigs[1], -5)
	move(sigs[2], 5)
	require.True(t, crypto.Ed25519{}.VerifyAll(keys, msgs, sigs), "a verifier that refused something is used again")
}

// Why crypto/ed25519 must not verify votes (spec D3): it refuses signatures that pass here, alone and in batches.
func TestStandardLibraryDiffers(t *testing.T) {
	var refused, accepted int
	for _, v := range zip215Vectors() {
		std := stded25519.Verify(v.key[:], v.msg, v.sig)
		switch {
		case v.good && !std:
			refused++
		case !v.good && std:
			accepted++
		}
		if v.name == "R with torsion 1" { // by the owner of the key: no exotic key is needed
			require.False(t, std)
			require.True(t, crypto.Ed25519{}.Verify(v.key, v.msg, v.sig))
		}
	}
	t.Logf("crypto/ed25519 refuses %d vectors that ZIP-215 accepts and accepts %d that it refuses", refused, accepted)
	require.Positive(t, refused)
	require.Zero(t, accepted)
}

// Whatever bytes come in, one verdict.
func FuzzSingleIsBatch(f *testing.F) {
	for _, v := range zip215Vectors() {
		f.Add(v.key[:], v.msg, v.sig)
	}
	keys, msgs, sigs := signed(f, 2)
	f.Fuzz(func(t *testing.T, key, msg, sig []byte) {
		if len(key) != crypto.PublicKeySize {
			return
		}
		k := crypto.PublicKey(key)
		single := crypto.Ed25519{}.Verify(k, msg, sig)
		batch := crypto.Ed25519{}.VerifyAll(append(keys[:2:2], k), append(msgs[:2:2], msg), append(sigs[:2:2], sig))
		require.Equal(t, single, batch)
	})
}
