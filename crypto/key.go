package crypto

import (
	stded25519 "crypto/ed25519"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/cometbft/cometbft/crypto/ed25519"
)

// ErrNoKey is returned by a PrivateKey that was not made by Generate or LoadKey.
var ErrNoKey = errors.New("crypto: empty private key")

// PrivateKey is an Ed25519 private key held in memory. It is a Signer, never changes, and shows only its public half
// when it is printed. Make it with Generate or LoadKey.
type PrivateKey struct {
	key    ed25519.PrivKey // seed and public key, as in RFC 8032
	public PublicKey
}

var _ Signer = (*PrivateKey)(nil)

// Generate makes a key out of 32 bytes of rand: crypto/rand.Reader, or in a test something that repeats itself.
func Generate(rand io.Reader) (*PrivateKey, error) {
	seed := make([]byte, ed25519.SeedSize)
	if _, err := io.ReadFull(rand, seed); err != nil {
		return nil, fmt.Errorf("crypto: generate: %w", err)
	}
	return newPrivateKey(stded25519.NewKeyFromSeed(seed)), nil
}

func newPrivateKey(key stded25519.PrivateKey) *PrivateKey {
	k := &PrivateKey{key: ed25519.PrivKey(key)}
	copy(k.public[:], key[ed25519.SeedSize:])
	return k
}

// Public returns the public half.
func (k *PrivateKey) Public() PublicKey { return k.public }

// Sign implements Signer with the signature of RFC 8032. It fails only for the empty key.
func (k *PrivateKey) Sign(msg []byte) ([]byte, error) {
	if len(k.key) == 0 {
		return nil, ErrNoKey
	}
	return k.key.Sign(msg)
}

// TLSKey returns a copy of the key in the standard library's type, to make and serve TLS certificates with. A handshake
// signs texts that begin with 64 spaces (RFC 8446, 4.4.3), which no message of ours does, so one key may serve both.
// It returns nil for the empty key.
func (k *PrivateKey) TLSKey() stded25519.PrivateKey {
	return stded25519.PrivateKey(slices.Clone(k.key))
}

// Format implements fmt.Formatter, of the key and of pointers to it: no verb shows the secret.
func (k PrivateKey) Format(s fmt.State, _ rune) {
	_, _ = io.WriteString(s, "private key of "+FormatPublic(k.public))
}
