// Package cryptotest is for worlds in which signatures must not cost anything but must still mean something: simulation,
// exhaustive exploration and tests. It also holds the suite that every pair of Signer and Verifier has to pass.
//
// A [Ring] stands in for Ed25519. Its signatures are a keyed hash under a secret that the Ring shares with its Verifier,
// so only a Signer of the Ring makes them: an adversary in the world lies with the Signers that it was given and with
// no other, and flipping bits gets it nowhere. They prove nothing outside the process, where anyone may know the seed.
package cryptotest

import (
	"encoding/binary"

	"github.com/twothirds-bft/twothirds/crypto"
)

// Ring is a family of signers and the verifier that knows them. Two Rings of one seed are the same in every process, and
// two of different seeds refuse each other's signatures. Its methods are safe for concurrent use.
type Ring struct{ secret secret }

// NewRing makes the Ring of a seed.
func NewRing(seed uint64) *Ring { return &Ring{newSecret(seed)} }

// Signer returns the signer of index i, the same one each time. Who holds the Ring can sign as anyone, so give the
// members of a world their Signers and the Verifier, never the Ring.
func (r *Ring) Signer(i int) crypto.Signer {
	s := &signer{secret: r.secret}
	for w := range uint64(crypto.PublicKeySize / 8) {
		binary.LittleEndian.PutUint64(s.public[8*w:], fold(r.secret.a^uint64(i), r.secret.b+w*golden))
	}
	return s
}

// Verifier returns the verifier of all signers of the Ring. It allocates nothing.
func (r *Ring) Verifier() crypto.Verifier { return &verifier{r.secret} }

type signer struct {
	secret secret
	public crypto.PublicKey
}

func (s *signer) Public() crypto.PublicKey { return s.public }

func (s *signer) Sign(msg []byte) ([]byte, error) {
	sig := make([]byte, crypto.SignatureSize)
	tag := s.secret.tag(&s.public, msg)
	for w := range uint64(crypto.SignatureSize / 8) {
		binary.LittleEndian.PutUint64(sig[8*w:], tag^w*golden)
	}
	return sig, nil
}

type verifier struct{ secret secret }

func (v *verifier) Verify(key crypto.PublicKey, msg, sig []byte) bool {
	if len(sig) != crypto.SignatureSize {
		return false
	}
	tag, differ := v.secret.tag(&key, msg), uint64(0)
	for w := range uint64(crypto.SignatureSize / 8) {
		differ |= binary.LittleEndian.Uint64(sig[8*w:]) ^ tag ^ w*golden
	}
	return differ == 0
}

func (v *verifier) VerifyAll(keys []crypto.PublicKey, msgs, sigs [][]byte) bool {
	if len(msgs) != len(keys) || len(sigs) != len(keys) {
		return false
	}
	for i := range keys {
		if !v.Verify(keys[i], msgs[i], sigs[i]) {
			return false
		}
	}
	return true
}
