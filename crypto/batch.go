package crypto

import (
	"crypto/rand"
	"crypto/sha512"
	"hash"
	"sync"

	"github.com/oasisprotocol/curve25519-voi/curve"
	"github.com/oasisprotocol/curve25519-voi/curve/scalar"
)

// fewKeys checks batches in which many signatures are of few keys, such as those of one block's requests. Its
// equation is that of every batch (Bernstein et al., "High-speed high-security signatures", section 5; times
// eight, as ZIP-215 has it),
//
//	[8]( [-sum(z_i*s_i)]B + sum([z_i]R_i) + sum([z_i*h_i]A_i) ) = 0
//
// but here the coefficients of equal A_i are added first, so that a key costs one point however many signatures it
// made. Adding them modulo the order of B changes sum([z_i*h_i]A_i) at most by a point of small order, which
// the factor of eight takes away.
type fewKeys struct {
	index   map[PublicKey]int // of points and scalars
	points  []curve.EdwardsPoint
	scalars []scalar.Scalar
	random  []byte
	hash    hash.Hash
	digest  []byte

	pointRefs  []*curve.EdwardsPoint
	scalarRefs []*scalar.Scalar
}

var fewKeysPool = sync.Pool{New: func() any { return &fewKeys{index: make(map[PublicKey]int), hash: sha512.New()} }}

// Where it pays to add coefficients: from so many signatures on, that many to a key on average.
const (
	fewKeysMin  = 4
	fewKeysEach = 2
)

// verifyFewKeys is VerifyAll where it pays to add coefficients, which is what the second result says.
func verifyFewKeys(keys []PublicKey, msgs, sigs [][]byte) (good, pays bool) {
	if len(keys) < fewKeysMin {
		return false, false
	}
	b := fewKeysPool.Get().(*fewKeys)
	defer fewKeysPool.Put(b)
	if !b.few(keys) {
		return false, false
	}
	b.reset(len(keys))
	for i := range keys {
		if !b.add(&keys[i], msgs[i], sigs[i], b.random[i*zSize:][:zSize]) {
			return false, true
		}
	}
	return b.holds(), true
}

// few reports whether there are few different keys.
func (b *fewKeys) few(keys []PublicKey) bool {
	clear(b.index)
	most := len(keys) / fewKeysEach
	for i := range keys {
		if i > 0 && keys[i] == keys[i-1] {
			continue
		}
		if b.index[keys[i]] = 0; len(b.index) > most {
			return false
		}
	}
	return true
}

// zSize is the length of a random coefficient: a batch with a bad signature passes with probability 2^-128.
const zSize = 16

// reset leaves the first point to B.
func (b *fewKeys) reset(n int) {
	clear(b.index)
	b.points = append(b.points[:0], *curve.ED25519_BASEPOINT_POINT)
	b.scalars = append(b.scalars[:0], scalar.Scalar{})
	if cap(b.random) < n*zSize {
		b.random = make([]byte, n*zSize)
	}
	b.random = b.random[:n*zSize]
	_, _ = rand.Read(b.random) // never fails
}

// add adds a signature's terms. It reports false if the signature has no form.
func (b *fewKeys) add(key *PublicKey, msg, sig, random []byte) bool {
	if len(sig) != SignatureSize || !scalar.ScMinimalVartime(sig[32:]) {
		return false
	}
	var z, s, h scalar.Scalar
	var wide [32]byte
	copy(wide[:], random)
	if _, err := z.SetBytesModOrder(wide[:]); err != nil {
		return false
	}
	if _, err := s.SetBytesModOrder(sig[32:]); err != nil {
		return false
	}
	b.hash.Reset()
	_, _ = b.hash.Write(sig[:32])
	_, _ = b.hash.Write(key[:])
	_, _ = b.hash.Write(msg)
	b.digest = b.hash.Sum(b.digest[:0])
	if _, err := h.SetBytesModOrderWide(b.digest); err != nil {
		return false
	}
	at, ok := b.index[*key]
	if !ok {
		if at = len(b.points); !b.term(key[:]) {
			return false
		}
		b.index[*key] = at
	}
	if !b.term(sig[:32]) {
		return false
	}
	b.scalars[0].Sub(&b.scalars[0], s.Mul(&s, &z))
	b.scalars[at].Add(&b.scalars[at], h.Mul(&h, &z))
	b.scalars[len(b.scalars)-1] = z
	return true
}

// term adds a point, with a coefficient of zero. ZIP-215 takes every encoding of every point.
func (b *fewKeys) term(encoded []byte) bool {
	var y curve.CompressedEdwardsY
	if _, err := y.SetBytes(encoded); err != nil {
		return false
	}
	b.points = append(b.points, curve.EdwardsPoint{})
	b.scalars = append(b.scalars, scalar.Scalar{})
	_, err := b.points[len(b.points)-1].SetCompressedY(&y)
	return err == nil
}

// holds checks the equation.
func (b *fewKeys) holds() bool {
	b.pointRefs, b.scalarRefs = b.pointRefs[:0], b.scalarRefs[:0]
	for i := range b.points {
		b.pointRefs, b.scalarRefs = append(b.pointRefs, &b.points[i]), append(b.scalarRefs, &b.scalars[i])
	}
	var sum curve.EdwardsPoint
	return sum.MultiscalarMulVartime(b.scalarRefs, b.pointRefs).IsSmallOrder()
}
