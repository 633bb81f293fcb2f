package crypto_test

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/crypto"
	"github.com/twothirds-bft/twothirds/crypto/cryptotest"
)

func generate(t require.TestingT) *crypto.PrivateKey {
	key, err := crypto.Generate(rand.Reader)
	require.NoError(t, err)
	return key
}

func TestEd25519KeepsTheContract(t *testing.T) {
	require.NoError(t, cryptotest.TestScheme(crypto.Ed25519{}, generate(t), generate(t), generate(t)))
}

func TestPublicForms(t *testing.T) {
	key := generate(t).Public()
	text := crypto.FormatPublic(key)
	require.Equal(t, hex.EncodeToString(key[:]), text)
	back, err := crypto.ParsePublic(text)
	require.NoError(t, err)
	require.Equal(t, key, back)

	for name, s := range map[string]string{
		"empty": "", "short": text[:62], "odd": text[:63], "long": text + "00", "space": " " + text[1:],
		"newline": text[:63] + "\n", "prefix": "0x" + text[2:], "letters": text[:63] + "g",
		"upper case": strings.ToUpper("abcdef" + text[6:]), "zero": strings.Repeat("0", 64),
	} {
		back, err := crypto.ParsePublic(s)
		require.ErrorIs(t, err, crypto.ErrPublicKey, name)
		require.Zero(t, back, name)
	}
}

// Under a key of small order one signature fits every message and nobody owns it: with such a key in a cluster, whoever
// wants can vote.
func TestKeysOfSmallOrderAreNobodys(t *testing.T) {
	forged := append(neutral.bytes(), make([]byte, 32)...)
	for i, enc := range smallOrderEncodings() {
		key := crypto.PublicKey(enc)
		for _, msg := range []string{"", "vote for me", "vote for him"} {
			require.True(t, crypto.Ed25519{}.Verify(key, []byte(msg), forged), "%d: the danger is real", i)
		}
		require.ErrorIs(t, crypto.ValidatePublic(key), crypto.ErrPublicKey, "%d", i)
		_, err := crypto.ParsePublic(crypto.FormatPublic(key))
		require.ErrorIs(t, err, crypto.ErrPublicKey, "%d", i)
	}
	require.ErrorIs(t, crypto.ValidatePublic(crypto.PublicKey{}), crypto.ErrPublicKey, "the zero key")
	owner := baseB.times(challenge(nil, nil, nil))
	for _, torsion := range torsion() { // an owner's key with a small part still needs the owner
		require.NoError(t, crypto.ValidatePublic(crypto.PublicKey(owner.plus(torsion).bytes())))
	}
	for range 100 {
		require.NoError(t, crypto.ValidatePublic(generate(t).Public()))
	}
}

func FuzzParsePublic(f *testing.F) {
	f.Add(crypto.FormatPublic(generate(f).Public()))
	f.Add(strings.Repeat("0", 64))
	f.Add(strings.Repeat("F", 64))
	f.Fuzz(func(t *testing.T, s string) {
		key, err := crypto.ParsePublic(s)
		if err != nil {
			require.ErrorIs(t, err, crypto.ErrPublicKey)
			return
		}
		require.Equal(t, s, crypto.FormatPublic(key))
		require.False(t, bytes.Equal(key[:], make([]byte, 32)))
	})
}
