package crypto

import (
	"sync"

	"github.com/cometbft/cometbft/crypto/ed25519"
)

// Ed25519 is the Verifier that replicas and clients use. Its zero value is ready.
type Ed25519 struct{}

var _ Verifier = Ed25519{}

// Verify implements Verifier.
func (Ed25519) Verify(key PublicKey, msg, sig []byte) bool {
	return ed25519.PubKey(key[:]).VerifySignature(msg, sig)
}

// batchMin is where a batch begins to cost less than its parts.
const batchMin = 3

// batches keeps verifiers whose tables have grown to the sizes in use.
var batches = sync.Pool{New: func() any { return ed25519.NewBatchVerifier() }}

// VerifyAll implements Verifier. A batch that holds a bad signature costs no more than a good one: the pieces are not
// tried one by one.
func (v Ed25519) VerifyAll(keys []PublicKey, msgs, sigs [][]byte) bool {
	if len(msgs) != len(keys) || len(sigs) != len(keys) {
		return false
	}
	if good, pays := verifyFewKeys(keys, msgs, sigs); pays {
		return good
	}
	if len(keys) >= batchMin {
		return verifyBatch(keys, msgs, sigs)
	}
	for i := range keys {
		if !v.Verify(keys[i], msgs[i], sigs[i]) {
			return false
		}
	}
	return true
}

func verifyBatch(keys []PublicKey, msgs, sigs [][]byte) bool {
	batch := batches.Get().(*ed25519.BatchVerifier)
	defer func() {
		batch.Reset()
		batches.Put(batch)
	}()
	for i := range keys {
		if batch.Add(ed25519.PubKey(keys[i][:]), msgs[i], sigs[i]) != nil {
			return false // not SignatureSize bytes
		}
	}
	// True if every signature passes alone. If one does not, true with probability 2^-128: each equation is multiplied by
	// a random number of its own before they are added, so errors made to cancel out do not.
	return batch.VerifyBatchOnly(nil)
}
