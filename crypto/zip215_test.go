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

// crafter makes vectors out of the secrets of one honest key and one honest signature.
type crafter struct {
	msg            []byte
	a, r           *big.Int
	pointA, pointR point
	encA, encR     []byte
	vectors        []vector
}

// zip215Vectors builds the cases of ZIP-215's own test, and those in which an owner's points carry a small-order part,
// are encoded in an odd way, or break a rule that stays.
func zip215Vectors() []vector {
	c := &crafter{msg: []byte("a vote"), a: big.NewInt(1234567891011), r: big.NewInt(998877665544332211)}
	c.pointA, c.pointR = baseB.times(c.a), baseB.times(c.r)
	c.encA, c.encR = c.pointA.bytes(), c.pointR.bytes()
	c.smallOrder()
	c.mixedOrder()
	c.broken()
	return c.vectors
}

func (c *crafter) put(good bool, encR, encA []byte, s *big.Int, format string, args ...any) {
	c.vectors = append(c.vectors, vector{fmt.Sprintf(format, args...), crypto.PublicKey(encA), c.msg,
		slices.Concat(encR, littleEndian(s)), good})
}

// answer is the S with which the owner of a answers for R and A: r + h*a.
func (c *crafter) answer(r *big.Int, encR, encA []byte) *big.Int {
	return modL(add(r, mul(challenge(encR, encA, c.msg), c.a)))
}

// smallOrder puts small-order points, in all their encodings, for R, for A and for both (the 196 of ZIP-215).
func (c *crafter) smallOrder() {
	zero, one := big.NewInt(0), big.NewInt(1)
	encodings := smallOrderEncodings()
	for i, encR := range encodings {
		for j, encA := range encodings {
			c.put(true, encR, encA, zero, "small R %d and A %d", i, j)
			c.put(false, encR, encA, one, "small R %d and A %d, S = 1", i, j)
		}
		c.put(true, encR, c.encA, c.answer(zero, encR, c.encA), "small R %d", i)
		c.put(true, c.encR, encR, c.r, "small A %d", i)
	}
}

// mixedOrder adds small-order points to the honest ones.
func (c *crafter) mixedOrder() {
	for i, t := range torsion() {
		mixedR, mixedA := c.pointR.plus(t).bytes(), c.pointA.plus(t).bytes()
		c.put(true, mixedR, c.encA, c.answer(c.r, mixedR, c.encA), "R with torsion %d", i)
		c.put(true, c.encR, mixedA, c.answer(c.r, c.encR, mixedA), "A with torsion %d", i)
		c.put(true, mixedR, mixedA, c.answer(c.r, mixedR, mixedA), "R and A with torsion %d", i)
	}
}

// broken puts an honest signature and what must not pass in its place.
func (c *crafter) broken() {
	honest := c.answer(c.r, c.encR, c.encA)
	c.put(true, c.encR, c.encA, honest, "honest")
	c.put(false, c.encR, c.encA, add(honest, big.NewInt(1)), "S + 1")
	c.put(false, c.encR, c.encA, add(honest, orderL), "S + L")
	c.put(false, neutral.bytes(), neutral.bytes(), orderL, "S = L")
	c.put(false, c.encR, c.encA, sub(shift(1, 256), 1), "S of ones")
	for y := int64(2); y < 19; y++ { // p+y, a second form of y: of large order, or on no point
		odd := encode(add(fieldP, big.NewInt(y)), 0)
		c.put(false, odd, c.encA, c.answer(big.NewInt(0), odd, c.encA), "R = p+%d", y)
		c.put(false, c.encR, odd, c.r, "A = p+%d", y)
	}
	noPoint := encode(big.NewInt(2), 0)
	c.put(false, noPoint, c.encA, c.answer(c.r, noPoint, c.encA), "R is no point")
	c.put(false, c.encR, noPoint, c.r, "A is no point")
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
	for _, owners := range []int{4, 2, 1} {
		keys, msgs, sigs := signedBy(t, 4, owners)
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
			require.False(t, crypto.Ed25519{}.VerifyAll(keys, msgs, sigs), "%d keys", owners)
		}
		move(sigs[1], -5)
		move(sigs[2], 5)
		require.True(t, crypto.Ed25519{}.VerifyAll(keys, msgs, sigs), "a verifier that refused something is used again")
	}
}

// Signatures of one key that were swapped, or made by another key of the batch, do not pass where coefficients of
// equal keys are added.
func TestSignaturesOfAnother(t *testing.T) {
	for _, owners := range []int{1, 2, 5} {
		keys, msgs, sigs := signedBy(t, 20, owners)
		require.True(t, crypto.Ed25519{}.VerifyAll(keys, msgs, sigs))
		msgs[3], msgs[8] = msgs[8], msgs[3]
		require.False(t, crypto.Ed25519{}.VerifyAll(keys, msgs, sigs))
		sigs[3], sigs[8] = sigs[8], sigs[3]
		require.Equal(t, owners != 2, crypto.Ed25519{}.VerifyAll(keys, msgs, sigs), "%d keys", owners)
	}
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
		few := crypto.Ed25519{}.VerifyAll([]crypto.PublicKey{keys[0], k, k, k}, [][]byte{msgs[0], msg, msg, msg}, [][]byte{sigs[0], sig, sig, sig})
		require.Equal(t, single, few)
	})
}
