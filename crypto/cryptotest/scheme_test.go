package cryptotest_test

import (
	"bytes"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/crypto"
	"github.com/twothirds-bft/twothirds/crypto/cryptotest"
)

// broken is a verifier with one fault, and a signer with one.
type broken struct {
	crypto.Verifier
	verify    func(v crypto.Verifier, key crypto.PublicKey, msg, sig []byte) bool
	verifyAll func(v crypto.Verifier, keys []crypto.PublicKey, msgs, sigs [][]byte) bool
}

func (b broken) Verify(key crypto.PublicKey, msg, sig []byte) bool {
	if b.verify == nil {
		return b.Verifier.Verify(key, msg, sig)
	}
	return b.verify(b.Verifier, key, msg, sig)
}

func (b broken) VerifyAll(keys []crypto.PublicKey, msgs, sigs [][]byte) bool {
	if b.verifyAll == nil {
		return b.Verifier.VerifyAll(keys, msgs, sigs)
	}
	return b.verifyAll(b.Verifier, keys, msgs, sigs)
}

type brokenSigner struct {
	crypto.Signer
	sign func(s crypto.Signer, msg []byte) ([]byte, error)
}

func (b brokenSigner) Sign(msg []byte) ([]byte, error) { return b.sign(b.Signer, msg) }

// A suite that passes everything proves nothing: each of these must be found out.
func TestSchemeFindsBrokenVerifiers(t *testing.T) {
	for name, b := range map[string]broken{
		"accepts all":  {verify: func(crypto.Verifier, crypto.PublicKey, []byte, []byte) bool { return true }},
		"accepts none": {verify: func(crypto.Verifier, crypto.PublicKey, []byte, []byte) bool { return false }},
		"reads half of the signature": {verify: func(v crypto.Verifier, key crypto.PublicKey, msg, sig []byte) bool {
			if len(sig) != crypto.SignatureSize {
				return false
			}
			sig = bytes.Clone(sig)
			for last := range 256 {
				sig[63] = byte(last)
				if v.Verify(key, msg, sig) {
					return true
				}
			}
			return false
		}},
		"ignores what follows": {verify: func(v crypto.Verifier, key crypto.PublicKey, msg, sig []byte) bool {
			return v.Verify(key, msg, sig[:min(len(sig), crypto.SignatureSize)])
		}},
		"drops zeros": {verify: func(v crypto.Verifier, key crypto.PublicKey, msg, sig []byte) bool {
			return v.Verify(key, msg, sig) || len(msg) > 0 && v.Verify(key, msg[:len(msg)-1], sig)
		}},
		"batch checks the first only": {verifyAll: func(v crypto.Verifier, keys []crypto.PublicKey, msgs, sigs [][]byte) bool {
			return len(keys) == len(msgs) && len(keys) == len(sigs) &&
				(len(keys) == 0 || v.Verify(keys[0], msgs[0], sigs[0]))
		}},
		"batch takes the shortest": {verifyAll: func(v crypto.Verifier, keys []crypto.PublicKey, msgs, sigs [][]byte) bool {
			n := min(len(keys), len(msgs), len(sigs))
			return v.VerifyAll(keys[:n], msgs[:n], sigs[:n])
		}},
		"no batch is false": {verifyAll: func(v crypto.Verifier, keys []crypto.PublicKey, msgs, sigs [][]byte) bool {
			return len(keys) > 0 && v.VerifyAll(keys, msgs, sigs)
		}},
	} {
		ring := cryptotest.NewRing(1)
		b.Verifier = ring.Verifier()
		require.Error(t, cryptotest.TestScheme(b, ring.Signer(0), ring.Signer(1), ring.Signer(2)), name)
	}
}

func TestSchemeFindsBrokenSigners(t *testing.T) {
	var calls atomic.Uint64
	shared, err := cryptotest.NewRing(1).Signer(0).Sign(nil)
	require.NoError(t, err)
	for name, sign := range map[string]func(crypto.Signer, []byte) ([]byte, error){
		"alters the message": func(s crypto.Signer, msg []byte) ([]byte, error) {
			sig, err := s.Sign(msg)
			if len(msg) > 0 {
				msg[0]++
			}
			return sig, err
		},
		"cannot": func(crypto.Signer, []byte) ([]byte, error) {
			return make([]byte, crypto.SignatureSize), crypto.ErrNoKey
		},
		"differs each time": func(_ crypto.Signer, msg []byte) ([]byte, error) {
			return cryptotest.NewRing(calls.Add(1)).Signer(0).Sign(msg)
		},
		"keeps the signature": func(crypto.Signer, []byte) ([]byte, error) { return shared, nil },
	} {
		ring := cryptotest.NewRing(1)
		bad := brokenSigner{ring.Signer(0), sign}
		require.Error(t, cryptotest.TestScheme(ring.Verifier(), bad, ring.Signer(1), ring.Signer(2)), name)
	}
	ring := cryptotest.NewRing(1)
	require.Error(t, cryptotest.TestScheme(ring.Verifier(), ring.Signer(0), ring.Signer(1), ring.Signer(0)), "one key twice")
	require.Error(t, cryptotest.TestScheme(ring.Verifier(), ring.Signer(0), ring.Signer(1)), "too few")
}
