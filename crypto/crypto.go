// Package crypto signs and verifies for the whole project, under one rule (spec D3): Ed25519 as ZIP-215 has it, where a
// signature passes alone if and only if it passes in a batch.
//
// # Why not crypto/ed25519
//
// Signatures can be crafted on which the standard library's Verify and any batch verification differ, because the one
// compares points and the other compares them times eight. Were both in use, one correct replica could count a vote that
// another drops, and a certificate could hold here and fail there. So nothing in this module verifies with
// crypto/ed25519, whose place is in TLS certificates alone ([PrivateKey.TLSKey]). Signing is no concern: both make the
// same bytes, and every verifier accepts what an honest signer made.
//
// # What a public key proves
//
// ZIP-215 also accepts keys of small order, for which anyone can make a signature of any message. The zero PublicKey is
// one of them. They must be kept out where keys come in: see [ValidatePublic].
//
// # Cost
//
// Curve arithmetic is curve25519-voi's, by way of CometBFT's package, which keeps the 4,096 keys used last in expanded
// form for the whole process. Under a key among them a signature is checked in half the time that crypto/ed25519 takes,
// in batches of seven and more in about a third. Batches in which keys repeat, such as the requests of one block, are
// checked here on the same curve, for a third less than that.
package crypto

import (
	"encoding/hex"
	"errors"
	"fmt"
)

const (
	// PublicKeySize is the length of a public key in bytes.
	PublicKeySize = 32
	// SignatureSize is the length of a signature in bytes.
	SignatureSize = 64
)

// PublicKey names a signer: an Ed25519 public key in its 32-byte encoding. Two keys are the same only if their bytes are.
type PublicKey = [PublicKeySize]byte

// Signer signs in the name of one public key.
//
// An implementation is safe for concurrent use, signs the same message with the same bytes every time, leaves msg alone
// and gives the caller a signature of SignatureSize bytes to keep. An error means that there is no signature, as with a
// remote signer out of reach; it says nothing about later attempts.
type Signer interface {
	Public() PublicKey
	Sign(msg []byte) ([]byte, error)
}

// Verifier tells good signatures from bad ones.
//
// An implementation is safe for concurrent use, treats every input as coming from an enemy, keeps none of the slices and
// answers the same whenever it is asked, in every process.
type Verifier interface {
	// Verify reports whether sig is key's signature of msg. A sig of the wrong length or a key that is no point is not.
	Verify(key PublicKey, msg, sig []byte) bool
	// VerifyAll reports whether Verify(keys[i], msgs[i], sigs[i]) holds for every i, for less than these calls would
	// cost. It does not tell which one failed. Lists of different lengths are refused; of none at all it is true.
	VerifyAll(keys []PublicKey, msgs, sigs [][]byte) bool
}

// ErrPublicKey is returned, wrapped with the reason, for a public key that is not one.
var ErrPublicKey = errors.New("crypto: not a public key")

// FormatPublic writes a public key as 64 lower-case hexadecimal digits.
func FormatPublic(key PublicKey) string { return hex.EncodeToString(key[:]) }

// ParsePublic reads what FormatPublic writes and nothing else, so that one key has one string, and applies
// ValidatePublic.
func ParsePublic(s string) (PublicKey, error) {
	var key PublicKey
	if len(s) != hex.EncodedLen(PublicKeySize) {
		return PublicKey{}, fmt.Errorf("%w: %d characters, want %d", ErrPublicKey, len(s), hex.EncodedLen(PublicKeySize))
	}
	if _, err := hex.Decode(key[:], []byte(s)); err != nil {
		return PublicKey{}, fmt.Errorf("%w: %w", ErrPublicKey, err)
	}
	if FormatPublic(key) != s {
		return PublicKey{}, fmt.Errorf("%w: upper-case digits", ErrPublicKey)
	}
	if err := ValidatePublic(key); err != nil {
		return PublicKey{}, err
	}
	return key, nil
}

// ValidatePublic refuses keys that belong to nobody, the zero key among them: those of small order, under which anyone
// can sign anything. Apply it to every key that is to become a member's or a client's. It is a pure function of the key.
// Bytes that are no point of the curve pass: nothing is ever signed under them, so they harm only who names them.
func ValidatePublic(key PublicKey) error {
	// S*B = R + h*A, all times eight, is the equation of a signature (R, S). With S zero and R the neutral point, what is
	// left says that eight times h*A vanishes: true of no key that has an owner, whatever the message.
	trivial := [SignatureSize]byte{0: 1}
	if (Ed25519{}).Verify(key, nil, trivial[:]) {
		return fmt.Errorf("%w: %s is of small order, anyone can sign under it", ErrPublicKey, FormatPublic(key))
	}
	return nil
}
